//! The emails of one account inside of the transaction of an Email/set (RFC 8621 §4.6).
//!
//! Changes are checked one by one, as RFC 8620 §5.3 wants, but written together at the end: fifty messages that
//! are marked as read cost a handful of statements.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join3;
use serde_json::{Map, Value};

use super::deliveries::refusal;
use super::membership::{parse_keywords, parse_mailbox_ids};
use super::render;
use crate::delivery::{Batch, Delivered};
use crate::jmap::set::Records;
use crate::store::email::{self, Current, EmailUpdate, Membership};
use crate::store::{AccountWriter, DataType, StoreError, change, mailbox};
use crate::wire::envelope::Arguments;
use crate::wire::errors::SetError;
use crate::wire::ids::{EmailId, MailboxId};
use crate::wire::patch::PatchObject;
use crate::wire::references::CreatedIds;
use crate::wire::state::State;

/// The properties of an Email that a client can change (RFC 8621 §4.1).
pub(super) const MUTABLE: [&str; 2] = ["keywords", "mailboxIds"];

/// What the call creates: a message for each creation, or why there is none.
pub(super) struct Drafts {
    pub(super) drafts: Vec<Result<Draft, SetError>>,
    pub(super) batch: Batch,
}

/// A message that is ready to be stored.
pub(super) struct Draft {
    /// Which one of the batch it is.
    pub(super) place: usize,
    /// Where it will be.
    pub(super) membership: Membership,
}

/// What stands for an object to create whose message is at `number` among the drafts.
pub(super) fn numbered(number: usize) -> Arguments {
    Arguments::from_iter([(DRAFT.to_owned(), Value::from(number))])
}

const DRAFT: &str = "draft";

pub(super) struct EmailRecords<'w, 't> {
    writer: &'w mut AccountWriter<'t>,
    mailboxes: BTreeSet<MailboxId>,
    emails: BTreeMap<EmailId, Membership>,
    /// The emails that were there when the call began, as they were then.
    found: BTreeMap<EmailId, Current>,
    old_state: State,
    server_set: &'w BTreeMap<EmailId, Arguments>,
    drafts: &'w Drafts,
    updates: BTreeMap<EmailId, Membership>,
    destroyed: Vec<EmailId>,
}

impl<'w, 't> EmailRecords<'w, 't> {
    /// Reads what the call is about: these emails, as far as they are there. `server_set` holds the values of what
    /// the call says of properties that no client can change. Objects to create are [`numbered`] drafts.
    pub(super) async fn new(
        writer: &'w mut AccountWriter<'t>,
        ids: &[EmailId],
        server_set: &'w BTreeMap<EmailId, Arguments>,
        drafts: &'w Drafts,
    ) -> Result<Self, StoreError> {
        let (transaction, account) = (writer.transaction(), writer.account());
        let found = email::current(transaction, account, ids);
        let mailboxes = mailbox::all(transaction, account);
        let state = change::state(transaction, account, DataType::Email);
        let (found, mailboxes, state) = try_join3(found, mailboxes, state).await?;
        Ok(Self {
            writer,
            mailboxes: mailboxes.into_keys().collect(),
            emails: found.iter().map(|(id, email)| (*id, email.membership.clone())).collect(),
            found,
            old_state: State(state),
            server_set,
            drafts,
            updates: BTreeMap::new(),
            destroyed: Vec::new(),
        })
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let updates: Vec<EmailUpdate> = std::mem::take(&mut self.updates)
            .into_iter()
            .map(|(email, membership)| EmailUpdate { email, membership })
            .collect();
        // One that this call created is not among those that it found.
        match updates.iter().all(|update| self.found.contains_key(&update.email)) {
            true => email::update_from(self.writer, std::mem::take(&mut self.found), &updates).await?,
            false => email::update(self.writer, &updates).await?,
        }
        let destroyed = std::mem::take(&mut self.destroyed);
        if !destroyed.is_empty() {
            email::destroy(self.writer, &destroyed).await?;
        }
        Ok(())
    }
}

