//! The kinds of upkeep, and what bounds each of them.

use chrono::TimeDelta;

use super::UpkeepOptions;
use crate::store::upkeep::{self, Mode, Needed, Place, Step};
use crate::store::{StoreError, Transaction};

/// Changes get a mark of their age so many times while they are kept.
const MARKS: i32 = 24;

/// How soon what piles up is looked through again.
const OFTEN: TimeDelta = TimeDelta::hours(1);

/// How soon a table is walked over again where little is found, and where what is not found does no harm.
const SELDOM: TimeDelta = TimeDelta::days(7);

/// A kind of upkeep. The names are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Marks of the age of changes.
    Marks,
    /// Events of the change log (RFC 8620 §5.2).
    Changes,
    /// Uploads that were made long ago (RFC 8620 §6).
    Uploads,
    /// Blobs that lost a reference.
    Orphans,
    /// A look at all blobs, for those that nobody saw losing their last reference.
    Blobs,
    /// Keys of threads without emails.
    ThreadKeys,
    /// Evidence of revocation that came with mail and that nobody believed.
    Evidence,
    /// Submissions that are over (RFC 8621 §7).
    Submissions,
    /// Counts of reverifications.
    Reverifications,
}

impl Task {
    /// All of them, in the order in which they are done: what ends a reference comes before what looks for them.
    pub const ALL: [Self; 9] = [
        Self::Marks,
        Self::Changes,
        Self::Uploads,
        Self::Submissions,
        Self::Blobs,
        Self::Orphans,
        Self::ThreadKeys,
        Self::Evidence,
        Self::Reverifications,
    ];

    /// Its name, in the database and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Marks => "marks",
            Self::Changes => "changes",
            Self::Uploads => "uploads",
            Self::Orphans => "orphans",
            Self::Blobs => "blobs",
            Self::ThreadKeys => "thread_keys",
            Self::Evidence => "evidence",
            Self::Submissions => "submissions",
            Self::Reverifications => "reverifications",
        }
    }

    /// What it removes, for people; none if it removes nothing.
    pub fn removes(self) -> Option<&'static str> {
        match self {
            Self::Marks | Self::Blobs => None,
            Self::Changes => Some("changes"),
            Self::Uploads => Some("uploads"),
            Self::Orphans => Some("blobs"),
            Self::ThreadKeys => Some("thread keys"),
            Self::Evidence => Some("evidence"),
            Self::Submissions => Some("submissions"),
            Self::Reverifications => Some("reverifications"),
        }
    }

    /// How many steps a node takes of it, before it looks at the others again; `None` is until nothing is left.
    pub(super) fn steps_in_a_turn(self) -> Option<u32> {
        match self {
            Self::Blobs | Self::ThreadKeys | Self::Evidence => Some(20),
            _ => None,
        }
    }

    /// How long after its end a walk begins again.
    pub(super) fn rest(self, options: &UpkeepOptions) -> TimeDelta {
        match self {
            Self::Marks => options.change_age / MARKS,
            Self::Blobs | Self::ThreadKeys | Self::Evidence => SELDOM,
            _ => OFTEN,
        }
    }

    /// Takes a step from a place.
    pub(super) async fn step(
        self,
        transaction: &Transaction<'_>,
        place: &Place,
        options: &UpkeepOptions,
        mode: Mode,
    ) -> Result<Step, StoreError> {
        let (now, batch) = (transaction.now(), options.batch);
        match self {
            Self::Marks => upkeep::mark_changes(transaction, place, now - options.change_age / MARKS).await,
            Self::Changes => {
                let needed = Needed { since: now - options.change_age, most: options.max_changes };
                upkeep::prune_changes(transaction, place, needed, batch, mode).await
            }
            Self::Uploads => {
                upkeep::expire_uploads(transaction, place, now - options.upload_age, batch).await
            }
            Self::Orphans => {
                upkeep::collect_orphans(transaction, place, now - options.blob_grace, batch).await
            }
            Self::Blobs => upkeep::find_orphans(transaction, place, batch).await,
            Self::ThreadKeys => upkeep::forget_thread_keys(transaction, place, batch).await,
            Self::Evidence => {
                upkeep::forget_evidence(transaction, place, now - options.evidence_age, batch).await
            }
            Self::Submissions => match options.submission_age {
                Some(age) => upkeep::end_submissions(transaction, place, now - age, batch, mode).await,
                None => Ok(Step::default()),
            },
            Self::Reverifications => upkeep::forget_reverifications(transaction).await,
        }
    }
}
