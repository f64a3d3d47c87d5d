//! What the mailboxes of an account would be after a whole Mailbox/set, if all of it succeeded.
//!
//! Two mailboxes may swap their names in one call, or a new one may take the name of one that the call destroys: "If the
//! final state is valid, this is allowed" (RFC 8620 §5.3), whatever lies between. Where the rehearsal ends well, the call
//! need not look at its steps; where it does not, each change is taken or refused by itself, in turn.

use std::collections::{BTreeMap, BTreeSet};

use super::Mailboxes;
use super::records::patched;
use super::settings;
use crate::jmap::set::SetRequest;
use crate::store::mailbox::{Mailbox, MailboxSettings};
use crate::wire::capability::MAX_MAILBOX_DEPTH;
use crate::wire::ids::MailboxId;
use crate::wire::patch::PatchObject;

/// The mailboxes of now that lose their name, parent or role, or go; `None` if the call does not succeed as a whole, or
/// is a single change, which has nothing between.
pub(super) fn movers(
    request: &SetRequest<Mailboxes>,
    now: &BTreeMap<MailboxId, Mailbox>,
) -> Option<Vec<MailboxId>> {
    if request.create.len() + request.update.len() + request.destroy.len() < 2 {
        return None;
    }
    let mut then: BTreeMap<MailboxId, Mailbox> = now.clone();
    let mut created_ids = request.created_ids.clone();
    for (index, (creation_id, _)) in request.create.iter().enumerate() {
        created_ids.insert(creation_id.clone(), stand_in(index).to_string());
    }
    for (index, (_, object)) in request.create.iter().enumerate() {
        settings::refuse_server_set(object, None).ok()?;
        let settings = settings::parse(object, &created_ids).ok()?;
        then.insert(stand_in(index), new(stand_in(index), settings));
    }
    for (text, object) in &request.update {
        let mailbox = then.get_mut(&created_ids.resolve(text).and_then(MailboxId::parse)?)?;
        mailbox.settings = patched(mailbox, &PatchObject::parse(object).ok()?, &created_ids).ok()?.settings;
    }
    for text in &request.destroy {
        let gone = then.remove(&created_ids.resolve(text).and_then(MailboxId::parse)?)?;
        // What is updated and destroyed, and what would not go, makes the call one that does not succeed.
        let is_updated =
            request.update.iter().any(|(other, _)| created_ids.resolve(other) == Some(&gone.id.to_string()));
        if is_updated || (gone.total_emails > 0 && !request.extra.removes_emails()) {
            return None;
        }
    }
    is_valid(&then).then(|| {
        let place = |mailbox: &Mailbox| {
            let MailboxSettings { name, parent, role, .. } = &mailbox.settings;
            (name.clone(), *parent, role.clone())
        };
        let keeps =
            |mailbox: &Mailbox| then.get(&mailbox.id).is_some_and(|later| place(later) == place(mailbox));
        now.values().filter(|mailbox| !keeps(mailbox)).map(|mailbox| mailbox.id).collect()
    })
}

/// An id that no mailbox has yet.
fn stand_in(index: usize) -> MailboxId {
    MailboxId(i64::MAX - i64::try_from(index).expect("a request has fewer objects than there are numbers"))
}

fn new(id: MailboxId, settings: MailboxSettings) -> Mailbox {
    Mailbox { id, settings, total_emails: 0, unread_emails: 0, total_threads: 0, unread_threads: 0 }
}

/// RFC 8621 §2: parents exist and lead to the top, siblings differ by name, and mailboxes by role.
fn is_valid(mailboxes: &BTreeMap<MailboxId, Mailbox>) -> bool {
    let (mut places, mut roles) = (BTreeSet::new(), BTreeSet::new());
    mailboxes.values().all(|Mailbox { id, settings, .. }| {
        places.insert((settings.parent, &settings.name))
            && settings.role.as_ref().is_none_or(|role| roles.insert(role))
            && depth(*id, mailboxes).is_some_and(|depth| depth <= MAX_MAILBOX_DEPTH)
    })
}

/// How many levels from the top a mailbox stands, itself included; `None` in a circle, and below what is not there.
fn depth(id: MailboxId, mailboxes: &BTreeMap<MailboxId, Mailbox>) -> Option<u64> {
    let mut depth = 0;
    let mut next = Some(id);
    while let Some(id) = next {
        next = mailboxes.get(&id)?.settings.parent;
        depth += 1;
        if depth > MAX_MAILBOX_DEPTH {
            return None;
        }
    }
    Some(depth)
}
