//! Passwords: argon2 hashes, made and checked away from the threads that serve requests.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Each check fills some 19 MB of memory and a core for a while: only so many at a time.
static CHECKS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)));

/// What the password of a name that nobody has is checked against, so that it takes as long as any other.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody").unwrap_or_default());

/// The hash of a password with a salt of its own, in PHC form.
pub fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash: PasswordHash| hash.to_string())
}

/// Whether `password` is the one that was hashed; without a hash the same work is done, and the answer is no.
pub(super) async fn verify(password: String, hash: Option<String>) -> bool {
    let Ok(_permit) = CHECKS.acquire().await else { return false };
    let work = move || {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        matches(&password, &hash) && is_known
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(false)
}

fn matches(password: &str, hash: &str) -> bool {
    match PasswordHash::new(hash) {
        Ok(hash) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
        Err(error) => {
            tracing::error!(%error, "a stored password hash cannot be read");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_password_matches_its_hash_alone() {
        let stored = hash("correct horse").unwrap();
        assert_ne!(stored, hash("correct horse").unwrap(), "each hash has a salt of its own");
        assert!(verify("correct horse".to_owned(), Some(stored.clone())).await);
        assert!(!verify("wrong".to_owned(), Some(stored)).await);
        assert!(!verify("x".to_owned(), Some("no hash".to_owned())).await);
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        assert!(!verify("nobody".to_owned(), None).await);
    }
}
