//! Whose message this claims to be, and whether a certificate agrees (RFC 9219 §4.1, RFC 8550 §3, RFC 8398).

use mail_parser::MimeHeaders;

use super::certificate::ParsedCertificate;
use crate::mime::{CanonicalAddress, HeaderForm, HeaderValue, Headers, Message};

/// What the From header fields of a message say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// One field with one mailbox: its address, as Email/get gives it.
    One(String),
    /// None, several, a group, or one that no address can be read from; the reason.
    Ambiguous(&'static str),
}

/// Reads the From header fields of a message.
pub(super) fn from_of(message: &Message<'_>) -> From {
    one_mailbox(&message.headers(), FromFields::of(header_section(message)))
}

/// What the header that was signed with the message says, where the signed entity is marked as protecting it: a
/// message/rfc822 with forwarded=no (RFC 8551 §3.1), protected-headers=v1, or hp= (RFC 9788). An unmarked
/// message/rfc822 is a signed forward and says nothing about the message that carries it.
pub(super) fn protected_from(signed: &[u8]) -> Option<From> {
    let (section, body) = split_header(signed);
    let entity = Message::parse(section).ok()?;
    let content_type = entity.parsed().parts.first()?.content_type()?;
    let is = |name: &str, value: &str| {
        content_type.attribute(name).is_some_and(|found| found.trim().eq_ignore_ascii_case(value))
    };
    let is_marked = is("protected-headers", "v1") || content_type.has_attribute("hp");
    if content_type.ctype().eq_ignore_ascii_case("message") && (is_marked || is("forwarded", "no")) {
        let (section, _) = split_header(body);
        return from_if_any(&Message::parse(section).ok()?);
    }
    if is_marked { from_if_any(&entity) } else { None }
}

/// The header section with its empty line, and the body: so that a large body need not be parsed.
fn split_header(entity: &[u8]) -> (&[u8], &[u8]) {
    let ends_at = |at: usize| match entity.get(at..) {
        Some([b'\n', ..]) => Some(at + 1),
        Some([b'\r', b'\n', ..]) => Some(at + 2),
        _ => None,
    };
    let after_lines = entity.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let end = std::iter::once(0).chain(after_lines).find_map(ends_at).unwrap_or(entity.len());
    entity.split_at(end)
}

/// Whether a certificate names this address. Domains compare as DNS does, A-labels and U-labels alike; local parts
/// without regard to case (RFC 8550 §3).
pub(super) fn names(certificate: &ParsedCertificate, address: &str) -> bool {
    let wanted = CanonicalAddress::parse(address);
    wanted.is_some() && certificate.addresses.iter().any(|known| CanonicalAddress::parse(known) == wanted)
}

/// Whether two addresses are the same mailbox.
pub(super) fn same_mailbox(one: &str, other: &str) -> bool {
    one == other
        || CanonicalAddress::parse(one).is_some_and(|one| Some(one) == CanonicalAddress::parse(other))
}

fn from_if_any(entity: &Message<'_>) -> Option<From> {
    let fields = FromFields::of(header_section(entity));
    (fields.count > 0).then(|| one_mailbox(&entity.headers(), fields))
}

fn header_section<'m>(message: &Message<'m>) -> &'m [u8] {
    let end = message.parsed().parts.first().map_or(0, |root| root.offset_body as usize);
    message.raw().get(..end).unwrap_or(message.raw())
}

fn one_mailbox(headers: &Headers<'_>, fields: FromFields) -> From {
    let Some(field) = headers.last("From") else { return From::Ambiguous("missing") };
    if fields.count > 1 || headers.all("From").count() > 1 {
        return From::Ambiguous("several-fields");
    }
    if fields.hold_controls || field.is_cut() {
        return From::Ambiguous("no-address");
    }
    let HeaderValue::GroupedAddresses(groups) = HeaderForm::GroupedAddresses.value_of(field) else {
        return From::Ambiguous("no-address");
    };
    if groups.iter().any(|group| group.name.is_some()) {
        return From::Ambiguous("group");
    }
    let mut mailboxes = groups.into_iter().flat_map(|group| group.addresses);
    match (mailboxes.next(), mailboxes.next()) {
        (Some(mailbox), None) if mailbox.email.contains('@') => {
            if mailbox.name.is_some_and(|name| name.contains(OVERRIDES)) {
                From::Ambiguous("no-address")
            } else if bare_addresses(&field.unfolded()).iter().all(|bare| same_mailbox(bare, &mailbox.email))
            {
                From::One(mailbox.email)
            } else {
                From::Ambiguous("several-mailboxes")
            }
        }
        (_, None) => From::Ambiguous("no-address"),
        (_, Some(_)) => From::Ambiguous("several-mailboxes"),
    }
}

/// Characters that turn the direction of text around, and with it the look of the address behind a name.
const OVERRIDES: [char; 2] = ['\u{202D}', '\u{202E}'];

/// The words of a From field that look like addresses, outside of comments and of quoted names: where there are two,
/// programs differ in which they show (`boss@example.com <anna@example.org>` is no mailbox of RFC 5322 §3.4).
fn bare_addresses(value: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let (mut comments, mut is_quoted, mut is_escaped) = (0_usize, false, false);
    for character in value.chars().chain([' ']) {
        let is_literal = std::mem::take(&mut is_escaped);
        match character {
            _ if is_literal => {}
            '\\' if is_quoted || comments > 0 => is_escaped = true,
            '"' if comments == 0 => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' => comments += 1,
            ')' => comments = comments.saturating_sub(1),
            _ if comments > 0 => continue,
            _ => {}
        }
        let is_inside = is_quoted || is_literal || character == '"';
        if is_inside || !(character.is_whitespace() || "<>,;:()".contains(character)) {
            word.push(character);
        } else {
            words.push(std::mem::take(&mut word));
        }
    }
    // What is left of a quoted string is an address only where the local part is one.
    words.retain(|word| word.rsplit('"').next().is_some_and(|outside| outside.contains('@')));
    words
}

