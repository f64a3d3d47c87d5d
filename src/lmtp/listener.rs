//! The port: connections are accepted, counted, and each given a session.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

use super::{Door, Reply, converse};

/// How long a node that is to stop waits for messages that are being stored.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the listener rests after it could not accept: most likely there are too many open files.
const REST: Duration = Duration::from_millis(200);

/// How long a client may take to hear that there are too many.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves LMTP until the node stops, and finishes what is under way. Sessions stay on the thread that runs this: what
/// works in transactions does not move.
pub async fn serve(listener: TcpListener, door: Door) {
    LocalSet::new().run_until(accept_all(listener, Arc::new(door))).await;
}

async fn accept_all(listener: TcpListener, door: Arc<Door>) {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            () = door.stop.cancelled() => break,
            Some(_) = sessions.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if sessions.len() >= door.options.max_connections => {
                    sessions.spawn_local(turn_away(stream));
                }
                Ok((stream, peer)) => {
                    let door = Arc::clone(&door);
                    sessions.spawn_local(async move {
                        // Replies are small, and the client waits for them.
                        stream.set_nodelay(true).ok();
                        let open = door.metrics.lmtp_connections();
                        open.inc();
                        let ending = converse(stream, &door).await;
                        open.dec();
                        tracing::debug!(%peer, ?ending, "a connection by LMTP ended");
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection by LMTP can be accepted at present");
                    sleep(REST).await;
                }
            },
        }
    }
    drop(listener);
    let finished = async { while sessions.join_next().await.is_some() {} };
    if timeout(PATIENCE, finished).await.is_err() {
        // Their transactions end with them. The clients got no reply, and will try again.
        tracing::warn!("messages that came by LMTP could not be stored before the node stopped");
    }
}

async fn turn_away(mut stream: TcpStream) {
    let reply = Reply::new(421, "4.3.2", "too many connections; try again later").to_line();
    timeout(FAREWELL, stream.write_all(reply.as_bytes())).await.ok();
}
