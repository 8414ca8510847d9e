//! What is done to an object.

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// It is made.
    Create,
    /// It is refreshed.
    Read,
    /// It is changed in place.
    Change,
    /// It is removed.
    Delete,
    /// It is looked for, to be imported.
    LookUp,
    /// All of its kind are looked for.
    List,
    /// It is looked at while Terraform plans.
    Plan,
}

impl Verb {
    /// As in *Cannot create the credential*.
    pub(super) fn infinitive(self) -> &'static str {
        match self {
            Verb::Create => "create",
            Verb::Read => "read",
            Verb::Change => "change",
            Verb::Delete => "delete",
            Verb::LookUp => "look up",
            Verb::List => "list",
            Verb::Plan => "plan",
        }
    }

    /// Whether it is done to an object that the state holds.
    pub(super) fn is_of_what_exists(self) -> bool {
        matches!(self, Verb::Read | Verb::Change | Verb::Delete)
    }

    /// As in *Creating the credential took longer*.
    pub(super) fn gerund(self) -> &'static str {
        match self {
            Verb::Create => "Creating",
            Verb::Read => "Reading",
            Verb::Change => "Changing",
            Verb::Delete => "Deleting",
            Verb::LookUp => "Looking up",
            Verb::List => "Listing",
            Verb::Plan => "Planning",
        }
    }
}
