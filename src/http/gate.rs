//! What stands before all routes: the node takes no more than it can do, and ends connections when it is to stop.

use std::any::Any;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::{ResponseError, web};

use super::App;
use super::error::HttpError;
use crate::budget::{Budget, Share};

/// What those ask who watch the node. They are answered whatever else goes on.
const WATCHED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
/// Requests that become streams, which are counted as such.
const STREAMS: [&str; 2] = ["/jmap/eventsource", "/jmap/ws"];

/// A connection, or one too many. A client that is not let in would not know why; one whose request is answered does.
struct Connection(Result<Share, HttpError>);

/// Counts connections, from their beginning to their end.
pub(super) fn count(connections: Budget) -> impl Fn(&dyn Any, &mut Extensions) + Clone {
    move |_, extensions| {
        extensions.insert(Connection(connections.take(1).map_err(HttpError::from)));
    }
}

/// Stands around all routes.
pub(super) async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let app = app.expect("the server is set up with its App");
    let is_one_too_many = connection(&request).is_err();
    let mut response = match admit(&app, &request) {
        Ok(_share) => next.call(request).await?.map_into_boxed_body(),
        Err(refused) => request.into_response(refused.error_response()),
    };
    let is_last = is_one_too_many || app.node.stopping.draining.is_cancelled();
    if is_last && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        // Said in the answer, so that nobody sends a request over a connection that is about to end.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

/// The right to be processed, for those who need one.
fn admit(app: &App, request: &ServiceRequest) -> Result<Option<Share>, HttpError> {
    let path = request.path();
    if WATCHED.contains(&path) {
        return Ok(None);
    }
    connection(request).map_err(HttpError::clone)?;
    if STREAMS.contains(&path) {
        return Ok(None);
    }
    Ok(Some(app.budgets.requests.take(1)?))
}

/// Whether the connection of a request is none too many. In tests without a server there are no connections.
fn connection(request: &ServiceRequest) -> Result<(), &HttpError> {
    match request.conn_data::<Connection>() {
        Some(Connection(Err(refused))) => Err(refused),
        _ => Ok(()),
    }
}
