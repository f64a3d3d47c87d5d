//! The octets of a blob as the body of an answer, in pieces: a client that reads slowly makes the node hold little.

use std::io;
use std::ops::Range;

use actix_web::body::SizedStream;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::try_unfold;

use super::App;
use super::budget::Share;
use super::error::HttpError;
use crate::jmap::blobs;
use crate::store::Store;
use crate::store::blob::BlobHash;
use crate::wire::blob_id::{BlobId, PartEncoding};
use crate::wire::ids::AccountId;

/// So many octets are read from the database at a time. PostgreSQL decompresses a value from its beginning to the
/// piece, where it is compressed at all, so that smaller pieces would cost more.
const PIECE: u64 = 2 << 20;

/// A blob that a user may read.
pub(super) enum StoredOctets {
    /// Octets that stand in the database as they are.
    Stored {
        store: Store,
        account: AccountId,
        login: String,
        hash: BlobHash,
        place: Range<u64>,
        _share: Share,
    },
    /// A part that is decoded, which takes all of it.
    Decoded { data: Bytes, _share: Share },
}

impl StoredOctets {
    /// Finds a blob; `None` if there is none that the login may read. What is in memory of it, now or later, is taken of
    /// the node's octets, or refused.
    pub(super) async fn open(
        app: &App,
        account: AccountId,
        login: &str,
        id: BlobId,
    ) -> Result<Option<Self>, HttpError> {
        let (store, octets, hash) = (app.store(), &app.budgets.octets, BlobHash(*id.hash()));
        let Some(size) = blobs::stored_size(store, account, login, hash).await? else { return Ok(None) };
        let place = match id {
            BlobId::Whole { .. } => 0..size,
            BlobId::Part { offset, length, encoding: PartEncoding::Identity, .. } => {
                match offset.checked_add(length).filter(|end| *end <= size) {
                    Some(end) => offset..end,
                    None => return Ok(None),
                }
            }
            BlobId::Part { length, .. } => {
                // As it stands, and decoded.
                let share = octets.take_at_most_all(length.min(size).saturating_mul(2))?;
                let data = blobs::read_blob(store, account, login, id).await?;
                return Ok(data.map(|data| Self::Decoded { data: data.into(), _share: share }));
            }
        };
        // A piece as it is read, and as it is written.
        let share = octets.take_at_most_all(PIECE.min(place.end - place.start).saturating_mul(2))?;
        let (store, login) = (store.clone(), login.to_owned());
        Ok(Some(Self::Stored { store, account, login, hash, place, _share: share }))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Stored { place, .. } => usize::try_from(place.end - place.start).unwrap_or(usize::MAX),
            Self::Decoded { data, .. } => data.len(),
        }
    }

    /// Some of them, which must be there, as a body.
    pub(super) fn body(mut self, part: Range<usize>) -> SizedStream<impl Stream<Item = io::Result<Bytes>>> {
        let size = part.len() as u64;
        match &mut self {
            Self::Stored { place, .. } => {
                let start = place.start + part.start as u64;
                *place = start..start + size;
            }
            Self::Decoded { data, .. } => *data = data.slice(part),
        }
        let pieces = try_unfold(self, |mut left| async move {
            let piece = left.piece().await?;
            Ok(piece.map(|piece| (piece, left)))
        });
        SizedStream::new(size, pieces)
    }

    /// The next piece. After the answer has begun there is no other way to tell of an error than to break it off.
    async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        match self {
            Self::Stored { store, account, login, hash, place, .. } => {
                let length = PIECE.min(place.end - place.start);
                if length == 0 {
                    return Ok(None);
                }
                let read = blobs::read_range(store, *account, login, *hash, place.start, length).await;
                let octets = read.map_err(io::Error::other)?.filter(|octets| octets.len() as u64 == length);
                place.start += length;
                octets.map(|octets| Some(octets.into())).ok_or_else(|| io::Error::other("the blob is gone"))
            }
            Self::Decoded { data, .. } => Ok(Some(std::mem::take(data)).filter(|data| !data.is_empty())),
        }
    }
}
