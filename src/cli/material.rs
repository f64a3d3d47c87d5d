//! Certificates, CRLs and OCSP responses from the files and folders that the operator names.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use openssl::ocsp::OcspResponse;
use openssl::x509::X509Crl;
use walkdir::WalkDir;
use x509_parser::pem::Pem;

use crate::smime::Certificate;

/// What a file holds.
#[derive(Default)]
struct Contents {
    certificates: Vec<Certificate>,
    crls: Vec<Vec<u8>>,
    ocsp: Vec<Vec<u8>>,
}

/// The certificates in these files and folders.
pub(super) fn certificates(paths: &[PathBuf]) -> anyhow::Result<Vec<Certificate>> {
    read_all(paths, "certificate", |contents| contents.certificates)
}

/// DER of the CRLs in these files and folders.
pub(super) fn crls(paths: &[PathBuf]) -> anyhow::Result<Vec<Vec<u8>>> {
    read_all(paths, "CRL", |contents| contents.crls)
}

/// DER of the OCSP responses in these files and folders.
pub(super) fn ocsp(paths: &[PathBuf]) -> anyhow::Result<Vec<Vec<u8>>> {
    read_all(paths, "OCSP response", |contents| contents.ocsp)
}

/// Reads the files and folders. A path that holds nothing of the kind is a mistake that the operator wants to hear of;
/// a file in a folder may hold something else.
fn read_all<T>(paths: &[PathBuf], kind: &str, wanted: impl Fn(Contents) -> Vec<T>) -> anyhow::Result<Vec<T>> {
    let mut all = Vec::new();
    for path in paths {
        let before = all.len();
        for file in files_of(path)? {
            all.extend(wanted(contents_of(&file)?));
        }
        if all.len() == before {
            bail!("{}: holds no {kind} in PEM or DER", path.display());
        }
    }
    Ok(all)
}

/// The file, or the files below the folder in the order of their names.
fn files_of(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    fs::metadata(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let mut files = Vec::new();
    for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
        let entry = entry.context("a folder cannot be read")?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

fn contents_of(file: &Path) -> anyhow::Result<Contents> {
    let bytes = fs::read(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    let mut contents = Contents::default();
    if has_pem(&bytes) {
        for block in Pem::iter_from_buffer(&bytes) {
            let block = block.with_context(|| format!("{}: damaged PEM", file.display()))?;
            match block.label.as_str() {
                "CERTIFICATE" | "X509 CERTIFICATE" => contents.certificates.push(Certificate(block.contents)),
                "X509 CRL" => contents.crls.push(block.contents),
                "OCSP RESPONSE" => contents.ocsp.push(block.contents),
                _ => {}
            }
        }
    } else if X509Crl::from_der(&bytes).is_ok() {
        contents.crls.push(bytes);
    } else if OcspResponse::from_der(&bytes).is_ok() {
        contents.ocsp.push(bytes);
    } else {
        contents.certificates.push(Certificate(bytes));
    }
    contents.certificates.retain(|certificate| certificate.parse().is_ok());
    contents.crls.retain(|crl| X509Crl::from_der(crl).is_ok());
    contents.ocsp.retain(|response| OcspResponse::from_der(response).is_ok());
    Ok(contents)
}

fn has_pem(bytes: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN ";
    bytes.windows(BEGIN.len()).any(|window| window == BEGIN)
}
