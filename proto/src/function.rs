//! A function of the provider: pure, called without a configuration, and described as `const` data.

use crate::cty::Type;
use crate::value::Value;
use crate::wire::tfplugin5 as pb;

/// A function.
#[derive(Debug)]
#[non_exhaustive]
pub struct Function {
    /// Its name: `provider::<provider>::<name>`.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// What it means, in Markdown: units, limits, errors, sources.
    pub description: &'static str,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// What it takes any number of, after the others.
    pub variadic: Option<Parameter>,
    /// What it returns.
    pub returns: &'static Type,
    /// What to use instead, when it should not be used any longer.
    pub deprecated: Option<&'static str>,
    /// The result for arguments of these types, variadic ones last; they are known and not null unless the parameter says else.
    pub call: fn(&[Value]) -> Result<Value, Fault>,
}

impl Function {
    /// A function that takes nothing.
    pub const fn new(
        name: &'static str,
        summary: &'static str,
        description: &'static str,
        returns: &'static Type,
        call: fn(&[Value]) -> Result<Value, Fault>,
    ) -> Function {
        Function { name, summary, description, parameters: &[], variadic: None, returns, deprecated: None, call }
    }

    /// The same, and it takes these.
    #[must_use]
    pub const fn parameters(mut self, parameters: &'static [Parameter]) -> Function {
        self.parameters = parameters;
        self
    }

    /// The same, and it takes any number of these, after the others.
    #[must_use]
    pub const fn variadic(mut self, parameter: Parameter) -> Function {
        self.variadic = Some(parameter);
        self
    }

    /// The same, and this says what to use instead.
    #[must_use]
    pub const fn deprecated(mut self, message: &'static str) -> Function {
        self.deprecated = Some(message);
        self
    }
}

/// A parameter of a function.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub ty: &'static Type,
    /// What it means, in Markdown.
    pub description: &'static str,
    /// Whether the function is called with null.
    pub null: bool,
    /// Whether the function is called with a value that is not known; else the result is unknown without a call.
    pub unknown: bool,
}

impl Parameter {
    /// A parameter that is known and not null.
    pub const fn new(name: &'static str, ty: &'static Type, description: &'static str) -> Parameter {
        Parameter { name, ty, description, null: false, unknown: false }
    }

    /// The same, and the function is called with null.
    #[must_use]
    pub const fn null(mut self) -> Parameter {
        self.null = true;
        self
    }

    /// The same, and the function is called with a value that is not known.
    #[must_use]
    pub const fn unknown(mut self) -> Parameter {
        self.unknown = true;
        self
    }

    fn to_wire(&self) -> pb::function::Parameter {
        pb::function::Parameter {
            name: self.name.to_owned(),
            r#type: self.ty.to_json().into_bytes(),
            allow_null_value: self.null,
            allow_unknown_values: self.unknown,
            description: self.description.to_owned(),
            description_kind: pb::StringKind::Markdown.into(),
        }
    }
}

/// Why a function has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The argument at fault, counted from zero.
    pub argument: Option<usize>,
    /// What is wrong, in whole sentences.
    pub text: String,
}

impl Fault {
    /// An argument that is at fault.
    pub fn argument(place: usize, text: impl Into<String>) -> Fault {
        Fault { argument: Some(place), text: text.into() }
    }

    pub(crate) fn to_wire(&self) -> pb::FunctionError {
        let function_argument = self.argument.and_then(|place| i64::try_from(place).ok());
        // Terraform and OpenTofu end it with a full stop of their own.
        pb::FunctionError { text: self.text.trim_end_matches('.').to_owned(), function_argument }
    }
}

impl Function {
    /// The parameter in which the argument at `place` is put.
    pub fn parameter(&self, place: usize) -> Option<&Parameter> {
        self.parameters.get(place).or(self.variadic.as_ref())
    }

    pub(crate) fn to_wire(&self) -> pb::Function {
        pb::Function {
            parameters: self.parameters.iter().map(Parameter::to_wire).collect(),
            variadic_parameter: self.variadic.as_ref().map(Parameter::to_wire),
            r#return: Some(pb::function::Return { r#type: self.returns.to_json().into_bytes() }),
            summary: self.summary.to_owned(),
            description: self.description.to_owned(),
            description_kind: pb::StringKind::Markdown.into(),
            deprecation_message: self.deprecated.unwrap_or_default().to_owned(),
        }
    }
}
