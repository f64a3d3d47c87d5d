//! Commands (RFC 2033 §4, RFC 5321 §4.1, RFC 3030 §2), read strictly.

use super::Reply;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// LHLO, which begins anew.
    Lhlo,
    /// MAIL.
    Mail {
        /// The reverse-path; `None` is the null one.
        from: Option<String>,
        /// SIZE (RFC 1870), in octets.
        size: Option<u64>,
    },
    /// RCPT.
    Rcpt(String),
    /// DATA.
    Data,
    /// BDAT (RFC 3030).
    Bdat {
        /// Octets that follow.
        octets: u64,
        /// Whether they are the last of the message.
        is_last: bool,
    },
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
    /// VRFY.
    Vrfy,
}

impl Command {
    /// Reads a line without its CRLF; or says what is to be answered instead.
    pub fn parse(line: &[u8]) -> Result<Self, Reply> {
        let line = std::str::from_utf8(line).map_err(|_| wrong("the command is not UTF-8"))?;
        if line.chars().any(char::is_control) {
            return Err(wrong("the command has control characters"));
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_matches(' ');
        let alone =
            |command| if rest.is_empty() { Ok(command) } else { Err(wrong("no argument is allowed")) };
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" if !rest.is_empty() => Ok(Self::Lhlo),
            "LHLO" => Err(wrong("LHLO needs a name")),
            "MAIL" => mail(after(rest, "FROM:")?),
            "RCPT" => rcpt(after(rest, "TO:")?),
            "DATA" => alone(Self::Data),
            "BDAT" => bdat(rest),
            "RSET" => alone(Self::Rset),
            "QUIT" => alone(Self::Quit),
            "NOOP" => Ok(Self::Noop),
            "VRFY" => Ok(Self::Vrfy),
            // RFC 2033 §4.1: they are not for this protocol.
            "HELO" | "EHLO" => Err(Reply::new(500, "5.5.1", "this is LMTP: say LHLO")),
            _ => Err(Reply::new(500, "5.5.1", "no such command")),
        }
    }
}

fn wrong(text: &str) -> Reply {
    Reply::new(501, "5.5.4", text)
}

fn after<'a>(rest: &'a str, prefix: &str) -> Result<&'a str, Reply> {
    match rest.split_at_checked(prefix.len()) {
        Some((head, tail)) if head.eq_ignore_ascii_case(prefix) => Ok(tail.trim_start_matches(' ')),
        _ => Err(wrong("the path is missing")),
    }
}

/// The path between its angle brackets, and the parameters after it. A quoted local part may hold the brackets.
fn path(text: &str) -> Result<(&str, &str), Reply> {
    let inner = text.strip_prefix('<').ok_or_else(|| wrong("a path stands in angle brackets"))?;
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (index, c) in inner.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '>' if !is_quoted => {
                let (path, rest) = (&inner[..index], &inner[index + 1..]);
                if !rest.is_empty() && !rest.starts_with(' ') {
                    break;
                }
                // A source route is accepted and ignored (RFC 5321 §4.1.1.3).
                let routed = path.starts_with('@').then(|| path.split_once(':')).flatten();
                return Ok((routed.map_or(path, |(_, address)| address), rest));
            }
            _ => {}
        }
    }
    Err(wrong("the path is not closed"))
}

fn mail(text: &str) -> Result<Command, Reply> {
    let (from, parameters) = path(text)?;
    let mut size = None;
    for parameter in parameters.split(' ').filter(|parameter| !parameter.is_empty()) {
        let (key, value) = parameter.split_once('=').map_or((parameter, None), |(k, v)| (k, Some(v)));
        match (key.to_ascii_uppercase().as_str(), value) {
            ("SIZE", Some(value)) if size.is_none() => {
                size = Some(number(value).ok_or_else(|| wrong("SIZE is no number"))?);
            }
            ("BODY", Some(body)) if ["7BIT", "8BITMIME"].iter().any(|b| body.eq_ignore_ascii_case(b)) => {}
            ("SMTPUTF8", None) => {}
            ("SIZE" | "BODY" | "SMTPUTF8", _) => return Err(wrong("a parameter cannot be read")),
            _ => return Err(Reply::new(555, "5.5.4", "a parameter is not known")),
        }
    }
    Ok(Command::Mail { from: (!from.is_empty()).then(|| from.to_owned()), size })
}

