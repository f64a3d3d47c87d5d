//! Name constraints (RFC 5280 §4.2.1.10): what authorities may certify at all.
//!
//! OpenSSL checks them too, and its word counts beside ours. Ours knows what OpenSSL does not: that mail addresses which
//! are one mailbox here (`mime::CanonicalAddress`) are one in an exclusion too, whatever their case, quoting, or spelling
//! of the domain, and that SmtpUTF8Mailbox has its domain in A-labels by now (RFC 9598 §6, which obsoletes RFC 8398).

use x509_parser::prelude::*;

use super::certificate::{EMAIL_ADDRESS, SMTP_UTF8_MAILBOX, smtp_utf8_mailbox};
use super::matching::name_key;
use super::name;
use super::subtree::{Name, Subtree};

/// Names of one certificate times subtrees of one issuer: beyond this nobody's are, and nothing is permitted.
const MOST_COMPARISONS: usize = 1 << 16;

/// The names of a certificate that constraints apply to.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<Name>,
    /// Whether one of them is an SmtpUTF8Mailbox.
    pub(super) has_utf8_mailbox: bool,
}

/// The constraints that an authority's certificate imposes.
#[derive(Debug, Default)]
pub(super) struct Constraints {
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
}

impl Names {
    /// The subject, its emailAddress attributes, and the subjectAltName. RFC 5280 §4.2.1.10 asks for emailAddress only
    /// where there is no subjectAltName; we take it for an address of the sender in any case, so it is bound in any case.
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Self {
        let mut names = Self::default();
        if certificate.subject().iter_rdn().next().is_some() {
            names.names.push(Name::Directory(name_key(certificate.subject())));
        }
        for attribute in certificate.subject().iter_attributes() {
            if attribute.attr_type().to_id_string() == EMAIL_ADDRESS {
                names.names.push(Name::mail(&name::value(attribute).unwrap_or_default()));
            }
        }
        for extension in certificate.extensions() {
            if let ParsedExtension::SubjectAlternativeName(alternative) = extension.parsed_extension() {
                for name in &alternative.general_names {
                    names.push(name);
                }
            }
        }
        names
    }

    fn push(&mut self, name: &GeneralName<'_>) {
        if let GeneralName::OtherName(kind, value) = name
            && kind.to_id_string() == SMTP_UTF8_MAILBOX
        {
            self.has_utf8_mailbox = true;
            self.names.push(Name::mail(&smtp_utf8_mailbox(value).unwrap_or_default()));
        }
        self.names.push(Name::read(name));
    }
}

impl Constraints {
    /// The certificate's constraints, if it imposes any.
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Option<Self> {
        certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::NameConstraints(constraints) => Some(Self {
                permitted: subtrees(constraints.permitted_subtrees.as_deref()),
                excluded: subtrees(constraints.excluded_subtrees.as_deref()),
            }),
            _ => None,
        })
    }

    /// Whether all the names may stand below: each within a permitted subtree of its kind, if there are such, and none
    /// within an excluded one (RFC 5280 §6.1.3 (b) and (c)).
    pub(super) fn permit(&self, names: &Names) -> bool {
        let comparisons = names.names.len().saturating_mul(self.permitted.len() + self.excluded.len());
        comparisons <= MOST_COMPARISONS && names.names.iter().all(|name| self.permit_name(name))
    }

    fn permit_name(&self, name: &Name) -> bool {
        let mut of_its_kind = self.permitted.iter().filter(|subtree| subtree.is_about(name)).peekable();
        let is_permitted = of_its_kind.peek().is_none() || of_its_kind.any(|subtree| subtree.permits(name));
        is_permitted && !self.excluded.iter().any(|subtree| subtree.excludes(name))
    }
}

fn subtrees(subtrees: Option<&[GeneralSubtree<'_>]>) -> Vec<Subtree> {
    subtrees.unwrap_or_default().iter().map(|subtree| Subtree::read(&subtree.base)).collect()
}