impl Records for EmailRecords<'_, '_> {
    type Id = EmailId;
    type Fault = StoreError;

    async fn old_state(&mut self) -> Result<State, StoreError> {
        Ok(self.old_state)
    }

    async fn create(
        &mut self,
        object: Arguments,
        _: &CreatedIds,
    ) -> Result<Result<(EmailId, Arguments), SetError>, StoreError> {
        let number = object.get(DRAFT).and_then(Value::as_u64).unwrap_or(u64::MAX);
        let draft = match self.drafts.drafts.get(number as usize) {
            Some(Ok(draft)) => draft,
            Some(Err(error)) => return Ok(Err(error.clone())),
            None => return Ok(Err(SetError::NotFound)),
        };
        let error = match self.drafts.batch.store_one(self.writer, draft.place).await? {
            Some(Delivered::Stored(stored)) => {
                self.emails.insert(stored.email, draft.membership.clone());
                return Ok(Ok((stored.email, render::stored(&stored))));
            }
            Some(other) => refusal(other),
            None => SetError::NotFound,
        };
        Ok(Err(error))
    }

    async fn update(
        &mut self,
        id: EmailId,
        patch: &PatchObject,
        created_ids: &CreatedIds,
    ) -> Result<Result<Option<Arguments>, SetError>, StoreError> {
        let Some(before) = self.emails.get(&id) else { return Ok(Err(SetError::NotFound)) };
        let none = Arguments::new();
        let server_set = self.server_set.get(&id).unwrap_or(&none);
        Ok(patched(before, server_set, patch, &self.mailboxes, created_ids).map(|after| {
            self.emails.insert(id, after.clone());
            self.updates.insert(id, after);
            None
        }))
    }

    async fn destroy(&mut self, id: EmailId) -> Result<Result<(), SetError>, StoreError> {
        if self.emails.remove(&id).is_none() {
            return Ok(Err(SetError::NotFound));
        }
        self.updates.remove(&id);
        self.destroyed.push(id);
        Ok(Ok(()))
    }

    async fn new_state(&mut self) -> Result<State, StoreError> {
        self.flush().await?;
        self.writer.new_state(DataType::Email).await.map(State)
    }
}

/// The membership after a patch. Others than the mutable properties may be in it with the value that they have, as
/// in a whole object that a client passes back (RFC 8620 §5.3).
fn patched(
    before: &Membership,
    server_set: &Arguments,
    patch: &PatchObject,
    mailboxes: &BTreeSet<MailboxId>,
    created_ids: &CreatedIds,
) -> Result<Membership, SetError> {
    // Keywords are case-insensitive (RFC 8621 §4.1.1).
    let patch = patch.fold_keys("keywords", str::to_ascii_lowercase)?;
    let mut object = server_set.clone();
    object.insert("keywords".to_owned(), render::keywords(before));
    object.insert("mailboxIds".to_owned(), render::mailbox_ids(before));
    let after =
        patch.apply(&object, |property| (property == "keywords").then(|| Value::Object(Map::new())))?;
    refuse_changes(&patch, server_set, &after)?;
    let mailbox_ids = after.get("mailboxIds").unwrap_or(&Value::Null);
    let keywords = after.get("keywords").unwrap_or(&Value::Null);
    Ok(Membership {
        mailboxes: parse_mailbox_ids(mailbox_ids, mailboxes, created_ids)?,
        keywords: parse_keywords(keywords)?,
    })
}

