//! Blob ids (RFC 8620 §6): a whole blob by its SHA-256, or a part of a message by its place in the message's blob.

use std::fmt;

/// Names bytes: all of a blob, or a decoded part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlobId {
    /// `b` and the SHA-256 in hexadecimal.
    Whole {
        /// SHA-256 of the bytes.
        hash: [u8; 32],
    },
    /// `p<hash>_<offset>_<length>_<encoding>`: the body of a part of a message, as decoded (RFC 8621 §4.1.4).
    Part {
        /// SHA-256 of the message.
        hash: [u8; 32],
        /// Where the part's body starts, in octets.
        offset: u64,
        /// How long it is before decoding, in octets.
        length: u64,
        /// How it is encoded.
        encoding: PartEncoding,
    },
}

/// How the body of a part is encoded (Content-Transfer-Encoding).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartEncoding {
    /// 7bit, 8bit, binary, and whatever is not known.
    Identity,
    /// base64.
    Base64,
    /// quoted-printable.
    QuotedPrintable,
}

impl BlobId {
    /// Reads the form that [`fmt::Display`] writes; anything else is the id of no blob.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(hash) = text.strip_prefix('b') {
            return Some(Self::Whole { hash: parse_hash(hash)? });
        }
        let mut fields = text.strip_prefix('p')?.split('_');
        let id = Self::Part {
            hash: parse_hash(fields.next()?)?,
            offset: parse_number(fields.next()?)?,
            length: parse_number(fields.next()?)?,
            encoding: PartEncoding::parse(fields.next()?)?,
        };
        fields.next().is_none().then_some(id)
    }

    /// The SHA-256 of the stored bytes that hold what this id names.
    pub fn hash(&self) -> &[u8; 32] {
        match self {
            Self::Whole { hash } | Self::Part { hash, .. } => hash,
        }
    }

    /// How many octets of the stored bytes must be decoded to have what this id names; a part has no more than these.
    pub fn octets_to_decode(&self) -> u64 {
        match self {
            Self::Whole { .. } => 0,
            Self::Part { length, .. } => *length,
        }
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole { hash } => write!(f, "b{}", hex::encode(hash)),
            Self::Part { hash, offset, length, encoding } => {
                write!(f, "p{}_{offset}_{length}_{}", hex::encode(hash), encoding.letter())
            }
        }
    }
}

impl PartEncoding {
    fn letter(self) -> char {
        match self {
            Self::Identity => 'i',
            Self::Base64 => 'b',
            Self::QuotedPrintable => 'q',
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "i" => Some(Self::Identity),
            "b" => Some(Self::Base64),
            "q" => Some(Self::QuotedPrintable),
            _ => None,
        }
    }
}

fn parse_hash(text: &str) -> Option<[u8; 32]> {
    let lower_case = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mut hash = [0; 32];
    (lower_case && hex::decode_to_slice(text, &mut hash).is_ok()).then_some(hash)
}

fn parse_number(text: &str) -> Option<u64> {
    let canonical = text == "0"
        || (!text.starts_with('0') && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit()));
    canonical.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_read_back_as_they_were_written() {
        let hash = [0xab; 32];
        let part = BlobId::Part { hash, offset: 0, length: 120, encoding: PartEncoding::Base64 };
        assert_eq!(part.to_string(), format!("p{}_0_120_b", "ab".repeat(32)));
        for id in [BlobId::Whole { hash }, part] {
            assert_eq!(BlobId::parse(&id.to_string()), Some(id));
            assert_eq!(id.hash(), &hash);
        }
    }

    #[test]
    fn anything_else_is_the_id_of_no_blob() {
        let hash = "ab".repeat(32);
        let wrong = [
            String::new(),
            "b".to_owned(),
            hash.clone(),
            format!("b{}", hash.to_uppercase()),
            format!("b{hash}0"),
            format!("p{hash}"),
            format!("p{hash}_00_1_b"),
            format!("p{hash}_1_1_x"),
            format!("p{hash}_1_1_b_"),
            format!("p{hash}_-1_1_b"),
            format!("p{hash}_1__b"),
            "bü".to_owned(),
        ];
        for wrong in wrong {
            assert_eq!(BlobId::parse(&wrong), None, "{wrong}");
        }
    }
}
