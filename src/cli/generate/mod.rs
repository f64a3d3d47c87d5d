//! Fills accounts with mail that looks like mail, for measurements and for tests of query plans.
//!
//! Everything about a message follows from the seed, its account and its place there: five years of mail, a few people
//! who write much and many who write little, threads, keywords, thirty mailboxes, texts of ten languages, three of ten
//! messages signed, in every manner. Each message is written octet for octet, read by what a delivery reads mail with,
//! and goes in by COPY, with all that a delivery would have stored of it but for the change log. How much there is of
//! certain words is known ([`needles`]).

mod accounts;
mod calendar;
mod compose;
mod languages;
mod load;
pub mod needles;
mod obstacles;
mod people;
mod plan;
mod random;
mod rows;
mod signers;
mod signing;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use openssl::error::ErrorStack;
use tokio_postgres::{Client, Transaction};

use self::accounts::Account;
use self::calendar::Calendar;
use self::obstacles::Obstacles;
use self::people::{Person, people};
use self::rows::Table;
pub use self::signers::Signers;
use crate::store::DataType;
use crate::store::signer::SignerId;
use crate::wire::ids::AccountId;

/// One of those who write and sign for so many messages, and at least so many of them.
const MESSAGES_A_PERSON: usize = 200;
const LEAST_PEOPLE: usize = 40;

/// What is generated; the same options give the same mail.
#[derive(Clone, Debug)]
pub struct GenerateOptions {
    /// How many messages.
    pub messages: usize,
    /// Where the random numbers start.
    pub seed: u64,
    /// When the newest message came.
    pub until: DateTime<Utc>,
}

/// How the mail is.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Where the random numbers start.
    pub seed: u64,
    /// When the newest message came.
    pub until: DateTime<Utc>,
    /// Half of the messages have more words than this.
    pub words: usize,
}

impl Shape {
    /// [`Shape::words`] where nobody says anything else.
    pub const WORDS: usize = 20;
}

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] tokio_postgres::Error),
    /// There is no account of this number.
    #[error("there is no account {0}")]
    NoSuchAccount(AccountId),
    /// OpenSSL cannot make keys or signatures.
    #[error("keys and signatures cannot be made: {0}")]
    Signing(#[from] ErrorStack),
}

/// Fills one account; see [`generate_accounts`].
pub async fn generate(
    client: &mut Client,
    account: AccountId,
    options: &GenerateOptions,
    progress: impl FnMut(usize),
) -> Result<(), GenerateError> {
    let shape = Shape { seed: options.seed, until: options.until, words: Shape::WORDS };
    generate_accounts(client, &BTreeMap::from([(account, options.messages)]), &shape, progress).await
}

/// Adds generated mail to accounts, so many messages to each, in one transaction. `progress` is told how many messages
/// are in.
///
/// Where there was no mail at all, indexes, foreign keys and triggers are taken away first and made again when all mail
/// is in; the tables are locked meanwhile. Whatever fails, all is as it was.
///
/// Clients of the accounts must fetch everything anew: the change log does not list what was generated. PostgreSQL's
/// statistics are those from before (ANALYZE).
pub async fn generate_accounts(
    client: &mut Client,
    sizes: &BTreeMap<AccountId, usize>,
    shape: &Shape,
    progress: impl FnMut(usize),
) -> Result<(), GenerateError> {
    let transaction = client.transaction().await?;
    transaction.batch_execute("SET LOCAL maintenance_work_mem = '512MB'").await?;
    let mut filled = Vec::with_capacity(sizes.len());
    for (id, messages) in sizes {
        let account = Account::lock(&transaction, *id, *messages, shape.seed).await?;
        filled.push(account.ok_or(GenerateError::NoSuchAccount(*id))?);
    }
    let mut world = World::new(shape, sizes.values().sum()).await?;
    world.signer_ids = world.signers.insert(&transaction).await?;
    let obstacles = Obstacles::take_away(&transaction).await?;
    let (world, accounts) = (Arc::new(world), Arc::new(filled));
    let next_ids = load::copy(&transaction, &world, &accounts, obstacles.is_some(), progress).await?;
    if let Some(obstacles) = obstacles {
        obstacles.make_again(&transaction).await?;
    }
    transaction.batch_execute(&format!("ANALYZE {}", Table::names().join(", "))).await?;
    for (account, next_id) in accounts.iter().zip(next_ids) {
        settle(&transaction, account, next_id).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// What all messages of a run have in common.
struct World {
    /// The median of the words of a message.
    words: f64,
    calendar: Calendar,
    people: Vec<Person>,
    /// One for each of the people.
    signers: Signers,
    /// The numbers that the database gave them.
    signer_ids: Vec<SignerId>,
}

impl World {
    async fn new(shape: &Shape, messages: usize) -> Result<Self, ErrorStack> {
        let shape = shape.clone();
        let making = tokio::task::spawn_blocking(move || {
            let people = people((messages / MESSAGES_A_PERSON).max(LEAST_PEOPLE), shape.seed);
            let addresses: Vec<&str> = people.iter().map(|person| person.address.as_str()).collect();
            let signers = Signers::new(shape.seed, shape.until, &addresses)?;
            let calendar = Calendar::until(shape.until);
            Ok(Self { words: shape.words as f64, calendar, people, signers, signer_ids: Vec::new() })
        });
        making.await.expect("making people does not panic, and nobody aborts it")
    }
}

/// What follows from an account's mail: the counters of threads, mailboxes, signers and of the account, its states.
async fn settle(
    transaction: &Transaction<'_>,
    account: &Account,
    next_id: i64,
) -> Result<(), tokio_postgres::Error> {
    let id = account.id.0;
    for since in [
        include_str!("../../../sql/generated/threads.sql"),
        include_str!("../../../sql/generated/certificates.sql"),
    ] {
        transaction.execute(since, &[&id, &account.next_id]).await?;
    }
    transaction.batch_execute("ANALYZE thread_mailbox").await?;
    for counted in [
        include_str!("../../../sql/generated/mailboxes.sql"),
        include_str!("../../../sql/generated/signers.sql"),
    ] {
        transaction.execute(counted, &[&id]).await?;
    }
    transaction.execute(include_str!("../../../sql/generated/settle.sql"), &[&id, &next_id]).await?;
    // The last id is that of the newest email; which of the others is named makes no difference.
    let (email, inbox) = (next_id - 1, account.mailboxes[accounts::INBOX].0);
    let moved = [
        (DataType::Mailbox, inbox),
        (DataType::Thread, email),
        (DataType::Email, email),
        (DataType::EmailDelivery, 0),
    ];
    let (types, objects): (Vec<i16>, Vec<i64>) =
        moved.into_iter().map(|(data_type, object)| (data_type.number(), object)).unzip();
    transaction.execute(include_str!("../../../sql/generated/states.sql"), &[&id, &types, &objects]).await?;
    Ok(())
}
