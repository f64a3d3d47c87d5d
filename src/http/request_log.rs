//! One log line for each request, its metrics, and the headers that browsers want (CORS).

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};

use super::App;

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
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight {
        request.into_response(HttpResponse::NoContent().finish()).map_into_boxed_body()
    } else {
        // Nothing else may hold the request while the router writes its matches into it. What a route has to say
        // it says in a response, so that an error here is not one of ours.
        next.call(request).await?.map_into_boxed_body()
    };
    allow_browsers(&mut response);
    log(&response, started, app.as_ref().map(|app| &***app));
    Ok(response)
}

/// Any page may ask: without a name and a password, which no browser adds by itself, it gets nothing.
fn allow_browsers(response: &mut ServiceResponse) {
    const HEADERS: [(&str, &str); 5] = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, HEAD, POST, OPTIONS"),
        (
            "access-control-allow-headers",
            "Authorization, Content-Type, Accept-Language, If-None-Match, Range",
        ),
        (
            "access-control-expose-headers",
            "Content-Disposition, Content-Language, Content-Range, ETag, Retry-After, WWW-Authenticate",
        ),
        ("access-control-max-age", "86400"),
    ];
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(header::HeaderName::from_static(name), header::HeaderValue::from_static(value));
    }
}

fn log(response: &ServiceResponse, started: Instant, app: Option<&App>) {
    let request = response.request();
    // The pattern, not the path: paths hold ids and file names, and would be labels without end.
    let route = request.match_pattern().unwrap_or_else(|| "(none)".to_owned());
    let status = response.status().as_u16();
    let took = started.elapsed();
    let extensions = request.extensions();
    let user = extensions.get::<LoggedUser>().map_or("-", |user| user.0.as_str());
    let calls = extensions.get::<LoggedCalls>().map_or("-", |calls| calls.0.as_str());
    tracing::info!(
        method = %request.method(),
        route,
        status,
        user,
        calls,
        milliseconds = took.as_secs_f64() * 1000.0,
        "request"
    );
    if let Some(app) = app {
        app.node.metrics.request(&route, status, took);
    }
}
