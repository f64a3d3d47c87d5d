//! The mailboxes of one account inside of the transaction of a Mailbox/set (RFC 8621 §2.5).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::get::object;
use super::settings;
use crate::jmap::set::Records;
use crate::store::email::{self, EmailUpdate};
use crate::store::mailbox::{self, Mailbox, MailboxSettings};
use crate::store::{AccountWriter, DataType, StoreError, change};
use crate::wire::capability::MAX_MAILBOX_DEPTH;
use crate::wire::envelope::Arguments;
use crate::wire::errors::SetError;
use crate::wire::ids::{EmailId, MailboxId};
use crate::wire::patch::PatchObject;
use crate::wire::references::CreatedIds;
use crate::wire::session::Viewer;
use crate::wire::state::State;

/// How many emails are taken out of a mailbox at a time when it is destroyed with them.
const BATCH: i64 = 1000;

pub(super) struct MailboxRecords<'w, 't> {
    writer: &'w mut AccountWriter<'t>,
    viewer: Viewer<'w>,
    mailboxes: BTreeMap<MailboxId, Mailbox>,
    remove_emails: bool,
}

impl<'w, 't> MailboxRecords<'w, 't> {
    /// The mailboxes as a user sees them. `remove_emails` is onDestroyRemoveEmails.
    pub(super) async fn new(
        writer: &'w mut AccountWriter<'t>,
        viewer: Viewer<'w>,
        remove_emails: bool,
    ) -> Result<Self, StoreError> {
        let mailboxes = mailbox::all_for(writer.transaction(), writer.account(), viewer).await?;
        Ok(Self { writer, viewer, mailboxes, remove_emails })
    }

    /// Whether these settings fit among the other mailboxes; `id` is the mailbox that would have them.
    fn check(&self, id: Option<MailboxId>, settings: &MailboxSettings) -> Result<(), SetError> {
        if let Some(parent) = settings.parent {
            if !self.mailboxes.contains_key(&parent) {
                return Err(SetError::invalid_property("parentId", "there is no such Mailbox"));
            }
            let above = self.ancestors(parent);
            if id.is_some_and(|id| above.contains(&id)) {
                return Err(SetError::invalid_property("parentId", "the Mailbox would be inside of itself"));
            }
            if (above.len() + self.height(id)) as u64 > MAX_MAILBOX_DEPTH {
                let problem = format!("Mailboxes stand at most {MAX_MAILBOX_DEPTH} deep");
                return Err(SetError::invalid_property("parentId", problem));
            }
        }
        let others = || self.mailboxes.values().filter(|other| Some(other.id) != id);
        let is_sibling = |other: &&Mailbox| {
            other.settings.parent == settings.parent && other.settings.name == settings.name
        };
        if let Some(existing) = others().find(is_sibling) {
            return Err(SetError::AlreadyExists { existing_id: existing.id.to_string() });
        }
        if settings.role.is_some() && others().any(|other| other.settings.role == settings.role) {
            return Err(SetError::invalid_property("role", "another Mailbox has it"));
        }
        Ok(())
    }

    /// The mailbox and all above it.
    fn ancestors(&self, mailbox: MailboxId) -> BTreeSet<MailboxId> {
        let mut found = BTreeSet::new();
        let mut next = Some(mailbox);
        while let Some(id) = next
            && found.insert(id)
        {
            next = self.mailboxes.get(&id).and_then(|mailbox| mailbox.settings.parent);
        }
        found
    }

    /// How many levels the mailbox and what is below it take; a new one takes one.
    fn height(&self, id: Option<MailboxId>) -> usize {
        let Some(id) = id else { return 1 };
        let below =
            self.mailboxes.keys().map(|other| self.ancestors(*other)).filter(|above| above.contains(&id));
        let depth = self.ancestors(id).len();
        below.map(|above| above.len() + 1 - depth).max().unwrap_or(1)
    }

    /// Takes all emails out of the mailbox; those that are in no other are destroyed.
    async fn empty(&mut self, id: MailboxId) -> Result<(), StoreError> {
        loop {
            let (transaction, account) = (self.writer.transaction(), self.writer.account());
            let emails = mailbox::emails(transaction, account, id, BATCH).await?;
            if emails.is_empty() {
                return Ok(());
            }
            let memberships = email::memberships(transaction, account, &emails).await?;
            let (mut moved, mut orphans): (Vec<EmailUpdate>, Vec<EmailId>) = (Vec::new(), Vec::new());
            for (email, mut membership) in memberships {
                membership.mailboxes.remove(&id);
                match membership.mailboxes.is_empty() {
                    true => orphans.push(email),
                    false => moved.push(EmailUpdate { email, membership }),
                }
            }
            email::update(self.writer, &moved).await?;
            email::destroy(self.writer, &orphans).await?;
        }
    }
}

