//! How what another version or another provider stored becomes one of today's states.

use crate::cty::Type;
use crate::diagnostic::Diagnostic;
use crate::value::Value;

/// How a state or an identity of an older version becomes one of the current.
#[derive(Debug)]
pub struct Upgrade {
    /// The older version.
    pub from: i64,
    /// What it looked like.
    pub ty: &'static Type,
    /// The same in today's shape; attributes that are left out are null. Nothing is asked of anybody here.
    pub upgrade: fn(Value) -> Result<Value, Diagnostic>,
}

/// How the state of another type of resource becomes one of this.
#[derive(Debug)]
pub struct Move {
    /// The other provider's source, for example `hashicorp/null`, on whatever registry.
    pub provider: &'static str,
    /// The other type.
    pub type_name: &'static str,
    /// What its states look like; what this leaves out is not read.
    pub ty: &'static Type,
    /// The state in this type's shape, from the other's schema version and state. Nothing is asked of anybody here.
    pub make: fn(i64, Value) -> Result<Value, Diagnostic>,
}

impl Move {
    pub(crate) fn is_from(&self, provider_address: &str, type_name: &str) -> bool {
        let host = provider_address.strip_suffix(self.provider);
        self.type_name == type_name && host.is_some_and(|host| host.is_empty() || host.ends_with('/'))
    }
}
