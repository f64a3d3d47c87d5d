//! Changes to ask about: as many as are wanted, made by marking emails of the largest mailbox with a keyword.

use serde_json::{Map, Value, json};

use super::client::{Connection, Failure, take};
use super::named::{Asks, Named, mailbox};
use super::values::Values;

/// The keyword that emails are marked with, for a while.
const KEYWORD: &str = "keywords/signet-bench";
/// How many changes there are since each of the states. The last are of the emails that the list begins with.
const COUNTS: [usize; 3] = [10_000, 100, 1];

/// Changes that were made, and can be taken back.
pub(super) struct Made {
    /// The queries about them.
    pub(super) named: Vec<Named>,
    emails: Vec<String>,
}

impl Made {
    /// Marks emails. Where the mailbox has fewer than so many changes want, those queries are left out.
    pub(super) async fn make(connection: &mut Connection, values: &Values) -> Result<Self, Failure> {
        let most = COUNTS.into_iter().max().unwrap_or(0);
        let emails = first_emails(connection, values, most).await?;
        let mut named = Vec::new();
        for (index, count) in COUNTS.into_iter().enumerate() {
            let left = COUNTS.get(index + 1).copied().unwrap_or(0);
            let Some(changed) = emails.get(left..count) else {
                let reason = format!("the mailbox has {} emails", emails.len());
                named.extend(queries(
                    count,
                    || Asks::Nothing(reason.clone()),
                    || Asks::Nothing(reason.clone()),
                ));
                continue;
            };
            let (state, query_state) = states(connection, values).await?;
            mark(connection, changed, &json!(true)).await?;
            let since = mailbox(values, &json!({"sinceQueryState": query_state}));
            let since = without(since, "limit");
            named.extend(queries(
                count,
                || Asks::Changes(json!({"sinceState": state})),
                || Asks::QueryChanges(since.clone()),
            ));
        }
        Ok(Self { named, emails })
    }

    /// Takes the marks away again.
    pub(super) async fn take_back(self, connection: &mut Connection) -> Result<(), Failure> {
        mark(connection, &self.emails, &Value::Null).await
    }
}

fn queries(count: usize, changes: impl Fn() -> Asks, query_changes: impl Fn() -> Asks) -> [Named; 2] {
    [
        Named { name: format!("changes-{count}"), asks: changes() },
        Named { name: format!("queryChanges-{count}"), asks: query_changes() },
    ]
}

async fn first_emails(
    connection: &mut Connection,
    values: &Values,
    most: usize,
) -> Result<Vec<String>, Failure> {
    let mut emails: Vec<String> = Vec::new();
    while emails.len() < most {
        let more = json!({"position": emails.len(), "limit": most - emails.len()});
        let found = connection.one("Email/query", mailbox(values, &more)).await?;
        let ids = found.get("ids").and_then(Value::as_array).ok_or_else(|| Failure::lacks("ids", &found))?;
        if ids.is_empty() {
            break;
        }
        emails.extend(ids.iter().filter_map(|id| id.as_str().map(str::to_owned)));
    }
    Ok(emails)
}

/// The state of Email, and that of the mailbox's list.
async fn states(connection: &mut Connection, values: &Values) -> Result<(Value, Value), Failure> {
    let mut got = connection.one("Email/get", json!({"ids": []})).await?;
    let mut found = connection.one("Email/query", mailbox(values, &json!({}))).await?;
    Ok((take(&mut got, "state"), take(&mut found, "queryState")))
}

async fn mark(connection: &mut Connection, emails: &[String], value: &Value) -> Result<(), Failure> {
    for emails in emails.chunks(connection.session.max_set) {
        let update: Map<String, Value> =
            emails.iter().map(|email| (email.clone(), json!({KEYWORD: value}))).collect();
        let set = connection.one("Email/set", json!({"update": update})).await?;
        if let Some(refused) = set.get("notUpdated").and_then(|refused| refused.as_object()?.values().next())
        {
            return Err(Failure::of_error(refused));
        }
    }
    Ok(())
}

fn without(mut arguments: Value, name: &str) -> Value {
    if let Value::Object(arguments) = &mut arguments {
        arguments.remove(name);
    }
    arguments
}
