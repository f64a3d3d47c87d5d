//! Names into addresses that are called.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Reach, Refusal};

/// Resolves names for an HTTP client to addresses that are called. The connection is made to what was judged here, so a
/// name that resolves to something else the next moment gains nothing.
pub struct Resolver {
    reach: Reach,
    trusted: Option<String>,
}

impl Resolver {
    /// For these addresses.
    pub fn new(reach: Reach) -> Self {
        Self { reach, trusted: None }
    }

    /// The same; the addresses of one host, which the operator chose, are not judged.
    #[must_use]
    pub fn trusting(self, host: Option<String>) -> Self {
        Self { trusted: host, ..self }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.reach.clone();
        let is_trusted =
            self.trusted.as_ref().is_some_and(|trusted| trusted.eq_ignore_ascii_case(name.as_str()));
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let reachable = if is_trusted { found.collect() } else { reach.reachable(name.as_str(), found) };
            if reachable.is_empty() {
                return Err(Refusal::PrivateAddress.into());
            }
            Ok(Box::new(reachable.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Allowed;
    use super::*;

    #[tokio::test]
    async fn names_of_this_machine_resolve_to_nothing_unless_they_are_allowed() {
        let resolve = async |resolver: Resolver| resolver.resolve("localhost".parse().unwrap()).await.is_ok();
        assert!(!resolve(Resolver::new(Reach::default())).await);
        assert!(!resolve(Resolver::new(Reach::default()).trusting(Some("proxy".to_owned()))).await);
        assert!(resolve(Resolver::new(Reach::default()).trusting(Some("localhost".to_owned()))).await);
        let allowed = Allowed::try_from("localhost".to_owned()).unwrap();
        assert!(resolve(Resolver::new(Reach::new(vec![allowed]))).await);
    }
}
