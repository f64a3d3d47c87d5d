//! The HTTP door: session, API, upload, download, event source, WebSocket, and what keeps a node watched.

mod api;
mod arriving;
mod authentication;
mod base_url;
mod body;
mod download;
mod error;
mod event_source;
mod feed;
mod gate;
mod health;
mod newcomers;
pub mod password;
mod permits;
mod range;
mod request_log;
mod session;
mod stored_octets;
mod upload;
mod web_socket;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::middleware::from_fn;
use actix_web::{
    FromRequest, Handler, HttpResponse, HttpServer, Resource, Responder, ResponseError, guard, web,
};

use self::authentication::Authenticator;
use self::error::HttpError;
use self::newcomers::Newcomers;
use self::permits::Permits;
use crate::budget::Budget;
use crate::jmap::{self, Engine};
use crate::lifecycle::Node;
use crate::store::Store;
use crate::wire::capability::{CoreLimits, MailLimits, SubmissionLimits};
use crate::wire::errors::Limit;

/// How long a connection stays open without a request: longer than proxies keep theirs (a minute, as a rule). Who closes a
/// connection does not know of the request that is on its way over it, so it should be the side that sends them.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long requests that are under way may take to finish when the node stops.
const LAST_REQUESTS_SECONDS: u64 = 30;

/// What all handlers share.
struct App {
    node: Arc<Node>,
    engine: Engine,
    authenticator: Authenticator,
    core_limits: Arc<CoreLimits>,
    mail_limits: MailLimits,
    submission_limits: SubmissionLimits,
    api_permits: Permits,
    upload_permits: Permits,
    stream_permits: Permits,
    budgets: Budgets,
}

/// What the node has for all of its users together.
struct Budgets {
    connections: Budget,
    streams: Budget,
    requests: Budget,
    octets: Budget,
}

impl Budgets {
    fn new(node: &Node) -> Self {
        let (config, metrics) = (&node.config.node, &node.metrics);
        Self {
            connections: Budget::new("connections", config.max_connections, metrics),
            streams: Budget::new("streams", config.max_streams, metrics),
            requests: Budget::new("requests", config.max_requests, metrics),
            octets: node.octets.clone(),
        }
    }
}

impl App {
    fn new(node: Arc<Node>, engine: Engine) -> Self {
        let limits = &node.config.limits;
        let core_limits = CoreLimits {
            max_size_upload: limits.max_size_upload,
            max_concurrent_upload: limits.max_concurrent_upload,
            max_size_request: limits.max_size_request,
            max_concurrent_requests: limits.max_concurrent_requests,
            max_calls_in_request: limits.max_calls_in_request,
            max_objects_in_get: limits.max_objects_in_get,
            max_objects_in_set: limits.max_objects_in_set,
            ..CoreLimits::default()
        };
        Self {
            engine,
            budgets: Budgets::new(&node),
            authenticator: Authenticator::new(),
            api_permits: Permits::new(Limit::MaxConcurrentRequests, limits.max_concurrent_requests),
            upload_permits: Permits::new(Limit::MaxConcurrentUpload, limits.max_concurrent_upload),
            stream_permits: Permits::new(Limit::MaxConcurrentRequests, node.config.push.max_streams),
            core_limits: Arc::new(core_limits),
            mail_limits: MailLimits::default(),
            submission_limits: SubmissionLimits::new(
                node.config.submission.max_delay_seconds,
                node.config.submission.max_size,
            ),
            node,
        }
    }

    fn store(&self) -> &Store {
        self.node.store()
    }
}

/// All methods, as the configuration of a node has them.
pub fn engine(node: &Node) -> Engine {
    let services = jmap::Services {
        submitter: node.submitter.clone(),
        push_destinations: node.push.destinations().clone(),
        ..jmap::Services::from(node.trust.clone())
    };
    jmap::engine(&services)
}

/// Serves `node` on `listener` until it is closing (see [`Stopping`]): then no new connection is taken, requests under
/// way are finished, and this returns.
///
/// [`Stopping`]: crate::lifecycle::Stopping
pub async fn serve(node: Arc<Node>, engine: Engine, listener: TcpListener) -> std::io::Result<()> {
    let closing = node.stopping.closing.clone();
    let newcomers = Newcomers::of(&listener)?;
    let app = web::Data::new(App::new(node, engine));
    let counting = gate::count(app.budgets.connections.clone());
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(app.clone())
            .wrap(from_fn(gate::around))
            .wrap(from_fn(request_log::around))
            .configure(routes)
    })
    .disable_signals()
    .on_connect(counting)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(LAST_REQUESTS_SECONDS)
    .listen(listener)?
    .run();
    let handle = server.handle();
    let stopping = async move {
        closing.cancelled().await;
        newcomers.turn_away().await;
        handle.stop(true).await;
    };
    let (served, ()) = tokio::join!(server, stopping);
    served
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(readable("/.well-known/jmap", session::get))
        .service(readable("/jmap/session", session::get))
        .service(resource("/jmap/api", "POST").post(api::post))
        .service(resource("/jmap/upload/{accountId}/", "POST").post(upload::post))
        .service(readable("/jmap/download/{accountId}/{blobId}/{name:.*}", download::get))
        .service(resource("/jmap/eventsource", "GET").get(event_source::get))
        .service(resource("/jmap/ws", "GET").get(web_socket::get))
        .service(readable("/healthz", health::alive))
        .service(readable("/readyz", health::ready))
        .service(readable("/metrics", health::metrics))
        .default_service(web::to(not_found));
}

/// A resource for GET, and for HEAD like it (RFC 9110 §9.1).
fn readable<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let route = web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
    resource(path, "GET, HEAD").route(route.to(handler))
}

/// A resource that tells the methods that it knows to those who come with others (RFC 9110 §15.5.6).
fn resource(path: &str, methods: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move {
        let detail = "This resource does not know this method.";
        let mut response = HttpError::plain(StatusCode::METHOD_NOT_ALLOWED, detail).error_response();
        response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(methods));
        response
    }))
}

async fn not_found() -> Result<HttpResponse, HttpError> {
    Err(HttpError::not_found("There is nothing here."))
}
