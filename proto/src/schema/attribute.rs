//! One attribute: its name, what it holds, and who gives it its value.

use crate::cty::Type;
use crate::value::Value;
use crate::wire::tfplugin5 as pb;

use super::Check;

/// Who gives an attribute its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The configuration must.
    Required,
    /// The configuration may.
    Optional,
    /// The provider does.
    Computed,
    /// The configuration may, else the provider does.
    OptionalComputed,
}

/// One attribute.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub ty: &'static Type,
    /// Who gives it its value.
    pub mode: Mode,
    /// What it means, in Markdown: whole sentences with units, limits, and what happens when it is left out.
    pub description: &'static str,
    /// Shown to nobody.
    pub sensitive: bool,
    /// Read from the configuration and never stored.
    pub write_only: bool,
    /// What to use instead, when it should not be used any longer.
    pub deprecated: Option<&'static str>,
    /// What an absent value stands for; only with [`Mode::OptionalComputed`].
    pub default: Option<Default>,
    /// What a value must satisfy.
    pub checks: &'static [Check],
    /// What a value that may come from another object must satisfy once it does: in a test it may be a mock's, which has no form.
    pub form: &'static [Check],
    /// A changed value replaces the resource.
    pub replaces: bool,
    /// The attributes and blocks of the resource that a computed value follows: it becomes unknown when one of them changes,
    /// and otherwise stays what it was.
    pub follows: &'static [&'static str],
    /// Two spellings of the same value; the plan keeps the prior one.
    pub same: Option<fn(&str, &str) -> bool>,
}

/// What an absent attribute stands for.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// A bool.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(&'static str),
}

impl Default {
    pub(crate) fn value(self) -> Value {
        match self {
            Default::Bool(value) => Value::Bool(value),
            Default::Int(value) => value.into(),
            Default::Text(value) => value.into(),
        }
    }
}

impl Attribute {
    const fn new(name: &'static str, ty: &'static Type, mode: Mode, description: &'static str) -> Attribute {
        Attribute {
            name,
            ty,
            mode,
            description,
            sensitive: false,
            write_only: false,
            deprecated: None,
            default: None,
            checks: &[],
            form: &[],
            replaces: false,
            follows: &[],
            same: None,
        }
    }

    /// An attribute that the configuration must set.
    pub const fn required(name: &'static str, ty: &'static Type, description: &'static str) -> Attribute {
        Attribute::new(name, ty, Mode::Required, description)
    }

    /// An attribute that the configuration may set, and that is null otherwise.
    pub const fn optional(name: &'static str, ty: &'static Type, description: &'static str) -> Attribute {
        Attribute::new(name, ty, Mode::Optional, description)
    }

    /// An attribute that only the provider sets.
    pub const fn computed(name: &'static str, ty: &'static Type, description: &'static str) -> Attribute {
        Attribute::new(name, ty, Mode::Computed, description)
    }

    /// An attribute that the configuration may set, and the provider otherwise.
    pub const fn optional_computed(name: &'static str, ty: &'static Type, description: &'static str) -> Attribute {
        Attribute::new(name, ty, Mode::OptionalComputed, description)
    }

    /// The same, hidden from every output.
    #[must_use]
    pub const fn sensitive(mut self) -> Attribute {
        self.sensitive = true;
        self
    }

    /// The same, never stored; Terraform from 1.11.
    #[must_use]
    pub const fn write_only(mut self) -> Attribute {
        self.write_only = true;
        self
    }

    /// The same, no longer to be used; `instead` says what is.
    #[must_use]
    pub const fn deprecated(mut self, instead: &'static str) -> Attribute {
        self.deprecated = Some(instead);
        self
    }

    /// The same, with what an absent value stands for.
    #[must_use]
    pub const fn default(mut self, default: Default) -> Attribute {
        self.default = Some(default);
        self
    }

    /// The same, with what a value must satisfy.
    #[must_use]
    pub const fn check(mut self, checks: &'static [Check]) -> Attribute {
        self.checks = checks;
        self
    }

    /// The same; a value that may come from another object must satisfy all of these. They are held against it when the object is
    /// planned or read, not when the configuration is validated: a mock's values, in a test, have no form.
    #[must_use]
    pub const fn form(mut self, form: &'static [Check]) -> Attribute {
        self.form = form;
        self
    }

    /// The same; a changed value replaces the resource.
    #[must_use]
    pub const fn replaces(mut self) -> Attribute {
        self.replaces = true;
        self
    }

    /// The same; the computed value follows these attributes and blocks of the resource.
    #[must_use]
    pub const fn follows(mut self, names: &'static [&'static str]) -> Attribute {
        self.follows = names;
        self
    }

    /// The same, with values that differ only in spelling taken as equal.
    #[must_use]
    pub const fn same(mut self, same: fn(&str, &str) -> bool) -> Attribute {
        self.same = Some(same);
        self
    }

    /// Whether the provider may set it.
    pub fn is_computed(&self) -> bool {
        matches!(self.mode, Mode::Computed | Mode::OptionalComputed)
    }

    /// Whether the configuration may set it.
    pub fn is_configurable(&self) -> bool {
        self.mode != Mode::Computed
    }

    pub(super) fn to_wire(&self) -> pb::schema::Attribute {
        pb::schema::Attribute {
            name: self.name.to_owned(),
            r#type: self.ty.to_json().into_bytes(),
            description: self.description.to_owned(),
            required: self.mode == Mode::Required,
            optional: matches!(self.mode, Mode::Optional | Mode::OptionalComputed),
            computed: self.is_computed(),
            sensitive: self.sensitive,
            description_kind: pb::StringKind::Markdown.into(),
            deprecated: self.deprecated.is_some(),
            write_only: self.write_only,
            deprecation_message: self.deprecated.unwrap_or_default().to_owned(),
        }
    }
}
