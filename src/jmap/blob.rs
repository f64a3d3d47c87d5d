//! Binary data (RFC 8620 §6): what an account may read by a blob id, and what it uploads.

use crate::mime::{PartSection, TransferEncoding};
use crate::store::blob::{self, BlobHash};
use crate::store::{Store, StoreError};
use crate::wire::blob_id::{BlobId, PartEncoding};
use crate::wire::ids::AccountId;

/// The bytes that `id` names, if an object or an upload of the account holds them.
pub async fn read(store: &Store, account: AccountId, id: &BlobId) -> Result<Option<Vec<u8>>, StoreError> {
    let hash = BlobHash(*id.hash());
    let whole = store
        .transaction("blob/read", async |transaction| blob::read(transaction, account, hash).await)
        .await?;
    Ok(whole.and_then(|whole| select(whole, id)))
}

/// Stores an upload (RFC 8620 §6.1); the same bytes come to the same id, and count as new again.
pub async fn upload(store: &Store, account: AccountId, data: &[u8]) -> Result<BlobId, StoreError> {
    let hash = BlobHash::of(data);
    let at = store.clock().now();
    store
        .transaction("blob/upload", async |transaction| {
            blob::store(transaction, &[(hash, data)], at).await?;
            blob::note_upload(transaction, account, hash, at).await
        })
        .await?;
    Ok(BlobId::Whole { hash: hash.0 })
}

fn select(whole: Vec<u8>, id: &BlobId) -> Option<Vec<u8>> {
    let BlobId::Part { offset, length, encoding, .. } = *id else { return Some(whole) };
    let section = PartSection {
        offset: usize::try_from(offset).ok()?,
        length: usize::try_from(length).ok()?,
        encoding: match encoding {
            PartEncoding::Identity => TransferEncoding::Identity,
            PartEncoding::Base64 => TransferEncoding::Base64,
            PartEncoding::QuotedPrintable => TransferEncoding::QuotedPrintable,
        },
    };
    section.data(&whole).map(|data| data.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_out_and_decoded() {
        let part =
            |offset, length| BlobId::Part { hash: [0; 32], offset, length, encoding: PartEncoding::Base64 };
        let whole = b"A: b\n\naGk=\n".to_vec();
        assert_eq!(select(whole.clone(), &part(6, 4)).as_deref(), Some(&b"hi"[..]));
        assert_eq!(select(whole.clone(), &part(6, 99)), None);
        assert_eq!(select(whole.clone(), &part(u64::MAX, 1)), None);
        assert_eq!(select(whole.clone(), &BlobId::Whole { hash: [0; 32] }), Some(whole));
    }
}
