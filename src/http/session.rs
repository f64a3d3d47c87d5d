//! The Session resource (RFC 8620 §2).

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use super::authentication::User;
use super::{App, base_url};
use crate::wire::session::{Principal, Session};

/// GET /.well-known/jmap
pub(super) async fn get(app: web::Data<App>, request: HttpRequest, user: User) -> HttpResponse {
    HttpResponse::Ok()
        // RFC 8620 §2: caching would hide changes.
        .insert_header((header::CACHE_CONTROL, "no-cache, no-store, must-revalidate"))
        .json(session(&app, &request, &user.0).to_value())
}

/// The Session object for a user, with the URLs as this request reaches them.
pub(super) fn session(app: &App, request: &HttpRequest, principal: &Principal) -> Session {
    let base_url = base_url::of(app, request);
    Session::new(principal, &app.core_limits, &app.mail_limits, &app.submission_limits, &base_url)
}
