//! Addresses, and the accounts that mail for them goes to.

use std::collections::BTreeMap;
use std::fmt;

use super::{Store, StoreError, Transaction, row::TableRow, sql};
use crate::mime::{CanonicalAddress, canonical_domain};
use crate::wire::ids::AccountId;

/// Octets of an address at most: what a path may have (RFC 5321 §4.5.3.1.3) without its angle brackets.
pub const MAX_ADDRESS: usize = 254;

/// An address as it is looked up: canonical, or `@` and a domain for every address of the domain that leads nowhere
/// else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(String);

impl Address {
    /// Reads an address or `@domain`; `None` if it is neither, or longer than [`MAX_ADDRESS`].
    pub fn parse(text: &str) -> Option<Self> {
        let canonical = match text.strip_prefix('@') {
            Some(domain) if !domain.contains(['@', ' ']) && !domain.chars().any(char::is_control) => {
                format!("@{}", canonical_domain(domain)?)
            }
            Some(_) => return None,
            None => CanonicalAddress::parse(text)?.to_string(),
        };
        (canonical.len() <= MAX_ADDRESS).then_some(Self(canonical))
    }

    /// What is looked up for a recipient, the first that leads somewhere first: the address itself, the address without
    /// its subaddress (`ann+tag@…`), and the rest of its domain. Empty if it is no address.
    pub fn ways_of(recipient: &str) -> Vec<Self> {
        let Some(address) = CanonicalAddress::parse(recipient) else { return Vec::new() };
        let ways = [
            Some(address.to_string()),
            address.without_tag().map(|address| address.to_string()),
            Some(format!("@{}", address.domain())),
        ];
        ways.into_iter().flatten().filter(|way| way.len() <= MAX_ADDRESS).map(Self).collect()
    }

    /// The canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The accounts that each of these addresses leads to; one that leads nowhere is left out.
pub async fn accounts_of(
    transaction: &Transaction<'_>,
    addresses: &[Address],
) -> Result<BTreeMap<Address, Vec<AccountId>>, StoreError> {
    let texts: Vec<&str> = addresses.iter().map(Address::as_str).collect();
    let rows = transaction.query(sql!("address/accounts"), &[&texts]).await?;
    let mut accounts: BTreeMap<Address, Vec<AccountId>> = BTreeMap::new();
    for row in &rows {
        let row = TableRow::new("address", row);
        let account = AccountId(row.value("account_id")?);
        accounts.entry(Address(row.value("address")?)).or_default().push(account);
    }
    Ok(accounts)
}

/// The addresses that lead to an account, those of whole domains among them.
pub async fn of_account(
    transaction: &Transaction<'_>,
    account: AccountId,
) -> Result<Vec<Address>, StoreError> {
    let rows = transaction.query(sql!("address/of_account"), &[&account.0]).await?;
    rows.iter().map(|row| TableRow::new("address", row).value("address").map(Address)).collect()
}

/// Lets an address lead to an account; `false` if it did already.
pub async fn add(
    transaction: &Transaction<'_>,
    address: &Address,
    account: AccountId,
) -> Result<bool, StoreError> {
    Ok(transaction.execute(sql!("address/add"), &[&address.as_str(), &account.0]).await? == 1)
}

/// Keeps an address from leading to an account; `false` if it did not.
pub async fn remove(
    transaction: &Transaction<'_>,
    address: &Address,
    account: AccountId,
) -> Result<bool, StoreError> {
    Ok(transaction.execute(sql!("address/remove"), &[&address.as_str(), &account.0]).await? == 1)
}

/// Every address with the name of an account that it leads to, by address.
pub async fn list(store: &Store) -> Result<Vec<(Address, String)>, StoreError> {
    store
        .transaction("address/list", async |transaction| {
            let rows = transaction.query(sql!("address/list"), &[]).await?;
            rows.iter()
                .map(|row| {
                    let row = TableRow::new("address", row);
                    Ok((Address(row.value("address")?), row.value("name")?))
                })
                .collect()
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_a_whole_domain_can_be_looked_up() {
        let parse = |text: &str| Address::parse(text).map(|address| address.to_string());
        assert_eq!(parse("Ann@Example.ORG").as_deref(), Some("ann@example.org"));
        assert_eq!(parse("@BÜCHER.example").as_deref(), Some("@xn--bcher-kva.example"));
        for wrong in ["ann", "@", "@a@b", "@a b", &format!("{}@example.org", "a".repeat(250))] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_recipient_is_looked_up_exactly_then_without_its_tag_then_by_its_domain() {
        let ways = |text: &str| Address::ways_of(text).iter().map(Address::to_string).collect::<Vec<_>>();
        assert_eq!(ways("Ann+x@Example.org"), ["ann+x@example.org", "ann@example.org", "@example.org"]);
        assert_eq!(ways("ann@example.org"), ["ann@example.org", "@example.org"]);
        assert_eq!(ways("postmaster"), [""; 0]);
    }
}
