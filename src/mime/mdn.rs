//! Message disposition notifications (RFC 8098): the report that a message was read, written and read.

use super::body_value::BodyValue;
use super::build::{Content, ContentType, Entity, Field, Unwritable};
use super::date_time::without_comments;
use super::door::Message;
use super::header::{HeaderField, Headers};
use super::header_form::{self, HeaderForm, HeaderValue};
use super::html;
use super::parameters::Parameterized;
use super::structure::BodyPart;

/// Media types of the report (RFC 8098 §3.1, RFC 6533 §6.3).
const REPORT: &str = "message/disposition-notification";
const GLOBAL_REPORT: &str = "message/global-disposition-notification";

/// Media types of what is returned of the original message (RFC 6522 §3, RFC 6533 §5).
const ORIGINALS: [&str; 4] =
    ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"];

/// So many fields of a report that no RFC knows, and so many Error fields, are read.
const MAX_FIELDS: usize = 100;

/// Octets of human-readable text that are read.
const MAX_TEXT: usize = 256 * 1024;

/// An MDN: a multipart/report with a text for people, a report, and perhaps the original message (RFC 8098 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Subject.
    pub subject: Option<String>,
    /// The text for people.
    pub text: Option<String>,
    /// Whether the original message, or its header, comes along.
    pub has_original: bool,
    /// What is reported.
    pub report: Report,
}

/// The fields of message/disposition-notification (RFC 8098 §3.2), each as it stands but for the white space around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Reporting-UA.
    pub reporting_ua: Option<String>,
    /// MDN-Gateway.
    pub mdn_gateway: Option<String>,
    /// Original-Recipient: an address type, a semicolon, an address.
    pub original_recipient: Option<String>,
    /// Final-Recipient: likewise.
    pub final_recipient: Option<String>,
    /// Original-Message-ID, with its angle brackets.
    pub original_message_id: Option<String>,
    /// Disposition.
    pub disposition: Disposition,
    /// Error, once for each field.
    pub errors: Vec<String>,
    /// Fields that RFC 8098 does not define.
    pub extensions: Vec<(String, String)>,
}

/// What happened to the message, and on whose word (RFC 8098 §3.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// action-mode.
    pub action: ActionMode,
    /// sending-mode.
    pub sending: SendingMode,
    /// disposition-type.
    pub kind: DispositionType,
}

/// Whether somebody acted, or something (RFC 8098 §3.2.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionMode {
    /// manual-action.
    Manual,
    /// automatic-action.
    Automatic,
}

/// Whether somebody gave permission to send this MDN (RFC 8098 §3.2.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendingMode {
    /// MDN-sent-manually.
    Manual,
    /// MDN-sent-automatically.
    Automatic,
}

/// What happened (RFC 8098 §3.2.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispositionType {
    /// deleted.
    Deleted,
    /// dispatched.
    Dispatched,
    /// displayed.
    Displayed,
    /// processed.
    Processed,
}

