//! Makes mail to measure `signet import` with: `make-mail FOLDER COUNT CORPUS`.
//!
//! FOLDER/unsigned gets COUNT messages of the corpus, over and over, each with a Message-ID of its own;
//! FOLDER/signed gets COUNT clear-signed messages of 4 to 10 KB by fifty signers, FOLDER/root.pem their trust anchor.
//! The keys are thrown away.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a tool that cannot go on should stop where it stands"
)]

use std::fs;
use std::path::{Path, PathBuf};

#[path = "signed_mail.rs"]
mod signed_mail;

use signed_mail::{Identity, clear_signed, identity};

const SIGNERS: usize = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, count, corpus] = arguments.as_slice() else {
        eprintln!("usage: make-mail FOLDER COUNT CORPUS");
        std::process::exit(64);
    };
    let (folder, count) = (Path::new(folder), count.parse().unwrap());
    unsigned(&folder.join("unsigned"), count, Path::new(corpus));
    signed(folder, count);
}

fn unsigned(folder: &Path, count: usize, corpus: &Path) {
    fs::create_dir_all(folder).unwrap();
    let mut files = Vec::new();
    walk(corpus, &mut files);
    files.sort();
    for (number, file) in files.iter().cycle().take(count).enumerate() {
        let original = fs::read(file).unwrap();
        // In front of all others, where it counts as the first; a postmark stays the first line.
        let at = if original.starts_with(b"From ") { line_end(&original) } else { 0 };
        let line = format!("Message-ID: <unsigned-{number}@example.org>\n");
        let message = [&original[..at], line.as_bytes(), &original[at..]].concat();
        fs::write(folder.join(format!("{number:06}.eml")), message).unwrap();
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            files.push(path);
        }
    }
}

fn line_end(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |at| at + 1)
}

fn signed(folder: &Path, count: usize) {
    fs::create_dir_all(folder.join("signed")).unwrap();
    let root = identity("Root", 1, None);
    fs::write(folder.join("root.pem"), root.certificate.to_pem().unwrap()).unwrap();
    let signers: Vec<Identity> = (0..SIGNERS)
        .map(|number| identity(&format!("Signer {number}"), number as u32 + 2, Some(&root)))
        .collect();
    for (number, signer) in signers.iter().cycle().take(count).enumerate() {
        fs::write(
            folder.join(format!("signed/{number:06}.eml")),
            clear_signed(signer, number, lines_of(number)),
        )
        .unwrap();
    }
}

/// So that the messages are of 4 to 10 KB.
fn lines_of(number: usize) -> usize {
    15 + number * 7 % 70
}
