//! A very new environment, which connectivity does not know yet: 404 `ServiceToServiceEnvironmentNotFound`, and some time later it does.
//!
//! As Microsoft's own Terraform provider meets it, which asks again for ten minutes.

use time::OffsetDateTime;

use crate::world::Environment;

/// How long an environment is not known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unseen {
    answers: u32,
    until: Option<OffsetDateTime>,
}

impl Unseen {
    /// Whether a request now still meets nothing; each one that does is one less to come.
    pub(crate) fn meets(&mut self, now: OffsetDateTime) -> bool {
        if self.answers > 0 {
            self.answers -= 1;
            return true;
        }
        self.until.is_some_and(|until| now < until)
    }
}

impl Environment {
    /// So many times connectivity answers that it is not there.
    pub fn hide_from_connectivity(&mut self, answers: u32) {
        self.unseen.answers = answers;
    }

    /// Until this moment of the sandbox's clock connectivity answers that it is not there.
    pub fn hide_from_connectivity_until(&mut self, moment: OffsetDateTime) {
        self.unseen.until = Some(moment);
    }
}
