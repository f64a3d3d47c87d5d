//! A user under load: the sessions at all nodes, and the mail that there was before.

use std::sync::Arc;

use anyhow::Context;
use serde_json::{Value, json};

use crate::cli::bench::client::{Connection, Failure, Session, take};
use crate::cli::bench::named::mailbox;
use crate::cli::bench::values::Values;

/// So many emails of the largest mailbox are read and marked.
const EMAILS: u64 = 500;

/// A user, and what there is to ask for.
pub(super) struct User {
    pub(super) nodes: Vec<Arc<Session>>,
    pub(super) values: Values,
    /// Where messages come in, and where they are moved to.
    pub(super) mailboxes: [String; 2],
    /// Emails that were there before, and stay.
    pub(super) emails: Vec<String>,
}

impl User {
    /// Looks at the mail, at the first node.
    pub(super) async fn look_around(name: &str, nodes: Vec<Arc<Session>>) -> anyhow::Result<Self> {
        let first = nodes.first().context("there is no node")?;
        let mut connection = Connection::new(first)?;
        let looked = Self::look(&mut connection).await;
        let (values, mailboxes, emails) = looked.with_context(|| format!("the mail of {name}"))?;
        Ok(Self { nodes, values, mailboxes, emails })
    }

    async fn look(connection: &mut Connection) -> Result<(Values, [String; 2], Vec<String>), Failure> {
        let values = Values::find(connection).await?;
        let got = connection.one("Mailbox/get", json!({"ids": null, "properties": ["id"]})).await?;
        let ids = got.get("list").and_then(Value::as_array).into_iter().flatten();
        let mut others =
            ids.filter_map(|mailbox| mailbox.get("id")?.as_str()).filter(|id| *id != values.mailbox);
        let other = others.next().ok_or_else(|| Failure::lacks("second mailbox", &got))?.to_owned();
        let mut found = connection.one("Email/query", mailbox(&values, &json!({"limit": EMAILS}))).await?;
        let emails = serde_json::from_value(take(&mut found, "ids"));
        let emails = emails.map_err(|_| Failure::lacks("ids", &found))?;
        let mailboxes = [values.mailbox.clone(), other];
        Ok((values, mailboxes, emails))
    }

    /// The session at a node; beyond the last one it begins again.
    pub(super) fn node(&self, number: usize) -> anyhow::Result<&Arc<Session>> {
        self.nodes.get(number % self.nodes.len().max(1)).context("there is no node")
    }
}
