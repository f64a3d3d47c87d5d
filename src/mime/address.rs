//! EmailAddress and address lists (RFC 8621 §4.1.2.3–4, RFC 5322 §3.4).

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::encoded_word;

/// An address list is read up to this many addresses; those after it are not seen.
const MAX_ADDRESSES: usize = 10_000;

/// One mailbox of an address header, as Email/get gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailAddress {
    /// The display name, decoded; null when there is none.
    pub name: Option<String>,
    /// The addr-spec.
    pub email: String,
}

/// Mailboxes that stand together: a group of RFC 5322 §3.4, or neighbours outside any group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailAddressGroup {
    /// The group's display name; null for mailboxes outside any group.
    pub name: Option<String>,
    /// The mailboxes in order.
    pub addresses: Vec<EmailAddress>,
}

/// The GroupedAddresses form of an unfolded value. Best effort, as RFC 8621 §4.1.2.3 wants: it never fails.
pub(crate) fn parse_grouped(value: &str) -> Vec<EmailAddressGroup> {
    let mut list = ListParser::default();
    let mut rest = value;
    while let Some(next) = rest.chars().next() {
        if list.count >= MAX_ADDRESSES {
            break;
        }
        rest = list.read(next, rest);
    }
    list.end_mailbox();
    list.groups
}

/// The Addresses form: the same without the groups.
pub(crate) fn parse_addresses(value: &str) -> Vec<EmailAddress> {
    parse_grouped(value).into_iter().flat_map(|group| group.addresses).collect()
}

/// What has been read of a list, and of the mailbox that is under way.
#[derive(Default)]
struct ListParser {
    groups: Vec<EmailAddressGroup>,
    in_group: bool,
    count: usize,
    pieces: Vec<Piece>,
    has_at_sign: bool,
    after_space: bool,
    angle: Option<String>,
    comment: Option<String>,
}

/// A piece of a phrase or of a bare addr-spec.
struct Piece {
    /// As it stands, quotes included.
    source: String,
    /// What it says, if it is a quoted string.
    quoted: Option<String>,
    after_space: bool,
}

