//! One connection, from the greeting to QUIT.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Sleep, sleep, timeout};

use super::{Command, DataReader, Door, Fault, Reply};
use crate::budget::Share;
use crate::delivery::inbound::{self, Envelope, Outcome};
use crate::submit::arrived;

/// Octets of a command line at most: 512 (RFC 5321 §4.5.3.1.4), and what the extensions add.
const MAX_LINE: usize = 2048;

/// Commands since the last message that was taken, beside those that bring one forward.
const MAX_IDLE_COMMANDS: usize = 100;

/// The reserved recipient that needs no domain (RFC 5321 §4.1.1.3).
const POSTMASTER: &str = "postmaster";

/// How a session ended.
#[derive(Debug)]
pub enum Ending {
    /// The client said QUIT.
    Quit,
    /// The client sent a line that is too long, or no line.
    Babble,
    /// The client gave too many commands without a message.
    Idle,
    /// The client was silent for too long, or took no replies.
    Silence,
    /// The connection lasted too long.
    OutOfTime,
    /// The node stops.
    Stopped,
    /// The client is gone.
    Gone,
    /// The connection failed.
    Failed(io::Error),
}

/// What a session works with.
pub(super) struct Session<'a, S> {
    stream: S,
    door: &'a Door,
    lifetime: Pin<Box<Sleep>>,
    input: Vec<u8>,
    envelope: Option<Envelope>,
    chunks: Option<Chunks>,
    is_greeted: bool,
    /// Commands that count for [`MAX_IDLE_COMMANDS`].
    idle: usize,
}

/// What BDAT brought so far.
struct Chunks {
    /// `None` once it was too much.
    kept: Option<Vec<u8>>,
    /// What it takes of the node's memory; `None` once that was too much.
    memory: Option<Share>,
}

impl Chunks {
    fn new(door: &Door) -> Self {
        Self { kept: Some(Vec::new()), memory: door.memory.take(0).ok() }
    }

    /// Keeps more, up to `most` octets altogether and what the node has memory for.
    fn keep(&mut self, octets: &[u8], most: usize) {
        let has_room = self.kept.as_ref().is_some_and(|kept| kept.len() + octets.len() <= most);
        match &mut self.kept {
            Some(kept) if has_room && grow(&mut self.memory, octets.len()) => kept.extend_from_slice(octets),
            kept => *kept = None,
        }
    }
}

