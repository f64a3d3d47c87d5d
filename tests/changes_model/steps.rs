//! What may happen to an account. A step names objects by their places, so that it means something in any history.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const KEYWORDS: [&str; 3] = ["$seen", "$flagged", "$draft"];
const SUBJECTS: [&str; 3] = ["red", "blue", "red and blue"];
const SENDERS: [&str; 3] = ["ann@example.org", "bob@example.net", "Annika <a@example.com>"];
const NAMES: [&str; 4] = ["Work", "Private", "Årsbok", "2026"];

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Email/import of a message that starts or joins a thread.
    Import { thread: u8, subject: usize, from: usize, minute: u8, mailbox: usize, keyword: Option<usize> },
    /// An email gets or loses a keyword.
    Mark { email: usize, keyword: usize, is_set: bool },
    /// All emails at some places get or lose a keyword.
    MarkMany { every: usize, keyword: usize, is_set: bool },
    /// An email is in this mailbox and in no other.
    Move { email: usize, mailbox: usize },
    /// An email is in one mailbox more.
    Copy { email: usize, mailbox: usize },
    /// Some emails are destroyed, neighbours by age.
    Destroy { email: usize, count: usize },
    /// A mailbox, perhaps below another.
    Make { name: usize, parent: Option<usize>, sort_order: u8 },
    /// A mailbox gets another name.
    Rename { mailbox: usize, name: usize },
    /// A mailbox goes below another, or to the top.
    Hang { mailbox: usize, parent: Option<usize> },
    /// A mailbox gets a role or loses its own.
    Role { mailbox: usize, role: Option<&'static str> },
    /// A mailbox is subscribed to or not.
    Subscribe { mailbox: usize, is_subscribed: bool },
    /// A mailbox stands elsewhere among its siblings.
    Order { mailbox: usize, sort_order: u8 },
    /// A mailbox is destroyed, perhaps with its emails.
    Drop { mailbox: usize, with_emails: bool },
    /// The server forgets all changes but the newest few.
    Prune { kept: i64 },
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let place = || 0..1000_usize;
    let keyword = || 0..KEYWORDS.len();
    let parent = || proptest::option::of(0..1000_usize);
    let import = (0..2_u8, 0..3_usize, 0..3_usize, 0..60_u8, place(), proptest::option::of(0..3_usize));
    prop_oneof![
        8 => import.prop_map(|(thread, subject, from, minute, mailbox, keyword)| {
            Step::Import { thread, subject, from, minute, mailbox, keyword }
        }),
        5 => (place(), keyword(), any::<bool>())
            .prop_map(|(email, keyword, is_set)| Step::Mark { email, keyword, is_set }),
        1 => (1..4_usize, keyword(), any::<bool>())
            .prop_map(|(every, keyword, is_set)| Step::MarkMany { every, keyword, is_set }),
        2 => (place(), place()).prop_map(|(email, mailbox)| Step::Move { email, mailbox }),
        2 => (place(), place()).prop_map(|(email, mailbox)| Step::Copy { email, mailbox }),
        2 => (place(), 1..3_usize).prop_map(|(email, count)| Step::Destroy { email, count }),
        2 => (0..NAMES.len(), parent(), 0..4_u8)
            .prop_map(|(name, parent, sort_order)| Step::Make { name, parent, sort_order }),
        1 => (place(), 0..NAMES.len()).prop_map(|(mailbox, name)| Step::Rename { mailbox, name }),
        1 => (place(), parent()).prop_map(|(mailbox, parent)| Step::Hang { mailbox, parent }),
        1 => (place(), select(vec![None, Some("trash"), Some("archive"), Some("important")]))
            .prop_map(|(mailbox, role)| Step::Role { mailbox, role }),
        1 => (place(), any::<bool>())
            .prop_map(|(mailbox, is_subscribed)| Step::Subscribe { mailbox, is_subscribed }),
        1 => (place(), 0..4_u8).prop_map(|(mailbox, sort_order)| Step::Order { mailbox, sort_order }),
        1 => (place(), any::<bool>()).prop_map(|(mailbox, with_emails)| Step::Drop { mailbox, with_emails }),
        1 => (0..40_i64).prop_map(|kept| Step::Prune { kept }),
    ]
}

