//! The words of an email as PostgreSQL takes a tsvector in binary form, which costs it next to nothing: to read the text of
//! one takes longer than all else that is done to store an email.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// PostgreSQL keeps 256 positions of a lexeme, and so does its text form; it refuses more in this form.
const MOST_POSITIONS: usize = 255;

/// The text of a tsvector (`text::Document::words`): lexemes in quotes, in the order of their octets, each once.
#[derive(Debug)]
pub(super) struct Words<'a>(pub(super) &'a str);

impl ToSql for Words<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let start = out.len();
        out.put_i32(0);
        let mut count = 0;
        let mut rest = self.0;
        while !rest.is_empty() {
            rest = put_lexeme(rest, out).ok_or("the words are no text of a tsvector")?;
            count += 1;
        }
        out[start..start + 4].copy_from_slice(&i32::to_be_bytes(count));
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::TS_VECTOR
    }

    to_sql_checked!();
}

/// Writes the lexeme that `text` begins with, and gives what comes after it.
fn put_lexeme<'a>(text: &'a str, out: &mut BytesMut) -> Option<&'a str> {
    let (lexeme, rest) = text.strip_prefix('\'')?.split_once('\'')?;
    let (positions, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    out.put_slice(lexeme.as_bytes());
    out.put_u8(0);
    let mut entries: Vec<u16> = match positions.strip_prefix(':') {
        Some(positions) => positions.split(',').map(position).collect::<Option<_>>()?,
        None if positions.is_empty() => Vec::new(),
        None => return None,
    };
    // Ascending, and of one position the highest weight, as the text form has it.
    entries.sort_unstable_by_key(|entry| (entry & 0x3FFF, std::cmp::Reverse(entry >> 14)));
    entries.dedup_by_key(|entry| *entry & 0x3FFF);
    entries.truncate(MOST_POSITIONS);
    out.put_u16(u16::try_from(entries.len()).ok()?);
    entries.iter().for_each(|entry| out.put_u16(*entry));
    Some(rest)
}

/// A position with its weight in the upper two bits; D is the weight of those that name none.
fn position(text: &str) -> Option<u16> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let weight = match &text[digits.len()..] {
        "A" => 3,
        "B" => 2,
        "C" => 1,
        "D" | "" => 0,
        _ => return None,
    };
    let position: u16 = digits.parse().ok().filter(|position| (1..1 << 14).contains(position))?;
    Some(weight << 14 | position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(words: &str) -> Option<Vec<u8>> {
        let mut out = BytesMut::new();
        Words(words).to_sql(&Type::TS_VECTOR, &mut out).ok()?;
        Some(out.to_vec())
    }

    #[test]
    fn lexemes_come_with_their_positions_and_weights() {
        let expected = b"\0\0\0\x02a\0\0\x03\xC0\x01\x40\x02\0\x03\xC3\xBC\0\0\0".to_vec();
        assert_eq!(written("'a':1A,2C,3D 'ü' "), Some(expected));
        assert_eq!(written(""), Some(vec![0; 4]));
    }

    #[test]
    fn positions_ascend_and_are_few() {
        assert_eq!(written("'a':7D,7A,3"), Some(b"\0\0\0\x01a\0\0\x02\0\x03\xC0\x07".to_vec()));
        let many: Vec<String> = (1..=300).map(|position| position.to_string()).collect();
        let written = written(&format!("'a':{}", many.join(","))).unwrap();
        assert_eq!(written[6..8], [0, 255]);
    }

    #[test]
    fn what_is_no_tsvector_is_an_error() {
        for wrong in ["a", "'a", "'a':", "'a':0", "'a':16384", "'a':1E", "'a'x", "'a':1AA"] {
            assert_eq!(written(wrong), None, "{wrong}");
        }
    }
}
