//! The roots that an operating system trusts for e-mail.
//!
//! Whom Mozilla trusts for e-mail is another list than whom it trusts for web servers. Few systems keep the former
//! apart. Where there is only a list of roots for servers, it is not taken for one of roots for e-mail.

use std::path::{Path, PathBuf};

use anyhow::bail;

/// Where systems keep a PEM file of the roots for e-mail alone: Fedora and its kin, and Arch.
pub(super) const BUNDLES: &[&str] = &[
    "/etc/pki/ca-trust/extracted/pem/email-ca-bundle.pem",
    "/etc/ca-certificates/extracted/email-ca-bundle.pem",
];

/// The first of these files that is there.
pub(super) fn email_roots(bundles: &[&str]) -> anyhow::Result<PathBuf> {
    if let Some(bundle) = bundles.iter().find(|bundle| Path::new(bundle).is_file()) {
        return Ok(PathBuf::from(bundle));
    }
    bail!(
        "this system keeps no list of roots for e-mail ({}). The roots of Debian's ca-certificates, and of others that \
         keep one list alone, are trusted for web servers; who issues certificates for mail is another question. Get a \
         list of roots for e-mail and add it as a file: where p11-kit keeps track of purposes, by `trust extract \
         --purpose=email --filter=ca-anchors --format=pem-bundle roots.pem`",
        bundles.join(", ")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_list_for_mail_is_taken() {
        let folder = std::env::temp_dir().join(format!("signet-roots-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let bundle = folder.join("email-ca-bundle.pem");
        let bundles = ["/nowhere/roots.pem", bundle.to_str().unwrap()];
        let error = email_roots(&bundles).unwrap_err().to_string();
        assert!(
            error.contains("/nowhere/roots.pem") && error.contains("no list of roots for e-mail"),
            "{error}"
        );
        std::fs::write(&bundle, "").unwrap();
        assert_eq!(email_roots(&bundles).unwrap(), bundle);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
