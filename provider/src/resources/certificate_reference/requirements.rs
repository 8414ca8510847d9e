//! The block `requirements`: what the certificate must satisfy.

use serde::{Deserialize, Serialize};
use tfplugin::schema::Default;
use tfplugin::{Attribute, Check, NestedBlock, Type};

use crate::checks::certificate::Requirements;

/// The block.
pub(super) const REQUIREMENTS: NestedBlock = NestedBlock::single(
    "requirements",
    "What the certificate must satisfy. It is checked while Terraform plans and again before anything is written; changing only \
     this writes nothing.",
)
.attributes(&[
    Attribute::optional_computed(
        "min_days_remaining",
        &Type::Number,
        "Warn when the certificate expires in fewer days than this, from 0 to 3,650. Defaults to 30.",
    )
    .default(Default::Int(Requirements::DEFAULT.min_days_remaining))
    .check(&[Check::Between { min: 0, max: 3650 }]),
    Attribute::optional_computed(
        "client_authentication",
        &Type::Bool,
        "Demand that the certificate's extended key usages allow client authentication. Defaults to true.",
    )
    .default(Default::Bool(Requirements::DEFAULT.client_authentication)),
    Attribute::optional(
        "user_principal_name",
        &Type::String,
        "The user, 1 to 2,000 characters, whom the certificate must name among its user principal names, for example `robot@contoso.com`. Upper and lower \
         case are the same.",
    )
    .check(&[Check::Length { min: 1, max: 2000 }]),
    Attribute::optional_computed(
        "severity",
        &Type::String,
        "What is said of a certificate that expires in fewer days than `min_days_remaining`, or does not name `user_principal_name`: \
         `warn` for a warning, or `error` for an error, which stops plan and apply. An error is said only of a new reference and of one \
         that is pointed at another certificate; a reference that stays as it is gets a warning. Defaults to `warn`.",
    )
    .default(Default::Text("warn"))
    .check(&[Check::OneOf(&["warn", "error"])]),
    Attribute::optional_computed(
        "on_unreadable",
        &Type::String,
        "What an apply does when the certificate cannot be read from the vault, also because there is none of this name: `error`, or `warn` \
         and leave the certificate's attributes null. Defaults to `error`.",
    )
    .default(Default::Text("error"))
    .check(&[Check::OneOf(&["error", "warn"])]),
]);

/// The block as it is configured, its defaults filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Block {
    min_days_remaining: i64,
    client_authentication: bool,
    user_principal_name: Option<String>,
    severity: Reaction,
    on_unreadable: Reaction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reaction {
    Error,
    Warn,
}

/// What a block, or its absence, requires.
pub(super) fn required(block: Option<&Block>) -> Requirements {
    block.map_or(Requirements::DEFAULT, |block| Requirements {
        min_days_remaining: block.min_days_remaining,
        client_authentication: block.client_authentication,
        user_principal_name: block.user_principal_name.clone(),
    })
}

/// What is an error, of what makes a certificate unfit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rigour {
    /// Nothing: what stays as it is stops no workspace.
    Staying,
    /// What cannot work.
    Usual,
    /// What should be looked at, too.
    Severe,
}

/// How a certificate is judged that is not referred to yet.
pub(super) fn rigour(block: Option<&Block>) -> Rigour {
    match block {
        Some(block) if block.severity == Reaction::Error => Rigour::Severe,
        _ => Rigour::Usual,
    }
}

/// Whether a certificate that cannot be read only warns.
pub(super) fn tolerates_unreadable(block: Option<&Block>) -> bool {
    block.is_some_and(|block| block.on_unreadable == Reaction::Warn)
}