impl ListParser {
    /// Reads the token that `rest` begins with and gives what follows it.
    fn read<'a>(&mut self, next: char, rest: &'a str) -> &'a str {
        let after = rest.get(next.len_utf8()..).unwrap_or_default();
        match next {
            ',' => self.end_mailbox(),
            ';' => {
                self.end_mailbox();
                self.in_group = false;
            }
            ':' if self.begins_group() => self.begin_group(),
            '"' => return self.read_quoted(rest),
            '(' => {
                let (comment, after) = read_comment(after);
                self.comment = Some(comment);
                self.after_space = true;
                return after;
            }
            '<' => return self.read_angle(after),
            c if c.is_ascii_whitespace() => self.after_space = true,
            '>' => {}
            _ => return self.read_atom(rest),
        }
        after
    }

    /// A colon ends a group's name, unless it stands inside something like `mailto:`, an address, or another group.
    fn begins_group(&self) -> bool {
        !self.in_group && self.angle.is_none() && !self.pieces.is_empty() && !self.has_at_sign
    }

    fn begin_group(&mut self) {
        let name = self.take_phrase();
        self.groups.push(EmailAddressGroup { name: Some(name.unwrap_or_default()), addresses: Vec::new() });
        self.in_group = true;
        self.comment = None;
    }

    fn read_quoted<'a>(&mut self, rest: &'a str) -> &'a str {
        let (text, length) = quoted_string(rest);
        let (source, after) = rest.split_at(length);
        self.push_piece(source, Some(text));
        after
    }

    /// The inside of `<…>`: quoted strings are kept, comments, white space and an obsolete route dropped (RFC 5322 §4.4).
    fn read_angle<'a>(&mut self, rest: &'a str) -> &'a str {
        let mut email = String::new();
        let mut rest = rest;
        while let Some(next) = rest.chars().next() {
            let after = rest.get(next.len_utf8()..).unwrap_or_default();
            rest = match next {
                '>' => {
                    rest = after;
                    break;
                }
                '"' => {
                    let (quoted, after) = rest.split_at(quoted_string(rest).1);
                    email.push_str(quoted);
                    after
                }
                '(' => read_comment(after).1,
                c if c.is_ascii_whitespace() => after,
                c => {
                    email.push(c);
                    after
                }
            };
        }
        let routed = email.starts_with('@').then(|| email.find(':')).flatten();
        self.angle = Some(routed.map_or(email.as_str(), |colon| &email[colon + 1..]).to_owned());
        rest
    }

    /// An atom with whatever is not special; a whole encoded word counts as one, even with specials inside.
    fn read_atom<'a>(&mut self, rest: &'a str) -> &'a str {
        let is_end = |c: char| c.is_ascii_whitespace() || "\",;:<>()".contains(c);
        let length = encoded_word::prefix_length(rest).unwrap_or_else(|| {
            let first = rest.chars().next().map_or(0, char::len_utf8);
            rest.get(first..).and_then(|rest| rest.find(is_end)).map_or(rest.len(), |at| first + at)
        });
        let (atom, after) = rest.split_at(length);
        self.push_piece(atom, None);
        after
    }

    fn push_piece(&mut self, source: &str, quoted: Option<String>) {
        let after_space = std::mem::take(&mut self.after_space);
        self.has_at_sign |= quoted.is_none() && source.contains('@');
        self.pieces.push(Piece { source: source.to_owned(), quoted, after_space });
    }

    fn end_mailbox(&mut self) {
        let comment = self.comment.take();
        let mailbox = match self.angle.take() {
            Some(email) => Some((self.take_phrase(), email)),
            None => self.take_bare(),
        };
        (self.after_space, self.has_at_sign) = (false, false);
        let Some((name, email)) = mailbox.filter(|(name, email)| name.is_some() || !email.is_empty()) else {
            return;
        };
        let name = name.or_else(|| tidy(&encoded_word::decode(&comment?)));
        self.push_address(EmailAddress { name, email: without_controls(&email) });
    }

    fn push_address(&mut self, address: EmailAddress) {
        self.count += 1;
        match self.groups.last_mut() {
            Some(group) if self.in_group || group.name.is_none() => group.addresses.push(address),
            _ => self.groups.push(EmailAddressGroup { name: None, addresses: vec![address] }),
        }
    }

    /// The pieces as a display name: quoted strings say what they say, everything between them is decoded.
    fn take_phrase(&mut self) -> Option<String> {
        let mut phrase = String::new();
        let mut atoms = String::new();
        for piece in std::mem::take(&mut self.pieces) {
            if piece.after_space {
                atoms.push(' ');
            }
            match piece.quoted {
                Some(text) => {
                    phrase.push_str(&encoded_word::decode(&std::mem::take(&mut atoms)));
                    phrase.push_str(text.trim());
                }
                None => atoms.push_str(&piece.source),
            }
        }
        phrase.push_str(&encoded_word::decode(&atoms));
        tidy(&phrase)
    }

    /// A mailbox without angle brackets: `jane@example.com`, also with white space around its signs (RFC 5322 §4.4),
    /// also with words around it that belong nowhere and are taken for a name.
    fn take_bare(&mut self) -> Option<(Option<String>, String)> {
        let mut words: Vec<String> = Vec::new();
        for piece in std::mem::take(&mut self.pieces) {
            let joins = |text: &str, at_end: bool| {
                let sign = if at_end { text.chars().next_back() } else { text.chars().next() };
                sign.is_some_and(|c| c == '@' || c == '.')
            };
            match words.last_mut() {
                Some(word) if !piece.after_space || joins(word, true) || joins(&piece.source, false) => {
                    word.push_str(&piece.source);
                }
                _ => words.push(piece.source),
            }
        }
        if words.is_empty() {
            return None;
        }
        match words.iter().rposition(|word| word.contains('@')) {
            Some(at) => {
                let email = words.remove(at);
                Some((tidy(&encoded_word::decode(&words.join(" "))), email))
            }
            None => Some((None, words.join(" "))),
        }
    }
}

/// What a quoted string says, with its quoted pairs decoded, and its length in octets with the quotes.
/// One that never ends goes to the end of the value.
pub(crate) fn quoted_string(rest: &str) -> (String, usize) {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (text, at + 1),
            '\\' => text.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => text.push(c),
        }
    }
    (text, rest.len())
}

/// The inside of a comment whose opening parenthesis has been read, and what follows it. Comments nest (RFC 5322 §3.2.2).
pub(crate) fn read_comment(rest: &str) -> (String, &str) {
    let mut comment = String::new();
    let mut depth = 1usize;
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '\\' => {
                comment.extend(chars.next().map(|(_, escaped)| escaped));
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            return (comment, rest.get(at + 1..).unwrap_or_default());
        }
        comment.push(c);
    }
    (comment, "")
}

