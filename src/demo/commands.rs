//! What a person at the terminal can try.

use serde_json::{Value, json};

use super::furnish::{Furnished, PASSWORD};
use crate::wire::capability::Capability;
use crate::wire::state::State;

/// A request worth making, and what it shows.
struct Command {
    shows: &'static str,
    calls: Value,
}

/// The welcome text: where the server is, who may log in, and three commands that can be pasted into a shell.
pub(super) fn welcome(base_url: &str, furnished: &Furnished) -> String {
    let mut text = format!(
        "Session:   {base_url}/.well-known/jmap\nLogin:     {}\nPassword:  {PASSWORD}\n",
        furnished.name
    );
    for command in commands(furnished) {
        text.push_str(&format!(
            "\n# {}\n{}\n",
            command.shows,
            curl(base_url, &furnished.name, &command.calls)
        ));
    }
    text
}

fn commands(furnished: &Furnished) -> [Command; 3] {
    let account = furnished.account;
    // Good when they came, not good now: the reason to have two statuses (RFC 9219 §4.1).
    let good_then_bad_now = json!(["Email/query", {
        "accountId": account,
        "filter": { "hasVerifiedSmimeAtDelivery": true, "hasVerifiedSmime": false },
        "sort": [{ "property": "receivedAt", "isAscending": false }],
    }, "0"]);
    let why = json!(["Email/get", {
        "accountId": account,
        "#ids": { "resultOf": "0", "name": "Email/query", "path": "/ids" },
        "properties": ["subject", "from", "receivedAt", "smimeStatus", "smimeStatusAtDelivery", "smimeErrors"],
    }, "1"]);
    // A delivery takes a number each for its thread, its email and its mailbox: this goes three messages back.
    let since = State(furnished.email_state.saturating_sub(9).max(0));
    let changes = json!(["Email/changes", { "accountId": account, "sinceState": since.to_string() }, "0"]);
    [
        Command {
            shows: "Which signed messages were good when they came, and are not now?",
            calls: json!([good_then_bad_now.clone()]),
        },
        Command { shows: "And why?", calls: json!([good_then_bad_now, why]) },
        Command { shows: "What has happened to the mail lately?", calls: json!([changes]) },
    ]
}

fn curl(base_url: &str, login: &str, calls: &Value) -> String {
    let using: Vec<&str> =
        [Capability::Core, Capability::Mail, Capability::SmimeVerify].map(Capability::uri).into();
    let request = json!({ "using": using, "methodCalls": calls });
    format!(
        "curl -s -u {login}:{PASSWORD} -H 'Content-Type: application/json' {base_url}/jmap/api -d '{request}'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ids::AccountId;

    #[test]
    fn the_commands_survive_a_shell() {
        let furnished = Furnished {
            account: AccountId(1),
            name: "demo@example.org".to_owned(),
            delivered: 0,
            email_state: 27,
        };
        let text = welcome("http://127.0.0.1:8080", &furnished);
        let commands: Vec<&str> = text.lines().filter(|line| line.starts_with("curl ")).collect();
        assert_eq!(commands.len(), 3);
        for command in commands {
            assert_eq!(command.matches('\'').count(), 4, "{command}");
            let body = command.rsplit('\'').nth(1).unwrap();
            let request: Value = serde_json::from_str(body).unwrap();
            assert!(
                request["using"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|uri| uri == "urn:ietf:params:jmap:smimeverify")
            );
        }
        assert!(text.contains(r#""sinceState":"18""#), "{text}");
    }
}
