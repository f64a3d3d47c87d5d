//! One log line for each request, its metrics, and the headers that browsers want (CORS).

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError, web};

use super::App;
use super::error::HttpError;

/// The user of a request, for its log line.
#[derive(Clone)]
pub(super) struct LoggedUser(pub(super) String);

/// The JMAP methods that a request called, for its log line.
pub(super) struct LoggedCalls(pub(super) String);

/// Stands around all routes.
pub(super) async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let started = Instant::now();
    let app = request.app_data::<web::Data<App>>().cloned();
    let app = app.as_ref().map(|app| &***app);
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if is_preflight {
        let mut response = request.into_response(HttpResponse::NoContent().finish()).map_into_boxed_body();
        allow_browsers(response.headers_mut());
        log(&response, started, app);
        return Ok(response);
    }
    // Nothing else may hold the request while the router writes its matches into it: what is needed of it after
    // an error is copied before.
    let method = request.method().clone();
    match next.call(request).await {
        Ok(response) => {
            let mut response = as_problem(response.map_into_boxed_body());
            allow_browsers(response.headers_mut());
            log(&response, started, app);
            Ok(response)
        }
        Err(error) => Err(answer_of(error, &Asked { method: &method, started }, app)),
    }
}

/// What is known of a request that is gone.
struct Asked<'a> {
    method: &'a Method,
    started: Instant,
}

/// What the framework refuses by itself, such as a query that cannot be read, it refuses in plain text. Here it
/// becomes a problem details object like every other error (RFC 8620 §3.6.1).
fn as_problem(response: ServiceResponse) -> ServiceResponse {
    match response.response().error().and_then(problem) {
        Some(problem) => response.into_response(problem.error_response()),
        None => response,
    }
}

/// The answer to a request whose error came past all routes. With the request gone, the line of the log knows
/// neither the route nor the user.
fn answer_of(error: actix_web::Error, asked: &Asked<'_>, app: Option<&App>) -> actix_web::Error {
    let mut response = problem(&error).map_or_else(|| error.error_response(), |it| it.error_response());
    allow_browsers(response.headers_mut());
    let line =
        Line { method: asked.method, route: NO_ROUTE, status: response.status(), user: "-", calls: "-" };
    line.write(asked.started, app);
    InternalError::from_response(error, response).into()
}

/// The problem to answer with for an error that is not one of ours; ours know how to answer.
fn problem(error: &actix_web::Error) -> Option<HttpError> {
    if error.as_error::<HttpError>().is_some() {
        return None;
    }
    let status = error.as_response_error().status_code();
    if status.is_server_error() {
        // What it says is for the operator, not for the client.
        tracing::error!(%error, "a request failed");
        return Some(HttpError::plain(status, "The server failed."));
    }
    Some(HttpError::plain(status, &error.to_string()))
}

/// Any page may ask: without a name and a password, which no browser adds by itself, it gets nothing.
fn allow_browsers(headers: &mut HeaderMap) {
    const HEADERS: [(&str, &str); 5] = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, HEAD, POST, OPTIONS"),
        (
            "access-control-allow-headers",
            "Authorization, Content-Type, Accept-Language, Cache-Control, If-None-Match, If-Range, \
             Last-Event-ID, Range",
        ),
        (
            "access-control-expose-headers",
            "Accept-Ranges, Content-Disposition, Content-Language, Content-Range, ETag, Retry-After, \
             WWW-Authenticate",
        ),
        ("access-control-max-age", "86400"),
    ];
    for (name, value) in HEADERS {
        headers.insert(header::HeaderName::from_static(name), header::HeaderValue::from_static(value));
    }
}

/// The route of a request that met none.
const NO_ROUTE: &str = "(none)";

fn log(response: &ServiceResponse, started: Instant, app: Option<&App>) {
    let request = response.request();
    let pattern = request.match_pattern();
    let extensions = request.extensions();
    let line = Line {
        method: request.method(),
        route: pattern.as_deref().unwrap_or(NO_ROUTE),
        status: response.status(),
        user: extensions.get::<LoggedUser>().map_or("-", |user| user.0.as_str()),
        calls: extensions.get::<LoggedCalls>().map_or("-", |calls| calls.0.as_str()),
    };
    line.write(started, app);
}

/// What the log tells of a request.
struct Line<'a> {
    method: &'a Method,
    /// The pattern, not the path: paths hold ids and file names, and would be labels without end.
    route: &'a str,
    status: StatusCode,
    user: &'a str,
    calls: &'a str,
}

impl Line<'_> {
    /// Writes the line, and counts the request.
    fn write(&self, started: Instant, app: Option<&App>) {
        let Self { method, route, user, calls, .. } = *self;
        let (status, took) = (self.status.as_u16(), started.elapsed());
        tracing::info!(
            %method,
            route,
            status,
            user,
            calls,
            milliseconds = took.as_secs_f64() * 1000.0,
            "request"
        );
        if let Some(app) = app {
            app.node.metrics.request(route, status, took);
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, try_call_service};

    use super::*;

    #[actix_web::test]
    async fn an_error_from_past_the_routes_is_answered_as_any_other() {
        async fn fail(
            _: ServiceRequest,
            _: Next<impl MessageBody + 'static>,
        ) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
            Err(actix_web::error::ErrorBadGateway("secret"))
        }
        let app = init_service(actix_web::App::new().wrap(from_fn(fail)).wrap(from_fn(around))).await;
        let error = try_call_service(&app, TestRequest::get().to_request()).await.err().unwrap();
        let response = error.error_response();
        assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
        assert_eq!(response.headers().get("access-control-allow-origin").unwrap(), "*");
        assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+json");
        let body = to_bytes(response.into_body()).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }

    #[actix_web::test]
    async fn what_the_framework_refuses_is_a_problem_too() {
        async fn numbers(_: web::Path<u32>) -> HttpResponse {
            HttpResponse::Ok().finish()
        }
        let routes = actix_web::App::new().route("/{number}", web::get().to(numbers));
        let app = init_service(routes.wrap(from_fn(around))).await;
        let response = call_service(&app, TestRequest::get().uri("/one").to_request()).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers().get("access-control-allow-origin").unwrap(), "*");
        assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+json");
    }
}
