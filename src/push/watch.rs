//! Waking those who hold a connection open when one of their accounts changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::store::{AccountChanged, Hint};
use crate::wire::ids::AccountId;

/// Who watches which account on this node. A change of an account costs as much as it has watchers.
#[derive(Clone, Default)]
pub struct Watchers(Arc<Mutex<Registry>>);

#[derive(Default)]
struct Registry {
    next: u64,
    by_account: HashMap<AccountId, HashMap<u64, Arc<Notify>>>,
}

/// One who watches accounts, until it is dropped.
pub struct Watch {
    watchers: Watchers,
    number: u64,
    accounts: Vec<AccountId>,
    notify: Arc<Notify>,
}

impl Watchers {
    /// Passes hints on until `stop`.
    pub async fn run(self, mut hints: broadcast::Receiver<Hint>, stop: CancellationToken) {
        loop {
            let hint = tokio::select! {
                () = stop.cancelled() => return,
                hint = hints.recv() => hint,
            };
            match hint {
                Ok(Hint::Account(AccountChanged(account))) => self.wake(account),
                // After a connection anew, and where hints were lost, everybody has a look.
                Ok(Hint::Trust) | Err(broadcast::error::RecvError::Lagged(_)) => self.wake_all(),
                Ok(Hint::Push | Hint::Outbox | Hint::Source) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    /// Starts watching these accounts.
    pub fn watch(&self, accounts: Vec<AccountId>) -> Watch {
        let number = {
            let mut registry = self.registry();
            registry.next += 1;
            registry.next
        };
        let mut watch =
            Watch { watchers: self.clone(), number, accounts: Vec::new(), notify: Arc::default() };
        watch.follow(accounts);
        watch
    }

    fn wake(&self, account: AccountId) {
        if let Some(watching) = self.registry().by_account.get(&account) {
            watching.values().for_each(|notify| notify.notify_one());
        }
    }

    fn wake_all(&self) {
        let registry = self.registry();
        registry.by_account.values().flat_map(HashMap::values).for_each(|notify| notify.notify_one());
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Waits for a change. One that happens while nobody waits is remembered.
    pub async fn changed(&self) {
        self.notify.notified().await;
    }

    /// Watches these accounts from now on.
    pub fn follow(&mut self, accounts: Vec<AccountId>) {
        if accounts == self.accounts {
            return;
        }
        let mut registry = self.watchers.registry();
        registry.forget(&self.accounts, self.number);
        for account in &accounts {
            let watching = registry.by_account.entry(*account).or_default();
            watching.insert(self.number, Arc::clone(&self.notify));
        }
        drop(registry);
        self.accounts = accounts;
    }
}

impl Registry {
    fn forget(&mut self, accounts: &[AccountId], number: u64) {
        for account in accounts {
            if let Some(watching) = self.by_account.get_mut(account) {
                watching.remove(&number);
                if watching.is_empty() {
                    self.by_account.remove(account);
                }
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watchers.registry().forget(&self.accounts, self.number);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn who_watches_an_account_is_woken_by_its_changes_alone() {
        let watchers = Watchers::default();
        let mut watch = watchers.watch(vec![AccountId(1), AccountId(2)]);
        watchers.wake(AccountId(3));
        assert!(watch.changed().now_or_never().is_none());
        watchers.wake(AccountId(1));
        watchers.wake(AccountId(2));
        assert!(watch.changed().now_or_never().is_some());
        assert!(watch.changed().now_or_never().is_none(), "several changes wake once");
        watch.follow(vec![AccountId(3)]);
        watchers.wake(AccountId(1));
        assert!(watch.changed().now_or_never().is_none());
        watchers.wake_all();
        assert!(watch.changed().now_or_never().is_some());
        drop(watch);
        assert!(watchers.registry().by_account.is_empty());
    }
}
