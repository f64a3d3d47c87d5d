//! Blobs of an account by their ids (RFC 8620 §6): whole ones, and parts of messages.

use std::borrow::Cow;

use bytes::Bytes;

use crate::mime::{PartSection, TransferEncoding};
use crate::store::blob::{self, BlobHash};
use crate::store::{Store, StoreError, upload};
use crate::wire::blob_id::{BlobId, PartEncoding};
use crate::wire::ids::AccountId;

/// The bytes that an id names, if this login may read them: an email of the account holds them, or the login
/// uploaded them itself (RFC 8620 §6.1). Whether the login may read the account was checked before.
pub async fn read_blob(
    store: &Store,
    account: AccountId,
    login: &str,
    id: BlobId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let hash = BlobHash(*id.hash());
    match id {
        BlobId::Whole { .. } => read_stored(store, account, login, hash).await,
        BlobId::Part { offset, length, encoding, .. } => {
            let read = read_range(store, account, login, hash, offset, length).await?;
            // The section must be inside the message: else it belongs to another one.
            let encoded = read.filter(|octets| octets.len() as u64 == length);
            Ok(encoded.and_then(|octets| part(&octets, 0, length, encoding).map(Cow::into_owned)))
        }
    }
}

/// So many stored bytes after the first `offset`, by the same rules; fewer where the blob ends.
pub async fn read_range(
    store: &Store,
    account: AccountId,
    login: &str,
    hash: BlobHash,
    offset: u64,
    length: u64,
) -> Result<Option<Vec<u8>>, StoreError> {
    // No blob has 2 GB: PostgreSQL holds no such value.
    let (Ok(offset), Ok(length)) = (i32::try_from(offset), i32::try_from(length)) else { return Ok(None) };
    if offset.checked_add(length).is_none_or(|end| end == i32::MAX) {
        return Ok(None);
    }
    store
        .snapshot("blob/read_range", async |transaction| {
            blob::read_range(transaction, account, login, hash, (offset, length)).await
        })
        .await
}

/// How many bytes are stored under a hash, by the same rules.
pub async fn stored_size(
    store: &Store,
    account: AccountId,
    login: &str,
    hash: BlobHash,
) -> Result<Option<u64>, StoreError> {
    let sizes = store.snapshot("blob/readable", async |transaction| {
        blob::readable(transaction, account, login, &[hash]).await
    });
    Ok(sizes.await?.remove(&hash))
}

/// How many octets [`read_blob`] reads for an id; nothing if there is no such blob.
pub async fn octets_to_read(
    store: &Store,
    account: AccountId,
    login: &str,
    id: BlobId,
) -> Result<u64, StoreError> {
    let size = stored_size(store, account, login, BlobHash(*id.hash())).await?.unwrap_or(0);
    Ok(match id {
        BlobId::Whole { .. } => size,
        BlobId::Part { length, .. } => length.min(size),
    })
}

/// The stored bytes under a hash, by the same rules.
pub async fn read_stored(
    store: &Store,
    account: AccountId,
    login: &str,
    hash: BlobHash,
) -> Result<Option<Vec<u8>>, StoreError> {
    store
        .transaction("blob/read", async |transaction| blob::read(transaction, account, login, hash).await)
        .await
}

/// What an id names of the stored bytes under its hash; `None` if they have no such part.
pub fn octets(raw: &[u8], id: BlobId) -> Option<Cow<'_, [u8]>> {
    match id {
        BlobId::Whole { .. } => Some(Cow::Borrowed(raw)),
        BlobId::Part { offset, length, encoding, .. } => part(raw, offset, length, encoding),
    }
}

/// Stores bytes that a login uploaded, and gives their id (RFC 8620 §6.1).
pub async fn store_upload(
    store: &Store,
    account: AccountId,
    login: &str,
    bytes: Bytes,
) -> Result<BlobId, StoreError> {
    let hash = upload::store(store, account, login, bytes).await?;
    Ok(BlobId::Whole { hash: hash.0 })
}

/// Gives a login a blob of one account in another, as if it had uploaded it there; no bytes move. `false` if it may not
/// read the blob in the first. Whether it may read the one account and write in the other was checked before.
pub async fn copy_upload(
    store: &Store,
    from_account: AccountId,
    account: AccountId,
    login: &str,
    hash: BlobHash,
) -> Result<bool, StoreError> {
    store
        .transaction("blob/copy", async |transaction| {
            let is_there = blob::hold_readable(transaction, from_account, login, hash).await?;
            if is_there {
                upload::note(transaction, account, login, hash, transaction.now()).await?;
            }
            Ok(is_there)
        })
        .await
}

fn part(raw: &[u8], offset: u64, length: u64, encoding: PartEncoding) -> Option<Cow<'_, [u8]>> {
    let section = PartSection {
        offset: usize::try_from(offset).ok()?,
        length: usize::try_from(length).ok()?,
        encoding: match encoding {
            PartEncoding::Identity => TransferEncoding::Identity,
            PartEncoding::Base64 => TransferEncoding::Base64,
            PartEncoding::QuotedPrintable => TransferEncoding::QuotedPrintable,
        },
    };
    section.data(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_out_and_decoded() {
        let raw = b"A: b\n\naGk=\n";
        assert_eq!(part(raw, 6, 4, PartEncoding::Base64).as_deref(), Some(&b"hi"[..]));
        assert_eq!(part(raw, 6, 4, PartEncoding::Identity).as_deref(), Some(&b"aGk="[..]));
        assert_eq!(part(raw, 6, 99, PartEncoding::Base64), None);
        assert_eq!(part(raw, u64::MAX, 1, PartEncoding::Base64), None);
    }
}
