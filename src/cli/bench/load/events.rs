//! An event source that listens all the time, and must hear the newest state in the end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::kind::Kind;
use super::tally::Tally;
use super::user::User;
use crate::cli::bench::client::{Connection, Failure, take};

/// So long after the last change its state must have been heard.
const PATIENCE: Duration = Duration::from_secs(20);
/// No event is longer.
const LONGEST_LINE: usize = 1 << 20;

/// One event source.
pub(super) struct Listener {
    user: Arc<User>,
    node: usize,
    /// The newest state of Email that was heard.
    heard: Arc<Mutex<Option<Value>>>,
    stop: CancellationToken,
    task: JoinHandle<Tally>,
}

impl Listener {
    /// Begins to listen at a node.
    pub(super) fn start(user: &Arc<User>, node: usize) -> anyhow::Result<Self> {
        let connection = Connection::new(user.node(node)?)?;
        let (heard, stop) = (Arc::new(Mutex::new(None)), CancellationToken::new());
        let task = tokio::spawn(listen(connection, Arc::clone(&heard), stop.clone()));
        Ok(Self { user: Arc::clone(user), node, heard, stop, task })
    }

    /// Waits until it has heard the state that the account has now, if it changed at all; then it ends.
    pub(super) async fn end(self) -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
        let started = Instant::now();
        let outcome = self.hears_the_newest().await;
        tally.note(Kind::Events, outcome.map(|()| started.elapsed()));
        self.stop.cancel();
        tally.add(self.task.await.context("the listener ended early")?);
        Ok(tally)
    }

    async fn hears_the_newest(&self) -> Result<(), Failure> {
        let session = self.user.node(self.node).map_err(|error| Failure::Wrong(error.to_string()))?;
        let mut connection =
            Connection::new(session).map_err(|error| Failure::Transport(error.to_string()))?;
        let mut got = connection.one("Email/get", json!({"ids": []})).await?;
        let newest = take(&mut got, "state");
        let started = Instant::now();
        loop {
            let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if heard.as_ref() == Some(&newest) || (heard.is_none() && self.task.is_finished()) {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(Failure::Wrong(format!("events told of {heard:?}, and the state is {newest}")));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Listens until it is stopped. That the source ends before is an error.
async fn listen(connection: Connection, heard: Arc<Mutex<Option<Value>>>, stop: CancellationToken) -> Tally {
    let mut tally = Tally::default();
    let listening = async {
        let mut response = connection.events().await?;
        read(&mut response, &connection.session.account, &heard).await
    };
    if let Some(Err(failure)) = stop.run_until_cancelled(listening).await {
        tally.note(Kind::Events, Err(failure));
    }
    tally
}

/// Reads events until there are no more, which is a failure.
async fn read(response: &mut Response, account: &str, heard: &Mutex<Option<Value>>) -> Result<(), Failure> {
    let mut rest: Vec<u8> = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        rest.extend_from_slice(&chunk);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            if let Some(state) = state_of(&line, account) {
                *heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
            }
        }
        if rest.len() > LONGEST_LINE {
            return Err(Failure::Wrong("an event has no end".to_owned()));
        }
    }
    Err(Failure::Wrong("the event source ended".to_owned()))
}

/// The state of Email in a line of data, if it tells one of this account.
fn state_of(line: &[u8], account: &str) -> Option<Value> {
    let data = line.strip_prefix(b"data:")?;
    let mut change: Value = serde_json::from_slice(data).ok()?;
    change.get_mut("changed")?.get_mut(account)?.get_mut("Email").map(Value::take)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_from_lines_of_data() {
        let line = br#"data: {"@type":"StateChange","changed":{"a1":{"Email":"7","Mailbox":"8"}}}"#;
        assert_eq!(state_of(line, "a1"), Some(json!("7")));
        assert_eq!(state_of(line, "a2"), None);
        for other in [&b"event: state\n"[..], b"data: {\"changed\": 1}", b"data: x", b": ping"] {
            assert_eq!(state_of(other, "a1"), None);
        }
    }
}
