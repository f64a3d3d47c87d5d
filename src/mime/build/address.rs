//! Address lists (RFC 5322 §3.4). Drafts hold addresses that are none yet, so whatever is no addr-spec is quoted:
//! no name and no address ends before its end, or becomes two.

use super::encoded::{encoded_words, needs_encoding, printable};
use super::fold::Folded;
use crate::mime::address::{EmailAddress, EmailAddressGroup, quoted_string};

/// Writes mailboxes, with a comma between each two.
pub(super) fn mailboxes(addresses: &[EmailAddress], folded: &mut Folded) {
    let mut list = List::new(folded);
    addresses.iter().for_each(|address| list.mailbox(address));
    list.flush();
}

/// Writes groups, and mailboxes that are in none, with a comma between each two.
pub(super) fn groups(groups: &[EmailAddressGroup], folded: &mut Folded) {
    let mut list = List::new(folded);
    for group in groups {
        match &group.name {
            None => group.addresses.iter().for_each(|address| list.mailbox(address)),
            Some(name) => list.group(name, &group.addresses),
        }
    }
    list.flush();
}

/// An address without name and email cannot be written.
pub(super) fn says_nothing(address: &EmailAddress) -> bool {
    address.name.as_deref().is_none_or(|name| tidy(name).is_empty()) && tidy(&address.email).is_empty()
}

/// A list under way. Its last piece waits until it is clear what stands right behind it.
struct List<'f> {
    folded: &'f mut Folded,
    space: String,
    piece: String,
    /// A mailbox or group is complete, so that a comma comes before the next one.
    is_separated: bool,
}

impl<'f> List<'f> {
    fn new(folded: &'f mut Folded) -> Self {
        Self { folded, space: String::new(), piece: String::new(), is_separated: true }
    }

    fn mailbox(&mut self, address: &EmailAddress) {
        if says_nothing(address) {
            return;
        }
        self.separate();
        let email = addr_spec(&tidy(&address.email));
        let name = address.name.as_deref().map(tidy).filter(|name| !name.is_empty());
        match name {
            None if email.contains('@') && !email.contains('"') => self.push(" ", email),
            None => self.push(" ", format!("<{email}>")),
            Some(name) => {
                self.phrase(&name);
                self.push(" ", format!("<{email}>"));
            }
        }
        self.is_separated = false;
    }

    fn group(&mut self, name: &str, addresses: &[EmailAddress]) {
        self.separate();
        match tidy(name) {
            name if name.is_empty() => self.push(" ", "\"\"".to_owned()),
            name => self.phrase(&name),
        }
        self.piece.push(':');
        self.is_separated = true;
        addresses.iter().for_each(|address| self.mailbox(address));
        self.piece.push(';');
        self.is_separated = false;
    }

    fn separate(&mut self) {
        if !std::mem::replace(&mut self.is_separated, true) {
            self.piece.push(',');
        }
    }

    /// A display name: atoms, a quoted string, or encoded words.
    fn phrase(&mut self, name: &str) {
        if name.split(' ').any(needs_encoding) {
            encoded_words(name).into_iter().for_each(|word| self.push(" ", word));
        } else if name.split(' ').all(is_atom) {
            name.split(' ').for_each(|word| self.push(" ", word.to_owned()));
        } else {
            self.quoted(name);
        }
    }

    /// A quoted string, which can be folded at its spaces.
    fn quoted(&mut self, name: &str) {
        let mut space = " ".to_owned();
        let quoted = quote(name);
        for word in quoted.split(' ') {
            if word.is_empty() {
                space.push(' ');
            } else {
                self.push(&std::mem::replace(&mut space, " ".to_owned()), word.to_owned());
            }
        }
    }

    fn push(&mut self, space: &str, piece: String) {
        self.flush();
        space.clone_into(&mut self.space);
        self.piece = piece;
    }

    fn flush(&mut self) {
        if !self.piece.is_empty() {
            self.folded.push(&self.space, &std::mem::take(&mut self.piece));
        }
    }
}

/// As readers of names and addresses see it: without control characters and white space around it.
fn tidy(text: &str) -> String {
    printable(text).trim().to_owned()
}

