//! JMAP over WebSocket (RFC 8887).

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{
    AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, ProtocolError, Session,
};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::api::{Asker, language, process};
use super::arriving::Arriving;
use super::authentication::{Credential, User, still_allowed};
use super::error::HttpError;
use super::feed::{Feed, News, Over};
use super::permits::Permit;
use super::{App, base_url};
use crate::budget::Share;
use crate::locale::Language;
use crate::push::{Seen, StateChange, TypeFilter};
use crate::wire::envelope::Request;
use crate::wire::errors::{Limit, RequestError};
use crate::wire::websocket::{self, ClientMessage, Refused};

/// The subprotocol (RFC 8887 §4.2).
const PROTOCOL: &str = "jmap";
/// Who says nothing for so long, not even that it is there, is not there. Each recheck of a feed asks.
const SILENCE: Duration = Duration::from_secs(100);
/// How long a client may take to read what waits for it.
const SENDING: Duration = Duration::from_secs(30);

/// GET /jmap/ws
pub(super) async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    user: User,
    payload: web::Payload,
) -> Result<HttpResponse, HttpError> {
    let base_url = base_url::of(&app, &request);
    check_origin(&request, &base_url)?;
    if !offers_jmap(&request) {
        let detail = "Sec-WebSocket-Protocol does not offer the subprotocol jmap.";
        return Err(HttpError::plain(StatusCode::BAD_REQUEST, detail));
    }
    let mut feed = Feed::open(app.clone(), &user, "websocket").await?;
    // Nothing is pushed until the client asks for it.
    feed.types = TypeFilter::of([]);
    let arriving = Arriving::new(&app.budgets.octets)?;
    let unread = |error: actix_web::Error| HttpError::plain(StatusCode::BAD_REQUEST, &format!("{error}."));
    let payload = arriving.count(&request, payload).await.map_err(unread)?;
    let (response, session, messages) =
        actix_ws::handle_with_protocols(&request, payload, &[PROTOCOL]).map_err(unread)?;
    let most = usize::try_from(app.core_limits.max_size_request).unwrap_or(usize::MAX);
    let messages = messages.max_frame_size(most).aggregate_continuations().max_continuation_size(most);
    let connection = Connection {
        username: user.0.username.clone(),
        credential: user.1,
        base_url,
        language: language(&request),
        session,
        arriving,
        pushes: false,
        heard_at: Instant::now(),
        app,
    };
    actix_web::rt::spawn(connection.run(messages, feed));
    Ok(response)
}

/// Browsers add a name and a password that they know to the handshake of any page's WebSocket, and ask nobody: a page
/// of another origin could speak for the user. Clients that are no browsers send no Origin.
fn check_origin(request: &HttpRequest, base_url: &str) -> Result<(), HttpError> {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return Ok(()) };
    let is_ours = origin.to_str().is_ok_and(|origin| {
        base_url.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if is_ours {
        return Ok(());
    }
    Err(HttpError::plain(StatusCode::FORBIDDEN, "Pages of other origins cannot open a WebSocket."))
}

fn offers_jmap(request: &HttpRequest) -> bool {
    let offers = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
    offers
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|it| it.trim() == PROTOCOL)
}

/// One WebSocket.
struct Connection {
    app: web::Data<App>,
    username: String,
    credential: Credential,
    base_url: String,
    language: Language,
    session: Session,
    /// What has come of a message.
    arriving: Arriving,
    /// Whether the client wants StateChange objects.
    pushes: bool,
    /// When the client last said anything.
    heard_at: Instant,
}

/// A request under way; it gives the message to answer with, or why there is none. It is a task of its own: while a
/// client does not read, and its connection waits for that, transactions have to go on and come to their end.
type Answer = JoinHandle<Result<String, CloseCode>>;

/// What a request under way takes of what its user and the node have.
struct Admitted {
    _permit: Permit,
    _request: Share,
    _octets: Share,
}

/// Why a connection ends.
enum End {
    /// With a Close frame.
    Close(CloseCode),
    /// The client is gone, or does not read.
    Gone,
}