/// A name as it is shown: in NFC, trimmed, without control characters; `None` if nothing is left.
fn tidy(name: &str) -> Option<String> {
    let name: String = without_controls(name).trim().nfc().collect();
    (!name.is_empty()).then_some(name)
}

fn without_controls(text: &str) -> String {
    text.replace('\t', " ").chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> String {
        let show = |address: &EmailAddress| match &address.name {
            Some(name) => format!("[{name}] {}", address.email),
            None => address.email.clone(),
        };
        let groups: Vec<String> = parse_grouped(value)
            .iter()
            .map(|group| {
                let addresses: Vec<_> = group.addresses.iter().map(show).collect();
                match &group.name {
                    Some(name) => format!("{name}: {}", addresses.join(", ")),
                    None => addresses.join(", "),
                }
            })
            .collect();
        groups.join(" | ")
    }

    #[test]
    fn the_example_of_rfc_8621() {
        let value = "\"  James Smythe\" <james@example.com>, Friends: jane@example.com, \
                     =?UTF-8?Q?John_Sm=C3=AEth?= <john@example.com>;";
        assert_eq!(
            shown(value),
            "[James Smythe] james@example.com | Friends: jane@example.com, [John Smîth] john@example.com"
        );
        assert_eq!(parse_addresses(value).len(), 3);
    }

    #[test]
    fn well_formed_lists() {
        for (value, expected) in [
            ("jane@example.com", "jane@example.com"),
            ("Jane Doe <jane@example.com>", "[Jane Doe] jane@example.com"),
            ("jane@example.com (Jane Doe)", "[Jane Doe] jane@example.com"),
            ("Jane <jane@example.com> (work)", "[Jane] jane@example.com"),
            (r#""Doe, \"JD\" Jane" <jane@example.com>"#, r#"[Doe, "JD" Jane] jane@example.com"#),
            (r#""jane doe"@example.com"#, r#""jane doe"@example.com"#),
            (r#"J <"a>b"@example.com>"#, r#"[J] "a>b"@example.com"#),
            ("a@example.com, b@example.com", "a@example.com, b@example.com"),
            ("Undisclosed:;", "Undisclosed: "),
            ("A:x@a.example;, y@b.example", "A: x@a.example | y@b.example"),
            ("x@a.example, A:y@b.example;", "x@a.example | A: y@b.example"),
            ("<@relay.example,@b.example:jane@example.com>", "jane@example.com"),
            ("jane . doe @ example . com", "jane.doe@example.com"),
            ("Pete(A nice \\) chap) <pete(his)@silly.example(host)>", "[Pete] pete@silly.example"),
            ("jane@[192.0.2.1]", "jane@[192.0.2.1]"),
            ("=?utf-8?Q?Smith,_John?= <john@example.com>", "[Smith, John] john@example.com"),
            ("=?utf-8?Q?A?= =?utf-8?Q?B?= \"C  D\" E <x@example.com>", "[AB C  D E] x@example.com"),
            ("", ""),
        ] {
            assert_eq!(shown(value), expected, "{value}");
        }
    }

    #[test]
    fn malformed_lists_give_what_can_be_seen() {
        for (value, expected) in [
            ("jane", "jane"),
            ("Jane Doe", "Jane Doe"),
            (",,jane@example.com,,", "jane@example.com"),
            ("Jane jane@example.com", "[Jane] jane@example.com"),
            ("Jane <jane@example.com", "[Jane] jane@example.com"),
            ("Jane <>", "[Jane] "),
            ("<>", ""),
            ("\"unclosed <jane@example.com>", "\"unclosed <jane@example.com>"),
            ("(unclosed jane@example.com", ""),
            ("mailto:jane@example.com", "mailto: jane@example.com"),
            ("a@example.com:b", "a@example.com:b"),
            ("=?utf-8?Q?a", "=?utf-8?Q?a"),
            (";;:", ":"),
        ] {
            assert_eq!(shown(value), expected, "{value}");
        }
    }

    #[test]
    fn an_address_in_a_name_stays_in_the_name() {
        let value = "\"victim@example.com\" <attacker@example.net>";
        assert_eq!(shown(value), "[victim@example.com] attacker@example.net");
        assert_eq!(
            shown("victim@example.com <attacker@example.net>"),
            "[victim@example.com] attacker@example.net"
        );
    }

    #[test]
    fn a_list_is_bounded() {
        let value = "a@example.com,".repeat(MAX_ADDRESSES + 5);
        assert_eq!(parse_addresses(&value).len(), MAX_ADDRESSES);
    }
}
