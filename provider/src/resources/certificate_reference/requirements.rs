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
        "Warn when the certificate expires in fewer days than this. Defaults to 30.",
    )
    .default(Default::Int(Requirements::DEFAULT.min_days_remaining))
    .check(&[Check::Between { min: 0, max: 3650 }]),
    Attribute::optional_computed(
        "client_authentication",
        &Type::Bool,
        "Demand that the certificate's extended key usages allow client authentication. Defaults to true.",
    )
    .default(Default::Bool(Requirements::DEFAULT.client_authentication)),
    Attribute::optional_computed(
        "on_unreadable",
        &Type::String,
        "What an apply does when the certificate cannot be read from the vault: `error`, or `warn` and leave the certificate's \
         attributes null. Defaults to `error`.",
    )
    .default(Default::Text("error"))
    .check(&[Check::OneOf(&["error", "warn"])]),
]);

/// The block as it is configured, its defaults filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Block {
    min_days_remaining: i64,
    client_authentication: bool,
    on_unreadable: OnUnreadable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OnUnreadable {
    Error,
    Warn,
}

/// What a block, or its absence, requires.
pub(super) fn required(block: Option<&Block>) -> Requirements {
    block.map_or(Requirements::DEFAULT, |block| Requirements {
        min_days_remaining: block.min_days_remaining,
        client_authentication: block.client_authentication,
    })
}

/// Whether a certificate that cannot be read only warns.
pub(super) fn tolerates_unreadable(block: Option<&Block>) -> bool {
    block.is_some_and(|block| block.on_unreadable == OnUnreadable::Warn)
}
