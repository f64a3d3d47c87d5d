//! The Session resource (RFC 8620 §2).

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use super::authentication::User;
use super::error::HttpError;
use super::{App, base_url};
use crate::store::StoreError;
use crate::wire::session::{Principal, Session};

/// GET /.well-known/jmap
pub(super) async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    user: User,
) -> Result<HttpResponse, HttpError> {
    let session = session(&app, &base_url::of(&app, &request), &user.0).await?;
    Ok(HttpResponse::Ok()
        // RFC 8620 §2: caching would hide changes.
        .insert_header((header::CACHE_CONTROL, "no-cache, no-store, must-revalidate"))
        .json(session.to_value()))
}

/// The Session object for a user who reaches this server under `base_url`.
pub(super) async fn session(app: &App, base_url: &str, principal: &Principal) -> Result<Session, StoreError> {
    let key = app.node.push.application_server_key().await?;
    Ok(Session::new(principal, &app.core_limits, &app.mail_limits, &key, base_url))
}
