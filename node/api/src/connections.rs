//! Connections, counted: so many in all, so many from one address.

use crate::limits::{CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;
use tonic::transport::server::{Connected, TcpConnectInfo};

/// How many connections there are, by address.
#[derive(Debug, Default)]
struct Counts {
    by_address: HashMap<IpAddr, usize>,
    all: usize,
}

/// The place of one connection; dropping it frees the place.
#[derive(Debug)]
struct Place {
    counts: Arc<Mutex<Counts>>,
    address: IpAddr,
}

impl Place {
    fn take(counts: &Arc<Mutex<Counts>>, address: IpAddr) -> Option<Self> {
        let mut held = counts.lock().unwrap_or_else(PoisonError::into_inner);
        let own = held.by_address.get(&address).copied().unwrap_or(0);
        if held.all >= CONNECTIONS_MAX || own >= CONNECTIONS_PER_ADDRESS_MAX {
            return None;
        }
        held.all = held.all.saturating_add(1);
        held.by_address.insert(address, own.saturating_add(1));
        Some(Self { counts: counts.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        held.all = held.all.saturating_sub(1);
        let left = held.by_address.get(&self.address).map_or(0, |own| own.saturating_sub(1));
        if left == 0 {
            held.by_address.remove(&self.address);
        } else {
            held.by_address.insert(self.address, left);
        }
    }
}

/// A listener that turns connections above the bounds away.
#[derive(Debug)]
pub(crate) struct Bounded {
    listener: TcpListener,
    counts: Arc<Mutex<Counts>>,
    silence_max: Option<Duration>,
}

impl Bounded {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self { listener, counts: Arc::default(), silence_max: None }
    }

    /// Cuts connections off that take longer than this to send a whole request, for protocols without probes of their own.
    pub(crate) fn with_silence_max(self, silence_max: Duration) -> Self {
        Self { silence_max: Some(silence_max), ..self }
    }

    /// The next connection within the bounds.
    async fn next(&self) -> (Connection, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    // Without a place the connection is closed by dropping it.
                    let Some(place) = Place::take(&self.counts, address.ip()) else { continue };
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "no TCP_NODELAY");
                    }
                    let silence = self.silence_max.map(|max| Silence { max, end: Box::pin(tokio::time::sleep(max)) });
                    return (Connection { stream, silence, _place: place }, address);
                }
                Err(error) => {
                    // Such as no file descriptor left: others must end first.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// As a stream, for gRPC.
    pub(crate) fn into_stream(self) -> impl futures::Stream<Item = io::Result<Connection>> + Send {
        futures::stream::unfold(self, |listener| async move {
            let (connection, _) = listener.next().await;
            Some((Ok(connection), listener))
        })
    }
}

impl axum::serve::Listener for Bounded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        self.next().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// When a connection is cut off, unless something is answered before.
#[derive(Debug)]
struct Silence {
    max: Duration,
    end: Pin<Box<Sleep>>,
}

/// A connection that holds its place.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    silence: Option<Silence>,
    _place: Place,
}

impl Connection {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.silence.as_mut().is_some_and(|silence| silence.end.as_mut().poll(cx).is_ready())
    }

    /// Only what the other side takes counts: who asks and does not read the answer is cut off too.
    fn written(&mut self, cx: &mut Context<'_>, wrote: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if wrote.is_ready() {
            self.answered();
        } else if self.is_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        wrote
    }

    fn answered(&mut self) {
        if let Some(silence) = &mut self.silence {
            let end = tokio::time::Instant::now() + silence.max;
            silence.end.as_mut().reset(end);
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;
    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        // Bytes do not count: a request may come in single ones for ever.
        if self.is_over(cx) { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { read }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.written(cx, wrote)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.written(cx, wrote)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    // Without it a few silent connections would keep everybody else out.
    #[tokio::test]
    async fn who_sends_no_request_is_cut_off_and_gives_its_place_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let bounded = Bounded::new(listener).with_silence_max(Duration::from_millis(50));
        let mut client = TcpStream::connect(address).await.unwrap();
        let (mut served, _) = bounded.next().await;
        let mut bytes = [0; 16];
        // Single bytes of a request that never ends.
        let talking = tokio::spawn(async move { while client.write_all(b"G").await.is_ok() {} });
        let cut = async { while served.read(&mut bytes).await.is_ok() {} };
        tokio::time::timeout(Duration::from_secs(60), cut).await.expect("cut off");
        drop(served);
        tokio::time::timeout(Duration::from_secs(60), talking).await.expect("the client hears of it").unwrap();
        assert!(bounded.counts.lock().unwrap().by_address.is_empty());
    }

    // Without it whoever asks again and again would be cut off, and who never reads an answer would keep a place.
    #[tokio::test]
    async fn an_answer_that_is_taken_gives_time_for_the_next_request() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let bounded = Bounded::new(listener).with_silence_max(Duration::from_millis(500));
        let client = TcpStream::connect(address).await.unwrap();
        let (mut served, _) = bounded.next().await;
        let end = |served: &Connection| served.silence.as_ref().unwrap().end.deadline();
        let before = end(&served);
        served.write_all(b"answer").await.unwrap();
        assert!(end(&served) > before);
        let unread = async { while served.write_all(&[0; 65_536]).await.is_ok() {} };
        tokio::time::timeout(Duration::from_secs(60), unread).await.expect("cut off");
        drop(client);
    }

    // Without it one address could take every place, or a place would stay taken.
    #[test]
    fn places_of_one_address_are_bounded_and_come_back() {
        let counts = Arc::default();
        let (here, there) = ("127.0.0.1".parse().unwrap(), "127.0.0.2".parse().unwrap());
        let mut held: Vec<_> = (0..CONNECTIONS_PER_ADDRESS_MAX).map(|_| Place::take(&counts, here).unwrap()).collect();
        assert!(Place::take(&counts, here).is_none());
        assert!(Place::take(&counts, there).is_some());
        held.pop();
        assert!(Place::take(&counts, here).is_some());
        drop(held);
        assert!(counts.lock().unwrap().by_address.is_empty());
    }
}
