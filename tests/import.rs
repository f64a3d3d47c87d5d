//! Importing files: thousands of real messages, byte for byte, and none of them twice.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use signet::delivery::import::{Tally, Watcher, import};
use signet::delivery::source::Messages;

use crate::mail::corpus;
use crate::support::Node;
use crate::support::audit::audit;

const MAX_SIZE: u64 = 50 * 1024 * 1024;

#[derive(Default)]
struct Told {
    octets: u64,
    refused: Vec<String>,
}

impl Watcher for Told {
    fn advanced(&mut self, octets: u64) {
        self.octets += octets;
    }

    fn refused(&mut self, name: &str, reason: &str) {
        self.refused.push(format!("{name}: {reason}"));
    }
}

async fn imported(node: &Node, paths: Vec<PathBuf>) -> (Tally, Told) {
    let mut told = Told::default();
    let messages = Messages::new(paths, MAX_SIZE);
    let tally = import(&node.trust, node.account, node.inbox, messages, &mut told).await.unwrap();
    (tally, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn real_mail_is_imported_once() {
    let node = Node::new().await;
    let folder = corpus().first().unwrap().ancestors().nth(2).unwrap().to_owned();
    let started = Instant::now();
    let (tally, told) = imported(&node, vec![folder.clone()]).await;
    println!("{tally:?} in {:?}", started.elapsed());
    assert_eq!(told.refused, Vec::<String>::new());
    assert_eq!(tally.imported + tally.already_there, 6046);
    assert_eq!(told.octets, Messages::total_size(vec![folder.clone()]));
    assert_eq!(node.mailbox(node.inbox).await.total_emails, tally.imported as i64);
    let (again, _) = imported(&node, vec![folder]).await;
    assert_eq!(again, Tally { imported: 0, already_there: 6046, broken: 0 });
    audit(node.database.client()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_is_named_and_the_rest_goes_on() {
    let node = Node::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("1.eml"), "no header").unwrap();
    fs::write(path("2.eml"), "Subject: two\n\n").unwrap();
    fs::write(path("3.eml"), "").unwrap();
    let (tally, told) = imported(&node, vec![folder.path().to_owned(), path("2.eml"), path("4.eml")]).await;
    assert_eq!(tally, Tally { imported: 1, already_there: 1, broken: 3 });
    let expected = [("4.eml", "No such file"), ("1.eml", "no header fields"), ("3.eml", "no header fields")];
    for (told, (name, reason)) in told.refused.iter().zip(expected) {
        assert!(told.contains(name) && told.contains(reason), "{told}");
    }
}
