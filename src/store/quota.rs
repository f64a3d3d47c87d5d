//! How much an account holds and how much it may hold (RFC 9425). Emails count, wherever they stand, with the octets of
//! their messages; uploads do not, which no email holds yet.
//!
//! What is used is counted by triggers (V004). The limits are the configuration's, unless the operator gave the account
//! limits of its own. Both can change without a writer of the account: the row therefore remembers which limits
//! clients know, and whoever writes next or asks for quotas makes a change event of the difference.

use super::row::TableRow;
use super::{AccountWriter, ChangeKind, DataType, Store, StoreError, Transaction, change, sql};
use crate::wire::ids::AccountId;

/// What is counted. The numbers are those of the Quota objects, and are stored in the change log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Octets of messages.
    Octets = 1,
    /// Emails.
    Emails = 2,
}

impl Resource {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Octets, Self::Emails];

    /// The number of its Quota object.
    pub fn number(self) -> i64 {
        self as i64
    }
}

/// A value for each resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerResource<T> {
    /// That of octets.
    pub octets: T,
    /// That of emails.
    pub emails: T,
}

impl<T: Copy> PerResource<T> {
    /// The value for a resource.
    pub fn of(&self, resource: Resource) -> T {
        match resource {
            Resource::Octets => self.octets,
            Resource::Emails => self.emails,
        }
    }
}

/// How much an account may hold; `None` is without limit.
pub type Limits = PerResource<Option<i64>>;

/// What the operator says of one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnLimit {
    /// Nothing: the limit of the configuration holds.
    #[default]
    Default,
    /// There is no limit for this account.
    Unlimited,
    /// So much.
    At(i64),
}

impl OwnLimit {
    fn from_column(column: Option<i64>) -> Self {
        match column {
            None => Self::Default,
            Some(limit) if limit < 0 => Self::Unlimited,
            Some(limit) => Self::At(limit),
        }
    }

    fn to_column(self) -> Option<i64> {
        match self {
            Self::Default => None,
            Self::Unlimited => Some(-1),
            Self::At(limit) => Some(limit),
        }
    }

    fn or(self, default: Option<i64>) -> Option<i64> {
        match self {
            Self::Default => default,
            Self::Unlimited => None,
            Self::At(limit) => Some(limit),
        }
    }
}

/// Why an account takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account is full: it may hold {limit} {}", match resource {
    Resource::Octets => "octets of mail",
    Resource::Emails => "messages",
})]
pub struct OverQuota {
    /// What there would be too much of.
    pub resource: Resource,
    /// How much there may be.
    pub limit: i64,
    /// Whether even an empty account could not hold it.
    pub is_hopeless: bool,
}

/// A resource of an account that has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What is counted.
    pub resource: Resource,
    /// How much there is.
    pub used: i64,
    /// How much there may be.
    pub limit: i64,
}

/// What an account's row says of quotas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// How much there is.
    pub used: PerResource<i64>,
    /// What the operator says of this account.
    pub own: PerResource<OwnLimit>,
    /// The limits that clients know.
    told: Limits,
}

impl Standing {
    pub(super) fn from_row(row: &TableRow<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            used: PerResource { octets: row.value("used_octets")?, emails: row.value("used_emails")? },
            own: PerResource {
                octets: OwnLimit::from_column(row.value("octets_limit")?),
                emails: OwnLimit::from_column(row.value("emails_limit")?),
            },
            told: PerResource {
                octets: row.value("told_octets_limit")?,
                emails: row.value("told_emails_limit")?,
            },
        })
    }

    /// The limits that hold, with these defaults of the configuration.
    pub fn limits(&self, defaults: Limits) -> Limits {
        PerResource {
            octets: self.own.octets.or(defaults.octets),
            emails: self.own.emails.or(defaults.emails),
        }
    }

    /// Takes one more email of so many octets in, if there is room for it.
    pub(super) fn admit(&mut self, octets: i64, defaults: Limits) -> Result<(), OverQuota> {
        let (limits, more) = (self.limits(defaults), PerResource { octets, emails: 1 });
        for resource in Resource::ALL {
            let Some(limit) = limits.of(resource) else { continue };
            if self.used.of(resource).saturating_add(more.of(resource)) > limit {
                return Err(OverQuota { resource, limit, is_hopeless: more.of(resource) > limit });
            }
        }
        self.used.octets = self.used.octets.saturating_add(octets);
        self.used.emails += 1;
        Ok(())
    }

    /// What became of the Quota of a resource, when limits are these now and perhaps emails came or went.
    fn change(&self, resource: Resource, limits: Limits, is_moved: bool) -> Option<ChangeKind> {
        match (self.told.of(resource), limits.of(resource)) {
            (None, None) => None,
            (None, Some(_)) => Some(ChangeKind::Created),
            (Some(_), None) => Some(ChangeKind::Destroyed),
            (Some(told), Some(limit)) if told != limit => Some(ChangeKind::Updated),
            // RFC 9425 §4.3: `used` alone is told apart from other changes.
            (Some(_), Some(_)) => is_moved.then_some(ChangeKind::CountersUpdated),
        }
    }
}

