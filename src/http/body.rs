//! Bodies of requests, read into memory up to a limit.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use super::error::HttpError;
use crate::budget::{Budget, Share};
use crate::wire::errors::{Limit, RequestError};

/// A body, and the memory that it takes. What is made of it takes as much or more: the share is kept until the request
/// is answered.
pub(super) struct Body {
    /// Its octets.
    pub(super) data: Bytes,
    /// What it takes of the node's memory.
    pub(super) share: Share,
}

/// The whole body, or the error that says that it is larger than `most` octets, or than the node has memory for.
pub(super) async fn read(
    request: &HttpRequest,
    mut payload: web::Payload,
    memory: &Budget,
    (limit, most): (Limit, u64),
) -> Result<Body, HttpError> {
    let too_large = || HttpError::from(RequestError::Limit(limit));
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let announced: u64 = announced.unwrap_or(0);
    if announced > most {
        return Err(too_large());
    }
    memory.check(announced)?;
    let mut share = memory.take(0)?;
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            let detail = format!("The body cannot be read: {error}");
            HttpError::plain(StatusCode::BAD_REQUEST, &detail)
        })?;
        if (body.len() + chunk.len()) as u64 > most {
            return Err(too_large());
        }
        share.grow(chunk.len() as u64)?;
        body.extend_from_slice(&chunk);
    }
    Ok(Body { data: body.freeze(), share })
}
