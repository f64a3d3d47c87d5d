//! The rows of `email` and `email_search`, which go to PostgreSQL as a stream in binary form: no other way costs it as little.

use tokio_postgres::types::{Json, ToSql, Type};

use super::super::super::{AccountWriter, StoreError, sql};
use super::Placed;
use crate::mime::EmailAddress;

/// A column: its type, and what an email has in it.
type Column = (Type, for<'a> fn(&'a Placed<'a>) -> Value<'a>);
type Value<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// Writes the rows of new emails.
pub(super) async fn write(writer: &AccountWriter<'_>, placed: &[Placed<'_>]) -> Result<(), StoreError> {
    copy(writer, "email/insert", sql!("email/insert"), &email(), placed).await?;
    copy(writer, "email/insert_search", sql!("email/insert_search"), &search(), placed).await
}

async fn copy(
    writer: &AccountWriter<'_>,
    name: &'static str,
    statement: &'static str,
    columns: &[Column],
    placed: &[Placed<'_>],
) -> Result<(), StoreError> {
    let mut types = vec![Type::INT8];
    types.extend(columns.iter().map(|(kind, _)| kind.clone()));
    let account = writer.account().0;
    let rows = placed.iter().map(|email| {
        let mut row: Vec<Value<'_>> = vec![Box::new(account)];
        row.extend(columns.iter().map(|(_, value)| value(email)));
        row
    });
    let affected = writer.transaction().copy(statement, &types, rows).await?;
    let expected = placed.len() as u64;
    if affected != expected {
        return Err(StoreError::UnexpectedRows { statement: name, expected, affected });
    }
    Ok(())
}

/// The columns of sql/email/insert.sql behind the account, in their order.
fn email() -> [Column; 23] {
    [
        (Type::INT8, |placed| Box::new(placed.id.0)),
        (Type::INT8, |placed| Box::new(placed.thread.0)),
        (Type::TIMESTAMPTZ, |placed| Box::new(placed.email.received_at)),
        (Type::TIMESTAMPTZ, |placed| Box::new(placed.email.sent_at.map(|at| at.to_utc()))),
        (Type::INT2, |placed| Box::new(placed.sent_offset())),
        (Type::INT8, |placed| Box::new(i64::try_from(placed.email.size).unwrap_or(i64::MAX))),
        (Type::BOOL, |placed| Box::new(placed.email.has_attachment)),
        (Type::BYTEA, |placed| Box::new(placed.email.blob.0.as_slice())),
        (Type::TEXT_ARRAY, |placed| Box::new(placed.keywords())),
        (Type::TEXT, |placed| Box::new(&placed.email.headers.subject)),
        (Type::JSONB, |placed| addresses(&placed.email.headers.sender)),
        (Type::JSONB, |placed| addresses(&placed.email.headers.from)),
        (Type::JSONB, |placed| addresses(&placed.email.headers.to)),
        (Type::JSONB, |placed| addresses(&placed.email.headers.cc)),
        (Type::JSONB, |placed| addresses(&placed.email.headers.bcc)),
        (Type::JSONB, |placed| addresses(&placed.email.headers.reply_to)),
        (Type::TEXT_ARRAY, |placed| Box::new(&placed.email.headers.message_id)),
        (Type::TEXT_ARRAY, |placed| Box::new(&placed.email.headers.in_reply_to)),
        (Type::TEXT_ARRAY, |placed| Box::new(&placed.email.headers.references)),
        (Type::TEXT, |placed| Box::new(&placed.email.preview)),
        (Type::TEXT, |placed| Box::new(&placed.email.sort_keys.from)),
        (Type::TEXT, |placed| Box::new(&placed.email.sort_keys.to)),
        (Type::TEXT, |placed| Box::new(&placed.email.sort_keys.subject)),
    ]
}

/// The columns of sql/email/insert_search.sql behind the account, in their order.
fn search() -> [Column; 6] {
    [
        (Type::INT8, |placed| Box::new(placed.id.0)),
        (Type::INT8, |placed| Box::new(placed.thread.0)),
        (Type::TIMESTAMPTZ, |placed| Box::new(placed.email.received_at)),
        (Type::TEXT, |placed| Box::new(&placed.email.fields)),
        (Type::TEXT, |placed| Box::new(&placed.email.body)),
        (Type::TEXT, |placed| Box::new(&placed.email.headers_text)),
    ]
}

fn addresses(addresses: &Option<Vec<EmailAddress>>) -> Value<'_> {
    Box::new(addresses.as_ref().map(Json))
}

impl Placed<'_> {
    /// Minutes east of UTC that the Date header names.
    fn sent_offset(&self) -> Option<i16> {
        i16::try_from(self.email.sent_at?.offset().local_minus_utc() / 60).ok()
    }

    fn keywords(&self) -> Vec<&str> {
        self.email.membership.keywords.iter().map(|keyword| keyword.as_str()).collect()
    }
}
