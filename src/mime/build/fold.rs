//! Folding (RFC 5322 §2.2.3): a field's value as pieces that hold together, and the white space between them.

/// Lines are folded to this length where the pieces allow it (RFC 5322 §2.1.1).
const COMFORTABLE: usize = 78;

/// No line is longer (RFC 5322 §2.1.1), its CRLF not counted.
pub(super) const MAX_LINE: usize = 998;

/// A value under way.
pub(super) struct Folded {
    text: String,
    column: usize,
}

impl Folded {
    /// Starts behind the name and its colon.
    pub(super) fn after_name(name: &str) -> Self {
        Self { text: String::new(), column: name.len() + 1 }
    }

    /// Adds white space and a piece. The line is broken before the white space if the piece does not fit any more;
    /// right behind the name only if it must be. The piece is not empty, so that no line is blank.
    pub(super) fn push(&mut self, space: &str, piece: &str) {
        let limit = if self.text.is_empty() { MAX_LINE } else { COMFORTABLE };
        let width = space.len() + piece.len();
        if !space.is_empty() && self.column + width > limit {
            self.text.push_str("\r\n");
            self.column = 0;
        }
        self.text.push_str(space);
        self.text.push_str(piece);
        self.column += width;
    }

    /// The value; `None` if a piece was longer than a line can be.
    pub(super) fn finish(self, name: &str) -> Option<String> {
        let mut lines = self.text.split("\r\n");
        let first = lines.next().map_or(0, str::len) + name.len() + 1;
        (first <= MAX_LINE && lines.all(|line| line.len() <= MAX_LINE)).then_some(self.text)
    }
}