macro_rules! words {
    ($type:ident, $($variant:ident = $word:literal),+) => {
        impl $type {
            /// The word, in lower case as JMAP has it (RFC 9007 §2).
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word in lower case.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(ActionMode, Manual = "manual-action", Automatic = "automatic-action");
words!(SendingMode, Manual = "mdn-sent-manually", Automatic = "mdn-sent-automatically");
words!(
    DispositionType,
    Deleted = "deleted",
    Dispatched = "dispatched",
    Displayed = "displayed",
    Processed = "processed"
);

impl Notification {
    /// Reads a message as an MDN; `None` if it is none.
    pub fn of(message: &Message<'_>) -> Option<Self> {
        let structure = message.structure();
        let root = &structure.root;
        let content_type = root.headers(message.raw()).last("Content-Type")?.unfolded();
        let report_type =
            Parameterized::parse(&content_type).plain("report-type").map(str::to_ascii_lowercase);
        let is_report = root.media_type == "multipart/report"
            && report_type.as_deref() == Some("disposition-notification");
        let parts = root.sub_parts.as_deref().filter(|_| is_report)?;
        let is_fields = |part: &&BodyPart| [REPORT, GLOBAL_REPORT].contains(&part.media_type.as_str());
        let fields = parts.iter().find(is_fields)?.section?.data(message.raw())?;
        Some(Self {
            subject: message.headers().last("Subject").map(header_form::text),
            text: parts
                .first()
                .filter(|part| !is_fields(part))
                .and_then(|part| readable(message.raw(), part)),
            has_original: parts.iter().any(|part| ORIGINALS.contains(&part.media_type.as_str())),
            report: Report::of(&Headers::parse(&fields))?,
        })
    }

    /// The body of the message that says this. `original` is what is returned of the original message.
    pub fn entity(&self, original: Option<Vec<u8>>) -> Result<Entity, Unwritable> {
        let text = leaf("text/plain", Content::Text(self.text.clone().unwrap_or_default()));
        let fields = self.report.octets()?;
        let media_type = if fields.is_ascii() { REPORT } else { GLOBAL_REPORT };
        let mut parts = vec![text, leaf(media_type, Content::Octets(fields))];
        parts.extend(original.map(|original| leaf("message/rfc822", Content::Octets(original))));
        Ok(Entity {
            content_type: ContentType::new("multipart/report")
                .with("report-type", "disposition-notification"),
            fields: Vec::new(),
            content: Content::Parts(parts),
        })
    }
}

fn leaf(media_type: &str, content: Content) -> Entity {
    Entity { content_type: ContentType::new(media_type), fields: Vec::new(), content }
}

/// The text for people, also where it comes in alternatives (RFC 6522 §3).
fn readable(raw: &[u8], part: &BodyPart) -> Option<String> {
    let mut parts = vec![part];
    parts.extend(part.sub_parts.iter().flatten());
    let of_type = |wanted: &str| parts.iter().find(|part| part.media_type == wanted);
    match (of_type("text/plain"), of_type("text/html")) {
        (Some(part), _) => Some(BodyValue::of(raw, part, MAX_TEXT).value),
        (None, Some(part)) => Some(html::to_text(&BodyValue::of(raw, part, MAX_TEXT).value, MAX_TEXT)),
        (None, None) => None,
    }
}

impl Report {
    /// Reads the fields; `None` without a Disposition that says something (RFC 8098 §3.2.6).
    fn of(fields: &Headers<'_>) -> Option<Self> {
        let known = |name: &str| fields.last(name).map(shown).filter(|value| !value.is_empty());
        let is_extension =
            |field: &HeaderField<'_>| !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(field.name()));
        Some(Self {
            reporting_ua: known("Reporting-UA"),
            mdn_gateway: known("MDN-Gateway"),
            original_recipient: known("Original-Recipient"),
            final_recipient: known("Final-Recipient"),
            original_message_id: known("Original-Message-ID"),
            disposition: Disposition::of(&known("Disposition")?)?,
            errors: fields.all("Error").map(shown).take(MAX_FIELDS).collect(),
            extensions: fields
                .iter()
                .filter(is_extension)
                .map(|field| (field.name().to_owned(), shown(field)))
                .take(MAX_FIELDS)
                .collect(),
        })
    }

    /// The fields in the order of RFC 8098 §3.1.
    fn octets(&self) -> Result<Vec<u8>, Unwritable> {
        let mut octets = Vec::new();
        let disposition = self.disposition.to_field();
        let known = [
            ("Reporting-UA", self.reporting_ua.as_ref()),
            ("MDN-Gateway", self.mdn_gateway.as_ref()),
            ("Original-Recipient", self.original_recipient.as_ref()),
            ("Final-Recipient", self.final_recipient.as_ref()),
            ("Original-Message-ID", self.original_message_id.as_ref()),
            ("Disposition", Some(&disposition)),
        ];
        let known = known.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let errors = self.errors.iter().map(|error| ("Error", error));
        let extensions = self.extensions.iter().map(|(name, value)| (name.as_str(), value));
        for (name, value) in known.chain(errors).chain(extensions) {
            let value = HeaderValue::Text(value.clone());
            if let Some(field) = Field::new(name, HeaderForm::Raw, &value)? {
                field.write(&mut octets);
            }
        }
        Ok(octets)
    }
}

/// The fields that RFC 8098 §3.2 defines.
const KNOWN: [&str; 7] = [
    "Reporting-UA",
    "MDN-Gateway",
    "Original-Recipient",
    "Final-Recipient",
    "Original-Message-ID",
    "Disposition",
    "Error",
];

fn shown(field: HeaderField<'_>) -> String {
    let value: String = field.unfolded().chars().filter(|c| !c.is_control() || *c == '\t').collect();
    value.trim().to_owned()
}

impl Disposition {
    /// `manual-action/MDN-sent-manually; displayed/modifiers`, in any case (RFC 8098 §3.2.6).
    fn of(value: &str) -> Option<Self> {
        let bare = without_comments(value).to_ascii_lowercase();
        let (modes, kind) = bare.split_once(';')?;
        let (action, sending) = modes.split_once('/')?;
        let kind = kind.split('/').next().unwrap_or(kind);
        Some(Self {
            action: ActionMode::parse(action.trim())?,
            sending: SendingMode::parse(sending.trim())?,
            kind: DispositionType::parse(kind.trim())?,
        })
    }

    fn to_field(self) -> String {
        let sending = match self.sending {
            SendingMode::Manual => "MDN-sent-manually",
            SendingMode::Automatic => "MDN-sent-automatically",
        };
        format!("{}/{sending}; {}", self.action.as_str(), self.kind.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::super::build::message;
    use super::*;

    fn report() -> Report {
        Report {
            reporting_ua: Some("joes-pc.cs.example.com; Foomail 97.1".to_owned()),
            mdn_gateway: None,
            original_recipient: Some("rfc822;alias@example.com".to_owned()),
            final_recipient: Some("rfc822; john@example.com".to_owned()),
            original_message_id: Some("<199509192301.23456@example.org>".to_owned()),
            disposition: Disposition {
                action: ActionMode::Manual,
                sending: SendingMode::Manual,
                kind: DispositionType::Displayed,
            },
            errors: Vec::new(),
            extensions: vec![("X-Example".to_owned(), "one".to_owned())],
        }
    }

    fn parse(raw: &str) -> Option<Notification> {
        let read = |ending: &str| {
            let raw = raw.replace('\n', ending);
            Notification::of(&Message::parse(raw.as_bytes()).unwrap())
        };
        assert_eq!(read("\n"), read("\r\n"));
        read("\n")
    }

    #[test]
    fn what_is_written_is_read() {
        for (text, original, recipient) in [
            (Some("It was displayed.\n".to_owned()), None, "rfc822; john@example.com"),
            (None, Some(b"Subject: x\r\n\r\nx\r\n".to_vec()), "utf-8; jöhn@example.com"),
        ] {
            let report = Report { final_recipient: Some(recipient.to_owned()), ..report() };
            let has_original = original.is_some();
            let wanted = Notification { subject: None, text, has_original, report };
            let raw = message(&[], wanted.entity(original).unwrap()).unwrap();
            let read = Notification::of(&Message::parse(&raw).unwrap()).unwrap();
            assert_eq!(read, Notification { text: Some(wanted.text.clone().unwrap_or_default()), ..wanted });
        }
    }

    #[test]
    fn no_field_can_be_added_by_a_value() {
        let evil =
            Report { reporting_ua: Some("x\r\nFinal-Recipient: rfc822; eve@x".to_owned()), ..report() };
        let notification = Notification { subject: None, text: None, has_original: false, report: evil };
        assert_eq!(notification.entity(None).err(), Some(Unwritable::NotRaw));
    }

    #[test]
    fn the_example_of_rfc_8098_section_7() {
        let raw = "\
Subject: Re: First draft of report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification;
 boundary=\"RAA14128.773615765/example.com\"

--RAA14128.773615765/example.com
Content-type: text/plain

The message sent on 19 Sep 1995 has been displayed.

--RAA14128.773615765/example.com
Content-type: message/disposition-notification

Reporting-UA: joes-pc.cs.example.com; Foomail 97.1
Original-Recipient: rfc822;Joe_Recipient@example.com
Final-Recipient: rfc822;Joe_Recipient@example.com
Original-Message-ID: <199509192301.23456@example.org>
Disposition: Manual-Action / MDN-Sent-Manually (a comment); DISPLAYED/error
Error: no paper
X-Foomail: 1

--RAA14128.773615765/example.com
Content-type: message/rfc822

Subject: First draft of report

x
--RAA14128.773615765/example.com--
";
        let read = parse(raw).unwrap();
        assert_eq!(read.subject.as_deref(), Some("Re: First draft of report"));
        assert_eq!(read.text.as_deref(), Some("The message sent on 19 Sep 1995 has been displayed.\n"));
        assert!(read.has_original);
        assert_eq!(read.report.disposition, report().disposition);
        assert_eq!(read.report.errors, ["no paper"]);
        assert_eq!(read.report.extensions, [("X-Foomail".to_owned(), "1".to_owned())]);
        assert_eq!(read.report.original_message_id, report().original_message_id);
        for (there, not_there) in [
            ("report-type=disposition-notification", "report-type=delivery-status"),
            ("multipart/report", "multipart/mixed"),
            ("Disposition: Manual-Action", "Nothing: Manual-Action"),
            ("DISPLAYED", "eaten"),
            ("message/disposition-notification", "text/plain"),
        ] {
            assert_eq!(parse(&raw.replace(there, not_there)), None, "{not_there}");
        }
        assert_eq!(parse("Subject: x\n\nx\n"), None);
    }
}
