//! Replies: three digits, an enhanced status code (RFC 2034), and a text.

/// One reply of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What the client acts on (RFC 5321 §4.2).
    pub code: u16,
    /// The enhanced status code (RFC 3463).
    pub status: &'static str,
    /// For people.
    pub text: String,
}

impl Reply {
    /// A reply.
    pub fn new(code: u16, status: &'static str, text: impl Into<String>) -> Self {
        Self { code, status, text: text.into() }
    }

    /// The line with its CRLF. What could end the line, or is no printable text, becomes a question mark.
    pub fn to_line(&self) -> String {
        let text: String =
            self.text.chars().take(400).map(|c| if c.is_control() { '?' } else { c }).collect();
        format!("{} {} {text}\r\n", self.code, self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_one_line_whatever_its_text() {
        let reply = Reply::new(550, "5.1.1", "no\r\n250 2.0.0 yes");
        assert_eq!(reply.to_line(), "550 5.1.1 no??250 2.0.0 yes\r\n");
    }
}
