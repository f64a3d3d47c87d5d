//! The Session object (RFC 8620 §2).

use serde_json::{Map, Value, json};

use super::capability::{BlobLimits, Capability, CoreLimits, MailLimits, SubmissionLimits};
use super::ids::AccountId;

/// An account as a user sees it (RFC 8620 §2, Account).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name for people.
    pub name: String,
    /// Whether it belongs to this user.
    pub is_personal: bool,
    /// Whether this user can only read in it.
    pub is_read_only: bool,
    /// The capabilities whose methods work in it, without the core.
    pub capabilities: Vec<Capability>,
}

/// A user with the accounts that are theirs to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name that the user logs in with.
    pub username: String,
    /// The accounts, in the order in which the Session object lists them.
    pub accounts: Vec<Account>,
}

/// A user in one account: by these two goes what each user has for itself there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer<'a> {
    /// The name that the user logs in with.
    pub login: &'a str,
    /// Whether the account belongs to the user.
    pub is_owner: bool,
}

impl Principal {
    /// The user in this account, which is no owner of an account that it does not see.
    pub fn viewer(&self, account: AccountId) -> Viewer<'_> {
        let is_owner = self.accounts.iter().any(|seen| seen.id == account && seen.is_personal);
        Viewer { login: &self.username, is_owner }
    }
}

/// A Session object, ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    object: Value,
    state: String,
}

impl Session {
    /// Puts the object together. `application_server_key` is what push services know this server by. `base_url` is what stands before the paths of this server, without a slash at its
    /// end. The state is a digest of all the rest, so that it changes whenever something else does.
    pub fn new(
        principal: &Principal,
        core: &CoreLimits,
        mail: &MailLimits,
        submission: &SubmissionLimits,
        application_server_key: &str,
        base_url: &str,
    ) -> Self {
        let capabilities: Map<String, Value> = Capability::ALL
            .into_iter()
            .map(|capability| {
                let value = match capability {
                    Capability::Core => json!(core),
                    Capability::Mail
                    | Capability::Submission
                    | Capability::VacationResponse
                    | Capability::SmimeVerify
                    | Capability::Mdn
                    | Capability::Quota
                    | Capability::Blob
                    | Capability::SmimeSigners => json!({}),
                    Capability::WebSocket => {
                        json!({"url": web_socket_url(base_url), "supportsPush": true})
                    }
                    Capability::WebPushVapid => json!({"applicationServerKey": application_server_key}),
                };
                (capability.uri().to_owned(), value)
            })
            .collect();
        let mut object = json!({
            "capabilities": capabilities,
            "accounts": accounts(principal, core, mail, submission),
            "primaryAccounts": primary_accounts(principal),
            "username": principal.username,
            "apiUrl": format!("{base_url}/jmap/api"),
            "downloadUrl": format!("{base_url}/jmap/download/{{accountId}}/{{blobId}}/{{name}}?type={{type}}"),
            "uploadUrl": format!("{base_url}/jmap/upload/{{accountId}}/"),
            "eventSourceUrl":
                format!("{base_url}/jmap/eventsource?types={{types}}&closeafter={{closeafter}}&ping={{ping}}"),
        });
        let digest = openssl::sha::sha256(object.to_string().as_bytes());
        let state = hex::encode(&digest[..8]);
        object["state"] = Value::from(state.clone());
        Self { object, state }
    }

    /// The state string, which every API response repeats (RFC 8620 §3.4).
    pub fn state(&self) -> &str {
        &self.state
    }

    /// The object, its properties in the order of RFC 8620 §2.
    pub fn to_value(&self) -> &Value {
        &self.object
    }
}

/// RFC 8887 §3: a wss URI, or ws where HTTP goes without TLS too.
fn web_socket_url(base_url: &str) -> String {
    let rest = base_url.strip_prefix("http").unwrap_or(base_url);
    format!("ws{rest}/jmap/ws")
}

fn accounts(
    principal: &Principal,
    core: &CoreLimits,
    mail: &MailLimits,
    submission: &SubmissionLimits,
) -> Map<String, Value> {
    principal
        .accounts
        .iter()
        .map(|account| {
            let capabilities: Map<String, Value> = account
                .capabilities
                .iter()
                // Of the core there is nothing to say of an account; but clients look for it there.
                .chain(&[Capability::Core])
                .map(|capability| {
                    let value = account_capability(*capability, account, core, mail, submission);
                    (capability.uri().to_owned(), value)
                })
                .collect();
            let value = json!({
                "name": account.name,
                "isPersonal": account.is_personal,
                "isReadOnly": account.is_read_only,
                "accountCapabilities": capabilities,
            });
            (account.id.to_string(), value)
        })
        .collect()
}

fn account_capability(
    capability: Capability,
    account: &Account,
    core: &CoreLimits,
    mail: &MailLimits,
    submission: &SubmissionLimits,
) -> Value {
    match capability {
        Capability::Mail => {
            let may_create = mail.may_create_top_level_mailbox && !account.is_read_only;
            json!(MailLimits { may_create_top_level_mailbox: may_create, ..mail.clone() })
        }
        Capability::Submission => json!(submission),
        Capability::Blob => json!(BlobLimits::from(core)),
        // RFC 8621 §1.3.3, RFC 9219 §3, RFC 9007 §1.3: an empty object.
        _ => json!({}),
    }
}

/// For each capability the user's own first account that has it.
fn primary_accounts(principal: &Principal) -> Map<String, Value> {
    Capability::ALL
        .into_iter()
        .filter_map(|capability| {
            let primary = principal
                .accounts
                .iter()
                .find(|account| account.is_personal && account.capabilities.contains(&capability))?;
            Some((capability.uri().to_owned(), Value::from(primary.id.to_string())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal() -> Principal {
        let account = |id, name: &str, is_personal, is_read_only| Account {
            id: AccountId(id),
            name: name.to_owned(),
            is_personal,
            is_read_only,
            capabilities: Capability::OF_ACCOUNTS.to_vec(),
        };
        Principal {
            username: "john@example.com".to_owned(),
            accounts: vec![
                account(1, "john@example.com", true, false),
                account(2, "jane@example.com", false, true),
            ],
        }
    }

    fn session(principal: &Principal) -> Session {
        let base_url = "https://jmap.example.com";
        let submission = SubmissionLimits::new(3600, 1000);
        Session::new(
            principal,
            &CoreLimits::default(),
            &MailLimits::default(),
            &submission,
            "BNKey",
            base_url,
        )
    }

    #[test]
    fn the_object_says_all_that_the_rfc_demands() {
        insta::assert_json_snapshot!(session(&principal()).to_value());
    }

    #[test]
    fn the_properties_stand_in_the_order_of_the_rfc() {
        let names: Vec<_> = session(&principal()).to_value().as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            names,
            [
                "capabilities",
                "accounts",
                "primaryAccounts",
                "username",
                "apiUrl",
                "downloadUrl",
                "uploadUrl",
                "eventSourceUrl",
                "state"
            ]
        );
    }

    #[test]
    fn the_state_changes_with_anything_else_and_only_then() {
        let before = session(&principal());
        assert_eq!(before.state(), session(&principal()).state());
        let mut shared = principal();
        shared.accounts[1].is_read_only = false;
        assert_ne!(before.state(), session(&shared).state());
    }
}
