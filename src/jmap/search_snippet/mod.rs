//! SearchSnippet/get (RFC 8621 §5).

mod excerpt;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::Context;
use super::access::{self, Access};
use super::arguments::{ArgumentReader, IdText};
use super::dispatch::{Handler, Reply};
use crate::mime::{Message, search_text};
use crate::store::email::{self, Fields};
use crate::store::{Store, StoreError, blob};
use crate::text::{Pattern, highlights, patterns};
use crate::wire::capability::Capability;
use crate::wire::email_filter::{EmailCondition, parse_filter};
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::filter::{Filter, Operator};
use crate::wire::ids::{AccountId, EmailId};

/// The name of the method.
pub const NAME: &str = "SearchSnippet/get";

/// SearchSnippet/get as a method.
pub struct SearchSnippets {
    store: Store,
}

impl SearchSnippets {
    /// Snippets of the emails of this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn get(&self, context: &Context, arguments: Arguments) -> Result<Reply, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let account_id: String = arguments.required("accountId")?;
        let filter = arguments.raw("filter");
        let email_ids: Vec<IdText> = arguments.required("emailIds")?;
        arguments.finish()?;

        let account = access::account(&context.principal, &account_id, Capability::Mail, Access::Read)?.id;
        let filter = parse_filter(filter.as_ref(), context.uses(Capability::SmimeVerify))?;
        let limit = context.limits.max_objects_in_get;
        if email_ids.len() as u64 > limit {
            return Err(MethodError::RequestTooLarge(format!("maxObjectsInGet is {limit}")));
        }
        let wanted = Wanted::of(filter.as_ref());
        let (mut list, mut not_found) = (Vec::new(), Vec::new());
        let mut asked = Vec::new();
        for IdText(text) in email_ids {
            match context.created_ids.resolve(&text).and_then(EmailId::parse) {
                Some(id) if asked.contains(&id) => continue,
                Some(id) => asked.push(id),
                None if not_found.contains(&text) => {}
                None => not_found.push(text),
            }
        }
        for (id, snippet) in self.snippets(context, account, &asked, &wanted).await? {
            match snippet {
                Some(snippet) => list.push(snippet.object(id)),
                None => not_found.push(id.to_string()),
            }
        }

        let mut response = Arguments::new();
        response.insert("accountId".to_owned(), json!(account));
        response.insert("list".to_owned(), Value::Array(list));
        let not_found = if not_found.is_empty() { Value::Null } else { json!(not_found) };
        response.insert("notFound".to_owned(), not_found);
        Ok(Reply::from(response))
    }

    /// The snippets of emails in their order; none of an email that is not there.
    async fn snippets(
        &self,
        context: &Context,
        account: AccountId,
        ids: &[EmailId],
        wanted: &Wanted,
    ) -> Result<Vec<(EmailId, Option<Snippet>)>, StoreError> {
        let read = self.store.snapshot("search_snippet/get", async |transaction| {
            let rows = email::read(transaction, account, ids, Fields::OfLists).await?;
            let mut snippets = Vec::with_capacity(ids.len());
            for id in ids {
                let Some(row) = rows.get(id) else {
                    snippets.push((*id, None));
                    continue;
                };
                // One message at a time: each may be large. When the time is over, the rest has nothing to show.
                let snippet = if wanted.is_nothing() || context.is_overdue() {
                    Snippet::default()
                } else {
                    let raw = blob::of_email(transaction, account, row.blob).await?;
                    let raw = raw.ok_or_else(|| StoreError::Corrupt {
                        table: "email",
                        column: "blob_hash",
                        message: format!("there is no blob {}", hex::encode(row.blob.0)),
                    })?;
                    Snippet::of(raw, wanted.clone()).await
                };
                snippets.push((*id, Some(snippet)));
            }
            Ok(snippets)
        });
        read.await
    }
}

impl Handler for SearchSnippets {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        self.get(context, arguments).boxed_local()
    }
}

/// What a filter looks for in subjects and in bodies.
#[derive(Clone, Debug, Default)]
struct Wanted {
    subject: Vec<Pattern>,
    body: Vec<Pattern>,
}

impl Wanted {
    fn of(filter: Option<&Filter<EmailCondition>>) -> Self {
        let mut wanted = Self::default();
        if let Some(filter) = filter {
            wanted.gather(filter, true);
        }
        wanted
    }

    /// What must not be there cannot be shown: `is_positive` tells whether the conditions are to hold.
    fn gather(&mut self, filter: &Filter<EmailCondition>, is_positive: bool) {
        match filter {
            Filter::Operator(operator, filters) => {
                let is_positive = is_positive != (*operator == Operator::Not);
                filters.iter().for_each(|filter| self.gather(filter, is_positive));
            }
            Filter::Condition(conditions) if is_positive => {
                for condition in conditions {
                    match condition {
                        EmailCondition::Text(text) => {
                            self.subject.extend(patterns(text));
                            self.body.extend(patterns(text));
                        }
                        EmailCondition::Subject(text) => self.subject.extend(patterns(text)),
                        EmailCondition::Body(text) => self.body.extend(patterns(text)),
                        _ => {}
                    }
                }
            }
            Filter::Condition(_) => {}
        }
    }

    fn is_nothing(&self) -> bool {
        self.subject.is_empty() && self.body.is_empty()
    }
}

/// A SearchSnippet without the id of its email.
#[derive(Debug, Default)]
struct Snippet {
    subject: Option<String>,
    preview: Option<String>,
}

impl Snippet {
    /// Looks through a message, away from the threads that serve requests.
    async fn of(raw: Vec<u8>, wanted: Wanted) -> Self {
        let looked = tokio::task::spawn_blocking(move || {
            let Ok(message) = Message::parse(&raw) else { return Self::default() };
            let document = search_text(&message, &message.structure());
            let found = |text: &str, patterns: &[Pattern]| {
                Some(highlights(text, patterns)).filter(|ranges| !ranges.is_empty())
            };
            Self {
                subject: found(&document.subject, &wanted.subject)
                    .map(|ranges| excerpt::marked(&document.subject, &ranges)),
                preview: found(&document.body, &wanted.body)
                    .map(|ranges| excerpt::excerpt(&document.body, &ranges)),
            }
        });
        looked.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a message could not be looked through");
            Self::default()
        })
    }

    fn object(self, id: EmailId) -> Value {
        let mut object = Arguments::new();
        object.insert("emailId".to_owned(), json!(id.to_string()));
        object.insert("subject".to_owned(), json!(self.subject));
        object.insert("preview".to_owned(), json!(self.preview));
        Value::Object(object)
    }
}
