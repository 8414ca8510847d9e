//! What a check has found.

/// What a check has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Which check it was: a word that stays the same.
    pub(crate) check: &'static str,
    /// What came of it.
    pub(crate) outcome: Outcome,
    /// The headline, which is the same for every object.
    pub(crate) title: &'static str,
    /// What was found, as a sentence.
    pub(crate) what: String,
    /// What to do about it; empty when nothing need be done.
    pub(crate) remedy: &'static str,
    /// Where Microsoft says so.
    pub(crate) page: &'static str,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// It is as it must be.
    Pass,
    /// It cannot be told.
    Unknown,
    /// It works, and somebody should look at it.
    Warn,
    /// It cannot work.
    Fail,
}
