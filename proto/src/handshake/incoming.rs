//! Accepted connections as a stream for tonic, each through its TLS handshake on a task of its own.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::socket::Socket;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long to wait when no connection can be taken in: the process has as many open as it may, and some will be closed.
const FULL: Duration = Duration::from_millis(50);

trait Io: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Io for T {}

/// One client's connection.
pub(super) struct Connection(Pin<Box<dyn Io>>);

impl Connected for Connection {
    type ConnectInfo = ();
    fn connect_info(&self) -> Self::ConnectInfo {}
}

/// Accepts connections until the stream is dropped.
pub(super) fn accept(
    socket: &Socket,
    tls: Option<TlsAcceptor>,
) -> Result<ReceiverStream<std::io::Result<Connection>>, String> {
    let failed = |error: std::io::Error| format!("the socket cannot be listened on: {error}");
    let (sender, receiver) = mpsc::channel(16);
    match socket {
        #[cfg(unix)]
        Socket::Unix(unix) => {
            let listener = unix.listener.try_clone().map_err(failed)?;
            listener.set_nonblocking(true).map_err(failed)?;
            let listener = tokio::net::UnixListener::from_std(listener).map_err(failed)?;
            tokio::spawn(async move {
                while !sender.is_closed() {
                    if let Some((stream, _)) = taken(listener.accept().await).await {
                        tokio::spawn(welcome(stream, tls.clone(), sender.clone()));
                    }
                }
            });
        }
        Socket::Tcp(listener) => {
            let listener = listener.try_clone().map_err(failed)?;
            listener.set_nonblocking(true).map_err(failed)?;
            let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
            tokio::spawn(async move {
                while !sender.is_closed() {
                    if let Some((stream, _)) = taken(listener.accept().await).await {
                        let _ = stream.set_nodelay(true);
                        tokio::spawn(welcome(stream, tls.clone(), sender.clone()));
                    }
                }
            });
        }
    }
    let remains = socket.address();
    tracing::debug!(address = remains, "Serving");
    Ok(ReceiverStream::new(receiver))
}

/// What was accepted; after an error nothing, and not at once, so that the next one is no busy loop.
async fn taken<T>(accepted: std::io::Result<T>) -> Option<T> {
    match accepted {
        Ok(accepted) => Some(accepted),
        Err(error) => {
            tracing::warn!(%error, "A connection cannot be taken in");
            tokio::time::sleep(FULL).await;
            None
        }
    }
}

/// Takes a connection in; a stranger is left outside without a word.
async fn welcome<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: T,
    tls: Option<TlsAcceptor>,
    sender: mpsc::Sender<std::io::Result<Connection>>,
) {
    let connection: Pin<Box<dyn Io>> = match tls {
        None => Box::pin(stream),
        Some(tls) => match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) => Box::pin(stream),
            Ok(Err(error)) => return tracing::warn!(%error, "Refused a connection"),
            Err(_) => return tracing::warn!("Refused a connection that did not finish its TLS handshake"),
        },
    };
    let _ = sender.send(Ok(Connection(connection))).await;
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        self.0.as_mut().poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        self.0.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.0.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.0.as_mut().poll_shutdown(cx)
    }
}
