//! The end of listening, without a connection that was begun and then refused.
//!
//! A listener that is closed resets the connections that wait in its queue. Their clients have sent requests by then,
//! and a proxy may not send a request a second time that is not safe. So clients that have not connected yet are kept
//! from it first, then the queue runs empty, and only then does the listener close. Whoever came in between tries again
//! after a second, as TCP does, and is refused before anything was sent: a proxy goes to the next node.

use std::net::TcpListener;
use std::time::Duration;

/// How long connections may take that began before newcomers were turned away, until a worker has them.
const LAST_HANDSHAKES: Duration = Duration::from_millis(500);

/// Those who are not connected yet.
pub(super) struct Newcomers {
    listener: TcpListener,
}

impl Newcomers {
    /// Those of a listener.
    pub(super) fn of(listener: &TcpListener) -> std::io::Result<Self> {
        Ok(Self { listener: listener.try_clone()? })
    }

    /// Turns them away, and waits until all others have come in. The listener may be closed then.
    pub(super) async fn turn_away(self) {
        if let Err(error) = ignore_newcomers(&self.listener) {
            tracing::warn!(%error, "connections that come just now may be reset");
        }
        tokio::time::sleep(LAST_HANDSHAKES).await;
    }
}

/// Has the kernel drop each segment to the listener that would begin a connection: SYN without ACK.
#[cfg(target_os = "linux")]
fn ignore_newcomers(listener: &TcpListener) -> std::io::Result<()> {
    use socket2::SockFilter;
    const LOAD_OCTET: u16 = 0x30;
    const AND: u16 = 0x54;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    const ACK: u32 = 0x10;
    let program = [
        SockFilter::new(LOAD_OCTET, 0, 0, FLAGS),
        SockFilter::new(AND, 0, 0, SYN | ACK),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ];
    socket2::SockRef::from(listener).attach_filter(&program)
}

/// Elsewhere the queue is as short as the workers are quick.
#[cfg(not(target_os = "linux"))]
fn ignore_newcomers(_: &TcpListener) -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn who_is_connected_is_heard_and_nobody_else_connects() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut early = TcpStream::connect(address).unwrap();
        ignore_newcomers(&listener).unwrap();
        let late = TcpStream::connect_timeout(&address, Duration::from_millis(200));
        assert_eq!(late.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
        early.write_all(b"hello").unwrap();
        let mut accepted = listener.accept().unwrap().0;
        let mut heard = [0; 5];
        accepted.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"hello");
        drop(listener);
        let refused = TcpStream::connect(address).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    }
}
