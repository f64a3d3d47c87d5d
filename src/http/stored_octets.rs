//! The octets of a blob as the body of an answer, in pieces: a client that reads slowly makes the node hold little.

use std::io;
use std::ops::Range;

use actix_web::body::SizedStream;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::try_unfold;

use super::App;
use super::error::HttpError;
use crate::budget::Share;
use crate::jmap::blobs;
use crate::store::Store;
use crate::store::blob::BlobHash;
use crate::wire::blob_id::{BlobId, PartEncoding};
use crate::wire::ids::AccountId;

/// So many octets are read from the database at a time. PostgreSQL decompresses a value from its beginning to the
/// piece, where it is compressed at all, so that smaller pieces would cost more.
const PIECE: u64 = 2 << 20;

/// A blob that a user may read.
pub(super) struct StoredOctets {
    source: Source,
    _share: Share,
}

enum Source {
    /// Octets that stand in the database as they are.
    Stored(Box<Stored>),
    /// A part that is decoded, which takes all of it.
    Decoded(Bytes),
}

struct Stored {
    store: Store,
    account: AccountId,
    login: String,
    hash: BlobHash,
    /// Which of the octets under the hash.
    place: Range<u64>,
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
                let _share = octets.take_at_most_all(length.min(size).saturating_mul(2))?;
                let data = blobs::read_blob(store, account, login, id).await?;
                return Ok(data.map(|data| Self { source: Source::Decoded(data.into()), _share }));
            }
        };
        // A piece as it is read, and as it is written.
        let _share = octets.take_at_most_all(PIECE.min(place.end - place.start).saturating_mul(2))?;
        let stored = Stored { store: store.clone(), account, login: login.to_owned(), hash, place };
        Ok(Some(Self { source: Source::Stored(Box::new(stored)), _share }))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match &self.source {
            Source::Stored(stored) => {
                usize::try_from(stored.place.end - stored.place.start).unwrap_or(usize::MAX)
            }
            Source::Decoded(data) => data.len(),
        }
    }

    /// Some of them, which must be there, as a body.
    pub(super) fn body(mut self, part: Range<usize>) -> SizedStream<impl Stream<Item = io::Result<Bytes>>> {
        let size = part.len() as u64;
        match &mut self.source {
            Source::Stored(stored) => {
                let start = stored.place.start + part.start as u64;
                stored.place = start..start + size;
            }
            Source::Decoded(data) => *data = data.slice(part),
        }
        let pieces = try_unfold(self, |mut left| async move {
            let piece = left.piece().await?;
            Ok(piece.map(|piece| (piece, left)))
        });
        SizedStream::new(size, pieces)
    }

    async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        match &mut self.source {
            Source::Stored(stored) => stored.piece().await,
            Source::Decoded(data) => Ok(Some(std::mem::take(data)).filter(|data| !data.is_empty())),
        }
    }
}

impl Stored {
    /// The next piece. After the answer has begun there is no other way to tell of an error than to break it off.
    async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        let Range { start, end } = self.place;
        let length = PIECE.min(end - start);
        if length == 0 {
            return Ok(None);
        }
        let read = blobs::read_range(&self.store, self.account, &self.login, self.hash, start, length).await;
        let octets = read.map_err(io::Error::other)?.filter(|octets| octets.len() as u64 == length);
        self.place.start += length;
        octets.map(|octets| Some(octets.into())).ok_or_else(|| io::Error::other("the blob is gone"))
    }
}