impl From<Closed> for End {
    fn from(_: Closed) -> Self {
        Self::Gone
    }
}

impl Connection {
    async fn run(mut self, mut messages: AggregatedMessageStream, mut feed: Feed) {
        let mut answers = FuturesUnordered::new();
        let end = loop {
            let outcome = tokio::select! {
                message = messages.recv() => self.hear(message, &mut feed, &answers).await,
                Some(answer) = answers.next(), if !answers.is_empty() => match answer {
                    Ok(Ok(text)) => self.send(text).await,
                    Ok(Err(code)) => Err(End::Close(code)),
                    // Methods that panic are caught one by one; this was something else.
                    Err(_) => Err(End::Close(CloseCode::Error)),
                },
                news = feed.news() => self.tell(news, &feed.seen).await,
            };
            if let Err(end) = outcome {
                break end;
            }
        };
        if let End::Close(code) = end {
            if code == CloseCode::Away && self.answer_the_rest(&mut answers).await.is_err() {
                return;
            }
            timeout(SENDING, self.session.close(Some(CloseReason::from(code)))).await.ok();
        }
    }

    async fn hear(
        &mut self,
        message: Option<Result<AggregatedMessage, ProtocolError>>,
        feed: &mut Feed,
        answers: &FuturesUnordered<Answer>,
    ) -> Result<(), End> {
        self.heard_at = Instant::now();
        if !self.arriving.has_room() {
            return Err(End::Close(CloseCode::Again));
        }
        match &message {
            Some(Ok(AggregatedMessage::Ping(data) | AggregatedMessage::Pong(data))) => {
                self.arriving.heard_control(data.len());
            }
            _ => self.arriving.heard(),
        }
        match message {
            Some(Ok(AggregatedMessage::Text(text))) => match ClientMessage::parse(text.as_bytes()) {
                Ok(ClientMessage::Request { id, request }) => match self.admit(text.len()) {
                    Ok(admitted) => {
                        self.start(id, request, admitted, answers);
                        Ok(())
                    }
                    Err(refused) => self.send(problem(&refused, id.as_deref())).await,
                },
                Ok(ClientMessage::PushEnable { data_types, push_state }) => {
                    self.pushes = true;
                    feed.types = data_types
                        .map_or(TypeFilter::All, |names| TypeFilter::of(names.iter().map(String::as_str)));
                    if let Some(seen) = push_state.as_deref().and_then(Seen::parse) {
                        feed.resume(seen);
                    }
                    Ok(())
                }
                Ok(ClientMessage::PushDisable) => {
                    self.pushes = false;
                    feed.types = TypeFilter::of([]);
                    Ok(())
                }
                Err(Refused { id, error }) => self.refuse(&error, id.as_deref()).await,
            },
            Some(Ok(AggregatedMessage::Ping(data))) => {
                self.deliver(async |session| session.pong(&data).await).await
            }
            Some(Ok(AggregatedMessage::Pong(_))) => Ok(()),
            // RFC 8887 §4.3.1.
            Some(Ok(AggregatedMessage::Binary(_))) => Err(End::Close(CloseCode::Unsupported)),
            Some(Ok(AggregatedMessage::Close(_))) => Err(End::Close(CloseCode::Normal)),
            Some(Err(ProtocolError::Overflow | ProtocolError::Io(_))) => {
                self.refuse(&RequestError::Limit(Limit::MaxSizeRequest), None).await?;
                Err(End::Close(CloseCode::Size))
            }
            Some(Err(_)) => Err(End::Close(CloseCode::Protocol)),
            None => Err(End::Gone),
        }
    }

    /// The right to process one more request of so many octets.
    fn admit(&self, octets: usize) -> Result<Admitted, HttpError> {
        let budgets = &self.app.budgets;
        let _permit = self.app.api_permits.take(&self.username)?;
        Ok(Admitted {
            _permit,
            _request: budgets.requests.take(1)?,
            _octets: budgets.octets.take(octets as u64)?,
        })
    }