impl Records for MailboxRecords<'_, '_> {
    type Id = MailboxId;
    type Fault = StoreError;

    async fn old_state(&mut self) -> Result<State, StoreError> {
        change::state(self.writer.transaction(), self.writer.account(), DataType::Mailbox).await.map(State)
    }

    async fn create(
        &mut self,
        given: Arguments,
        created_ids: &CreatedIds,
    ) -> Result<Result<(MailboxId, Arguments), SetError>, StoreError> {
        let settings = settings::refuse_server_set(&given, None)
            .and_then(|()| settings::parse(&given, created_ids))
            .and_then(|settings| self.check(None, &settings).map(|()| settings));
        let settings = match settings {
            Ok(settings) => settings,
            Err(error) => return Ok(Err(error)),
        };
        // A new mailbox is for all owners to see unless they say otherwise; its maker has just said something.
        let for_owners = MailboxSettings { is_subscribed: true, ..settings.clone() };
        let id = mailbox::create(self.writer, &for_owners).await?;
        if settings.is_subscribed != self.viewer.is_owner {
            mailbox::subscribe(self.writer, id, self.viewer, settings.is_subscribed).await?;
        }
        let mailbox =
            Mailbox { id, settings, total_emails: 0, unread_emails: 0, total_threads: 0, unread_threads: 0 };
        let mut told = object(&mailbox, true);
        told.retain(|name, value| given.get(name) != Some(value));
        self.mailboxes.insert(id, mailbox);
        Ok(Ok((id, told)))
    }

    async fn update(
        &mut self,
        id: MailboxId,
        patch: &PatchObject,
        created_ids: &CreatedIds,
    ) -> Result<Result<Option<Arguments>, SetError>, StoreError> {
        let Some(mailbox) = self.mailboxes.get(&id) else { return Ok(Err(SetError::NotFound)) };
        let mut before = object(mailbox, true);
        before.insert("id".to_owned(), json!(id));
        let settings = patch.apply(&before, settings::default_of).and_then(|after| {
            settings::refuse_server_set(&after, Some(&before))?;
            let settings = settings::parse(&after, created_ids)?;
            self.check(Some(id), &settings)?;
            Ok((settings, after.get("name").cloned().unwrap_or_default()))
        });
        let (settings, given_name) = match settings {
            Ok(settings) => settings,
            Err(error) => return Ok(Err(error)),
        };
        // A name is stored in one normal form, whichever it was given in.
        let name = json!(settings.name);
        let told = (name != given_name).then(|| Arguments::from_iter([("name".to_owned(), name)]));
        if settings == mailbox.settings {
            return Ok(Ok(told));
        }
        let is_trash = |settings: &MailboxSettings| settings.role.as_deref() == Some("trash");
        let trash_moved = is_trash(&settings) != is_trash(&mailbox.settings);
        mailbox::update(self.writer, id, &settings, trash_moved).await?;
        if settings.is_subscribed != mailbox.settings.is_subscribed {
            mailbox::subscribe(self.writer, id, self.viewer, settings.is_subscribed).await?;
        }
        if let Some(mailbox) = self.mailboxes.get_mut(&id) {
            mailbox.settings = settings;
        }
        Ok(Ok(told))
    }

    async fn destroy(&mut self, id: MailboxId) -> Result<Result<(), SetError>, StoreError> {
        if !self.mailboxes.contains_key(&id) {
            return Ok(Err(SetError::NotFound));
        }
        if self.mailboxes.values().any(|other| other.settings.parent == Some(id)) {
            return Ok(Err(SetError::MailboxHasChild));
        }
        if self.remove_emails {
            self.empty(id).await?;
        } else if !mailbox::emails(self.writer.transaction(), self.writer.account(), id, 1).await?.is_empty()
        {
            return Ok(Err(SetError::MailboxHasEmail));
        }
        mailbox::destroy(self.writer, id).await?;
        self.mailboxes.remove(&id);
        Ok(Ok(()))
    }

    /// Children before their parents.
    async fn destroy_order(&mut self, mut ids: Vec<MailboxId>) -> Result<Vec<MailboxId>, StoreError> {
        ids.sort_by_key(|id| Reverse(self.ancestors(*id).len()));
        Ok(ids)
    }

    async fn new_state(&mut self) -> Result<State, StoreError> {
        self.writer.new_state(DataType::Mailbox).await.map(State)
    }
}
