//! The relay: the server that takes mail for recipients elsewhere, by SMTP (RFC 5321).

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, MailBodyParameter, MailParameter, RcptParameter};
use lettre::transport::smtp::response::Response;
use openssl::x509::X509;

use super::transport::lines_for_smtp;
use crate::mime::{canonical_domain, has_international_header};
use crate::store::outgoing::{Recipient, Sender};

/// Recipients in one transaction: what every server takes (RFC 5321 §4.5.3.1.8).
pub(super) const MAX_RECIPIENTS: usize = 100;

/// How long saying farewell may take.
const QUIT: Duration = Duration::from_secs(5);

/// Characters of a reply that are kept.
const MAX_REPLY: usize = 1000;

/// How to reach the relay.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayOptions {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: RelayTls,
    /// Certificates of authorities in PEM, to trust beside the system's.
    pub authorities: Option<Vec<u8>>,
    /// Name and password, if it wants some.
    pub credentials: Option<(String, String)>,
    /// How long each step may take.
    pub timeout: Duration,
}

/// How the connection to the relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayTls {
    /// By STARTTLS; without it nothing is sent (RFC 3207).
    StartTls,
    /// From the first octet on (RFC 8314 §3.3).
    Implicit,
    /// Not at all.
    None,
}

/// Why a relay cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The authorities are not in PEM.
    #[error("the certificates cannot be read: {0}")]
    Authorities(#[from] openssl::error::ErrorStack),
    /// Authorities are given, and there are none.
    #[error("no certificate in PEM")]
    NoAuthority,
    /// The library does not take it.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] lettre::transport::smtp::Error),
}

/// The relay, ready to be used.
pub struct Relay {
    options: RelayOptions,
    hello: ClientId,
    tls: Option<TlsParameters>,
}

/// What the relay said of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) verdict: Verdict,
    /// smtpReply (RFC 8621 §7).
    pub(super) reply: String,
}

/// What follows from what the relay said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the relay's now. `reports`: and so are the reports that the sender wants (RFC 3461 §5.2.1).
    Taken { reports: bool },
    /// Not now.
    Later,
    /// Never.
    Never,
}

impl Relay {
    /// A relay, to which this server presents itself as `host_name`.
    pub fn new(options: RelayOptions, host_name: &str) -> Result<Self, RelayError> {
        let tls = match options.tls {
            RelayTls::None => None,
            _ => Some(tls_parameters(&options)?),
        };
        let hello = match host_name.parse() {
            Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
            Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
            Err(_) => ClientId::Domain(host_name.to_owned()),
        };
        Ok(Self { options, hello, tls })
    }

    /// Gives the relay a message for some recipients, at most [`MAX_RECIPIENTS`]; an answer for each, in their order.
    pub(super) async fn send(
        &self,
        sender: &Sender,
        recipients: &[&Recipient],
        message: &[u8],
    ) -> Vec<Answer> {
        let all = |answer: Answer| vec![answer; recipients.len()];
        let (mut connection, offers) = match self.connect().await {
            Ok(connected) => connected,
            Err(fault) => {
                tracing::warn!(relay = %self.options.host, %fault, "the relay cannot be used");
                // Whatever it said, it said it to this server: that is for the operator, and no fault of the message.
                return all(Answer::later("451 4.4.1 The relay cannot be used at present"));
            }
        };
        let mut transaction = SmtpTransaction {
            connection: &mut connection,
            timeout: self.options.timeout,
            offers,
            needs: Utf8Needs::of(sender, recipients, message),
        };
        let answers = match transaction.run(sender, recipients, message).await {
            Ok(answers) => answers,
            Err(answer) => all(answer),
        };
        tokio::time::timeout(QUIT, connection.quit()).await.ok();
        answers
    }

    /// Connects, protects the connection, and logs in. Tells what the relay offers.
    async fn connect(&self) -> Result<(AsyncSmtpConnection, Offers), Fault> {
        let timeout = self.options.timeout;
        let server = (self.options.host.as_str(), self.options.port);
        let implicit = self.tls.clone().filter(|_| self.options.tls == RelayTls::Implicit);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, Some(timeout), &self.hello, implicit, None);
        let mut connection = within(timeout, connecting).await?;
        if let Some(tls) = self.tls.clone().filter(|_| self.options.tls == RelayTls::StartTls) {
            within(timeout, connection.starttls(tls, &self.hello)).await?;
        }
        // Asked once more, since the library keeps to itself most of what it heard.
        let hello = within(timeout, connection.command(Ehlo::new(self.hello.clone()))).await?;
        let offers = Offers::of(&hello);
        if let Some((user, password)) = &self.options.credentials {
            let credentials = Credentials::new(user.clone(), password.clone());
            within(timeout, connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials)).await?;
        }
        Ok((connection, offers))
    }
}

impl fmt::Debug for RelayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayOptions")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("has_credentials", &self.credentials.is_some())
            .finish_non_exhaustive()
    }
}

