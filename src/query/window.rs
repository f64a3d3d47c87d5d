//! Which part of the list is returned (RFC 8620 §5.5).

/// Where the returned part of the list begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// At this index; a negative one counts from the end and stops at the beginning.
    Position(i64),
    /// So far from the object with this id, stopping at the beginning.
    Anchor {
        /// The number of the id.
        id: i64,
        /// anchorOffset.
        offset: i64,
    },
}

impl Window {
    /// Whether the place of the first row depends on the length of the list.
    pub(super) fn counts_from_end(self) -> bool {
        matches!(self, Self::Position(position) if position < 0)
    }
}
