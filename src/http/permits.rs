//! How many requests of a user are under way (RFC 8620 §2, maxConcurrentRequests and maxConcurrentUpload).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::wire::errors::{Limit, RequestError};

/// Counts requests of one kind by user.
#[derive(Clone)]
pub(super) struct Permits {
    limit: Limit,
    most: u64,
    taken: Arc<Mutex<HashMap<String, u64>>>,
}

/// The right to process one request; given back when it is dropped.
pub(super) struct Permit {
    permits: Permits,
    user: String,
}

impl Permits {
    /// At most `most` at a time for each user; `limit` is the name that this goes by.
    pub(super) fn new(limit: Limit, most: u64) -> Self {
        Self { limit, most, taken: Arc::default() }
    }

    /// One more request of `user`, or the error that says that it is one too many.
    pub(super) fn take(&self, user: &str) -> Result<Permit, RequestError> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(user.to_owned()).or_default();
        if *count >= self.most {
            return Err(RequestError::Limit(self.limit));
        }
        *count += 1;
        Ok(Permit { permits: self.clone(), user: user.to_owned() })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut taken = self.permits.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_are_counted_by_user_and_come_back() {
        let permits = Permits::new(Limit::MaxConcurrentUpload, 2);
        let first = permits.take("ann").ok();
        let second = permits.take("ann").ok();
        assert!(first.is_some() && second.is_some());
        assert_eq!(permits.take("ann").err(), Some(RequestError::Limit(Limit::MaxConcurrentUpload)));
        assert!(permits.take("bob").is_ok());
        drop(first);
        assert!(permits.take("ann").is_ok());
        drop(second);
        assert!(permits.taken.lock().unwrap().is_empty());
    }
}
