//! Waiting until a connection is connected: a service's first answer says nothing of that.

use std::time::Duration;

use tfplugin::context::Context;
use tfplugin::diagnostic::Diagnostic;

use super::failure::failed;
use super::timeouts::Deadline;
use crate::clients::connectivity::{Connection, Connectivity};
use crate::provider::Account;

/// The status of a connection that works.
pub(crate) const CONNECTED: &str = "Connected";

/// A connection that is waited for. Read it, look whether that was all, pause, and read again.
pub(crate) struct Waiting<'a> {
    cx: &'a Context<Account>,
    connectivity: &'a Connectivity,
    deadline: Deadline,
    summary: &'a str,
    pause: Duration,
    /// The connection as it was read last.
    pub(crate) connection: Connection,
}

impl<'a> Waiting<'a> {
    /// Waits for `connection` until `deadline`; errors bear the summary.
    pub(crate) fn new(
        cx: &'a Context<Account>,
        connectivity: &'a Connectivity,
        connection: Connection,
        deadline: Deadline,
        summary: &'a str,
    ) -> Waiting<'a> {
        Waiting { cx, connectivity, deadline, summary, pause: Duration::from_millis(250), connection }
    }

    /// Reads it. The answer to a PUT may still hold what was before: the first word is that of a read.
    pub(crate) async fn read(&mut self) -> Result<(), Diagnostic> {
        match self.connectivity.connection(&self.connection.id).await {
            Ok(Some(read)) => self.connection = read,
            // A new connection may take a moment to be seen.
            Ok(None) => {}
            Err(error) => return Err(failed(self.summary, &error)),
        }
        Ok(())
    }

    /// Whether it is connected; that it has failed is an error.
    pub(crate) fn is_over(&self) -> Result<bool, Diagnostic> {
        let (id, connection) = (&self.connection.id, &self.connection);
        if connection.is_connected() || !connection.is_failed() {
            return Ok(connection.is_connected());
        }
        let detail =
            format!("The service says of the connection {id}: {}.", connection.failure().trim_end_matches('.'));
        Err(Diagnostic::error(self.summary, detail).hint(
            "Check that the machines are online and joined to Microsoft Entra, that the certificate names the user, and that Dataverse may \
             read it from the vault; then apply again.",
        ))
    }

    /// Waits for the next reading; that there is no time left, or that the user asked to stop, is an error.
    pub(crate) async fn pause(&mut self) -> Result<(), Diagnostic> {
        if self.deadline.pause(self.cx, self.pause).await {
            self.pause = (self.pause * 2).min(Duration::from_secs(5));
            return Ok(());
        }
        self.cx.pause(Duration::ZERO).await?;
        let (id, status) = (&self.connection.id, self.connection.status());
        let detail =
            format!("After {} the connection {id} is still {status}, not {CONNECTED}.", self.deadline.allowed());
        Err(Diagnostic::error(self.summary, detail).hint("Apply again later, or allow it more time."))
    }
}
