//! What event sources and WebSockets hear: changes, as long as the user may hear of them.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web;
use prometheus::IntGauge;
use tokio::time::{Instant, sleep_until};

use super::App;
use super::authentication::{Credential, User, still_allowed};
use super::error::HttpError;
use super::permits::Permit;
use crate::budget::Share;
use crate::lifecycle::OneOpen;
use crate::push::{Seen, StateChange, TypeFilter, Watch};
use crate::store::StoreError;
use crate::store::push::{self, TypeState};
use crate::wire::session::Principal;

/// What comes so soon after the first change is told with it.
const GATHERING: Duration = Duration::from_millis(50);
/// Between two objects that are told.
const REST: Duration = Duration::from_millis(500);

/// One connection that waits for changes.
pub(super) struct Feed {
    app: web::Data<App>,
    username: String,
    credential: Credential,
    watch: Watch,
    /// What the client knows.
    pub(super) seen: Seen,
    /// What it wants to hear of.
    pub(super) types: TypeFilter,
    /// Something may have happened since the last look.
    is_due: bool,
    /// When it is asked anew whether the user may hear anything. That also finds changes whose hints were lost, and
    /// keeps proxies from taking the connection for dead.
    recheck_at: Instant,
    rest_until: Instant,
    _permit: Permit,
    _share: Share,
    _counted: Counted,
    _open: OneOpen,
}

/// What there is to hear.
pub(super) enum News {
    /// This changed.
    Changed(StateChange),
    /// The user may still hear; nothing is told, for a while now.
    Quiet,
    /// Nothing will come any more.
    Over(Over),
}

/// Why nothing will come any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The node stops.
    Stopping,
    /// The password was changed, or the login is gone.
    NotAllowed,
}

impl Feed {
    /// Waits for what happens from now on, for one connection more of this `kind`; an error if the user or the node
    /// has too many. On a node that ends its streams it is over at once, and the client comes back to another node.
    pub(super) async fn open(app: web::Data<App>, user: &User, kind: &str) -> Result<Self, HttpError> {
        let User(principal, credential) = user;
        let open = app.node.stopping.streams.one_more();
        let share = app.budgets.streams.take(1)?;
        let permit = app.stream_permits.take(&principal.username).map_err(|_| {
            let detail = "The user has too many event sources and WebSockets open.";
            HttpError::plain(StatusCode::TOO_MANY_REQUESTS, detail)
        })?;
        // First the watch, then the look: what happens in between is heard.
        let watch = app.node.watchers.watch(accounts(principal));
        let seen = Seen::all(&states(&app, &principal.username).await?);
        let counted = Counted::new(app.node.metrics.streams(kind));
        let now = Instant::now();
        Ok(Self {
            username: principal.username.clone(),
            credential: *credential,
            watch,
            seen,
            types: TypeFilter::All,
            is_due: false,
            recheck_at: now + recheck(&app),
            rest_until: now,
            _permit: permit,
            _share: share,
            _counted: counted,
            _open: open,
            app,
        })
    }

    /// Goes on from what a client has seen already: what it missed comes next.
    pub(super) fn resume(&mut self, seen: Seen) {
        self.seen = seen;
        self.is_due = true;
    }

    /// Waits for the next news. It can be dropped and called again at any time, and loses nothing by that.
    pub(super) async fn news(&mut self) -> News {
        let closing = self.app.node.stopping.closing.clone();
        tokio::select! {
            biased;
            () = closing.cancelled() => News::Over(Over::Stopping),
            news = self.listen() => news,
        }
    }

    async fn listen(&mut self) -> News {
        loop {
            if !self.is_due {
                tokio::select! {
                    () = self.watch.changed() => {
                        self.is_due = true;
                        self.rest_until = self.rest_until.max(Instant::now() + GATHERING);
                    }
                    () = sleep_until(self.recheck_at) => match self.recheck().await {
                        Ok(news) => return news,
                        Err(error) => self.wait_for_the_database(&error),
                    }
                }
                continue;
            }
            sleep_until(self.rest_until).await;
            match self.look().await {
                Ok(Some(change)) => return News::Changed(change),
                Ok(None) => {}
                Err(error) => self.wait_for_the_database(&error),
            }
        }
    }

    async fn recheck(&mut self) -> Result<News, StoreError> {
        let allowed = still_allowed(&self.app, &self.username, self.credential).await?;
        let Some(principal) = allowed else { return Ok(News::Over(Over::NotAllowed)) };
        self.watch.follow(accounts(&principal));
        self.recheck_at = Instant::now() + recheck(&self.app);
        self.is_due = true;
        Ok(News::Quiet)
    }

    async fn look(&mut self) -> Result<Option<StateChange>, StoreError> {
        let states = states(&self.app, &self.username).await?;
        self.is_due = false;
        let change = StateChange::since(&self.seen, &states, &self.types);
        if change.is_some() {
            self.seen = Seen::all(&states);
            self.rest_until = Instant::now() + REST;
        }
        Ok(change)
    }

    fn wait_for_the_database(&mut self, error: &StoreError) {
        tracing::warn!(%error, "changes could not be looked for; trying again later");
        let later = Instant::now() + Duration::from_secs(5);
        (self.rest_until, self.recheck_at) = (later, later);
    }
}

fn recheck(app: &App) -> Duration {
    // Without an interval it would ask without end.
    Duration::from_secs(app.node.config.push.recheck_seconds.max(1))
}

fn accounts(principal: &Principal) -> Vec<crate::wire::ids::AccountId> {
    principal.accounts.iter().map(|account| account.id).collect()
}

async fn states(app: &App, username: &str) -> Result<Vec<TypeState>, StoreError> {
    app.store().snapshot("push/states", async |transaction| push::states(transaction, username).await).await
}

/// Counts a connection for as long as it is open.
struct Counted(IntGauge);

impl Counted {
    fn new(gauge: IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