    /// Starts to process a request, beside those that are under way (RFC 8887 §4.3.2).
    fn start(
        &self,
        id: Option<String>,
        request: Request,
        admitted: Admitted,
        answers: &FuturesUnordered<Answer>,
    ) {
        let (app, username, credential) = (self.app.clone(), self.username.clone(), self.credential);
        let (base_url, language) = (self.base_url.clone(), self.language);
        answers.push(actix_web::rt::spawn(async move {
            let _admitted = admitted;
            let started = Instant::now();
            // The password and the accounts count as they are now, not as they were at the handshake.
            let principal = match still_allowed(&app, &username, credential).await {
                Ok(principal) => principal.ok_or(CloseCode::Policy)?,
                Err(error) => return Ok(problem(&HttpError::from(error), id.as_deref())),
            };
            let outcome = process(&app, Asker { principal, base_url, language }, request).await;
            let calls = outcome.as_ref().map_or("-", |(_, names)| names.as_str());
            let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
            tracing::info!(route = "/jmap/ws", user = username, calls, milliseconds, "request");
            Ok(match outcome {
                Ok((response, _)) => {
                    let message = websocket::response(&response, id.as_deref());
                    String::from_utf8_lossy(&message).into_owned()
                }
                Err(error) => problem(&error, id.as_deref()),
            })
        }));
    }

    /// Sends the answers to what is under way. So a client of a node that stops knows that a request without an answer
    /// was not begun, and can send it to another node.
    async fn answer_the_rest(&mut self, answers: &mut FuturesUnordered<Answer>) -> Result<(), End> {
        while let Some(answer) = answers.next().await {
            if let Ok(Ok(text)) = answer {
                self.send(text).await?;
            }
        }
        Ok(())
    }

    async fn tell(&mut self, news: News, seen: &Seen) -> Result<(), End> {
        match news {
            News::Changed(change) if self.pushes => self.send(state_change(&change, seen)).await,
            News::Changed(_) => Ok(()),
            News::Quiet if self.heard_at.elapsed() > SILENCE => Err(End::Gone),
            News::Quiet => self.deliver(async |session| session.ping(b"").await).await,
            News::Over(Over::Stopping) => Err(End::Close(CloseCode::Away)),
            News::Over(Over::NotAllowed) => Err(End::Close(CloseCode::Policy)),
        }
    }

    async fn refuse(&mut self, error: &RequestError, id: Option<&str>) -> Result<(), End> {
        self.send(websocket::request_error(&error.problem(), id)).await
    }

    async fn send(&mut self, text: String) -> Result<(), End> {
        self.deliver(async |session| session.text(text).await).await
    }

    async fn deliver(
        &mut self,
        sending: impl AsyncFnOnce(&mut Session) -> Result<(), Closed>,
    ) -> Result<(), End> {
        let sent = timeout(SENDING, sending(&mut self.session)).await.map_err(|_| End::Gone)?;
        sent.map_err(End::from)
    }
}

fn problem(error: &HttpError, id: Option<&str>) -> String {
    websocket::request_error(error.problem(), id)
}

/// RFC 8887 §4.3.5.1.
fn state_change(change: &StateChange, seen: &Seen) -> String {
    let mut object = change.to_object();
    object.insert("pushState".to_owned(), json!(seen.to_string()));
    Value::Object(object).to_string()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn pages_of_other_origins_are_kept_out() {
        let is_let_in = |origin: Option<&str>, base_url: &str| {
            let request = TestRequest::default();
            let request = match origin {
                Some(origin) => request.insert_header((header::ORIGIN, origin)),
                None => request,
            };
            check_origin(&request.to_http_request(), base_url).is_ok()
        };
        assert!(is_let_in(None, "https://mail.example.org"));
        assert!(is_let_in(Some("https://mail.example.org"), "https://mail.example.org"));
        assert!(is_let_in(Some("https://mail.example.org"), "https://mail.example.org/signet"));
        for other in
            ["https://evil.example", "https://mail.example.or", "http://mail.example.org", "null", ""]
        {
            assert!(!is_let_in(Some(other), "https://mail.example.org"), "{other}");
        }
    }
}
