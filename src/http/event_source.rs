//! The event source (RFC 8620 §7.3).

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::App;
use super::authentication::User;
use super::error::HttpError;
use super::feed::{Feed, News};
use crate::push::{Seen, StateChange, TypeFilter};

/// Seconds between pings (RFC 8620 §7.3: a minimum of at most 30, a maximum of at least 300).
const PING_SECONDS: std::ops::RangeInclusive<u64> = 5..=3600;

/// The variables of the event source URL. Those that are missing are `*`, `no` and `0`.
#[derive(Deserialize)]
pub(super) struct Query {
    types: Option<String>,
    closeafter: Option<String>,
    ping: Option<String>,
}

/// GET /jmap/eventsource
pub(super) async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    user: User,
    query: web::Query<Query>,
) -> Result<HttpResponse, HttpError> {
    let wish = Wish::read(&query).map_err(|detail| HttpError::plain(StatusCode::BAD_REQUEST, detail))?;
    let mut feed = Feed::open(app, &user, "eventsource").await?;
    feed.types = wish.types;
    let last = request.headers().get("last-event-id").and_then(|value| Seen::parse(value.to_str().ok()?));
    // An event with an id alone is none to clients, but they tell the id when they come back.
    let greeting = match last {
        Some(seen) => {
            feed.resume(seen);
            ": welcome back\n\n".to_owned()
        }
        None => format!(": welcome\nid: {}\n\n", feed.seen),
    };
    let events = Events {
        feed,
        ping: wish.ping,
        told_at: Instant::now(),
        closes_after_state: wish.closes_after_state,
        greeting: Some(greeting),
        is_over: false,
    };
    let events = stream::unfold(events, async |mut events| {
        let text = events.next().await?;
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(text)), events))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store, no-transform"))
        // nginx gathers what it passes on, unless it is told not to.
        .insert_header(("x-accel-buffering", "no"))
        // A proxy would keep the connection after the stream, unaware that the node is about to stop.
        .force_close()
        .streaming(events))
}

/// What a client wants to hear.
#[derive(Debug, PartialEq)]
struct Wish {
    types: TypeFilter,
    closes_after_state: bool,
    ping: Option<Duration>,
}

impl Wish {
    fn read(query: &Query) -> Result<Self, &'static str> {
        let types = match query.types.as_deref() {
            None | Some("*") => TypeFilter::All,
            Some(names) => TypeFilter::of(names.split(',').map(str::trim)),
        };
        let closes_after_state = match query.closeafter.as_deref() {
            None | Some("no") => false,
            Some("state") => true,
            Some(_) => return Err("`closeafter` is neither state nor no."),
        };
        let ping = match query.ping.as_deref().unwrap_or("0").parse() {
            Ok(0) => None,
            Ok(seconds) => {
                Some(Duration::from_secs(u64::clamp(seconds, *PING_SECONDS.start(), *PING_SECONDS.end())))
            }
            Err(_) => return Err("`ping` is no number of seconds."),
        };
        Ok(Self { types, closes_after_state, ping })
    }
}

/// The events of one connection.
struct Events {
    feed: Feed,
    ping: Option<Duration>,
    /// When the last event was.
    told_at: Instant,
    closes_after_state: bool,
    greeting: Option<String>,
    is_over: bool,
}

impl Events {
    /// The next piece of the stream; `None` at its end.
    async fn next(&mut self) -> Option<String> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        if self.is_over {
            return None;
        }
        let next_ping = self.ping.map(|ping| (ping, self.told_at + ping));
        let pinging = async {
            match next_ping {
                Some((ping, at)) => {
                    sleep_until(at).await;
                    ping
                }
                None => std::future::pending().await,
            }
        };
        let news = tokio::select! {
            news = self.feed.news() => news,
            ping = pinging => {
                self.told_at = Instant::now();
                return Some(event("ping", None, &json!({"interval": ping.as_secs()})));
            }
        };
        match news {
            News::Changed(change) => {
                self.told_at = Instant::now();
                self.is_over = self.closes_after_state;
                Some(state(&change, &self.feed.seen))
            }
            // A comment is no event.
            News::Quiet => Some(":\n\n".to_owned()),
            News::Over(_) => None,
        }
    }
}

fn state(change: &StateChange, seen: &Seen) -> String {
    event("state", Some(&seen.to_string()), &Value::Object(change.to_object()))
}

fn event(name: &str, id: Option<&str>, data: &Value) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("event: {name}\n{id}data: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(types: Option<&str>, closeafter: Option<&str>, ping: Option<&str>) -> Option<Wish> {
        let [types, closeafter, ping] = [types, closeafter, ping].map(|text| text.map(str::to_owned));
        Wish::read(&Query { types, closeafter, ping }).ok()
    }

    #[test]
    fn the_variables_are_read_and_pings_are_kept_in_their_bounds() {
        let wish = read(Some("Email,Todo"), Some("state"), Some("1")).unwrap();
        assert_eq!(wish.types, TypeFilter::of(["Email"]));
        assert_eq!((wish.closes_after_state, wish.ping), (true, Some(Duration::from_secs(5))));
        assert_eq!(read(None, None, Some("300")).unwrap().ping, Some(Duration::from_secs(300)));
        assert_eq!(read(None, None, Some("99999")).unwrap().ping, Some(Duration::from_secs(3600)));
        let all = Wish { types: TypeFilter::All, closes_after_state: false, ping: None };
        assert_eq!(read(Some("*"), Some("no"), Some("0")), Some(all));
        for (closeafter, ping) in [("yes", "0"), ("", "0"), ("no", "x"), ("no", "-1"), ("no", "")] {
            assert_eq!(read(Some("*"), Some(closeafter), Some(ping)), None, "{closeafter} {ping}");
        }
    }

    #[test]
    fn an_event_has_a_name_an_id_and_one_line_of_data() {
        assert_eq!(event("ping", None, &json!({"interval": 5})), "event: ping\ndata: {\"interval\":5}\n\n");
        assert_eq!(event("state", Some("1.2"), &json!("a\nb")), "event: state\nid: 1.2\ndata: \"a\\nb\"\n\n");
    }
}
