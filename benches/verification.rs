//! What verifying costs: `cargo bench --bench verification`.
//!
//! Absolute times belong to one machine. What can be compared is the ratio of figures of one run: the facts of a
//! message against `floor`, which is the work in OpenSSL that no verifier of the same message can leave out, and the
//! first verification of a message of 10 KB against a program that calls OpenSSL's CMS functions for it.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on should stop where it stands")]

use std::hint::black_box;
use std::time::Instant;

use criterion::{Bencher, Criterion, Throughput, criterion_group, criterion_main};
use openssl::base64::decode_block;
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use openssl::sign::{Signer, Verifier};
use signet::demo::data;
use signet::mime::Message;
use signet::smime::{Policy, TrustMaterial, evaluate, examine};
use signet::trust::material::{read_certificates, read_crls};

#[path = "signed_mail.rs"]
mod signed_mail;

use signed_mail::{clear_signed, identity};

/// Clear-signed with RSA 2048 and SHA-256, with an attachment.
const RSA: &str = "02-quote-signed-rsa.eml";
const ECDSA: &str = "05-inspection-signed-ecdsa.eml";
const UNSIGNED: &str = "01-welcome-unsigned.eml";

fn facts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("facts");
    for (name, file) in [("rsa", RSA), ("ecdsa", ECDSA), ("unsigned", UNSIGNED)] {
        let raw = data::message(file).unwrap();
        group.bench_function(format!("parse/{name}"), |b| b.iter(|| Message::parse(black_box(raw)).unwrap()));
        let message = Message::parse(raw).unwrap();
        group.bench_function(format!("examine/{name}"), |b| b.iter(|| examine(black_box(&message))));
    }
    let raw = data::message(RSA).unwrap();
    group.bench_function("floor/rsa", |b| b.iter(floor(signed_part(raw))));
    group.finish();
}

/// SHA-256 of the signed part, and one RSA verification of a signature over as many bytes as signed attributes have, by
/// a key of the same size as the signer's.
fn floor(signed_part: &[u8]) -> impl FnMut() -> bool {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let attributes = [0x31; 110];
    let signature =
        Signer::new(MessageDigest::sha256(), &key).unwrap().sign_oneshot_to_vec(&attributes).unwrap();
    move || {
        black_box(sha256(black_box(signed_part)));
        let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
        verifier.verify_oneshot(black_box(&signature), black_box(&attributes)).unwrap()
    }
}

/// What stands between the first two lines of the boundary.
fn signed_part(raw: &[u8]) -> &[u8] {
    let boundary = b"--=_signed_02\r\n";
    let places: Vec<usize> =
        (0..raw.len()).filter(|&at| raw.get(at..).is_some_and(|rest| rest.starts_with(boundary))).collect();
    &raw[places[0] + boundary.len()..places[1] - 2]
}

fn verdict(criterion: &mut Criterion) {
    let facts = examine(&Message::parse(data::message(RSA).unwrap()).unwrap());
    let leaf = facts.signers[0].certificate.clone().unwrap();
    let material = TrustMaterial {
        anchors: read_certificates(data::TRUST_ANCHOR).unwrap().into_iter().map(Into::into).collect(),
        intermediates: facts.certificates,
        crls: data::CRLS.iter().flat_map(|crl| read_crls(crl).unwrap()).collect(),
        ocsp: Vec::new(),
    };
    let now = data::earliest_now() + chrono::Duration::hours(1);
    assert_eq!(evaluate(&leaf, &material, &Policy::default(), now).problems, []);
    criterion.bench_function("evaluate/chain of three, two CRLs", |b| {
        b.iter(|| evaluate(black_box(&leaf), &material, &Policy::default(), now))
    });
}

/// The first verification of a clear-signed message of 10 KB with RSA 2048, in this process, by one thread and by two:
/// its SHA-256, under which it is stored, parsing, and its facts. The peers do the same with OpenSSL's own CMS code.
fn first_verification(criterion: &mut Criterion) {
    let root = identity("Root", 1, None);
    let raw = clear_signed(&identity("Signer", 2, Some(&root)), 1, 108).into_bytes();
    let (part, der) = detached(&raw);
    assert!((10_000..10_500).contains(&raw.len()), "{}", raw.len());
    assert_eq!(examine(&Message::parse(&raw).unwrap()).problems, []);
    let ours = || {
        black_box(sha256(black_box(&raw)));
        let facts = examine(&Message::parse(black_box(&raw)).unwrap());
        assert!(facts.problems.is_empty());
    };
    let of_parsed = |cms: &mut CmsContentInfo| {
        black_box(sha256(black_box(&raw)));
        let flags = CMSOptions::NO_SIGNER_CERT_VERIFY | CMSOptions::BINARY;
        cms.verify(None, None, Some(black_box(part)), None, flags).unwrap();
    };
    let of_bytes = || of_parsed(&mut CmsContentInfo::from_der(black_box(&der)).unwrap());
    let mut group = criterion.benchmark_group("first verification");
    for threads in [1, 2] {
        group.throughput(Throughput::Elements(threads));
        group.bench_function(format!("signet/{threads}"), |b| by_threads(b, threads, || ours));
        group.bench_function(format!("CMS_verify, parsed/{threads}"), |b| {
            by_threads(b, threads, || {
                let mut cms = CmsContentInfo::from_der(&der).unwrap();
                move || of_parsed(&mut cms)
            });
        });
        group.bench_function(format!("CMS_verify, d2i/{threads}"), |b| by_threads(b, threads, || of_bytes));
    }
    group.finish();
}

/// Lets each of several threads do the work as often as the measurement asks for.
fn by_threads<W: FnMut()>(bencher: &mut Bencher<'_>, threads: u64, work: impl Fn() -> W + Sync) {
    bencher.iter_custom(|times| {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mut work = work();
                    (0..times).for_each(|_| work());
                });
            }
        });
        start.elapsed()
    });
}

/// The signed part of a message, and the CMS object beside it.
fn detached(raw: &[u8]) -> (&[u8], Vec<u8>) {
    let text = std::str::from_utf8(raw).unwrap();
    let (_, parts) = text.split_once("\r\n\r\n--=_signed\r\n").unwrap();
    let (part, signature) = parts.split_once("\r\n--=_signed\r\n").unwrap();
    let (_, base64) = signature.split_once("\r\n\r\n").unwrap();
    let base64 = base64.split_once("--=_signed--").unwrap().0.replace("\r\n", "");
    (part.as_bytes(), decode_block(&base64).unwrap())
}

criterion_group!(benches, facts, first_verification, verdict);
criterion_main!(benches);