/// The email as an addr-spec, or quoted as far as it is none.
fn addr_spec(email: &str) -> String {
    if email.is_empty() || is_local_part(email) {
        return email.to_owned();
    }
    match email.rsplit_once('@') {
        Some((local, domain)) if is_local_part(local) && is_domain(domain) => email.to_owned(),
        Some((local, domain)) if is_domain(domain) => format!("{}@{domain}", quote(local)),
        _ => quote(email),
    }
}

fn is_local_part(text: &str) -> bool {
    is_plain(text) || text.starts_with('"') && text.len() > 1 && is_quoted_string(text)
}

/// One quoted string, which ends at its end.
fn is_quoted_string(text: &str) -> bool {
    text.ends_with('"') && quoted_string(text).1 == text.len() && quote(&quoted_string(text).0) == text
}

fn is_domain(text: &str) -> bool {
    let literal = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    is_plain(text) || literal.is_some_and(|inside| is_plain(&inside.replace(':', ".")))
}

/// What stands for itself in an addr-spec, dots included; RFC 6532 adds everything beyond ASCII.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "()<>[]:;@\\,\"".contains(c))
}

/// An atom of RFC 5322 §3.2.3.
fn is_atom(word: &str) -> bool {
    let is_atext = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&octet);
    !word.is_empty() && word.bytes().all(is_atext)
}

/// A quoted string (RFC 5322 §3.2.4).
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if c == '"' || c == '\\' {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(addresses: &[(Option<&str>, &str)]) -> String {
        let addresses: Vec<EmailAddress> = addresses
            .iter()
            .map(|(name, email)| EmailAddress { name: name.map(str::to_owned), email: (*email).to_owned() })
            .collect();
        let mut folded = Folded::after_name("To");
        mailboxes(&addresses, &mut folded);
        folded.finish("To").unwrap()
    }

    #[test]
    fn names_are_atoms_quoted_or_encoded() {
        for (name, phrase) in [
            ("Joe Bloggs", "Joe Bloggs"),
            ("J. Doe", "\"J. Doe\""),
            ("Doe, \"JD\" Jane", "\"Doe, \\\"JD\\\" Jane\""),
            ("two  spaces", "\"two  spaces\""),
            ("Jörg", "=?utf-8?Q?J=C3=B6rg?="),
            ("=?x", "=?utf-8?B?PT94?="),
            ("Ann\r\nBcc: eve@example.net", "\"Ann Bcc: eve@example.net\""),
        ] {
            assert_eq!(written(&[(Some(name), "a@example.org")]), format!(" {phrase} <a@example.org>"));
        }
    }

    #[test]
    fn what_is_no_address_is_quoted_and_cannot_become_two() {
        for (email, spec) in [
            ("jane@example.org", "jane@example.org"),
            ("jöe@exämple.org", "jöe@exämple.org"),
            ("jane doe@example.org", "<\"jane doe\"@example.org>"),
            ("\"jane doe\"@example.org", "<\"jane doe\"@example.org>"),
            ("jane@[192.0.2.1]", "jane@[192.0.2.1]"),
            ("jane@[IPv6:2001:db8::1]", "jane@[IPv6:2001:db8::1]"),
            ("jane", "<jane>"),
            ("jane doe", "<\"jane doe\">"),
            ("\"jane doe\"", "<\"jane doe\">"),
            ("a@b>, <eve@example.net", "<\"a@b>, <eve\"@example.net>"),
            ("a@b, eve@x y", "<\"a@b, eve@x y\">"),
            ("\"", "<\"\\\"\">"),
            ("a@", "<\"a@\">"),
            ("mailto:a@b", "<\"mailto:a\"@b>"),
        ] {
            assert_eq!(written(&[(None, email)]), format!(" {spec}"), "{email}");
        }
        assert_eq!(written(&[(Some("Jane"), ""), (None, ""), (Some(""), " ")]), " Jane <>");
    }

    #[test]
    fn lists_are_folded_between_words() {
        let many = vec![(Some("A name, of several words"), "somebody@example.org"); 5];
        let text = written(&many);
        assert!(text.split("\r\n").all(|line| line.len() <= 78), "{text}");
        assert_eq!(crate::mime::address::parse_addresses(&text.replace("\r\n", "")).len(), 5);
    }
}
