//! Writing to an account: the account's row is locked first, so that its writers take turns, states are gapless,
//! and a state is never seen without its rows.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures_util::future::try_join4;
use tokio_postgres::types::ToSql;

use super::blob::BlobHash;
use super::quota::{self, OverQuota, Standing};
use super::signer::SignerId;
use super::{Store, StoreError, Transaction, change, push, row::TableRow, sql, upload, verdict};
use crate::wire::ids::AccountId;

/// The data types that have a state (RFC 8620 §1.6.3). The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i16)]
pub enum DataType {
    /// RFC 8621 §2.
    Mailbox = 1,
    /// RFC 8621 §3.
    Thread = 2,
    /// RFC 8621 §4.
    Email = 3,
    /// RFC 8621 §6.
    Identity = 4,
    /// RFC 8621 §7.
    EmailSubmission = 5,
    /// RFC 8621 §8.
    VacationResponse = 6,
    /// RFC 9425.
    Quota = 7,
    /// New mail for push (RFC 8621 §1.5); it has no methods.
    EmailDelivery = 8,
}

impl DataType {
    /// All of them, by their numbers.
    pub const ALL: [Self; 8] = [
        Self::Mailbox,
        Self::Thread,
        Self::Email,
        Self::Identity,
        Self::EmailSubmission,
        Self::VacationResponse,
        Self::Quota,
        Self::EmailDelivery,
    ];

    /// The number that is stored.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// The type that is stored by this number.
    pub(super) fn of_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|data_type| data_type.number() == number)
    }
}

/// What happened to an object. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum ChangeKind {
    /// It is new.
    Created = 1,
    /// It changed.
    Updated = 2,
    /// It is gone.
    Destroyed = 3,
    /// A Mailbox changed in nothing but its counters (RFC 8621 §2.2, updatedProperties).
    CountersUpdated = 4,
}

impl ChangeKind {
    /// The number that is stored.
    pub(super) fn number(self) -> i16 {
        self as i16
    }

    /// What two changes of one object in one transaction amount to; `None` if nobody ever saw the object.
    fn then(self, later: Self) -> Option<Self> {
        match (self, later) {
            (Self::Created, Self::Destroyed) => None,
            (Self::Created, _) => Some(Self::Created),
            (_, Self::Destroyed) => Some(Self::Destroyed),
            (Self::CountersUpdated, Self::CountersUpdated) => Some(Self::CountersUpdated),
            (Self::Destroyed, _) => Some(Self::Destroyed),
            _ => Some(Self::Updated),
        }
    }
}

/// A transaction that holds the lock of one account and gathers what it changes there.
pub struct AccountWriter<'a> {
    transaction: &'a Transaction<'a>,
    account: AccountId,
    state: i64,
    next_id: i64,
    standing: Standing,
    /// Whether emails came or went.
    is_usage_moved: bool,
    changes: BTreeMap<(DataType, i64), ChangeKind>,
    /// The blobs whose email came (`true`) or went.
    held: BTreeMap<BlobHash, bool>,
}

