//! Uploading (RFC 8620 §6.1).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::authentication::User;
use super::body::Body;
use super::error::HttpError;
use super::{App, body};
use crate::jmap::{access, blobs};
use crate::wire::errors::Limit;

/// POST /jmap/upload/{accountId}/
pub(super) async fn post(
    app: web::Data<App>,
    request: HttpRequest,
    user: User,
    account_id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, HttpError> {
    let account = access::visible(&user.0, &account_id)
        .ok_or_else(|| HttpError::not_found("There is no such account."))?;
    if account.is_read_only {
        return Err(HttpError::plain(StatusCode::FORBIDDEN, "The account is read-only."));
    }
    let _permit = app.upload_permits.take(&user.0.username)?;
    let limit = (Limit::MaxSizeUpload, app.core_limits.max_size_upload);
    let Body { data, share: _share } = body::read(&request, payload, &app.budgets.octets, limit).await?;
    let blob_id = blobs::store_upload(app.store(), account.id, &user.0.username, data.clone()).await?;
    let media_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("application/octet-stream");
    Ok(HttpResponse::Created().json(json!({
        "accountId": account.id,
        "blobId": blob_id.to_string(),
        "type": media_type,
        "size": data.len(),
    })))
}
