//! The API resource (RFC 8620 §3.1).

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use tokio::time::Instant;

use super::authentication::User;
use super::body::Body;
use super::error::HttpError;
use super::request_log::LoggedCalls;
use super::{App, base_url, body, session};
use crate::jmap::Context;
use crate::locale::Language;
use crate::wire::envelope::{Request, Response};
use crate::wire::errors::{Limit, RequestError};
use crate::wire::references::CreatedIds;
use crate::wire::session::Principal;

/// POST /jmap/api
pub(super) async fn post(
    app: web::Data<App>,
    request: HttpRequest,
    user: User,
    payload: web::Payload,
) -> Result<HttpResponse, HttpError> {
    let _permit = app.api_permits.take(&user.0.username)?;
    if !request.content_type().eq_ignore_ascii_case("application/json") {
        let detail = format!("the content type is {:?}, not application/json", request.content_type());
        return Err(RequestError::NotJson(detail).into());
    }
    let limit = (Limit::MaxSizeRequest, app.core_limits.max_size_request);
    let Body { data, share: _share } = body::read(&request, payload, &app.budgets.octets, limit).await?;
    let calls = Request::parse(&data)?;
    drop(data);

    let asker =
        Asker { principal: user.0, base_url: base_url::of(&app, &request), language: language(&request) };
    let language = asker.language;
    let (response, names) = process(&app, asker, calls).await?;
    request.extensions_mut().insert(LoggedCalls(names));
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, "Accept-Language"))
        .insert_header((header::CACHE_CONTROL, "no-cache, no-store, must-revalidate"))
        .body(response.to_json()))
}

/// Who sends a request, whichever way it comes.
pub(super) struct Asker {
    /// The user.
    pub(super) principal: Arc<Principal>,
    /// What stands before the paths of this server, as the user reaches it.
    pub(super) base_url: String,
    /// The language for texts (RFC 8620 §3.8).
    pub(super) language: Language,
}

/// The language that a client asks for (RFC 8620 §3.8). Several fields are one list (RFC 9110 §5.3).
pub(super) fn language(request: &HttpRequest) -> Language {
    let fields = request.headers().get_all(header::ACCEPT_LANGUAGE);
    let ranges: Vec<&str> = fields.filter_map(|value| value.to_str().ok()).collect();
    Language::negotiate(Some(&ranges.join(",")))
}

/// Processes a request, and tells which methods it called, for the log.
pub(super) async fn process(
    app: &App,
    asker: Asker,
    request: Request,
) -> Result<(Response, String), HttpError> {
    let session = session::session(app, &asker.base_url, &asker.principal).await?;
    let context = Context {
        session_state: session.state().to_owned(),
        principal: asker.principal,
        using: Vec::new(),
        language: asker.language,
        limits: app.core_limits.clone(),
        clock: app.store().clock().clone(),
        deadline: Some(Instant::now() + app.node.config.limits.request_time()),
        created_ids: CreatedIds::default(),
    };
    let names: Vec<String> = request.method_calls.iter().map(|call| call.name.clone()).collect();
    let response = app.engine.process(context, request).await?;
    let names = note_calls(app, &names, &response);
    Ok((response, names))
}

/// Tells the metrics which methods were called, and how they went; and gives their names for the log.
fn note_calls(app: &App, names: &[String], response: &Response) -> String {
    // Only names of methods that exist are told: others are whatever a client wrote.
    let known: Vec<&str> =
        names.iter().map(|name| if app.engine.knows(name) { name.as_str() } else { "(unknown)" }).collect();
    let has_implicit_calls = response.method_responses.len() != known.len();
    for (index, answer) in response.method_responses.iter().enumerate() {
        match (answer.name.as_str(), known.get(index)) {
            ("error", method) => {
                let method = method.filter(|_| !has_implicit_calls).unwrap_or(&"(unclear)");
                let kind = answer.arguments.get("type").and_then(|kind| kind.as_str());
                app.node.metrics.call(method, kind.unwrap_or("serverFail"));
            }
            (method, _) => app.node.metrics.call(method, "ok"),
        }
    }
    known.join(",")
}
