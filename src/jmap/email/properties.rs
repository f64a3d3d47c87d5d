//! Which properties of an Email a client asks for (RFC 8621 §4.1, §4.2; RFC 9219 §4.1).

use crate::jmap::arguments::{ArgumentReader, FromArguments, UnsignedInt};
use crate::mime::HeaderProperty;
use crate::store::email::Fields;
use crate::wire::capability::Capability;
use crate::wire::errors::MethodError;

/// A property of Email other than `id` and those of the form `header:…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    BlobId,
    ThreadId,
    MailboxIds,
    Keywords,
    Size,
    ReceivedAt,
    Headers,
    MessageId,
    InReplyTo,
    References,
    Sender,
    From,
    To,
    Cc,
    Bcc,
    ReplyTo,
    Subject,
    SentAt,
    Date,
    BodyStructure,
    BodyValues,
    TextBody,
    HtmlBody,
    Attachments,
    HasAttachment,
    Preview,
    SmimeStatus,
    SmimeStatusAtDelivery,
    SmimeErrors,
    SmimeVerifiedAt,
    SmimeSigners,
}

/// The order in which properties are written: that of RFC 8621 §4.1, then RFC 9219 §4.1, then our own.
const DEFINITION: &[(&str, Property)] = &[
    ("blobId", Property::BlobId),
    ("threadId", Property::ThreadId),
    ("mailboxIds", Property::MailboxIds),
    ("keywords", Property::Keywords),
    ("size", Property::Size),
    ("receivedAt", Property::ReceivedAt),
    ("headers", Property::Headers),
    ("messageId", Property::MessageId),
    ("inReplyTo", Property::InReplyTo),
    ("references", Property::References),
    ("sender", Property::Sender),
    ("from", Property::From),
    ("to", Property::To),
    ("cc", Property::Cc),
    ("bcc", Property::Bcc),
    ("replyTo", Property::ReplyTo),
    ("subject", Property::Subject),
    ("sentAt", Property::SentAt),
    ("date", Property::Date),
    ("bodyStructure", Property::BodyStructure),
    ("bodyValues", Property::BodyValues),
    ("textBody", Property::TextBody),
    ("htmlBody", Property::HtmlBody),
    ("attachments", Property::Attachments),
    ("hasAttachment", Property::HasAttachment),
    ("preview", Property::Preview),
    ("smimeStatus", Property::SmimeStatus),
    ("smimeStatusAtDelivery", Property::SmimeStatusAtDelivery),
    ("smimeErrors", Property::SmimeErrors),
    ("smimeVerifiedAt", Property::SmimeVerifiedAt),
    ("smimeSigners", Property::SmimeSigners),
];

/// The default properties of Email/get (RFC 8621 §4.2).
const DEFAULT: &[Property] = &[
    Property::BlobId,
    Property::ThreadId,
    Property::MailboxIds,
    Property::Keywords,
    Property::Size,
    Property::ReceivedAt,
    Property::MessageId,
    Property::InReplyTo,
    Property::References,
    Property::Sender,
    Property::From,
    Property::To,
    Property::Cc,
    Property::Bcc,
    Property::ReplyTo,
    Property::Subject,
    Property::SentAt,
    Property::BodyValues,
    Property::TextBody,
    Property::HtmlBody,
    Property::Attachments,
    Property::HasAttachment,
    Property::Preview,
];

impl Property {
    /// The name of the property.
    pub(super) fn name(self) -> &'static str {
        DEFINITION.iter().find(|(_, property)| *property == self).map_or("", |(name, _)| name)
    }

    /// The capability without which the property does not exist. `date` comes with that of RFC 9219: the examples of its
    /// §4.1 ask for it, and RFC 8621 has no such property.
    fn capability(self) -> Capability {
        match self {
            Self::SmimeSigners => Capability::SmimeSigners,
            Self::Date => Capability::SmimeVerify,
            _ if self.is_smime() => Capability::SmimeVerify,
            _ => Capability::Mail,
        }
    }

    fn is_there_for(self, using: &[Capability]) -> bool {
        // Whoever got as far as to name properties of an Email may use those of mail.
        let capability = self.capability();
        capability == Capability::Mail || using.contains(&capability)
    }

    /// The properties of RFC 9219 §4.1.
    pub(super) fn is_smime(self) -> bool {
        matches!(
            self,
            Self::SmimeStatus | Self::SmimeStatusAtDelivery | Self::SmimeErrors | Self::SmimeVerifiedAt
        )
    }

    /// Whether the answer must be exact, so that stale verdicts are refreshed first (RFC 9219 §4.1).
    pub(super) fn needs_fresh_verdict(self) -> bool {
        self.is_smime() && self != Self::SmimeVerifiedAt
    }

    /// Whether it shows a field of the header that lists do not show as a rule.
    fn is_rare_field(self) -> bool {
        matches!(
            self,
            Self::MessageId
                | Self::InReplyTo
                | Self::References
                | Self::Sender
                | Self::Cc
                | Self::Bcc
                | Self::ReplyTo
        )
    }

    /// Whether the message itself must be read.
    pub(super) fn needs_message(self) -> bool {
        matches!(
            self,
            Self::Headers
                | Self::BodyStructure
                | Self::BodyValues
                | Self::TextBody
                | Self::HtmlBody
                | Self::Attachments
        )
    }
}

