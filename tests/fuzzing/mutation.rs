//! Mutations of inputs that are the same for the same number.

/// Octets that break things more often than others: ends of ranges, tags of ASN.1, marks of MIME and of JSON.
const INTERESTING: &[u8] = &[
    0, 1, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF, 0x02, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x17, 0x18, 0x30,
    0x31, 0xA0, 0xA1, b'\r', b'\n', b'"', b'\\', b'=', b'-', b'<', b'(', b'[', b'{', b'@', b'.', b':', b'%',
];

/// A source of numbers (xorshift64*), and what it does to bytes.
pub struct Mutator(u64);

impl Mutator {
    pub fn new(number: u64) -> Self {
        Self(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A few changes of `seed`; `others` are what it may be spliced with.
    pub fn mutate(&mut self, seed: &[u8], others: &[&[u8]]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes, others);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, others: &[&[u8]]) {
        if bytes.is_empty() {
            bytes.push(self.octet());
            return;
        }
        let at = self.below(bytes.len());
        match self.below(9) {
            0 => bytes[at] ^= 1 << self.below(8),
            1 => bytes[at] = self.octet(),
            2 => bytes.truncate(at),
            3 => bytes.insert(at, self.octet()),
            4 => drop(bytes.drain(at..self.end(at, bytes.len()))),
            5 => {
                let piece = bytes[at..self.end(at, bytes.len())].to_vec();
                let to = self.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            6 => {
                let other = others[self.below(others.len())];
                let from = self.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            7 => self.change_length(bytes, at),
            _ => {
                // The same octet again and again: nests what nests.
                let (octet, count) = (bytes[at], self.below(600));
                bytes.splice(at..at, std::iter::repeat_n(octet, count));
            }
        }
    }

    /// Another length in the next element of ASN.1.
    fn change_length(&mut self, bytes: &mut Vec<u8>, from: usize) {
        let tags = [0x02, 0x03, 0x04, 0x06, 0x0C, 0x17, 0x30, 0x31, 0xA0, 0xA3];
        let Some(at) = (from..bytes.len().saturating_sub(1)).find(|&at| tags.contains(&bytes[at])) else {
            return;
        };
        match self.below(4) {
            0 => bytes[at + 1] = bytes[at + 1].wrapping_add(1),
            1 => bytes[at + 1] = bytes[at + 1].wrapping_sub(1),
            2 => bytes[at + 1] = 0x80,
            _ => drop(bytes.splice(at + 1..at + 2, [0x84, 0x7F, 0xFF, 0xFF, 0xFF])),
        }
    }

    fn octet(&mut self) -> u8 {
        if self.below(2) == 0 { INTERESTING[self.below(INTERESTING.len())] } else { self.below(256) as u8 }
    }

    /// The end of a piece that begins at `at`.
    fn end(&mut self, at: usize, length: usize) -> usize {
        let longest = (length - at).min(512);
        at + 1 + self.below(longest)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        (number % bound.max(1) as u64) as usize
    }
}
