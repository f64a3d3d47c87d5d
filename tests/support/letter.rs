//! Plain mail for tests.

/// A message as it is being written.
#[derive(Clone)]
pub struct Letter {
    head: String,
    body: String,
}

/// A message of ann to bob. Its Message-ID is `id` at example.org, and its subject and its text hold `id` too, so that
/// no two are alike.
pub fn letter(id: &str) -> Letter {
    Letter { head: format!("Message-ID: <{id}@example.org>\r\n"), body: format!("The letter {id}.\r\n") }
        .default_field("From", "Ann Example <ann@example.org>")
        .default_field("To", "bob@example.net")
        .default_field("Subject", &format!("Letter {id}"))
        .default_field("Date", "Sun, 01 Mar 2026 08:00:00 +0000")
}

impl Letter {
    /// With this header field, in place of those of its name.
    pub fn field(self, name: &str, value: &str) -> Self {
        let start = format!("{name}: ");
        let kept = self.head.split_inclusive("\r\n").filter(|line| !line.starts_with(&start)).collect();
        Self { head: kept, ..self }.default_field(name, value)
    }

    pub fn subject(self, subject: &str) -> Self {
        self.field("Subject", subject)
    }

    /// As an answer to the letter `id`.
    pub fn answers(self, id: &str) -> Self {
        self.field("In-Reply-To", &format!("<{id}@example.org>"))
    }

    pub fn body(self, body: &str) -> Self {
        Self { body: format!("{body}\r\n"), ..self }
    }

    pub fn bytes(&self) -> Vec<u8> {
        format!("{}\r\n{}", self.head, self.body).into_bytes()
    }

    fn default_field(mut self, name: &str, value: &str) -> Self {
        self.head += &format!("{name}: {value}\r\n");
        self
    }
}
