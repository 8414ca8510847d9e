//! Waiting until a connection is connected: a service's first answer says nothing of that.
//!
//! Of many new connections, each waits as long as those before it took, and is then seen on a list that others share.

use std::time::Duration;

use tfplugin::Diagnostic;
use tokio::time::Instant;

use crate::clients::connectivity::{CONNECTED, Connection, Connectivity, Listed};
use crate::clients::error::Error;
use crate::object::{Fault, Operation};

/// What is known of a connection that was made a moment ago.
struct New {
    made: Instant,
    /// How long the ones before it took.
    usual: Option<Duration>,
    has_looked: bool,
    list: Option<Result<Listed, Error>>,
}

/// A connection that is waited for. Read it, look whether that was all, pause, and read again.
pub(crate) struct Waiting<'a> {
    op: &'a Operation<'a>,
    connectivity: &'a Connectivity,
    id: &'a str,
    pause: Duration,
    new: Option<New>,
    /// The connection as it was read last. A new one may take a moment to be seen.
    pub(crate) connection: Option<Connection>,
}

impl<'a> Waiting<'a> {
    /// Waits for the connection with this id until the operation's deadline.
    pub(crate) fn new(op: &'a Operation<'a>, connectivity: &'a Connectivity, id: &'a str) -> Waiting<'a> {
        Waiting { op, connectivity, id, pause: Duration::from_millis(250), new: None, connection: None }
    }

    /// The same for one that was made just now.
    pub(crate) fn of_new(op: &'a Operation<'a>, connectivity: &'a Connectivity, id: &'a str) -> Waiting<'a> {
        let new = New { made: Instant::now(), usual: connectivity.usual().begin(), has_looked: false, list: None };
        Waiting { new: Some(new), ..Waiting::new(op, connectivity, id) }
    }

    /// Reads it. The answer to a PUT may still hold what was before: the first word is that of a read.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    pub(crate) async fn read(&mut self) -> Result<(), Fault> {
        let read = match &mut self.new {
            Some(new) => new.read(self.op, self.connectivity, self.id).await?,
            None => self.connectivity.connection(self.id).await?,
        };
        self.connection = read.or(self.connection.take());
        Ok(())
    }

    /// The list on which it was seen settled, if one was asked: it shows whatever is the same and was made before.
    pub(crate) fn list(&mut self) -> Option<Result<Listed, Error>> {
        self.new.as_mut()?.list.take()
    }

    /// Whether there is nothing more to wait for. `summary` is the headline of a failure.
    ///
    /// # Errors
    /// It has failed.
    pub(crate) fn is_over(&self, summary: &str) -> Result<bool, Diagnostic> {
        let Some(connection) = &self.connection else { return Ok(false) };
        if !connection.is_failed() {
            return Ok(!connection.is_on_its_way());
        }
        let (id, failure) = (self.id, connection.failure());
        let found_by = connection.trace.as_ref().map(|trace| format!(" ({trace})")).unwrap_or_default();
        let detail = format!("The service says of the connection {id}: {}.{found_by}", failure.trim_end_matches('.'));
        Err(Diagnostic::error(summary, detail).hint(
            "Check that the machines are online and joined to Microsoft Entra, that the certificate names the user, and that Dataverse may \
             read it from the vault; then apply again.",
        ))
    }

    /// The connection when time will not change it any more.
    pub(crate) fn settled(&self) -> Option<&Connection> {
        self.connection.as_ref().filter(|connection| !connection.is_on_its_way())
    }

    /// Waits for the next reading. `summary` is the headline when there is no time left.
    ///
    /// # Errors
    /// There is no time left, or the user asked to stop.
    pub(crate) async fn pause(&mut self, summary: &str) -> Result<(), Diagnostic> {
        if self.op.pause(self.op.deadline, self.pause).await {
            self.pause = (self.pause * 2).min(Duration::from_secs(5));
            return Ok(());
        }
        self.op.cx.pause(Duration::ZERO).await?;
        let (id, allowed) = (self.id, self.op.deadline.allowed());
        let status = self.connection.as_ref().map_or("invisible", Connection::status);
        let trace = self.connection.as_ref().and_then(|connection| connection.trace.as_ref());
        let found_by = trace.map(|trace| format!(" ({trace})")).unwrap_or_default();
        let detail = format!("After {allowed} the connection {id} is still {status}, not {CONNECTED}.{found_by}");
        Err(Diagnostic::error(summary, detail).hint("Apply again later, or allow it more time."))
    }
}

impl New {
    async fn read(
        &mut self,
        op: &Operation<'_>,
        connectivity: &Connectivity,
        id: &str,
    ) -> Result<Option<Connection>, Error> {
        let is_settled = |read: &Option<Connection>| read.as_ref().is_some_and(|read| !read.is_on_its_way());
        let Some(usual) = self.usual else {
            let asked = self.made.elapsed();
            let read = connectivity.connection(id).await?;
            if is_settled(&read) {
                connectivity.usual().took(asked);
            }
            return Ok(read);
        };
        let look = match self.has_looked {
            true => connectivity.look_again(id).await?,
            false => {
                self.has_looked = true;
                // Without time for it, or without leave, what comes next says so.
                op.pause(op.deadline, usual).await;
                let look = connectivity.look(id).await?;
                connectivity.usual().waited(usual, is_settled(&look.connection));
                look
            }
        };
        // What was made at the same time elsewhere, it shows as surely as this one.
        self.list = look.list.filter(|_| is_settled(&look.connection));
        Ok(look.connection)
    }
}