/// What an Email/get asks for.
#[derive(Clone, Debug)]
pub struct EmailProperties {
    /// In the order of the definition.
    pub(super) properties: Vec<Property>,
    /// `header:…` properties as the client writes them, in its order.
    pub(super) headers: Vec<(String, HeaderProperty)>,
}

impl EmailProperties {
    /// Checks the names; `using` are the capabilities that the request uses.
    pub(super) fn select(requested: Option<Vec<String>>, using: &[Capability]) -> Result<Self, MethodError> {
        let Some(requested) = requested else {
            return Ok(Self { properties: DEFAULT.to_vec(), headers: Vec::new() });
        };
        let mut selected = Self { properties: Vec::new(), headers: Vec::new() };
        for name in requested {
            if name == "id" {
                continue;
            }
            if name.starts_with("header:") {
                selected.add_header(name)?;
                continue;
            }
            let known = DEFINITION.iter().find(|(known, _)| *known == name).map(|(_, property)| *property);
            match known.filter(|property| property.is_there_for(using)) {
                Some(property) => selected.properties.push(property),
                None => return Err(unknown("properties", &name)),
            }
        }
        selected
            .properties
            .sort_by_key(|property| DEFINITION.iter().position(|(_, known)| known == property));
        selected.properties.dedup();
        Ok(selected)
    }

    /// The default of Email/parse: that of Email/get without what only an Email in an account has (RFC 8621 §4.9).
    pub(super) fn of_parsed() -> Self {
        let metadata = [
            Property::BlobId,
            Property::ThreadId,
            Property::MailboxIds,
            Property::Keywords,
            Property::Size,
            Property::ReceivedAt,
        ];
        let properties = DEFAULT.iter().copied().filter(|property| !metadata.contains(property)).collect();
        Self { properties, headers: Vec::new() }
    }

    /// Whether the message itself must be read.
    pub(super) fn need_message(&self) -> bool {
        !self.headers.is_empty() || self.properties.iter().any(|property| property.needs_message())
    }

    /// Which fields of the header must be read from the row.
    pub(super) fn fields(&self) -> Fields {
        match self.properties.iter().any(|property| property.is_rare_field()) {
            true => Fields::All,
            false => Fields::OfLists,
        }
    }

    fn add_header(&mut self, name: String) -> Result<(), MethodError> {
        let header = HeaderProperty::parse(&name)
            .map_err(|error| MethodError::invalid_argument("properties", error))?;
        if !self.headers.iter().any(|(known, _)| *known == name) {
            self.headers.push((name, header));
        }
        Ok(())
    }
}

/// The properties of EmailBodyPart but `headers`, in the order of RFC 8621 §4.1.4; `subParts` stands last.
const PART_DEFINITION: &[&str] = &[
    "partId",
    "blobId",
    "size",
    "headers",
    "name",
    "type",
    "charset",
    "disposition",
    "cid",
    "language",
    "location",
    "subParts",
];

/// The arguments that Email/get adds (RFC 8621 §4.2).
#[derive(Clone, Debug)]
pub struct BodyArguments {
    /// Which properties of parts, in the order of the definition.
    pub(super) part_properties: Vec<&'static str>,
    /// Whether the client asks for subParts (RFC 8621 §4.1.4), so that it is told of each part whether it has some. By
    /// default those are shown that there are.
    pub(super) names_sub_parts: bool,
    /// `header:…` properties of parts.
    pub(super) part_headers: Vec<(String, HeaderProperty)>,
    /// Values of the text parts of textBody.
    pub(super) fetch_text: bool,
    /// Values of the text parts of htmlBody.
    pub(super) fetch_html: bool,
    /// Values of all text parts.
    pub(super) fetch_all: bool,
    /// Octets of UTF-8 of each value at most; 0 is no limit.
    pub(super) max_value_bytes: usize,
}