fn rcpt(text: &str) -> Result<Command, Reply> {
    let (to, parameters) = path(text)?;
    if to.is_empty() {
        return Err(wrong("the recipient is missing"));
    }
    if !parameters.trim().is_empty() {
        return Err(Reply::new(555, "5.5.4", "a parameter is not known"));
    }
    Ok(Command::Rcpt(to.to_owned()))
}

fn bdat(rest: &str) -> Result<Command, Reply> {
    let (octets, last) = rest.split_once(' ').unwrap_or((rest, ""));
    let octets = number(octets).ok_or_else(|| wrong("BDAT needs a number of octets"))?;
    match last.trim() {
        "" => Ok(Command::Bdat { octets, is_last: false }),
        last if last.eq_ignore_ascii_case("LAST") => Ok(Command::Bdat { octets, is_last: true }),
        _ => Err(wrong("after the number of octets only LAST may stand")),
    }
}

/// Up to twenty digits (RFC 1870 §4).
fn number(text: &str) -> Option<u64> {
    let is_number = (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(line: &str) -> u16 {
        Command::parse(line.as_bytes()).unwrap_err().code
    }

    #[test]
    fn commands_are_read_in_any_case_with_their_parameters() {
        let parse = |line: &str| Command::parse(line.as_bytes()).unwrap();
        assert_eq!(parse("lhlo mx.example"), Command::Lhlo);
        let from = Some("ann@example.org".to_owned());
        assert_eq!(
            parse("Mail From:<ann@example.org> SIZE=12 body=8bitmime SMTPUTF8"),
            Command::Mail { from, size: Some(12) }
        );
        assert_eq!(parse("MAIL FROM:<>"), Command::Mail { from: None, size: None });
        assert_eq!(parse("RCPT TO:<\"a>\\\"b\"@c.d>"), Command::Rcpt("\"a>\\\"b\"@c.d".to_owned()));
        assert_eq!(parse("RCPT TO:<@relay.example:a@c.d>"), Command::Rcpt("a@c.d".to_owned()));
        assert_eq!(parse("BDAT 0 last"), Command::Bdat { octets: 0, is_last: true });
    }

    #[test]
    fn what_is_wrong_is_told_by_the_code() {
        for line in ["EHLO a", "HELO a", "TURN", ""] {
            assert_eq!(code(line), 500, "{line}");
        }
        for line in [
            "LHLO",
            "MAIL",
            "MAIL FROM:a@b",
            "MAIL FROM:<a@b",
            "MAIL FROM:<a@b>SIZE=1",
            "MAIL FROM:<> SIZE=x",
            "MAIL FROM:<> BODY=BINARYMIME",
            "RCPT TO:<>",
            "DATA now",
            "BDAT",
            "BDAT -1",
            "BDAT 1 FIRST",
            "MAIL FROM:<> SIZE=99999999999999999999",
            "RCPT TO:<a\r@b>",
        ] {
            assert_eq!(code(line), 501, "{line}");
        }
        assert_eq!(code("MAIL FROM:<> RET=HDRS"), 555);
        assert_eq!(code("RCPT TO:<a@b> NOTIFY=NEVER"), 555);
    }

    proptest! {
        #[test]
        fn no_octets_are_too_wild(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            Command::parse(&line).ok();
        }

        #[test]
        fn nearly_commands_are_answered(verb in "(MAIL FROM:|RCPT TO:|BDAT )", rest in "[<>\"\\\\@: =a-z0-9ü]{0,40}") {
            if let Err(reply) = Command::parse(format!("{verb}{rest}").as_bytes()) {
                prop_assert!((500..=555).contains(&reply.code));
            }
        }
    }
}
