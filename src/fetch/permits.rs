//! How many requests are under way at once, in all and to one host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Permits for requests.
pub(super) struct Permits {
    all: Arc<Semaphore>,
    per_host: usize,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// The right to one request, until it is dropped.
pub(super) struct Permit {
    _host: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Permits {
    pub(super) fn new(all: usize, per_host: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all.max(1))), per_host: per_host.max(1), hosts: Mutex::default() }
    }

    /// Waits for the right to ask a host. First for the host's turn, then for one of all: who waits for a slow host keeps
    /// nobody from others. None is held while another one is waited for longer than that, so nobody waits in a circle.
    pub(super) async fn acquire(&self, host: &str) -> Option<Permit> {
        let host = self.host(host).acquire_owned().await.ok()?;
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Permit { _host: host, _all: all })
    }

    /// The semaphore of a host. Those that nobody holds or waits for are forgotten, so that names that strangers make up
    /// take no room.
    fn host(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        let semaphore =
            hosts.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.per_host)));
        Arc::clone(semaphore)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn one_host_gets_its_share_and_no_more() {
        let permits = Permits::new(3, 2);
        let ask = |host| permits.acquire(host).now_or_never();
        let first = [ask("a"), ask("a")];
        assert!(first.iter().all(Option::is_some));
        assert!(ask("a").is_none(), "two at most");
        let other = ask("b");
        assert!(other.is_some());
        assert!(ask("c").is_none(), "three of all at most");
        drop(first);
        let again = ask("c");
        assert!(again.is_some());
        assert_eq!(permits.hosts.lock().unwrap().len(), 2, "a host that nobody asks is forgotten");
    }
}
