//! Every write in the log, so that whoever audits can follow a change from a run to a row: the object's address, what came of it, and by
//! what the request is found again. Nothing of what was written is in it.

use reqwest::StatusCode;

use super::request::Request;
use super::trace::Trace;

/// A write that is on its way. One of which nothing is heard any more is told as well: it may have been carried out.
pub(super) struct Written<'a> {
    request: &'a Request,
    trace: &'a Trace,
    is_open: bool,
}

impl<'a> Written<'a> {
    /// What this request writes, if anything, is sent.
    pub(super) fn begin(request: &'a Request, trace: &'a Trace) -> Written<'a> {
        Written { request, trace, is_open: true }
    }

    /// By what it is found again.
    pub(super) fn trace(&self) -> &'a Trace {
        self.trace
    }

    /// It was not sent after all.
    pub(super) fn unsent(mut self) {
        self.is_open = false;
    }

    /// It was answered.
    pub(super) fn answered(mut self, status: StatusCode, request_id: Option<&str>) {
        self.is_open = false;
        self.tell(Some(status.as_u16()), request_id);
    }

    fn tell(&self, status: Option<u16>, request_id: Option<&str>) {
        let (client_request_id, correlation_id) = (self.trace.client_request_id(), self.trace.correlation_id());
        for (method, address) in self.request.written() {
            tracing::info!(
                method,
                address,
                status,
                request_id,
                %client_request_id,
                correlation_id,
                "{}",
                if status.is_some() { "Wrote to a service" } else { "Wrote to a service, and heard nothing of it" }
            );
        }
    }
}

impl Drop for Written<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.tell(None, None);
        }
    }
}