/// Takes so much more of the node's memory; where there is not so much, all that was taken is given back.
fn grow(memory: &mut Option<Share>, octets: usize) -> bool {
    let has_grown = memory.as_mut().is_some_and(|share| share.grow(octets as u64).is_ok());
    if !has_grown {
        *memory = None;
    }
    has_grown
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    pub(super) fn new(stream: S, door: &'a Door) -> Self {
        let lifetime = Box::pin(sleep(door.options.lifetime));
        let (input, envelope, chunks) = (Vec::new(), None, None);
        Self { stream, door, lifetime, input, envelope, chunks, is_greeted: false, idle: 0 }
    }

    /// Converses until one of the two has had enough; and says so if it is this side.
    pub(super) async fn run(&mut self) -> Ending {
        let Err(ending) = self.go_on().await;
        let farewell = match ending {
            Ending::Quit | Ending::Gone | Ending::Failed(_) => return ending,
            Ending::Babble => Reply::new(500, "5.5.6", "a line is too long or does not end in CRLF"),
            Ending::Idle => Reply::new(421, "4.7.0", "too many commands without a message"),
            Ending::Silence => Reply::new(421, "4.4.2", "silent for too long"),
            Ending::OutOfTime => Reply::new(421, "4.4.2", "connected for too long"),
            Ending::Stopped => Reply::new(421, "4.3.2", "the server stops; try again later"),
        };
        self.say(&[farewell]).await.ok();
        ending
    }

    async fn go_on(&mut self) -> Result<Infallible, Ending> {
        // The name comes first in it, without an enhanced status code (RFC 5321 §4.2, RFC 2034 §4).
        let greeting = format!("220 {} LMTP\r\n", self.door.options.host_name);
        self.write(greeting.as_bytes()).await?;
        loop {
            let line = self.line().await?;
            self.idle += 1;
            if self.idle > MAX_IDLE_COMMANDS {
                return Err(Ending::Idle);
            }
            match Command::parse(&line) {
                Ok(command) => self.obey(command).await?,
                Err(reply) => self.say(&[reply]).await?,
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), Ending> {
        let reply = match command {
            Command::Lhlo => {
                self.reset();
                self.is_greeted = true;
                return self.greet().await;
            }
            Command::Quit => {
                self.say(&[Reply::new(221, "2.0.0", "bye")]).await?;
                return Err(Ending::Quit);
            }
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
        self.say(&[reply]).await
    }

    async fn greet(&mut self) -> Result<(), Ending> {
        let (name, size) = (&self.door.options.host_name, self.door.options.max_size);
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
        if size
            .is_some_and(|size| usize::try_from(size).map_or(true, |size| size > self.door.options.max_size))
        {
            return too_large();
        }
        if self.door.memory.check(size.unwrap_or(0)).is_err() {
            return no_memory();
        }
        self.envelope = Some(Envelope { reverse_path: from, recipients: Vec::new() });
        Reply::new(250, "2.1.0", "ok")
    }

    async fn rcpt(&mut self, to: String) -> Reply {
        let Some(envelope) = self.envelope.as_mut().filter(|_| self.chunks.is_none()) else {
            return out_of_order();
        };
        if envelope.recipients.len() >= self.door.options.max_recipients {
            return Reply::new(452, "4.5.3", "too many recipients");
        }
        let to = if to.eq_ignore_ascii_case(POSTMASTER) {
            format!("{POSTMASTER}@{}", self.door.options.host_name)
        } else {
            to
        };
        match inbound::resolve(self.door.trust.store(), std::slice::from_ref(&to)).await {
            Ok(accounts) if accounts.iter().all(Vec::is_empty) => {
                self.door.metrics.lmtp_recipient("unknown");
                no_such_address()
            }
            Ok(_) => {
                envelope.recipients.push(to);
                // At most so many of a message, which counts itself.
                self.idle = self.idle.saturating_sub(1);
                Reply::new(250, "2.1.5", "ok")
            }
            Err(error) => {
                tracing::warn!(%error, "a recipient could not be looked up");
                Reply::new(451, "4.3.0", "try again later")
            }
        }
    }

    async fn data(&mut self) -> Result<(), Ending> {
        if self.chunks.is_some() {
            return self.say(&[out_of_order()]).await;
        }
        // Without a recipient that was taken there is nobody to reply for (RFC 2033 §4.2).
        let Some(envelope) = self.envelope.take_if(|envelope| !envelope.recipients.is_empty()) else {
            return self.say(&[out_of_order()]).await;
        };
        // A reply of 3yz has no enhanced status code (RFC 2034 §4).
        self.write(b"354 go on; a line of a dot ends it\r\n").await?;
        let mut reader = DataReader::new(self.door.options.max_size);
        let mut memory = self.door.memory.take(0).ok();
        loop {
            if !grow(&mut memory, self.input.len()) {
                reader.give_up();
            }
            if let Some(end) = reader.read(&self.input) {
                self.input.drain(..end);
                break;
            }
            self.input.clear();
            self.fill().await?;
        }
        let message = reader.finish().map_err(|fault| match fault {
            _ if memory.is_none() => no_memory(),
            Fault::TooLarge => too_large(),
            Fault::BareLineBreak => Reply::new(550, "5.6.0", "the message has a CR or LF alone"),
        });
        self.deliver(envelope, message).await
    }

    async fn bdat(&mut self, octets: u64, is_last: bool) -> Result<(), Ending> {
        let is_in_order = self.envelope.as_ref().is_some_and(|envelope| !envelope.recipients.is_empty());
        let mut chunks = self.chunks.take().unwrap_or_else(|| Chunks::new(self.door));
        let mut left = octets;
        // The octets follow whatever is answered (RFC 3030 §2).
        while left > 0 {
            if self.input.is_empty() {
                self.fill().await?;
            }
            let count = usize::try_from(left).map_or(self.input.len(), |left| left.min(self.input.len()));
            chunks.keep(&self.input[..count], if is_in_order { self.door.options.max_size } else { 0 });
            self.input.drain(..count);
            left -= count as u64;
        }
        if !is_in_order {
            return self.say(&[out_of_order()]).await;
        }
        if !is_last {
            if octets > 0 && chunks.kept.is_some() {
                // At most so many of a message as it may have octets.
                self.idle = self.idle.saturating_sub(1);
            }
            self.chunks = Some(chunks);
            return self.say(&[Reply::new(250, "2.0.0", "ok")]).await;
        }
        let envelope = self.envelope.take().unwrap_or_default();
        let Chunks { kept, memory } = chunks;
        let refusal = || if memory.is_none() { no_memory() } else { too_large() };
        self.deliver(envelope, kept.ok_or_else(refusal)).await
    }

    /// A reply for each recipient, in their order (RFC 2033 §4.2).
    async fn deliver(&mut self, envelope: Envelope, message: Result<Vec<u8>, Reply>) -> Result<(), Ending> {
        let message = match message {
            Ok(message) => message,
            Err(reply) => return self.say(&vec![reply; envelope.recipients.len()]).await,
        };
        let outcomes = inbound::receive(&self.door.trust, &envelope, message.clone()).await;
        self.note(message.len(), &outcomes);
        // Reports and vacation replies: of no concern to the client, and done once what was stored is committed.
        arrived(&self.door.submitter, &envelope, &outcomes, &message).await;
        let replies: Vec<Reply> = outcomes.iter().map(|(_, outcome)| reply_to(outcome)).collect();
        self.say(&replies).await
    }

    /// One log line for a message, without addresses: the client's log has them, with the replies.
    fn note(&mut self, octets: usize, outcomes: &[(String, Outcome)]) {
        let mut taken = 0;
        for (_, outcome) in outcomes {
            self.door.metrics.lmtp_recipient(name_of(outcome));
            taken += usize::from(matches!(outcome, Outcome::Stored { .. } | Outcome::AlreadyThere { .. }));
        }
        if taken > 0 {
            self.idle = 0;
        }
        tracing::info!(octets, recipients = outcomes.len(), taken, "a message came by LMTP");
    }

    async fn line(&mut self) -> Result<Vec<u8>, Ending> {
        loop {
            if let Some(end) = self.input.iter().take(MAX_LINE).position(|&octet| octet == b'\n') {
                let line: Vec<u8> = self.input.drain(..=end).collect();
                return line.strip_suffix(b"\r\n").map(<[u8]>::to_vec).ok_or(Ending::Babble);
            }
            if self.input.len() >= MAX_LINE {
                return Err(Ending::Babble);
            }
            self.fill().await?;
        }
    }

    /// Waits for more from the client; the one place where a session can be kept waiting by it for long.
    async fn fill(&mut self) -> Result<(), Ending> {
        let mut buffer = [0; 8192];
        let count = tokio::select! {
            biased;
            () = self.door.stop.cancelled() => return Err(Ending::Stopped),
            () = &mut self.lifetime => return Err(Ending::OutOfTime),
            () = sleep(self.door.options.timeout) => return Err(Ending::Silence),
            count = self.stream.read(&mut buffer) => count.map_err(Ending::Failed)?,
        };
        if count == 0 {
            return Err(Ending::Gone);
        }
        self.input.extend_from_slice(&buffer[..count]);
        Ok(())
    }

    async fn say(&mut self, replies: &[Reply]) -> Result<(), Ending> {
        let text: String = replies.iter().map(Reply::to_line).collect();
        self.write(text.as_bytes()).await
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), Ending> {
        let written = async {
            self.stream.write_all(octets).await?;
            self.stream.flush().await
        };
        match timeout(self.door.options.timeout, written).await {
            Ok(written) => written.map_err(Ending::Failed),
            Err(_) => Err(Ending::Silence),
        }
    }
}

/// As the metrics call it.
fn name_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Stored { .. } => "stored",
        Outcome::AlreadyThere { .. } => "already_there",
        Outcome::NoSuchAddress => "unknown",
        Outcome::OverQuota => "over_quota",
        Outcome::Refused(_) => "refused",
        Outcome::TemporaryFailure(_) => "failed",
    }
}

fn reply_to(outcome: &Outcome) -> Reply {
    match outcome {
        // The client's log then leads to the email.
        Outcome::Stored { account, email } => {
            Reply::new(250, "2.0.0", format!("stored as {email} of {account}"))
        }
        Outcome::AlreadyThere { account, email } => {
            Reply::new(250, "2.0.0", format!("stored before as {email} of {account}"))
        }
        Outcome::NoSuchAddress => no_such_address(),
        Outcome::OverQuota => Reply::new(452, "4.2.2", "the account is full"),
        Outcome::Refused(refusal) => {
            // X.2.3: larger than the whole limit (RFC 3463 §3.3), which 552 tells (RFC 5321 §4.2.3).
            let code = if refusal.status == "5.2.3" { 552 } else { 550 };
            Reply::new(code, refusal.status, refusal.text.clone())
        }
        Outcome::TemporaryFailure(text) => Reply::new(451, "4.3.0", text.clone()),
    }
}

fn out_of_order() -> Reply {
    Reply::new(503, "5.5.1", "not now")
}

fn too_large() -> Reply {
    Reply::new(552, "5.3.4", "the message is too large")
}

fn no_memory() -> Reply {
    Reply::new(452, "4.3.1", "too much mail at a time; try again later")
}

fn no_such_address() -> Reply {
    Reply::new(550, "5.1.1", "no such address here")
}