impl Step {
    /// The call that does it; none where there is nothing to do it to. The inbox is never destroyed.
    pub(super) fn call(
        &self,
        emails: &[String],
        mailboxes: &[String],
        inbox: &str,
    ) -> Option<(&'static str, Value)> {
        let email = |place: usize| emails.get(place.checked_rem(emails.len())?);
        // Every other mail is for the inbox, where most queries look.
        let target = |place: usize| match place % 2 {
            0 => inbox,
            _ => mailboxes[place / 2 % mailboxes.len()].as_str(),
        };
        let mailbox = |place: usize| &mailboxes[place % mailboxes.len()];
        let set_email = |id: &String, patch: Value| ("Email/set", json!({"update": {id: patch}}));
        let set = |place: usize, patch: Value| ("Mailbox/set", json!({"update": {mailbox(place): patch}}));
        let flag = |is_set: bool| if is_set { json!(true) } else { Value::Null };
        Some(match self {
            Self::Import { mailbox, keyword, minute, .. } => {
                let keywords: Vec<(String, Value)> =
                    keyword.iter().map(|keyword| (KEYWORDS[*keyword].to_owned(), json!(true))).collect();
                let email = json!({
                    "mailboxIds": {target(*mailbox): true},
                    "keywords": serde_json::Map::from_iter(keywords),
                    "receivedAt": format!("2026-02-28T09:{minute:02}:00Z"),
                });
                ("Email/import", json!({"emails": {"k": email}}))
            }
            Self::Mark { email: place, keyword, is_set } => {
                let keyword = format!("keywords/{}", KEYWORDS[*keyword]);
                set_email(email(*place)?, json!({keyword: flag(*is_set)}))
            }
            Self::MarkMany { every, keyword, is_set } => {
                let keyword = format!("keywords/{}", KEYWORDS[*keyword]);
                let patches = emails.iter().step_by(*every);
                let patches: serde_json::Map<String, Value> =
                    patches.map(|id| (id.clone(), json!({&keyword: flag(*is_set)}))).collect();
                ("Email/set", json!({"update": patches}))
            }
            Self::Move { email: place, mailbox } => {
                set_email(email(*place)?, json!({"mailboxIds": {target(*mailbox): true}}))
            }
            Self::Copy { email: place, mailbox } => {
                set_email(email(*place)?, json!({format!("mailboxIds/{}", target(*mailbox)): true}))
            }
            Self::Destroy { email: place, count } => {
                let first = place.checked_rem(emails.len())?;
                let doomed: Vec<&String> = emails.iter().skip(first).take(*count).collect();
                ("Email/set", json!({"destroy": doomed}))
            }
            Self::Make { name, parent, sort_order } => {
                let parent = parent.map(mailbox);
                let made = json!({"name": NAMES[*name], "parentId": parent, "sortOrder": sort_order});
                ("Mailbox/set", json!({"create": {"k": made}}))
            }
            Self::Rename { mailbox, name } => set(*mailbox, json!({"name": NAMES[*name]})),
            Self::Hang { mailbox: place, parent } => set(*place, json!({"parentId": parent.map(mailbox)})),
            Self::Role { mailbox, role } => set(*mailbox, json!({"role": role})),
            Self::Subscribe { mailbox, is_subscribed } => {
                set(*mailbox, json!({"isSubscribed": is_subscribed}))
            }
            Self::Order { mailbox, sort_order } => set(*mailbox, json!({"sortOrder": sort_order})),
            Self::Drop { mailbox: place, with_emails } => {
                let doomed = Some(mailbox(*place)).filter(|id| *id != inbox)?;
                ("Mailbox/set", json!({"destroy": [doomed], "onDestroyRemoveEmails": with_emails}))
            }
            // No client asks for it.
            Self::Prune { .. } => return None,
        })
    }

    /// The message that is imported.
    pub(super) fn message(&self, at: usize) -> Option<String> {
        let Self::Import { thread, subject, from, minute, .. } = self else { return None };
        let (subject, from) = (SUBJECTS[*subject], SENDERS[*from]);
        Some(format!(
            "From: {from}\r\nSubject: {subject}\r\nDate: Sat, 28 Feb 2026 08:{:02}:00 +0000\r\n\
             Message-ID: <{at}@example.org>\r\nReferences: <t{thread}@example.org>\r\n\r\n{}\r\n",
            59 - minute,
            "x".repeat(at % 5)
        ))
    }
}