/// The extensions that matter here (RFC 5321 §2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Offers {
    dsn: bool,
    size: bool,
    eight_bit: bool,
    utf8: bool,
}

impl Offers {
    fn of(hello: &Response) -> Self {
        let mut offers = Self::default();
        for line in hello.message().skip(1) {
            match line.split_ascii_whitespace().next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "DSN" => offers.dsn = true,
                "SIZE" => offers.size = true,
                "8BITMIME" => offers.eight_bit = true,
                "SMTPUTF8" => offers.utf8 = true,
                _ => {}
            }
        }
        offers
    }
}

/// What needs a relay that does RFC 6531.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Utf8Needs {
    /// Some local part: it has no other form.
    address: bool,
    /// Some header field (RFC 6532 §3.2).
    header: bool,
}

impl Utf8Needs {
    fn of(sender: &Sender, recipients: &[&Recipient], message: &[u8]) -> Self {
        let mut addresses =
            recipients.iter().map(|recipient| recipient.address.as_str()).chain([sender.mail_from.as_str()]);
        Self {
            address: addresses.any(|address| !path(address).user().is_ascii()),
            header: has_international_header(message),
        }
    }

    fn utf8(self) -> bool {
        self.address || self.header
    }

    /// What a relay that does not do it would have to say (RFC 6531 §4).
    fn refusal(self) -> Option<Answer> {
        if self.address {
            Some(Answer::never("553 5.6.7 The relay takes no international addresses"))
        } else if self.header {
            Some(Answer::never("550 5.6.9 The relay takes no international header fields"))
        } else {
            None
        }
    }
}

/// One message on its way.
struct SmtpTransaction<'c> {
    connection: &'c mut AsyncSmtpConnection,
    timeout: Duration,
    offers: Offers,
    needs: Utf8Needs,
}

