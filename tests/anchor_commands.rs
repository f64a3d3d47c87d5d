//! `signet anchor` and `signet crl add`, as an operator uses them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::Node;
use crate::support::node::at;
use crate::support::pki::{self, Identity};
use crate::trust::{DELIVERED, Pki};

/// What the program prints, and whether it succeeds.
fn signet(node: &Node, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signet"));
    command.args(arguments).env_remove("SIGNET_CONFIG").env("SIGNET_DATABASE_URL", node.database.url());
    let output = command.env("RUST_LOG", "off").output().unwrap();
    let text = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn pem(folder: &Path, name: &str, identities: &[&Identity]) -> PathBuf {
    let file = folder.join(name);
    let pems: Vec<u8> = identities.iter().flat_map(|identity| identity.x509().to_pem().unwrap()).collect();
    std::fs::write(&file, pems).unwrap();
    file
}

fn path(file: &Path) -> &str {
    file.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_changes_is_told() {
    let (node, pki, folder) = (Node::new().await, Pki::new(), tempfile::tempdir().unwrap());
    let root = pem(folder.path(), "root.pem", &[&pki.root]);
    let mut serial = 0;
    let ann = pki.ann(|spec| serial = spec.serial);
    node.deliver(&pki.message(&ann, 1), DELIVERED).await;

    let (added, said) = signet(&node, &["anchor", "add", "--until", "2021-01-01", path(&root)]);
    assert!(added, "{said}");
    let fingerprint = hex::encode(pki.root.certificate.fingerprint());
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with(&format!("added {fingerprint}\tCN=Root\t")), "{said}");
    // The codes change: it is not an unknown root any more, but one that is not trusted any more.
    assert_eq!(lines[1..], ["verdicts evaluated: 1; messages changed: 1 (status: 0, status at delivery: 0)"]);

    let (known, said) = signet(&node, &["anchor", "add", path(&root)]);
    assert!(known && said.starts_with("known ") && said.lines().count() == 1, "{said}");

    let change = ["anchor", "change", &fingerprint[..12], "--until", "none", "--revocation", "soft"];
    let (changed, said) = signet(&node, &change);
    assert!(changed, "{said}");
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            &format!("changed {fingerprint} CN=Root: revocation soft"),
            "verdicts evaluated: 1; messages changed: 1 (status: 1, status at delivery: 1)"
        ]
    );
    let (changed, said) = signet(&node, &change);
    assert!(!changed && said.contains("nothing of it"), "{said}");

    let this_update = at("2026-03-01T10:00:00Z");
    let crl = folder.path().join("ca.crl");
    let entries = [(serial, this_update, vec![])];
    std::fs::write(&crl, pki.intermediate.crl(this_update, at("2040-01-01T00:00:00Z"), &entries)).unwrap();
    let (added, said) = signet(&node, &["crl", "add", path(&crl)]);
    assert!(added, "{said}");
    let told =
        "added 1, known 0\nverdicts evaluated: 1; messages changed: 1 (status: 1, status at delivery: 0)\n";
    assert_eq!(said, told);

    let (removed, said) = signet(&node, &["anchor", "remove", &fingerprint]);
    assert!(removed && said.contains("verdicts evaluated: 1; messages changed: 1"), "{said}");
    let (removed, said) = signet(&node, &["anchor", "remove", &fingerprint]);
    assert!(!removed && said.contains("no trust anchor"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_added_at_once_and_listed_with_its_demands() {
    let (node, folder) = (Node::new().await, tempfile::tempdir().unwrap());
    let roots = [pki::authority("One").self_signed(), pki::authority("Two").self_signed()];
    let bundle = pem(folder.path(), "bundle.pem", &[&roots[0], &roots[1]]);
    let demands =
        ["--name", "Bundle", "--algorithm", "ecdsa", "--policy", "2.5.29.32.0", "--from", "2026-01-31"];
    let arguments = [&["anchor", "add"], &demands[..], &[path(&bundle)]].concat();
    let (added, said) = signet(&node, &arguments);
    assert!(added, "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("added ")).count(), 2, "{said}");

    let (_, list) = signet(&node, &["anchor", "list"]);
    let told = "\tBundle\tfrom 2026-01-31T00:00:00Z\talgorithms ecdsa\tpolicies 2.5.29.32.0\n";
    assert_eq!(list.matches(told).count(), 2, "{list}");
    let (_, list) = signet(&node, &["anchor", "list", "--json"]);
    let list: Vec<Value> = serde_json::from_str(&list).unwrap();
    let one = list.iter().find(|anchor| anchor["subject"] == "CN=One").unwrap();
    let mut one = one.clone();
    assert!(one.as_object_mut().unwrap().remove("addedAt").unwrap().is_string());
    assert_eq!(
        one,
        json!({
            "fingerprint": hex::encode(roots[0].certificate.fingerprint()), "name": "Bundle", "subject": "CN=One",
            "notBefore": "2020-01-01T00:00:00Z", "notAfter": "2040-01-01T00:00:00Z", "revocation": null,
            "trustedFrom": "2026-01-31T00:00:00Z", "trustedUntil": null, "algorithms": ["ecdsa"],
            "policies": ["2.5.29.32.0"],
        })
    );
    let (changed, said) = signet(&node, &["anchor", "change", "00000000", "--name", "x"]);
    assert!(!changed && said.contains("no trust anchor"), "{said}");
    let both = ["anchor", "add", "--system", path(&bundle)];
    assert!(!signet(&node, &both).0, "either the system's or those that are named");
}