/// Notes what happened to the Quotas in the writer's transaction. `is_moved`: emails came or went.
pub(super) async fn note(writer: &mut AccountWriter<'_>, is_moved: bool) -> Result<(), StoreError> {
    let standing = *writer.standing();
    let limits = standing.limits(writer.transaction().default_limits());
    for resource in Resource::ALL {
        if let Some(kind) = standing.change(resource, limits, is_moved) {
            writer.changed(DataType::Quota, resource.number(), kind);
        }
    }
    if limits != standing.told {
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&writer.account().0, &limits.octets, &limits.emails];
        writer.transaction().execute(sql!("quota/tell"), &parameters).await?;
    }
    Ok(())
}

/// What the account's row says.
pub async fn standing(transaction: &Transaction<'_>, account: AccountId) -> Result<Standing, StoreError> {
    let row = transaction.query_opt(sql!("quota/read"), &[&account.0]).await?.ok_or(StoreError::NoAccount)?;
    Standing::from_row(&TableRow::new("account", &row))
}

/// Sees to it that the change log knows the limits as they are now.
pub async fn settle(store: &Store, account: AccountId) -> Result<(), StoreError> {
    let standing =
        store.snapshot("quota/standing", async |transaction| standing(transaction, account).await).await?;
    if standing.limits(store.default_limits()) == standing.told {
        return Ok(());
    }
    store.write("quota/settle", account, async |_| Ok(())).await
}

/// The Quotas of an account and their state, in the order of their numbers.
pub async fn all(transaction: &Transaction<'_>, account: AccountId) -> Result<(i64, Vec<Quota>), StoreError> {
    let state = change::state(transaction, account, DataType::Quota).await?;
    let standing = standing(transaction, account).await?;
    let limits = standing.limits(transaction.default_limits());
    let quotas = Resource::ALL.into_iter().filter_map(|resource| {
        Some(Quota { resource, used: standing.used.of(resource), limit: limits.of(resource)? })
    });
    Ok((state, quotas.collect()))
}

/// Gives an account limits of its own.
pub async fn set(store: &Store, account: AccountId, own: PerResource<OwnLimit>) -> Result<(), StoreError> {
    store
        .transaction("quota/set", async |transaction| {
            let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
                [&account.0, &own.octets.to_column(), &own.emails.to_column()];
            transaction.execute(sql!("quota/set"), &parameters).await?;
            // The writer notes what that is for clients.
            transaction.write(account, async |_| Ok(())).await
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_counted_in_both_resources_up_to_the_limit() {
        let defaults = Limits { octets: Some(100), emails: Some(3) };
        let mut standing = Standing::default();
        assert_eq!(standing.admit(60, defaults), Ok(()));
        let full = standing.admit(41, defaults).unwrap_err();
        assert_eq!((full.resource, full.limit, full.is_hopeless), (Resource::Octets, 100, false));
        assert!(standing.admit(101, defaults).unwrap_err().is_hopeless);
        assert_eq!(standing.admit(40, defaults), Ok(()));
        assert_eq!(standing.admit(0, defaults), Ok(()));
        assert_eq!(standing.admit(0, defaults).unwrap_err().resource, Resource::Emails);
        standing.own = PerResource { octets: OwnLimit::Unlimited, emails: OwnLimit::At(4) };
        assert_eq!(standing.admit(i64::MAX, defaults), Ok(()));
        assert_eq!(standing.admit(1, defaults).unwrap_err().limit, 4);
    }

    #[test]
    fn own_limits_are_stored_as_they_are_read() {
        for own in [OwnLimit::Default, OwnLimit::Unlimited, OwnLimit::At(0), OwnLimit::At(7)] {
            assert_eq!(OwnLimit::from_column(own.to_column()), own);
        }
    }
}
