//! Addresses in the one form in which they are compared and looked up.

use std::fmt;

/// An address in the form in which it is compared: the local part without quotes and in lower case (RFC 8550 §3), the
/// domain in A-labels and in lower case, so that both spellings of an international domain are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanonicalAddress {
    local: String,
    domain: String,
}

impl CanonicalAddress {
    /// Reads an addr-spec; `None` if it is none: without local part or domain, with control characters, or with a domain
    /// that only looks like another.
    pub fn parse(address: &str) -> Option<Self> {
        let (local, domain) = address.rsplit_once('@')?;
        if local.is_empty() || address.chars().any(char::is_control) {
            return None;
        }
        Some(Self { local: folded(&unquoted(local)), domain: canonical_domain(domain)? })
    }

    /// The domain.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The address without its subaddress: `ann@…` of `ann+tag@…` (RFC 5233 §1); `None` if there is no subaddress.
    pub fn without_tag(&self) -> Option<Self> {
        let (user, _) = self.local.split_once('+')?;
        (!user.is_empty()).then(|| Self { local: user.to_owned(), domain: self.domain.clone() })
    }
}

impl fmt::Display for CanonicalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

/// A domain in lower-case A-labels. A label that is not its own U-label but only maps to one (full-width letters,
/// ligatures) is refused: it looks like another domain than it is.
pub fn canonical_domain(domain: &str) -> Option<String> {
    if domain.is_empty() {
        return None;
    }
    let lower = folded(domain);
    if domain.is_ascii() && !lower.split('.').any(|label| label.starts_with("xn--")) {
        return Some(lower);
    }
    let ascii = idna::domain_to_ascii(&lower).ok()?;
    let (unicode, valid) = idna::domain_to_unicode(&ascii);
    valid.ok()?;
    let is_plain = lower.split('.').count() == ascii.split('.').count()
        && lower
            .split('.')
            .zip(ascii.split('.').zip(unicode.split('.')))
            .all(|(given, (ascii, unicode))| given == ascii || given == unicode);
    is_plain.then_some(ascii)
}

/// The content of a quoted local part: the quotes are no part of it (RFC 5322 §3.2.4).
fn unquoted(local: &str) -> String {
    let Some(inside) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return local.to_owned();
    };
    let mut is_escaped = false;
    inside
        .chars()
        .filter(|&c| {
            is_escaped = c == '\\' && !is_escaped;
            !is_escaped
        })
        .collect()
}

/// Lower case, but no character becomes an ASCII letter that was none: U+212A is not k.
fn folded(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let is_safe = c.is_ascii() || !c.to_lowercase().any(|lower| lower.is_ascii());
            if is_safe { c.to_lowercase().collect() } else { vec![c] }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(address: &str) -> Option<String> {
        CanonicalAddress::parse(address).map(|address| address.to_string())
    }

    #[test]
    fn addresses_have_one_form() {
        for (address, expected) in [
            ("Anna@Example.ORG", "anna@example.org"),
            ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
            ("\"An\\\"na\"@example.org", "an\"na@example.org"),
            ("ÄRZTE@example.org", "ärzte@example.org"),
            ("\"a@b\"@example.org", "a@b@example.org"),
        ] {
            assert_eq!(canonical(address).as_deref(), Some(expected), "{address}");
        }
        for wrong in ["", "anna", "anna@", "@example.org", "an\0na@example.org", "anna@ｅxample.org"] {
            assert_eq!(canonical(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_subaddress_is_what_follows_the_first_plus() {
        let without = |address: &str| {
            CanonicalAddress::parse(address).and_then(|address| address.without_tag()).map(|a| a.to_string())
        };
        assert_eq!(without("ann+lists+rust@example.org").as_deref(), Some("ann@example.org"));
        assert_eq!(without("ann+@example.org").as_deref(), Some("ann@example.org"));
        assert_eq!(without("ann@example.org"), None);
        assert_eq!(without("+ann@example.org"), None);
    }
}
