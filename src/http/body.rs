//! Bodies of requests, read into memory up to a limit.

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use super::error::HttpError;
use crate::wire::errors::{Limit, RequestError};

/// The whole body, or the error that says that it is larger than `most` octets.
pub(super) async fn read(
    request: &HttpRequest,
    mut payload: web::Payload,
    limit: Limit,
    most: u64,
) -> Result<Bytes, HttpError> {
    let too_large = || HttpError::from(RequestError::Limit(limit));
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|octets: u64| octets > most) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            let detail = format!("The body cannot be read: {error}");
            HttpError::plain(actix_web::http::StatusCode::BAD_REQUEST, &detail)
        })?;
        if (body.len() + chunk.len()) as u64 > most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
