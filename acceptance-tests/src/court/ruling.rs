//! What came of a question to the provider, and what a test expects of it: the words are those of [`crate::outcome::Outcome`].

use std::fmt;

use judge::{Failure, Judged, Said};

use super::Object;

/// An answer or its refusal, with everything that was said to it.
#[must_use]
pub struct Ruling<T> {
    judged: Judged<T>,
    said: Vec<Said>,
    left: Option<Object>,
}

impl<T> Ruling<T> {
    pub(super) fn new(judged: Judged<T>, said: Vec<Said>) -> Ruling<T> {
        Ruling { judged, said, left: None }
    }

    pub(super) fn with_left(self, left: Option<Object>) -> Ruling<T> {
        Ruling { left, ..self }
    }

    /// The answer or its refusal, everything that was said, and what an error left.
    pub fn into_parts(self) -> (Judged<T>, Vec<Said>, Option<Object>) {
        (self.judged, self.said, self.left)
    }

    /// Whether there is an answer, be it with warnings.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.judged.is_ok()
    }

    /// How many errors there are.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.said.iter().filter(|one| one.is_error).count()
    }

    /// There is an answer. Warnings are allowed.
    #[track_caller]
    pub fn expect_ok(self) -> T {
        let told = self.to_string();
        self.judged.unwrap_or_else(|_| panic!("expected an answer, and there is {told}"))
    }

    /// There is an answer without a warning.
    #[track_caller]
    pub fn expect_quiet(self) -> T {
        assert!(self.judged.is_err() || self.said.is_empty(), "expected no warning, and there is {self}");
        self.expect_ok()
    }

    /// It is refused with exactly one error: this summary, on this attribute, and a detail that holds each of the parts. What is there
    /// all the same is returned.
    #[track_caller]
    pub fn expect_error(self, attribute: &str, summary: &str, parts: &[&str]) -> Option<Object> {
        assert!(matches!(self.judged, Err(Failure::Refused(_))), "expected a refusal, and there is {self}");
        assert_eq!(self.errors(), 1, "expected one error, and there is {self}");
        self.expect(true, attribute, summary, parts);
        self.left
    }

    /// It is refused, in whatever words. What is there all the same is returned.
    #[track_caller]
    pub fn expect_refused(self) -> Option<Object> {
        assert!(matches!(self.judged, Err(Failure::Refused(_))), "expected a refusal, and there is {self}");
        self.left
    }

    /// There was a warning with this summary, on this attribute, and a detail that holds each of the parts.
    #[track_caller]
    pub fn expect_warning(self, attribute: &str, summary: &str, parts: &[&str]) -> Ruling<T> {
        self.expect(false, attribute, summary, parts);
        self
    }

    #[track_caller]
    fn expect(&self, is_error: bool, attribute: &str, summary: &str, parts: &[&str]) {
        let found = self.said.iter().find(|one| one.is_error == is_error && one.summary == summary);
        let Some(found) = found else { panic!("expected {summary:?}, and there is {self}") };
        assert_eq!(found.attribute, attribute, "where {summary:?} sits, of {self}");
        for part in parts {
            assert!(found.detail.contains(part), "expected {part:?} in {summary:?} of {self}");
        }
    }
}

impl<T> fmt::Display for Ruling<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.judged {
            Ok(_) => f.write_str("an answer")?,
            Err(failure) => write!(f, "{failure}")?,
        }
        for Said { is_error, summary, detail, attribute } in &self.said {
            let severity = if *is_error { "error" } else { "warning" };
            write!(f, "\n{severity}: {summary}\n  on: {attribute}\n  {}", detail.replace('\n', "\n  "))?;
        }
        Ok(())
    }
}
