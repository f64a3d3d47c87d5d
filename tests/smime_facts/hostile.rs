//! Hostile input: whatever is done to a message, its facts are stated, and no damaged signature passes.

use signet::mime::Message;
use signet::smime::{Form, examine};

use super::{ANNA, FROM_ANNA, clear_signed, opaque_signed};
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed, single_part};

/// Numbers that look random and are the same in each run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

fn mutated(raw: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut raw = raw.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(raw.len());
        match numbers.below(5) {
            0 => raw[at] ^= 1 << numbers.below(8),
            1 => raw[at] = numbers.below(256) as u8,
            2 => raw.truncate(at.max(1)),
            3 => drop(raw.drain(at..(at + numbers.below(40)).min(raw.len()))),
            _ => {
                let copied = raw[at..(at + 40).min(raw.len())].to_vec();
                raw.splice(at..at, copied);
            }
        }
        if raw.is_empty() {
            raw.push(b'x');
        }
    }
    raw
}

#[test]
fn mutated_messages_have_facts() {
    let data = SignedData::enclosing(&Signature::by(&ANNA), ENTITY.as_bytes());
    let samples = [
        clear_signed(),
        opaque_signed(),
        single_part(&header(FROM_ANNA), "application/pkcs7-mime", &data.ber()),
        multipart_signed(&header(FROM_ANNA), ENTITY, &data.ber()),
    ];
    let mut numbers = Numbers(0x5169_6E65_7400);
    for round in 0..6000 {
        let raw = mutated(&samples[round % samples.len()], &mut numbers);
        if let Ok(message) = Message::parse(&raw) {
            let facts = examine(&message);
            assert_eq!(facts.problems, examine(&message).problems, "facts follow from the bytes");
        }
    }
}

/// Mutations of the CMS itself, so that they are not stopped by base64: whatever still passes has the content that was
/// signed.
#[test]
fn mutated_cms_never_vouches_for_other_content() {
    let data = SignedData::enclosing(&Signature::by(&ANNA), ENTITY.as_bytes());
    let (der, ber) = (data.der(), data.ber());
    let mut numbers = Numbers(0x9219);
    let mut passed = 0;
    for round in 0..6000 {
        let cms = mutated(if round % 2 == 0 { &der } else { &ber }, &mut numbers);
        let raw = single_part(&header(FROM_ANNA), "application/pkcs7-mime; smime-type=signed-data", &cms);
        let facts = examine(&Message::parse(&raw).unwrap());
        if facts.form == Form::OpaqueSigned && facts.problems.is_empty() {
            passed += 1;
            let is_whole = cms.windows(16).any(|window| window == &ENTITY.as_bytes()[..16]);
            assert!(is_whole, "round {round}");
        }
    }
    // Some mutations touch only what nobody signs, such as the version or the unused digestAlgorithms.
    assert!(passed < 1000, "{passed} of 6000 damaged objects passed");
}

#[test]
fn nesting_without_end_is_refused_in_time() {
    for deep in [[0x30, 0x80].repeat(200_000), [0x24, 0x80].repeat(200_000)] {
        let mut cms =
            vec![0x30, 0x80, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02, 0xA0, 0x80];
        cms.extend(deep);
        let raw = single_part(&header(FROM_ANNA), "application/pkcs7-mime", &cms);
        assert_eq!(examine(&Message::parse(&raw).unwrap()).problems[0].code.as_str(), "malformed-signature");
    }
}