impl Store {
    /// Runs `work` with the account locked. Its rows, counters, change events and new states commit together.
    pub async fn write<T>(
        &self,
        name: &'static str,
        account: AccountId,
        work: impl AsyncFn(&mut AccountWriter<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_resting_on(name, account, &[], work).await
    }

    /// Like [`Store::write`], for work that stores emails of these signers: their verdicts stay as they are until
    /// the emails are seen by whoever changes a verdict.
    pub async fn write_resting_on<T>(
        &self,
        name: &'static str,
        account: AccountId,
        signers: &[SignerId],
        work: impl AsyncFn(&mut AccountWriter<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transaction(name, async |transaction| {
            if !signers.is_empty() {
                verdict::hold(transaction, signers).await?;
            }
            transaction.write(account, &work).await
        })
        .await
    }
}

impl Transaction<'_> {
    /// Runs `work` with the account locked, as a part of this transaction.
    pub async fn write<T>(
        &self,
        account: AccountId,
        work: impl AsyncFn(&mut AccountWriter<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = AccountWriter::lock(self, account).await?;
        let value = work(&mut writer).await?;
        writer.finish().await?;
        Ok(value)
    }
}

impl<'a> AccountWriter<'a> {
    /// Locks the account until the transaction ends.
    pub(super) async fn lock(
        transaction: &'a Transaction<'a>,
        account: AccountId,
    ) -> Result<Self, StoreError> {
        let row =
            transaction.query_opt(sql!("account/lock"), &[&account.0]).await?.ok_or(StoreError::NoAccount)?;
        let row = TableRow::new("account", &row);
        Ok(Self {
            transaction,
            account,
            state: row.value("state")?,
            next_id: row.value("next_id")?,
            standing: Standing::from_row(&row)?,
            is_usage_moved: false,
            changes: BTreeMap::new(),
            held: BTreeMap::new(),
        })
    }

    /// The transaction, for statements of the same account.
    pub fn transaction(&self) -> &'a Transaction<'a> {
        self.transaction
    }

    /// The time at which the transaction began.
    pub fn now(&self) -> DateTime<Utc> {
        self.transaction.now()
    }

    /// The account that is locked.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// An object id that was never used in this account.
    pub(super) fn new_id(&mut self) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Takes one more email of so many octets in, if the account has room for it: to be asked before each email that is
    /// stored, and then it is to be stored.
    pub fn admit(&mut self, octets: u64) -> Result<(), OverQuota> {
        let octets = i64::try_from(octets).unwrap_or(i64::MAX);
        self.standing.admit(octets, self.transaction.default_limits())
    }

    /// What the account holds and may hold.
    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Notes that the email of a blob came or went, so that the account holds more or less than before.
    pub(super) fn email_moved(&mut self, blob: BlobHash, is_held: bool) {
        self.is_usage_moved = true;
        self.held.insert(blob, is_held);
    }

    /// Notes what happened to an object, for /changes.
    pub(super) fn changed(&mut self, data_type: DataType, object: i64, kind: ChangeKind) {
        let key = (data_type, object);
        match self.changes.get(&key).map(|earlier| earlier.then(kind)) {
            None => drop(self.changes.insert(key, kind)),
            Some(Some(both)) => drop(self.changes.insert(key, both)),
            Some(None) => drop(self.changes.remove(&key)),
        }
    }

    /// The state that a data type has when this commits, given what was noted so far.
    pub async fn new_state(&self, data_type: DataType) -> Result<i64, StoreError> {
        // Change events are numbered in the order of this map.
        match self.changes.keys().rposition(|(changed, _)| *changed == data_type) {
            Some(position) => Ok(self.state + 1 + position as i64),
            None => change::state(self.transaction, self.account, data_type).await,
        }
    }

    /// Writes the change events, one state number each, and tells other nodes that there are some.
    pub(super) async fn finish(mut self) -> Result<(), StoreError> {
        let is_moved = self.is_usage_moved;
        quota::note(&mut self, is_moved).await?;
        let (mut types, mut objects, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
        for ((data_type, object), kind) in &self.changes {
            types.push(data_type.number());
            objects.push(*object);
            kinds.push(kind.number());
        }
        if !self.held.is_empty() {
            let held: Vec<(BlobHash, bool)> =
                self.held.iter().map(|(blob, is_held)| (*blob, *is_held)).collect();
            // So late, because whoever uploads by the same login waits from here to the end.
            upload::note_held(self.transaction, self.account, &held).await?;
        }
        let changes = self.changes.len() as i64;
        let advance: [&(dyn ToSql + Sync); 3] = [&self.account.0, &self.next_id, &changes];
        let advance = self.transaction.execute(sql!("account/advance"), &advance);
        if self.changes.is_empty() {
            return advance.await.map(drop);
        }
        let record: [&(dyn ToSql + Sync); 5] = [&self.account.0, &self.state, &types, &objects, &kinds];
        let record = self.transaction.execute(sql!("change/record"), &record);
        let account = self.account.to_string();
        let notify: [&(dyn ToSql + Sync); 1] = [&account];
        let notify = self.transaction.execute(sql!("change/notify"), &notify);
        let wake = push::wake(self.transaction, self.account);
        try_join4(advance, record, notify, wake).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::ChangeKind::{CountersUpdated, Created, Destroyed, Updated};

    #[test]
    fn changes_of_one_object_in_one_transaction_amount_to_one() {
        assert_eq!(Created.then(Updated), Some(Created));
        assert_eq!(Created.then(Destroyed), None);
        assert_eq!(Updated.then(Destroyed), Some(Destroyed));
        assert_eq!(CountersUpdated.then(Updated), Some(Updated));
        assert_eq!(CountersUpdated.then(CountersUpdated), Some(CountersUpdated));
    }
}
