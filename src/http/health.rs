//! What load balancers and monitoring ask.

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use super::App;
use super::error::HttpError;
use crate::store::schema::SchemaError;

/// GET /healthz: this process answers.
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain")
        .body("ok\n")
}

/// GET /readyz: the database answers, its schema serves this program, and no stop is under way, which is known here
/// before anything else of the stop is. A schema that is
/// newer than the program serves it too: migrations expand before they contract, and while the nodes are replaced
/// one after the other, the old ones must go on.
pub(super) async fn ready(app: web::Data<App>) -> Result<HttpResponse, HttpError> {
    let not_ready = |detail: &str| HttpError::plain(StatusCode::SERVICE_UNAVAILABLE, detail);
    if app.node.stopping.draining.is_cancelled() {
        return Err(not_ready("This node is stopping."));
    }
    match app.node.probe.check().await {
        Ok(()) | Err(SchemaError::TooNew { .. }) => Ok(alive().await),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Err(not_ready("The database is not available, or its schema is too old for this program."))
        }
    }
}

/// GET /metrics
pub(super) async fn metrics(app: web::Data<App>) -> HttpResponse {
    let pool = app.store().pool_status();
    app.node.metrics.pool(pool.size, pool.idle, pool.waiting);
    let interval = Duration::from_secs(app.node.config.trust.worker_interval_seconds);
    tokio::join!(app.node.trust.tell_gauges(interval), app.node.upkeep.tell_gauges());
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(app.node.metrics.to_text())
}
