//! The demonstration's PKI and messages, as `demo/make` made them. All of it is worthless for anything else: the
//! keys were thrown away.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// The root that the demonstration trusts, PEM.
pub const TRUST_ANCHOR: &[u8] = include_bytes!("../../demo/pki/root.pem");
/// What the trust anchor is called in the list of anchors.
pub const TRUST_ANCHOR_NAME: &str = "Signet Demonstration Root – worthless";
/// The CRLs of the root and of the issuing authority, PEM.
pub const CRLS: [&[u8]; 2] =
    [include_bytes!("../../demo/pki/root.crl"), include_bytes!("../../demo/pki/issuing.crl")];

/// What is delivered, and how.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// Says what these files are.
    pub about: String,
    /// The name of the account and of its login.
    pub account: String,
    /// The messages in the order of their delivery.
    pub messages: Vec<Entry>,
}

/// One message of the demonstration.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// Its file; see [`message`].
    pub file: String,
    /// The role of the mailbox that it goes to (RFC 8621 §2).
    pub mailbox: String,
    /// receivedAt.
    pub received_at: DateTime<Utc>,
    /// Its keywords.
    pub keywords: Vec<String>,
}

/// The manifest.
pub fn manifest() -> Manifest {
    serde_json::from_str(include_str!("../../demo/messages/manifest.json"))
        .expect("a test reads the manifest that is built in")
}

/// Before this the demonstration makes no sense: the newest message has not come, the CRLs are not issued.
pub fn earliest_now() -> DateTime<Utc> {
    DateTime::from_timestamp(CRLS_ISSUED_AT, 0).expect("a time in the range of chrono")
}

/// thisUpdate of the CRLs in seconds since 1970: 2026-01-01T00:00:00Z.
const CRLS_ISSUED_AT: i64 = 1_767_225_600;

/// The bytes of a message of the manifest.
pub fn message(file: &str) -> Option<&'static [u8]> {
    MESSAGES.iter().find(|(name, _)| *name == file).map(|(_, bytes)| *bytes)
}

macro_rules! messages {
    ($($file:literal,)+) => {
        &[$(($file, include_bytes!(concat!("../../demo/messages/", $file)))),+]
    };
}

const MESSAGES: &[(&str, &[u8])] = messages![
    "01-welcome-unsigned.eml",
    "02-quote-signed-rsa.eml",
    "03-quote-answer-unsigned.eml",
    "04-quote-confirmed-signed-rsa.eml",
    "05-inspection-signed-ecdsa.eml",
    "06-inspection-answer-unsigned.eml",
    "07-contract-expired-since.eml",
    "08-newsletter-unsigned.eml",
    "09-delivery-note-revoked-since.eml",
    "10-minutes-opaque-signed.eml",
    "11-invoice-altered.eml",
    "12-invoice-forged.eml",
    "13-approval-signature-of-another.eml",
    "14-bank-details-wrong-from.eml",
    "15-offer-unknown-root.eml",
    "16-appointment-not-yet-valid.eml",
    "17-openpgp.eml",
    "18-confidential-encrypted.eml",
    "19-list-footer-partly-signed.eml",
    "20-lunch-unsigned.eml",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::material;

    #[test]
    fn the_manifest_names_the_messages_that_are_built_in_in_the_order_of_their_arrival() {
        let manifest = manifest();
        let listed: Vec<&str> = manifest.messages.iter().map(|entry| entry.file.as_str()).collect();
        let built_in: Vec<&str> = MESSAGES.iter().map(|(file, _)| *file).collect();
        assert_eq!(listed, built_in);
        assert!(manifest.messages.is_sorted_by_key(|entry| entry.received_at));
        assert!(manifest.messages.iter().all(|entry| entry.received_at < earliest_now()));
        for crl in CRLS {
            let der = &material::read_crls(crl).unwrap()[0];
            assert_eq!(material::crl_record(der, "operator").unwrap().this_update, earliest_now());
        }
    }

    #[test]
    fn every_message_says_that_it_is_worthless_and_has_the_line_ends_of_mail() {
        for (file, bytes) in MESSAGES {
            let text = std::str::from_utf8(bytes).unwrap();
            assert!(text.contains("worthless for anything else"), "{file}");
            assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{file}");
        }
        for pem in CRLS.iter().chain(&[TRUST_ANCHOR]) {
            assert!(pem.starts_with(b"Made for a demonstration, worthless for anything else.\n"));
        }
    }
}
