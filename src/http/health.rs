//! What load balancers and monitoring ask.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use super::App;
use super::error::HttpError;
use crate::store::schema;

/// GET /healthz: this process answers.
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain")
        .body("ok\n")
}

/// GET /readyz: the database answers, its schema is the one of this program, and no stop is under way.
pub(super) async fn ready(app: web::Data<App>) -> Result<HttpResponse, HttpError> {
    let not_ready = |detail: &str| HttpError::plain(StatusCode::SERVICE_UNAVAILABLE, detail);
    if app.node.stop.is_cancelled() {
        return Err(not_ready("This node is stopping."));
    }
    if let Err(error) = schema::check(app.store()).await {
        tracing::warn!(%error, "not ready");
        return Err(not_ready(
            "The database is not available, or its schema is not the one of this program.",
        ));
    }
    Ok(alive().await)
}

/// GET /metrics
pub(super) async fn metrics(app: web::Data<App>) -> HttpResponse {
    let pool = app.store().pool_status();
    app.node.metrics.pool(pool.size, pool.idle, pool.waiting);
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(app.node.metrics.to_text())
}