impl SmtpTransaction<'_> {
    /// An answer for each recipient, or one for all of them.
    async fn run(
        &mut self,
        sender: &Sender,
        recipients: &[&Recipient],
        message: &[u8],
    ) -> Result<Vec<Answer>, Answer> {
        let message = lines_for_smtp(message);
        let mail = Mail::new(self.reverse_path(sender), self.mail_parameters(sender, &message)?);
        within(self.timeout, self.connection.command(mail)).await.map_err(|fault| fault.answer())?;
        let mut answers = Vec::with_capacity(recipients.len());
        for recipient in recipients {
            let rcpt = Rcpt::new(path(&recipient.address), self.rcpt_parameters(recipient));
            match within(self.timeout, self.connection.command(rcpt)).await {
                Ok(response) => answers.push(Answer::taken(&response, self.offers.dsn)),
                Err(Fault::Broken(problem)) => return Err(Fault::Broken(problem).answer()),
                Err(refusal) => answers.push(refusal.answer()),
            }
        }
        if !answers.iter().any(Answer::is_taken) {
            return Ok(answers);
        }
        // The message as a whole may still be refused: then that is the reply for those that were accepted (RFC 8621 §7).
        if let Err(fault) = self.data(&message).await {
            let refusal = fault.answer();
            answers
                .iter_mut()
                .filter(|answer| answer.is_taken())
                .for_each(|answer| *answer = refusal.clone());
        }
        Ok(answers)
    }

    async fn data(&mut self, message: &[u8]) -> Result<(), Fault> {
        within(self.timeout, self.connection.command(Data)).await?;
        within(self.timeout, self.connection.message(message)).await.map(drop)
    }

    fn reverse_path(&self, sender: &Sender) -> Option<Address> {
        (!sender.mail_from.is_empty()).then(|| path(&sender.mail_from))
    }

    fn mail_parameters(&self, sender: &Sender, message: &[u8]) -> Result<Vec<MailParameter>, Answer> {
        let mut parameters = Vec::new();
        if self.offers.size {
            parameters.push(MailParameter::Size(message.len()));
        }
        if let Some(refusal) = self.needs.refusal().filter(|_| !self.offers.utf8) {
            return Err(refusal);
        }
        if !message.is_ascii() {
            if !self.offers.eight_bit {
                return Err(Answer::never("554 5.6.3 The relay takes no octets beyond ASCII"));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if self.needs.utf8() {
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if self.offers.dsn {
            let given = [("RET", &sender.ret), ("ENVID", &sender.envid)];
            parameters.extend(given.into_iter().filter_map(|(keyword, value)| {
                let value = value.clone()?;
                Some(MailParameter::Other { keyword: keyword.to_owned(), value: Some(value) })
            }));
        }
        Ok(parameters)
    }

    fn rcpt_parameters(&self, recipient: &Recipient) -> Vec<RcptParameter> {
        if !self.offers.dsn {
            return Vec::new();
        }
        let given = [("NOTIFY", &recipient.notify), ("ORCPT", &recipient.orcpt)];
        let given = given.into_iter().filter_map(|(keyword, value)| {
            let value = value.clone()?;
            Some(RcptParameter::Other { keyword: keyword.to_owned(), value: Some(value) })
        });
        given.collect()
    }
}

fn tls_parameters(options: &RelayOptions) -> Result<TlsParameters, RelayError> {
    let mut parameters = TlsParameters::builder(options.host.clone());
    if let Some(pem) = &options.authorities {
        let authorities = X509::stack_from_pem(pem)?;
        if authorities.is_empty() {
            return Err(RelayError::NoAuthority);
        }
        for authority in authorities {
            parameters = parameters.add_root_certificate(Certificate::from_der(authority.to_der()?)?);
        }
    }
    Ok(parameters.build()?)
}

/// The address as a path, its domain in A-labels. That it is a Mailbox was checked before it was stored.
fn path(address: &str) -> Address {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    Address::new_dangerous(local, canonical_domain(domain).unwrap_or_else(|| domain.to_owned()))
}

/// What keeps an SMTP step from succeeding.
#[derive(Debug, thiserror::Error)]
enum Fault {
    /// The relay says no: the reply.
    #[error("{reply}")]
    Refused { is_permanent: bool, reply: String },
    /// The connection broke, took too long, or something came that is no SMTP.
    #[error("{0}")]
    Broken(String),
}

impl Fault {
    fn answer(self) -> Answer {
        match self {
            Self::Refused { is_permanent: true, reply } => Answer { verdict: Verdict::Never, reply },
            Self::Refused { reply, .. } => Answer { verdict: Verdict::Later, reply },
            Self::Broken(problem) => {
                tracing::warn!(%problem, "the connection to the relay broke");
                Answer::later("451 4.4.2 The connection to the relay broke")
            }
        }
    }
}

impl Answer {
    fn taken(response: &Response, reports: bool) -> Self {
        let reply = format!("{} {}", response.code(), joined(response));
        Self { verdict: Verdict::Taken { reports }, reply: bounded(&reply) }
    }

    pub(super) fn later(reply: &str) -> Self {
        Self { verdict: Verdict::Later, reply: reply.to_owned() }
    }

    fn never(reply: &str) -> Self {
        Self { verdict: Verdict::Never, reply: reply.to_owned() }
    }

    fn is_taken(&self) -> bool {
        matches!(self.verdict, Verdict::Taken { .. })
    }
}

/// The lines of a reply as one, the enhanced status code that each of them repeats once (RFC 8621 §7, smtpReply).
fn joined(response: &Response) -> String {
    let mut lines = response.message();
    let first = lines.next().unwrap_or_default();
    let status = first.split_once(' ').map(|(status, _)| format!("{status} ")).filter(|status| {
        status.starts_with(|c: char| c.is_ascii_digit()) && status.matches('.').count() == 2
    });
    lines.fold(first.to_owned(), |text, line| {
        let line = status.as_ref().and_then(|status| line.strip_prefix(status.as_str())).unwrap_or(line);
        format!("{text} {line}")
    })
}

fn bounded(reply: &str) -> String {
    reply.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_REPLY).collect()
}

async fn within<T>(
    timeout: Duration,
    step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, Fault> {
    match tokio::time::timeout(timeout, step).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(fault(&error)),
        Err(_) => Err(Fault::Broken("the relay did not answer in time".to_owned())),
    }
}

fn fault(error: &lettre::transport::smtp::Error) -> Fault {
    let Some(code) = error.status() else { return Fault::Broken(error.to_string()) };
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let reply = bounded(format!("{code} {text}").trim_end());
    Fault::Refused { is_permanent: error.is_permanent(), reply }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_in_ascii_as_far_as_they_can() {
        assert_eq!(path("ann@BÜCHER.example").to_string(), "ann@xn--bcher-kva.example");
        let sender = Sender { mail_from: "ann@bücher.example".to_owned(), ..Sender::default() };
        assert!(!Utf8Needs::of(&sender, &[], b"").utf8());
        let sender = Sender { mail_from: "jürgen@example.org".to_owned(), ..Sender::default() };
        assert!(Utf8Needs::of(&sender, &[], b"").address);
    }

    #[test]
    fn options_show_no_password_and_authorities_must_be_some() {
        let options = RelayOptions {
            host: "relay.example".to_owned(),
            port: 587,
            tls: RelayTls::StartTls,
            authorities: None,
            credentials: Some(("user".to_owned(), "geheim".to_owned())),
            timeout: Duration::from_secs(1),
        };
        assert!(!format!("{options:?}").contains("geheim"));
        // A file without authorities is a mistake, and not the same as no file.
        let relay = |pem: &[u8]| {
            Relay::new(RelayOptions { authorities: Some(pem.to_vec()), ..options.clone() }, "mail.example")
        };
        assert!(matches!(relay(b"nothing"), Err(RelayError::NoAuthority)));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(relay(broken), Err(RelayError::Authorities(_))));
    }
}
