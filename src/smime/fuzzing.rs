//! Doors for the fuzz targets (`crate::fuzzing`) to readers that have no other.

use std::hint::black_box;

use super::ber::Reader;
use super::cms::{SignedData, uncompress};
use super::crl::{self, Crl};
use super::form;
use super::ocsp;
use crate::mime::Message;

/// BER: what can be read becomes DER, which is its own DER.
pub(crate) fn ber(input: &[u8]) {
    let mut reader = Reader::new(input);
    while !reader.is_empty() {
        let Ok(element) = reader.next() else { return };
        let _ = black_box((element.octets(), element.as_oid()));
        if let Ok(der) = element.to_der() {
            let again = Reader::new(&der).next().and_then(|element| element.to_der());
            assert_eq!(again.as_ref(), Ok(&der), "the DER of DER is another");
        }
    }
}

/// A CMS object.
pub(crate) fn cms(input: &[u8]) {
    let _ = black_box(SignedData::parse(input));
    let _ = black_box(uncompress(input));
}

/// A CRL: one that can be read bears the name by which it is found.
pub(crate) fn crl(input: &[u8]) {
    if let Some(crl) = Crl::read(input) {
        assert_eq!(crl::issuer_of(input), Some(crl.issuer), "a list has two issuers");
    }
}

/// An OCSP response, as evaluations read it.
pub(crate) fn ocsp_response(input: &[u8]) {
    if let Ok(response) = ocsp::Response::read(input) {
        let _ = black_box(response.responder_name());
    }
}

/// The form of a message.
pub(crate) fn form(input: &[u8]) {
    if let Ok(message) = Message::parse(input) {
        let _ = black_box(form::shape_of(&message));
    }
}
