//! Downloading (RFC 8620 §6.2).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::App;
use super::authentication::User;
use super::error::HttpError;
use super::range::{self, Range};
use super::stored_octets::StoredOctets;
use crate::jmap::access;
use crate::wire::blob_id::BlobId;

/// What stands unencoded in an ext-value (RFC 8187 §3.2.1, attr-char).
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The variables of the download URL in its query.
#[derive(Deserialize)]
pub(super) struct Query {
    /// The media type to answer with.
    #[serde(rename = "type")]
    media_type: Option<String>,
}

/// GET /jmap/download/{accountId}/{blobId}/{name}?type={type}
pub(super) async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    user: User,
    path: web::Path<(String, String, String)>,
    query: web::Query<Query>,
) -> Result<HttpResponse, HttpError> {
    let (account_id, blob_id, name) = path.into_inner();
    let not_found = || HttpError::not_found("There is no such blob in this account.");
    let account = access::visible(&user.0, &account_id).ok_or_else(not_found)?;
    let id = BlobId::parse(&blob_id).ok_or_else(not_found)?;
    let found = StoredOctets::open(&app, account.id, &user.0.username, id).await?;
    let octets = found.ok_or_else(not_found)?;
    let length = octets.len();

    let etag = format!("\"{blob_id}\"");
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, media_type(query.media_type.as_deref())))
        .insert_header((header::CONTENT_DISPOSITION, disposition(&name)))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Even a browser that shows what it should save runs nothing of it.
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::CACHE_CONTROL, "private, immutable, max-age=31536000"))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::ETAG, etag.clone()));
    let header =
        |name| request.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    if header(header::IF_NONE_MATCH).is_some_and(|tags| matches_tag(tags, &etag)) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    let wanted = header(header::RANGE).filter(|_| header(header::IF_RANGE).is_none_or(|tag| tag == etag));
    Ok(match range::parse(wanted, length) {
        Range::Whole => response.body(octets.body(0..length)),
        Range::Part(part) => {
            let content_range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            response
                .status(StatusCode::PARTIAL_CONTENT)
                .insert_header((header::CONTENT_RANGE, content_range))
                .body(octets.body(part))
        }
        Range::Unsatisfiable => response
            .status(StatusCode::RANGE_NOT_SATISFIABLE)
            .insert_header((header::CONTENT_RANGE, format!("bytes */{length}")))
            .finish(),
    })
}

/// The type that the client asks for, if it can stand in a header; what it says is the client's affair.
fn media_type(wanted: Option<&str>) -> header::HeaderValue {
    wanted
        .filter(|wanted| wanted.contains('/'))
        .and_then(|wanted| header::HeaderValue::from_str(wanted).ok())
        .unwrap_or(header::HeaderValue::from_static("application/octet-stream"))
}

/// `attachment` with the name (RFC 6266): in ASCII for old clients, and as it is where the two differ.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if (' '..='~').contains(&c) && !"\"\\%".contains(c) { c } else { '_' })
        .collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let exact = utf8_percent_encode(name, NOT_ATTR_CHAR);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

fn matches_tag(tags: &str, etag: &str) -> bool {
    tags.trim() == "*" || tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_in_the_header() {
        assert_eq!(disposition("a b.pdf"), "attachment; filename=\"a b.pdf\"");
        assert_eq!(
            disposition("Maß \"1\".pdf"),
            "attachment; filename=\"Ma_ _1_.pdf\"; filename*=UTF-8''Ma%C3%9F%20%221%22.pdf"
        );
        let hostile = disposition("x\r\nSet-Cookie: a=b");
        assert!(!hostile.contains(['\r', '\n']), "{hostile}");
    }

    #[test]
    fn types_that_cannot_stand_in_a_header_are_not_sent() {
        assert_eq!(media_type(Some("text/plain; charset=utf-8")), "text/plain; charset=utf-8");
        for wrong in [None, Some(""), Some("text"), Some("text/plain\r\nX: y")] {
            assert_eq!(media_type(wrong), "application/octet-stream");
        }
    }

    #[test]
    fn entity_tags_match_in_lists_and_weakly() {
        assert!(matches_tag("\"x\", W/\"b1\"", "\"b1\"") && matches_tag("*", "\"b1\""));
        assert!(!matches_tag("\"b\"", "\"b1\""));
    }
}
