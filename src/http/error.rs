//! Errors of HTTP: a problem details object for each (RFC 7807, RFC 8620 §3.6.1).

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};

use crate::budget::Exhausted;
use crate::store::StoreError;
use crate::wire::errors::{Problem, RequestError};

/// An answer that is an error.
#[derive(Clone, Debug)]
pub(super) struct HttpError {
    problem: Problem,
}

impl HttpError {
    /// An error that JMAP has no type for.
    pub(super) fn plain(status: StatusCode, detail: &str) -> Self {
        Self { problem: Problem::plain(status.as_u16(), detail) }
    }

    /// What the client gets to read.
    pub(super) fn problem(&self) -> &Problem {
        &self.problem
    }

    /// What is not there, or not for this user to see.
    pub(super) fn not_found(detail: &str) -> Self {
        Self::plain(StatusCode::NOT_FOUND, detail)
    }
}

impl From<RequestError> for HttpError {
    fn from(error: RequestError) -> Self {
        Self { problem: error.problem() }
    }
}

impl From<Exhausted> for HttpError {
    fn from(error: Exhausted) -> Self {
        Self::plain(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())
    }
}

impl From<StoreError> for HttpError {
    fn from(error: StoreError) -> Self {
        if error.is_unavailable() {
            tracing::warn!(%error, "the database is not available");
            return Self::plain(StatusCode::SERVICE_UNAVAILABLE, "The database is not available.");
        }
        tracing::error!(%error, "the database failed");
        Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "The database failed.")
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.detail)
    }
}

impl ResponseError for HttpError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        match status {
            StatusCode::UNAUTHORIZED => {
                response
                    .insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"signet\", charset=\"UTF-8\""));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                response.insert_header((header::RETRY_AFTER, "1"));
            }
            _ => {}
        }
        response
            .content_type("application/problem+json")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(serde_json::to_vec(&self.problem).unwrap_or_default())
    }
}
