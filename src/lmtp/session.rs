//! One connection, from the greeting to QUIT.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::{Command, DataReader, Fault, Reply};
use crate::delivery::inbound::{self, Envelope, Outcome};
use crate::submit::{Submitter, arrived};
use crate::trust::Trust;

/// Octets of a command line at most: 512 (RFC 5321 §4.5.3.1.4), and what the extensions add.
const MAX_LINE: usize = 2048;

/// Commands that bring no message forward, in a row.
const MAX_IDLE_COMMANDS: usize = 100;

/// How a door of LMTP behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name by which it greets.
    pub host_name: String,
    /// Octets of a message at most.
    pub max_size: usize,
    /// Recipients of a message at most; 100 at least (RFC 5321 §4.5.3.1.8).
    pub max_recipients: usize,
    /// How long the client may be silent.
    pub timeout: Duration,
}

/// What a session works with.
pub(super) struct Session<'a, S> {
    stream: S,
    trust: &'a Trust,
    submitter: &'a Submitter,
    options: &'a Options,
    input: Vec<u8>,
    envelope: Option<Envelope>,
    chunks: Option<Chunks>,
    is_greeted: bool,
}

/// What BDAT brought so far; `None` once it was too much.
struct Chunks(Option<Vec<u8>>);

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    pub(super) fn new(stream: S, trust: &'a Trust, submitter: &'a Submitter, options: &'a Options) -> Self {
        let (input, envelope, chunks) = (Vec::new(), None, None);
        Self { stream, trust, submitter, options, input, envelope, chunks, is_greeted: false }
    }

    /// Converses until the client quits, is silent for too long, or wastes time.
    pub(super) async fn run(&mut self) -> io::Result<()> {
        self.say(&[Reply::new(220, "2.0.0", format!("{} LMTP", self.options.host_name))], false).await?;
        let mut idle = 0;
        loop {
            let Some(line) = self.line().await? else {
                let reply = Reply::new(500, "5.5.6", "a line is too long or does not end in CRLF");
                return self.say(&[reply], false).await;
            };
            let command = Command::parse(&line);
            idle = if matches!(command, Ok(Command::Rcpt(_) | Command::Data | Command::Bdat { .. })) {
                0
            } else {
                idle + 1
            };
            if idle > MAX_IDLE_COMMANDS {
                return self
                    .say(&[Reply::new(421, "4.7.0", "too many commands without a message")], false)
                    .await;
            }
            let is_over = command == Ok(Command::Quit);
            match command {
                Ok(command) => self.obey(command).await?,
                Err(reply) => self.say(&[reply], false).await?,
            }
            if is_over {
                return Ok(());
            }
        }
    }

    async fn obey(&mut self, command: Command) -> io::Result<()> {
        let reply = match command {
            Command::Lhlo => {
                self.reset();
                self.is_greeted = true;
                return self.greet().await;
            }
            Command::Quit => Reply::new(221, "2.0.0", "bye"),
            Command::Noop => Reply::new(250, "2.0.0", "ok"),
            Command::Vrfy => Reply::new(252, "2.5.0", "send some mail, and it will be seen"),
            Command::Rset => {
                self.reset();
                Reply::new(250, "2.0.0", "ok")
            }
            Command::Mail { from, size } => self.mail(from, size),
            Command::Rcpt(to) => self.rcpt(to).await,
            Command::Data => return self.data().await,
            Command::Bdat { octets, is_last } => return self.bdat(octets, is_last).await,
        };
        self.say(&[reply], false).await
    }

    async fn greet(&mut self) -> io::Result<()> {
        let (name, size) = (&self.options.host_name, self.options.max_size);
        let text = format!(
            "250-{name}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE {size}\r\n250-CHUNKING\r\n\
             250 ENHANCEDSTATUSCODES\r\n"
        );
        self.write(text.as_bytes()).await
    }

    fn reset(&mut self) {
        self.envelope = None;
        self.chunks = None;
    }

    fn mail(&mut self, from: Option<String>, size: Option<u64>) -> Reply {
        if !self.is_greeted || self.envelope.is_some() {
            return out_of_order();
        }
        if size.is_some_and(|size| usize::try_from(size).map_or(true, |size| size > self.options.max_size)) {
            return too_large();
        }
        self.envelope = Some(Envelope { reverse_path: from, recipients: Vec::new() });
        Reply::new(250, "2.1.0", "ok")
    }

    async fn rcpt(&mut self, to: String) -> Reply {
        let Some(envelope) = self.envelope.as_mut().filter(|_| self.chunks.is_none()) else {
            return out_of_order();
        };
        if envelope.recipients.len() >= self.options.max_recipients {
            return Reply::new(452, "4.5.3", "too many recipients");
        }
        match inbound::resolve(self.trust.store(), std::slice::from_ref(&to)).await {
            Ok(accounts) if accounts.iter().all(Vec::is_empty) => no_such_address(),
            Ok(_) => {
                envelope.recipients.push(to);
                Reply::new(250, "2.1.5", "ok")
            }
            Err(error) => {
                tracing::warn!(%error, "a recipient could not be looked up");
                Reply::new(451, "4.3.0", "try again later")
            }
        }
    }

    async fn data(&mut self) -> io::Result<()> {
        if self.chunks.is_some() {
            return self.say(&[out_of_order()], false).await;
        }
        // Without a recipient that was taken there is nobody to reply for (RFC 2033 §4.2).
        let Some(envelope) = self.envelope.take_if(|envelope| !envelope.recipients.is_empty()) else {
            return self.say(&[out_of_order()], false).await;
        };
        self.say(&[Reply::new(354, "", "go on; a line of a dot ends it")], true).await?;
        let mut reader = DataReader::new(self.options.max_size);
        loop {
            if let Some(end) = reader.read(&self.input) {
                self.input.drain(..end);
                break;
            }
            self.input.clear();
            self.fill().await?;
        }
        let message = reader.finish().map_err(|fault| match fault {
            Fault::TooLarge => too_large(),
            Fault::BareLineBreak => Reply::new(550, "5.6.0", "the message has a CR or LF alone"),
        });
        self.deliver(envelope, message).await
    }

    async fn bdat(&mut self, octets: u64, is_last: bool) -> io::Result<()> {
        let is_in_order = self.envelope.as_ref().is_some_and(|envelope| !envelope.recipients.is_empty());
        let mut chunks = self.chunks.take().unwrap_or(Chunks(Some(Vec::new())));
        let mut left = octets;
        // The octets follow whatever is answered (RFC 3030 §2).
        while left > 0 {
            if self.input.is_empty() {
                self.fill().await?;
            }
            let count = usize::try_from(left).map_or(self.input.len(), |left| left.min(self.input.len()));
            let room = chunks
                .0
                .as_ref()
                .is_some_and(|kept| is_in_order && kept.len() + count <= self.options.max_size);
            match &mut chunks.0 {
                Some(kept) if room => kept.extend_from_slice(&self.input[..count]),
                kept => *kept = None,
            }
            self.input.drain(..count);
            left -= count as u64;
        }
        if !is_in_order {
            return self.say(&[out_of_order()], false).await;
        }
        if !is_last {
            self.chunks = Some(chunks);
            return self.say(&[Reply::new(250, "2.0.0", "ok")], false).await;
        }
        let envelope = self.envelope.take().unwrap_or_default();
        self.deliver(envelope, chunks.0.ok_or_else(too_large)).await
    }

    /// A reply for each recipient, in their order (RFC 2033 §4.2).
    async fn deliver(&mut self, envelope: Envelope, message: Result<Vec<u8>, Reply>) -> io::Result<()> {
        let message = match message {
            Ok(message) => message,
            Err(reply) => return self.say(&vec![reply; envelope.recipients.len()], false).await,
        };
        let outcomes = inbound::receive(self.trust, &envelope, message.clone()).await;
        let replies: Vec<Reply> = outcomes.iter().map(|(_, outcome)| reply_to(outcome)).collect();
        // Reports and vacation replies: of no concern to the client, and done once what was stored is committed.
        arrived(self.submitter, &envelope, &outcomes, &message).await;
        self.say(&replies, false).await
    }

    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = self.input.iter().take(MAX_LINE).position(|&octet| octet == b'\n') {
                let line: Vec<u8> = self.input.drain(..=end).collect();
                return Ok(line.strip_suffix(b"\r\n").map(<[u8]>::to_vec));
            }
            if self.input.len() >= MAX_LINE {
                return Ok(None);
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        let mut buffer = [0; 8192];
        let count = timeout(self.options.timeout, self.stream.read(&mut buffer)).await??;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.input.extend_from_slice(&buffer[..count]);
        Ok(())
    }

    async fn say(&mut self, replies: &[Reply], is_bare: bool) -> io::Result<()> {
        let line = |reply: &Reply| {
            if is_bare { format!("{} {}\r\n", reply.code, reply.text) } else { reply.to_line() }
        };
        let text: String = replies.iter().map(line).collect();
        self.write(text.as_bytes()).await
    }

    async fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        timeout(self.options.timeout, self.stream.write_all(octets)).await??;
        timeout(self.options.timeout, self.stream.flush()).await?
    }
}

fn reply_to(outcome: &Outcome) -> Reply {
    match outcome {
        Outcome::Stored { .. } => Reply::new(250, "2.0.0", "stored"),
        Outcome::AlreadyThere { .. } => Reply::new(250, "2.0.0", "stored before"),
        Outcome::NoSuchAddress => no_such_address(),
        Outcome::OverQuota => Reply::new(452, "4.2.2", "the account is full"),
        Outcome::Refused(refusal) => Reply::new(550, refusal.status, refusal.text.clone()),
        Outcome::TemporaryFailure(text) => Reply::new(451, "4.3.0", text.clone()),
    }
}

fn out_of_order() -> Reply {
    Reply::new(503, "5.5.1", "not now")
}

fn too_large() -> Reply {
    Reply::new(552, "5.3.4", "the message is too large")
}

fn no_such_address() -> Reply {
    Reply::new(550, "5.1.1", "no such address here")
}
