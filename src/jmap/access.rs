//! The one place that decides whether a user may touch an account.

use crate::wire::capability::Capability;
use crate::wire::errors::MethodError;
use crate::wire::ids::AccountId;
use crate::wire::session::{Account, Principal};

/// What a method wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only.
    Read,
    /// Read and change.
    Write,
}

/// The account called `id`, if this user may do this in it (RFC 8620 §3.6.2): accountNotFound for an account that
/// is not there or that the user must not see, accountNotSupportedByMethod, accountReadOnly.
pub fn account<'a>(
    principal: &'a Principal,
    id: &str,
    capability: Capability,
    access: Access,
) -> Result<&'a Account, MethodError> {
    let account = visible(principal, id).ok_or(MethodError::AccountNotFound)?;
    if !account.capabilities.contains(&capability) {
        return Err(MethodError::AccountNotSupportedByMethod);
    }
    if access == Access::Write && account.is_read_only {
        return Err(MethodError::AccountReadOnly);
    }
    Ok(account)
}

/// The account to copy from (RFC 8620 §5.4), by the same rules under the names that /copy has for them.
pub fn from_account<'a>(
    principal: &'a Principal,
    id: &str,
    capability: Capability,
) -> Result<&'a Account, MethodError> {
    account(principal, id, capability, Access::Read).map_err(|error| match error {
        MethodError::AccountNotFound => MethodError::FromAccountNotFound,
        MethodError::AccountNotSupportedByMethod => MethodError::FromAccountNotSupportedByMethod,
        other => other,
    })
}

/// The account, if the user sees it at all.
pub fn visible<'a>(principal: &'a Principal, id: &str) -> Option<&'a Account> {
    let id = AccountId::parse(id)?;
    principal.accounts.iter().find(|account| account.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jmap::fake;

    #[test]
    fn each_reason_to_refuse_has_its_error() {
        let principal = fake::principal();
        let check =
            |id: &str, access| account(&principal, id, Capability::Mail, access).map(|found| found.id.0);
        assert_eq!(check("a1", Access::Write), Ok(1));
        assert_eq!(check("a2", Access::Read), Ok(2));
        assert_eq!(check("a2", Access::Write), Err(MethodError::AccountReadOnly));
        assert_eq!(check("a3", Access::Read), Err(MethodError::AccountNotSupportedByMethod));
        assert_eq!(check("a4", Access::Read), Err(MethodError::AccountNotFound));
        assert_eq!(check("nonsense", Access::Read), Err(MethodError::AccountNotFound));
        let from = |id: &str| from_account(&principal, id, Capability::Mail).map(|found| found.id.0);
        assert_eq!(from("a2"), Ok(2));
        assert_eq!(from("a3"), Err(MethodError::FromAccountNotSupportedByMethod));
        assert_eq!(from("a4"), Err(MethodError::FromAccountNotFound));
    }
}