impl FromArguments for BodyArguments {
    fn read(arguments: &mut ArgumentReader) -> Result<Self, MethodError> {
        let requested: Option<Vec<String>> = arguments.optional("bodyProperties")?;
        let names_sub_parts = requested.iter().flatten().any(|name| name == "subParts");
        let fetch_text = arguments.or_default("fetchTextBodyValues", false)?;
        let fetch_html = arguments.or_default("fetchHTMLBodyValues", false)?;
        let fetch_all = arguments.or_default("fetchAllBodyValues", false)?;
        let UnsignedInt(max) = arguments.or_default("maxBodyValueBytes", UnsignedInt(0))?;
        let (part_properties, part_headers) = part_properties(requested)?;
        let max_value_bytes = usize::try_from(max).unwrap_or(usize::MAX);
        Ok(Self {
            part_properties,
            names_sub_parts,
            part_headers,
            fetch_text,
            fetch_html,
            fetch_all,
            max_value_bytes,
        })
    }
}

type PartProperties = (Vec<&'static str>, Vec<(String, HeaderProperty)>);

fn part_properties(requested: Option<Vec<String>>) -> Result<PartProperties, MethodError> {
    let Some(requested) = requested else {
        // The default of RFC 8621 §4.2 and subParts, without which bodyStructure would show a multipart without
        // its parts.
        let default = PART_DEFINITION.iter().copied().filter(|name| *name != "headers");
        return Ok((default.collect(), Vec::new()));
    };
    let mut headers = Vec::new();
    for name in &requested {
        if name.starts_with("header:") {
            let header = HeaderProperty::parse(name)
                .map_err(|error| MethodError::invalid_argument("bodyProperties", error))?;
            headers.push((name.clone(), header));
        } else if !PART_DEFINITION.contains(&name.as_str()) {
            return Err(unknown("bodyProperties", name));
        }
    }
    let wanted = PART_DEFINITION.iter().copied().filter(|name| requested.iter().any(|wanted| wanted == name));
    Ok((wanted.collect(), headers))
}

fn unknown(argument: &str, name: &str) -> MethodError {
    MethodError::invalid_argument(argument, format_args!("no property {name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(names: &[&str], using: &[Capability]) -> Result<Vec<&'static str>, MethodError> {
        let requested = names.iter().map(|&name| name.to_owned()).collect();
        let selected = EmailProperties::select(Some(requested), using)?;
        Ok(selected.properties.into_iter().map(Property::name).collect())
    }

    #[test]
    fn properties_come_in_the_order_of_the_rfc_and_once() {
        let selected = select(&["preview", "subject", "id", "from", "subject"], &[]);
        assert_eq!(selected, Ok(vec!["from", "subject", "preview"]));
    }

    #[test]
    fn smime_properties_exist_only_with_the_capability() {
        for name in ["smimeStatus", "smimeStatusAtDelivery", "smimeErrors", "smimeVerifiedAt", "date"] {
            assert!(select(&[name], &[Capability::Mail, Capability::SmimeSigners]).is_err(), "{name}");
            assert_eq!(select(&[name], &[Capability::SmimeVerify]), Ok(vec![name]));
        }
        assert!(select(&["smimeSigners"], &[Capability::Mail, Capability::SmimeVerify]).is_err());
        assert_eq!(select(&["smimeSigners"], &[Capability::SmimeSigners]), Ok(vec!["smimeSigners"]));
    }

    #[test]
    fn smime_properties_are_given_only_when_they_are_named() {
        let default = EmailProperties::select(None, &Capability::ALL).unwrap();
        let is_smime = |property: &Property| property.is_smime() || *property == Property::SmimeSigners;
        assert!(!default.properties.iter().any(is_smime));
    }

    #[test]
    fn what_is_no_property_is_refused() {
        for name in
            ["nonsense", "header:", "header:From:asDate", "header:Subject:all:asText", "bodystructure"]
        {
            assert!(
                matches!(select(&[name], &Capability::ALL), Err(MethodError::InvalidArguments(_))),
                "{name}"
            );
        }
    }
}
