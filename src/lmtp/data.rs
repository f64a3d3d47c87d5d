//! The message as DATA carries it (RFC 5321 §4.5.2): lines that end in CRLF, of which a leading dot is taken off, up to a
//! line of a dot alone.

/// Reads a message octet by octet, however the network cuts it.
#[derive(Debug)]
pub struct DataReader {
    message: Vec<u8>,
    limit: usize,
    at: At,
    fault: Option<Fault>,
}

/// Why a message is refused although its end was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has a CR or LF that is no part of a CRLF. Servers that disagree on where such a line ends can be made to see
    /// different messages in the same octets (RFC 5321 §2.3.8).
    BareLineBreak,
    /// It has more octets than the limit.
    TooLarge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    LineStart,
    Dot,
    DotCr,
    Line,
    Cr,
}

impl DataReader {
    /// A reader of a message of at most `limit` octets; more are read and not kept.
    pub fn new(limit: usize) -> Self {
        Self { message: Vec::new(), limit, at: At::LineStart, fault: None }
    }

    /// Takes octets up to the end of the message. Gives how many octets of `input` belonged to it once the end was found,
    /// `None` while it was not.
    pub fn read(&mut self, input: &[u8]) -> Option<usize> {
        for (index, &octet) in input.iter().enumerate() {
            if self.ends_at(octet) {
                return Some(index + 1);
            }
        }
        None
    }

    /// Keeps nothing of the message, which is read to its end and refused.
    pub fn give_up(&mut self) {
        (self.message, self.limit) = (Vec::new(), 0);
        self.fault.get_or_insert(Fault::TooLarge);
    }

    /// The message.
    pub fn finish(self) -> Result<Vec<u8>, Fault> {
        self.fault.map_or(Ok(self.message), Err)
    }

    fn ends_at(&mut self, octet: u8) -> bool {
        self.at = match (self.at, octet) {
            (At::LineStart, b'.') => At::Dot,
            (At::Dot, b'\r') => At::DotCr,
            (At::DotCr, b'\n') => return true,
            (At::DotCr, _) => {
                self.keep(b'\r');
                self.bare(At::Line);
                self.within(octet)
            }
            (At::Cr, b'\n') => {
                self.keep(octet);
                At::LineStart
            }
            (At::Cr, _) => {
                self.bare(At::Line);
                self.within(octet)
            }
            (At::LineStart | At::Dot | At::Line, _) => self.within(octet),
        };
        false
    }

    fn within(&mut self, octet: u8) -> At {
        self.keep(octet);
        match octet {
            b'\r' => At::Cr,
            b'\n' => self.bare(At::Line),
            _ => At::Line,
        }
    }

    fn bare(&mut self, next: At) -> At {
        self.fault.get_or_insert(Fault::BareLineBreak);
        next
    }

    fn keep(&mut self, octet: u8) {
        if self.message.len() < self.limit {
            self.message.push(octet);
        } else {
            self.fault.get_or_insert(Fault::TooLarge);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(input: &[u8], limit: usize) -> (Option<usize>, Result<Vec<u8>, Fault>) {
        let mut reader = DataReader::new(limit);
        let end = reader.read(input);
        (end, reader.finish())
    }

    #[test]
    fn a_leading_dot_is_taken_off_and_a_dot_alone_ends_it() {
        assert_eq!(read(b"..a\r\n.b\r\nc.\r\n.\r\nQUIT", 99), (Some(16), Ok(b".a\r\nb\r\nc.\r\n".to_vec())));
        assert_eq!(read(b".\r\n", 99), (Some(3), Ok(Vec::new())));
        assert_eq!(read(b"a\r\n.", 99).0, None);
    }

    #[test]
    fn only_a_whole_crlf_dot_crlf_ends_it_and_bare_line_breaks_are_refused() {
        for smuggled in ["a\n.\n", "a\n.\r\n", "a\r.\r", "a\r\n.\n", "a\r\n.\rb", "a\r\r\n.\rx"] {
            let input = format!("{smuggled}MAIL FROM:<x@y>\r\n.\r\n");
            let expected = (Some(input.len()), Err(Fault::BareLineBreak));
            assert_eq!(read(input.as_bytes(), 99), expected, "{smuggled:?}");
        }
    }

    #[test]
    fn what_is_too_large_is_read_to_its_end() {
        assert_eq!(read(b"12345\r\n.\r\n", 6), (Some(10), Err(Fault::TooLarge)));
        assert_eq!(read(b"1234\r\n.\r\n", 6), (Some(9), Ok(b"1234\r\n".to_vec())));
    }

    proptest! {
        #[test]
        fn what_was_stuffed_comes_back_however_it_is_cut(
            lines in proptest::collection::vec("[.a]{0,4}", 0..8), cut in 0usize..64,
        ) {
            let message: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let stuffed: String = lines
                .iter()
                .map(|line| format!("{}{line}\r\n", if line.starts_with('.') { "." } else { "" }))
                .collect();
            let sent = format!("{stuffed}.\r\n");
            let (one, two) = sent.as_bytes().split_at(cut.min(sent.len()));
            let mut reader = DataReader::new(1000);
            let end = reader.read(one).or_else(|| reader.read(two).map(|end| end + one.len()));
            prop_assert_eq!(end, Some(sent.len()));
            prop_assert_eq!(reader.finish(), Ok(message.into_bytes()));
        }
    }
}
