//! The octets of a part: where they stand in the message, and what they decode to.

use std::borrow::Cow;

use super::transfer_encoding::TransferEncoding;

/// Where a part's octets stand inside the raw message, and how they are encoded there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PartSection {
    /// Octets before the part's body, from the message's first.
    pub offset: usize,
    /// Octets of the part's body as it stands, encoded.
    pub length: usize,
    /// How they are encoded.
    pub encoding: TransferEncoding,
}

impl PartSection {
    /// The part's decoded octets: what a download of its blob gives (RFC 8621 §4.1.4, blobId).
    /// `None` if the section is not inside `raw`, so that it belongs to another message.
    pub fn data<'a>(&self, raw: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let encoded = raw.get(self.offset..self.offset.checked_add(self.length)?)?;
        Some(self.encoding.decode(encoded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_decodes_and_one_outside_the_message_does_not() {
        let raw = b"Subject: x\n\naGk=";
        let section = PartSection { offset: 12, length: 4, encoding: TransferEncoding::Base64 };
        assert_eq!(section.data(raw).as_deref(), Some(&b"hi"[..]));
        assert_eq!(PartSection { length: 5, ..section }.data(raw), None);
        assert_eq!(PartSection { offset: usize::MAX, ..section }.data(raw), None);
    }
}
