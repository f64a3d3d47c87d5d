//! What comes over a WebSocket takes of the node's octets while it comes, as the body of a request does.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use actix_web::error::PayloadError;
use actix_web::{FromRequest, HttpRequest, dev, web};
use futures_util::StreamExt;

use super::error::HttpError;
use crate::budget::{Budget, Share};

/// Octets of a ping or pong beside its data, as a client sends it: two of its head, and the mask.
const CONTROL_FRAME: u64 = 6;

/// The octets of a message that has not come to its end.
#[derive(Clone)]
pub(super) struct Arriving {
    share: Rc<RefCell<Share>>,
    has_room: Rc<Cell<bool>>,
}

impl Arriving {
    pub(super) fn new(octets: &Budget) -> Result<Self, HttpError> {
        let share = Rc::new(RefCell::new(octets.take(0)?));
        Ok(Self { share, has_room: Rc::new(Cell::new(true)) })
    }

    /// The same octets, counted as they come; when the node has no room for more, they end.
    pub(super) async fn count(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<web::Payload, actix_web::Error> {
        let this = self.clone();
        let counted = payload.map(move |chunk| {
            let chunk = chunk?;
            if this.share.borrow_mut().grow(chunk.len() as u64).is_err() {
                this.has_room.set(false);
                return Err(PayloadError::Io(io::Error::other("the node has no room")));
            }
            Ok(chunk)
        });
        let mut counted: dev::Payload = dev::Payload::Stream { payload: Box::pin(counted) };
        web::Payload::from_request(request, &mut counted).await
    }

    /// A message has come to its end: what it takes further is counted by whoever processes it.
    pub(super) fn heard(&self) {
        self.share.borrow_mut().shrink(u64::MAX);
    }

    /// A ping or pong with so many octets has come, maybe in the midst of a message.
    pub(super) fn heard_control(&self, octets: usize) {
        self.share.borrow_mut().shrink(CONTROL_FRAME + octets as u64);
    }

    /// Whether there was room for all that came.
    pub(super) fn has_room(&self) -> bool {
        self.has_room.get()
    }
}
