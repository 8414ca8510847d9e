//! An answer of many events: a task makes them as they are read, and ends when nobody reads any more.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;

type Event<T> = Result<T, Status>;

/// The events of one answer.
pub(super) struct Events<T> {
    made: mpsc::Receiver<Event<T>>,
    _task: AbortOnDropHandle<()>,
}

impl<T: Send + 'static> Events<T> {
    /// Streams what `work` sends. It is dropped where it stands when the client turns away.
    pub(super) fn of<F: Future<Output = ()> + Send + 'static>(work: impl FnOnce(mpsc::Sender<Event<T>>) -> F) -> Self {
        // A few at hand keep the client busy; more would only be work for nobody when it has enough.
        let (sender, made) = mpsc::channel(16);
        Events { made, _task: AbortOnDropHandle::new(tokio::spawn(work(sender))) }
    }
}

impl<T> Stream for Events<T> {
    type Item = Event<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Option<Event<T>>> {
        self.made.poll_recv(cx)
    }
}
