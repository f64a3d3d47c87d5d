//! Parameters of Content-Type and Content-Disposition (RFC 2045 §5.1), in the form of RFC 2231 where they hold what
//! a quoted string cannot.

use super::address::quote;
use super::encoded::printable;
use super::fold::Folded;

/// A value with more characters is cut into sections (RFC 2231 §3).
const MAX_SECTION: usize = 60;

/// Writes a parameter, and `end` right behind it.
pub(super) fn parameter(name: &str, value: &str, end: &str, folded: &mut Folded) {
    let value = printable(value);
    // What is in the extended form already, as a client may give it, stays as it is.
    let is_plain = value.bytes().all(|octet| octet == b' ' || octet.is_ascii_graphic())
        && !value.contains("=?")
        && value.len() <= MAX_SECTION;
    if name.ends_with('*') || is_plain {
        let value = if is_token(&value) { value } else { quote(&value) };
        folded.push(" ", &format!("{name}={value}{end}"));
        return;
    }
    let sections = sections(&value);
    if let [section] = sections.as_slice() {
        folded.push(" ", &format!("{name}*=utf-8''{section}{end}"));
        return;
    }
    for (number, section) in sections.iter().enumerate() {
        let charset = if number == 0 { "utf-8''" } else { "" };
        let end = if number + 1 < sections.len() { ";" } else { end };
        folded.push(" ", &format!("{name}*{number}*={charset}{section}{end}"));
    }
}

/// Whether this is a token (RFC 2045 §5.1): what a media type is made of, and a value that needs no quotes.
pub fn is_token(value: &str) -> bool {
    let is_special = |octet: u8| b"()<>@,;:\\\"/[]?=".contains(&octet);
    !value.is_empty() && value.bytes().all(|octet| octet.is_ascii_graphic() && !is_special(octet))
}

/// The value percent-encoded, in sections that split no character.
fn sections(value: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    for c in value.chars() {
        let mut buffer = [0; 4];
        let encoded: String = c.encode_utf8(&mut buffer).bytes().map(percent_encoded).collect();
        match sections.last_mut().filter(|section| section.len() + encoded.len() <= MAX_SECTION) {
            Some(section) => section.push_str(&encoded),
            None => sections.push(encoded),
        }
    }
    sections
}

fn percent_encoded(octet: u8) -> String {
    match octet.is_ascii_alphanumeric() || b"!#$&+-.^_`{|}~".contains(&octet) {
        true => char::from(octet).to_string(),
        false => format!("%{octet:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::parameters::Parameterized;

    #[test]
    fn each_value_is_read_as_it_was_given() {
        for value in [
            "report.pdf",
            "two words.txt",
            "a\"b\\c;d=e",
            "=?utf-8?Q?x?=",
            "Übersicht €.txt",
            &"long".repeat(100),
            &"長い名前".repeat(50),
        ] {
            let mut folded = Folded::after_name("Content-Disposition");
            folded.push(" ", "attachment;");
            parameter("filename", value, "", &mut folded);
            let text = folded.finish("Content-Disposition").unwrap();
            assert!(text.split("\r\n").all(|line| line.len() <= 100), "{text}");
            let parsed = Parameterized::parse(&text.replace("\r\n", ""));
            assert_eq!(parsed.decoded("filename").as_deref(), Some(value), "{text}");
        }
    }
}