/// invalidProperties with all server-set and unknown properties that the patch would change.
fn refuse_changes(patch: &PatchObject, server_set: &Arguments, after: &Arguments) -> Result<(), SetError> {
    let is_kept = |name: &str| {
        let kept = after.get(name).unwrap_or(&Value::Null);
        server_set.get(name).is_some_and(|value| value == kept)
    };
    let named: BTreeSet<&str> =
        patch.patches().iter().filter_map(|patch| patch.path.first()).map(String::as_str).collect();
    let properties: Vec<String> = named
        .into_iter()
        .filter(|name| !MUTABLE.contains(name) && !is_kept(name))
        .map(str::to_owned)
        .collect();
    if properties.is_empty() {
        return Ok(());
    }
    let description = format!("cannot be changed: {}", properties.join(", "));
    Err(SetError::InvalidProperties { properties, description })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::keyword::Keyword;

    fn patch(value: Value) -> Result<(Value, Value), SetError> {
        let before = Membership {
            mailboxes: BTreeSet::from([MailboxId(1)]),
            keywords: BTreeSet::from([Keyword::parse("$seen").unwrap()]),
        };
        let Value::Object(object) = value else { panic!("an object") };
        let mailboxes = BTreeSet::from([MailboxId(1), MailboxId(2)]);
        let patch = PatchObject::parse(&object)?;
        let from = json!([{"name": null, "email": "ann@example.org"}]);
        let server_set = Arguments::from_iter([
            ("subject".to_owned(), json!("Hi")),
            ("from".to_owned(), from),
            ("bcc".to_owned(), Value::Null),
        ]);
        let after = patched(&before, &server_set, &patch, &mailboxes, &CreatedIds::default())?;
        Ok((render::mailbox_ids(&after), render::keywords(&after)))
    }

    #[test]
    fn mailboxes_and_keywords_change_as_a_whole_or_one_by_one() {
        let moved = patch(json!({"mailboxIds/m1": null, "mailboxIds/m2": true, "keywords/$Flagged": true}));
        assert_eq!(moved, Ok((json!({"m2": true}), json!({"$flagged": true, "$seen": true}))));
        let replaced = patch(json!({"mailboxIds": {"m2": true}, "keywords": null}));
        assert_eq!(replaced, Ok((json!({"m2": true}), json!({}))));
        assert_eq!(patch(json!({})), Ok((json!({"m1": true}), json!({"$seen": true}))));
    }

    #[test]
    fn keywords_are_found_in_any_case() {
        let untouched = json!({"m1": true});
        assert_eq!(patch(json!({"keywords/$SEEN": null})), Ok((untouched.clone(), json!({}))));
        assert_eq!(patch(json!({"keywords/$Seen": true})), Ok((untouched, json!({"$seen": true}))));
        let both = patch(json!({"keywords/$SEEN": null, "keywords/$seen": true}));
        assert!(matches!(both, Err(SetError::InvalidPatch(_))));
    }

    #[test]
    fn server_set_properties_may_be_said_as_they_are() {
        let from = json!([{"email": "ann@example.org", "name": null}]);
        let kept = patch(json!({"subject": "Hi", "from": from, "bcc": null, "keywords": {}}));
        assert_eq!(kept, Ok((json!({"m1": true}), json!({}))));
        let changed =
            patch(json!({"subject": "Ho", "from": null, "bcc": [], "nonsense": null, "keywords": {}}));
        let Err(SetError::InvalidProperties { properties, .. }) = changed else { panic!("{changed:?}") };
        assert_eq!(properties, ["bcc", "from", "nonsense", "subject"]);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        for (wrong, property) in [
            (json!({"subject": "x"}), "subject"),
            (json!({"mailboxIds/m1": null}), "mailboxIds"),
            (json!({"mailboxIds": {}}), "mailboxIds"),
            (json!({"mailboxIds": null}), "mailboxIds"),
            (json!({"mailboxIds/m3": true}), "mailboxIds"),
            (json!({"mailboxIds/m2": false}), "mailboxIds"),
            (json!({"keywords/a b": true}), "keywords"),
            (json!({"keywords": ["$seen"]}), "keywords"),
        ] {
            let Err(SetError::InvalidProperties { properties, .. }) = patch(wrong.clone()) else {
                panic!("{wrong} was taken")
            };
            assert_eq!(properties, [property], "{wrong}");
        }
        for wrong in
            ["keywords/$seen/x", "keywords/other/x", "from/0", "from/0/name", "nonsense/x", "subject/x"]
        {
            assert!(matches!(patch(json!({wrong: true})), Err(SetError::InvalidPatch(_))), "{wrong}");
        }
    }
}
