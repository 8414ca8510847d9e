//! Waiting until a connection is connected: a service's first answer says nothing of that.

use std::time::Duration;

use tfplugin::Diagnostic;

use crate::clients::connectivity::{CONNECTED, Connection, Connectivity};
use crate::object::{Fault, Operation};

/// A connection that is waited for. Read it, look whether that was all, pause, and read again.
pub(crate) struct Waiting<'a> {
    op: &'a Operation<'a>,
    connectivity: &'a Connectivity,
    id: &'a str,
    pause: Duration,
    /// The connection as it was read last. A new one may take a moment to be seen.
    pub(crate) connection: Option<Connection>,
}

impl<'a> Waiting<'a> {
    /// Waits for the connection with this id until the operation's deadline.
    pub(crate) fn new(op: &'a Operation<'a>, connectivity: &'a Connectivity, id: &'a str) -> Waiting<'a> {
        Waiting { op, connectivity, id, pause: Duration::from_millis(250), connection: None }
    }

    /// Reads it. The answer to a PUT may still hold what was before: the first word is that of a read.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    pub(crate) async fn read(&mut self) -> Result<(), Fault> {
        if let Some(read) = self.connectivity.connection(self.id).await? {
            self.connection = Some(read);
        }
        Ok(())
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
