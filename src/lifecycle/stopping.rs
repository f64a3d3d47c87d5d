//! The steps in which a node stops, so that whoever talks to it through a balancer notices nothing.

use std::time::Duration;

use tokio::signal::unix::{self, SignalKind};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long event sources and WebSockets may take to end.
const LAST_STREAMS: Duration = Duration::from_secs(30);

/// What comes before a node does nothing new. Each step implies those before it.
#[derive(Clone, Debug)]
pub struct Stopping {
    /// Balancers are told to go elsewhere, and connections end with their next answer. All else is as ever.
    pub draining: CancellationToken,
    /// No connection is taken any more, and streams end.
    pub closing: CancellationToken,
    /// The streams that are open.
    pub streams: Open,
    stop: CancellationToken,
}

impl Stopping {
    /// The steps before `stop`.
    pub(super) fn before(stop: &CancellationToken) -> Self {
        let closing = stop.child_token();
        Self { draining: closing.child_token(), closing, streams: Open::default(), stop: stop.clone() }
    }

    /// Takes one step after the other. Readiness goes first, and for as long as `drain` nothing else does: so long a
    /// balancer has to notice, and to let go of connections that carry no request. Then the streams end, then the rest.
    pub async fn take_the_steps(&self, drain: Duration) {
        tracing::info!(seconds = drain.as_secs(), "not ready any more");
        self.draining.cancel();
        sleep(drain).await;
        tracing::info!(streams = self.streams.count(), "taking no connections");
        self.closing.cancel();
        self.wait_for_streams(LAST_STREAMS).await;
        self.stop.cancel();
    }

    async fn wait_for_streams(&self, longest: Duration) {
        if timeout(longest, self.streams.none()).await.is_err() {
            tracing::warn!(streams = self.streams.count(), "streams that do not end are cut off");
        }
    }
}

/// Things that are open, counted.
#[derive(Clone, Debug, Default)]
pub struct Open(watch::Sender<usize>);

/// One that is open until it is dropped.
#[derive(Debug)]
pub struct OneOpen(Open);

impl Open {
    /// One more.
    pub fn one_more(&self) -> OneOpen {
        self.0.send_modify(|count| *count += 1);
        OneOpen(self.clone())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        *self.0.borrow()
    }

    /// Waits until there is none.
    pub async fn none(&self) {
        // It fails when the sender is gone, which is `self`.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for OneOpen {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

/// What asks a process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, from whoever supervises it.
    Terminate,
    /// SIGINT, from somebody at a terminal.
    Interrupt,
}

/// Both signals. From the moment that this exists they do not end the process by themselves.
#[derive(Debug)]
pub struct Signals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
}

impl Signals {
    /// Starts to listen.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: unix::signal(SignalKind::terminate())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.terminate.recv() => Signal::Terminate,
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            else => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn each_step_implies_those_before_it() {
        let stop = CancellationToken::new();
        let stopping = Stopping::before(&stop);
        let taken =
            || [stopping.draining.is_cancelled(), stopping.closing.is_cancelled(), stop.is_cancelled()];
        stopping.draining.cancel();
        assert_eq!(taken(), [true, false, false]);
        stopping.closing.cancel();
        assert_eq!(taken(), [true, true, false]);
        let stop = CancellationToken::new();
        let stopping = Stopping::before(&stop);
        stop.cancel();
        assert!(stopping.closing.is_cancelled() && stopping.draining.is_cancelled());
    }

    #[tokio::test]
    async fn readiness_goes_first_and_alone() {
        let stopping = Stopping::before(&CancellationToken::new());
        let a_day = Duration::from_secs(86_400);
        assert!(stopping.take_the_steps(a_day).now_or_never().is_none());
        assert!(stopping.draining.is_cancelled() && !stopping.closing.is_cancelled());
    }

    #[tokio::test]
    async fn streams_end_before_the_rest() {
        let stop = CancellationToken::new();
        let stopping = Stopping::before(&stop);
        let stream = stopping.streams.one_more();
        let mut steps = std::pin::pin!(stopping.take_the_steps(Duration::ZERO));
        tokio::select! {
            biased;
            () = &mut steps => panic!("a stream is open"),
            () = stopping.closing.cancelled() => assert!(!stop.is_cancelled()),
        }
        drop(stream);
        steps.await;
        assert!(stop.is_cancelled());
    }

    #[tokio::test]
    async fn a_stream_that_does_not_end_holds_nothing_up_for_ever() {
        let stopping = Stopping::before(&CancellationToken::new());
        let _stream = stopping.streams.one_more();
        stopping.wait_for_streams(Duration::from_millis(1)).await;
        assert_eq!(stopping.streams.count(), 1);
    }
}
