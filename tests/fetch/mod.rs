//! Evidence from the network: fetched safely, once for all nodes, and told to the verdicts that want it.

mod attempts;
mod bounds;
mod commands;
mod fetcher;
mod nodes;
mod waiting;

use std::time::Duration;

use signet::smime::Policy;
use signet::store::Store;
use signet::trust::{Attempt, Fetching, FetchingOptions, Trust};
use signet::wire::ids::EmailId;

use crate::support::node::at;
use crate::support::pki::{Identity, Spec};
use crate::support::web::options;
use crate::support::{Node, Web, der};
use crate::trust::Pki;

/// From a day before noon to a day after it, which is what CRLs here are good for.
const THIS_UPDATE: &str = "2026-02-28T12:00:00Z";
const NEXT_UPDATE: &str = "2026-03-02T12:00:00Z";

/// Trust that fetches from this machine; a request waits for so long.
fn trust_with(store: &Store, deadline: Duration, change: impl FnOnce(&mut FetchingOptions)) -> Trust {
    let mut fetching = FetchingOptions { fetch: options(), ..FetchingOptions::default() };
    change(&mut fetching);
    let fetching = Fetching::new(fetching).unwrap();
    Trust::new(store.clone(), Policy::default(), deadline).with_fetching(fetching)
}

fn trust(store: &Store) -> Trust {
    trust_with(store, Duration::from_secs(20), |_| {})
}

/// cRLDistributionPoints with one point of one URL.
fn crl_at(spec: &mut Spec, url: &str) {
    let name = der::context(0, &der::context(0, &der::tlv(0x86, url.as_bytes())));
    spec.extensions.push(("2.5.29.31", false, der::sequence(&[&der::sequence(&[&name])])));
}

/// Information about the authority at one URL: its issuer's certificates, or a responder (RFC 5280 §4.2.2.1).
fn authority_at(spec: &mut Spec, method: &str, url: &str) {
    let description = der::sequence(&[&der::oid(method), &der::tlv(0x86, url.as_bytes())]);
    spec.extensions.push(("1.3.6.1.5.5.7.1.1", false, der::sequence(&[&description])));
}

const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

/// A node that fetches, an authority that it trusts, and a web server on this machine.
struct Scene {
    node: Node,
    pki: Pki,
    web: Web,
}

impl Scene {
    async fn new() -> Self {
        let mut node = Node::new().await;
        node.trust = trust(&node.store);
        let (pki, web) = (Pki::new(), Web::start().await);
        node.trust_root(&pki).await;
        Self { node, pki, web }
    }

    /// Ann, whose certificate names a CRL at this path.
    fn ann(&self, path: &str) -> (Identity, i64) {
        let mut serial = 0;
        let ann = self.pki.ann(|spec| {
            serial = spec.serial;
            crl_at(spec, &self.web.url(path));
        });
        (ann, serial)
    }

    /// A CRL of Ann's authority that revokes these.
    fn crl(&self, this_update: &str, next_update: &str, revoked: &[i64]) -> Vec<u8> {
        let revoked: Vec<_> = revoked.iter().map(|serial| (*serial, at(this_update), vec![])).collect();
        self.pki.intermediate.crl(at(this_update), at(next_update), &revoked)
    }

    fn current_crl(&self) -> Vec<u8> {
        self.crl(THIS_UPDATE, NEXT_UPDATE, &[])
    }

    async fn deliver(&self, signer: &Identity, number: u32) -> EmailId {
        self.node.deliver(&self.pki.message(signer, number), crate::trust::DELIVERED).await.email
    }

    /// Fetches what is due, evaluates what is due, and gives the outcomes of the fetches.
    async fn work(&self) -> Vec<&'static str> {
        let attempts = self.node.trust.fetch_due().await.unwrap();
        self.evaluate().await;
        attempts.iter().map(|attempt| attempt.outcome).collect()
    }

    async fn evaluate(&self) {
        while self.node.trust.work().await.unwrap().is_some() {}
    }

    /// Fetches a path now.
    async fn fetch(&self, path: &str) -> Attempt {
        let mut attempts = self.node.trust.fetch_url(&self.web.url(path)).await.unwrap();
        assert_eq!(attempts.len(), 1);
        attempts.remove(0)
    }

    async fn count(&self, sql: &str) -> i64 {
        self.node.database.client().query_one(sql, &[]).await.unwrap().get(0)
    }

    fn wait(&self, seconds: i64) {
        self.node.clock.set(self.node.clock.now() + chrono::Duration::seconds(seconds));
    }
}