/// The From fields of a header section, read as suspiciously as any reader of mail may read them: a carriage return
/// alone ends a line, and blanks before the colon are no part of the name (RFC 5322 §4.5).
#[derive(Debug, Default, PartialEq, Eq)]
struct FromFields {
    count: usize,
    /// Whether a control character stands in one: programs disagree about what it means inside an address, and ours
    /// does not show it.
    hold_controls: bool,
}

impl FromFields {
    fn of(section: &[u8]) -> Self {
        let mut fields = Self::default();
        let mut is_from = false;
        let lines = section.split(|&byte| byte == b'\n' || byte == b'\r').filter(|line| !line.is_empty());
        for (at, line) in lines.enumerate() {
            // Before the first field there is nothing to go on with: some skip blanks there, or a byte order mark.
            let line = if at == 0 { without_leader(line) } else { line };
            if !line.starts_with(b" ") && !line.starts_with(b"\t") {
                is_from = named_by(line).is_some_and(|name| name.eq_ignore_ascii_case(b"from"));
                fields.count += usize::from(is_from);
            }
            fields.hold_controls |= is_from && holds_controls(line);
        }
        fields
    }
}

/// The name of the field that a line begins, up to a control character, at which some stop reading.
fn named_by(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = line.get(..colon)?.split(|&byte| byte.is_ascii_control()).next()?;
    Some(name.trim_ascii_end())
}

fn without_leader(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii_start()
}

/// Controls of ASCII save for the tab, and those of Latin-1 as UTF-8 has them.
fn holds_controls(line: &[u8]) -> bool {
    line.iter().any(|&byte| byte.is_ascii_control() && byte != b'\t')
        || line.windows(2).any(|pair| matches!(pair, [0xC2, 0x80..=0x9F]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_without_regard_to_case_and_to_the_spelling_of_the_domain() {
        for (one, other) in [
            ("Anna@Example.ORG", "anna@example.org"),
            ("anna@bücher.example", "anna@xn--bcher-kva.example"),
            ("anna@BÜCHER.example", "ANNA@XN--BCHER-KVA.example"),
            ("\"anna\"@example.org", "anna@example.org"),
            ("Ärzte@example.org", "ärzte@example.org"),
        ] {
            assert!(same_mailbox(one, other), "{one} {other}");
        }
    }

    #[test]
    fn addresses_that_only_look_alike_differ() {
        for (one, other) in [
            ("\u{212A}ate@example.org", "kate@example.org"),
            ("anna@ｅxample.org", "anna@example.org"),
            ("anna@\u{212A}ate.example", "anna@kate.example"),
            ("anna@xn--example-.org", "anna@example.org"),
            ("anna@example.org\0.evil.example", "anna@example.org"),
            ("anna@example.org.", "anna@example.org"),
            ("anna", "anna@"),
            ("a@b@example.org", "b@example.org"),
        ] {
            assert!(!same_mailbox(one, other), "{one} {other}");
        }
    }

    #[test]
    fn from_fields_are_counted_in_the_bytes() {
        let count = |section: &[u8]| FromFields::of(section).count;
        assert_eq!(count(b"From: a\r\nTo: b\r\nFROM : c\r\n"), 2);
        assert_eq!(count(b"Subject: x\rFrom: c\nFrom: a\n"), 2);
        assert_eq!(count(b"From a@example.org Mon Jan  1 00:00:00 2024\nX-From: b\nFrom: a\n"), 1);
        assert_eq!(count(b"Subject: x\r\n From: c\r\nFrom: a\r\n"), 1);
        assert_eq!(count(b" From: c\r\nFrom: a\r\n"), 2);
        assert_eq!(count(b"\xEF\xBB\xBFFrom: c\r\nFrom: a\r\n"), 2);
        assert_eq!(count(b"From\0x: c\r\nFrom: a\r\n"), 2);
    }

    #[test]
    fn addresses_stand_outside_of_quotes_and_comments() {
        for (value, found) in [
            ("Anna <anna@example.org>", &["anna@example.org"][..]),
            ("boss@example.com <anna@example.org>", &["boss@example.com", "anna@example.org"]),
            ("\"boss@example.com\" <anna@example.org>", &["anna@example.org"]),
            ("\"a \\\" b@c\" <anna@example.org>", &["anna@example.org"]),
            ("anna@example.org (boss@example.com (x@y) z@w)", &["anna@example.org"]),
            ("\"an na\"@example.org", &["\"an na\"@example.org"]),
            ("<@example.com:anna@example.org>", &["@example.com", "anna@example.org"]),
            ("Anna", &[]),
        ] {
            assert_eq!(bare_addresses(value), found, "{value}");
        }
    }

    #[test]
    fn headers_end_at_the_first_empty_line() {
        for (entity, section) in [
            ("a: b\r\n\r\nc\r\n\r\n", "a: b\r\n\r\n"),
            ("a: b\n\nc", "a: b\n\n"),
            ("\r\nc", "\r\n"),
            ("a: b", "a: b"),
        ] {
            assert_eq!(split_header(entity.as_bytes()).0, section.as_bytes());
        }
    }

    #[test]
    fn control_characters_are_seen_in_from_alone() {
        let hold_controls = |section: &[u8]| FromFields::of(section).hold_controls;
        assert!(hold_controls(b"From: a\r\n b\0c\r\n"));
        assert!(!hold_controls(b"From: a\r\n\tb\r\nSubject: \0\r\n\0\r\n"));
    }
}
