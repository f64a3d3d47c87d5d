//! What stands before the paths of this server, as the client of a request sees it.

use actix_web::HttpRequest;

use super::App;

/// The configured URL, or what the request says of itself: Forwarded, X-Forwarded-Proto and -Host, Host.
pub(super) fn of(app: &App, request: &HttpRequest) -> String {
    match &app.node.config.public_url {
        Some(url) => url.as_str().to_owned(),
        None => {
            let info = request.connection_info();
            format!("{}://{}", info.scheme(), info.host())
        }
    }
}
