//! A client of event sources.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

/// One event, as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: String,
    pub id: Option<String>,
    pub data: Value,
}

/// A stream under way.
pub struct EventStream {
    response: Response,
    buffer: String,
    /// The newest id, which a client would tell when it comes back.
    pub last_id: Option<String>,
}

/// Longer than anything here should take.
const LONG: Duration = Duration::from_secs(15);

impl EventStream {
    pub fn new(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, buffer: String::new(), last_id: None }
    }

    /// The next block of lines; `None` at the end of the stream.
    pub async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let block = block.to_owned();
                self.buffer = rest.to_owned();
                return Some(block);
            }
            let chunk = tokio::time::timeout(LONG, self.response.chunk()).await.expect("something in time");
            match chunk {
                Ok(Some(chunk)) => self.buffer.push_str(std::str::from_utf8(&chunk).unwrap()),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// The next event, past comments and mere ids; `None` at the end of the stream.
    pub async fn event(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned)
            };
            let id = field("id");
            if id.is_some() {
                self.last_id.clone_from(&id);
            }
            if let Some(data) = field("data") {
                let name = field("event").unwrap();
                return Some(Event { name, id, data: serde_json::from_str(&data).unwrap() });
            }
        }
    }

    /// `changed` of the next event, which is a StateChange.
    pub async fn changed(&mut self) -> Value {
        let event = self.event().await.expect("an event");
        assert_eq!((event.name.as_str(), &event.data["@type"]), ("state", &Value::from("StateChange")));
        assert_eq!(event.data.as_object().unwrap().len(), 2);
        assert!(event.id.is_some());
        event.data["changed"].clone()
    }

    /// Panics if an event comes within this time.
    pub async fn is_quiet_for(&mut self, time: Duration) {
        if let Ok(event) = tokio::time::timeout(time, self.event()).await {
            panic!("{event:?}");
        }
    }
}
