//! What the `list` blocks have in common: filters, and how what was found is told.

use std::ops::ControlFlow;
use tfplugin::diagnostic::Diagnostic;

use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use tfplugin::cty::Type;
use tfplugin::listing::Hits;
use tfplugin::schema::{Attribute, Check};

use super::shared::is_environment_id;
use super::variable::parse_reference;
use crate::clients::dataverse::{Definition, RowFilter};

/// How many objects are looked up at a time for a list that shows their states.
const AT_ONCE: usize = 8;

/// The environment of what has no state: a list or an action.
pub(crate) const ENVIRONMENT_ID: Attribute = Attribute::optional(
    "environment_id",
    &Type::String,
    "The Power Platform environment. Falls back to the provider's `environment_id`.",
)
.check(&[Check::Format(is_environment_id)]);

/// Only what begins so.
pub(crate) const NAME_PREFIX: Attribute = Attribute::optional(
    "name_prefix",
    &Type::String,
    "Only those whose name (of an environment variable, the schema name) begins so; case does not matter.",
)
.check(&[Check::Length { min: 1, max: 255 }]);

/// Only what leads to this certificate.
pub(crate) const CERTIFICATE_NAME: Attribute = Attribute::optional(
    "certificate_name",
    &Type::String,
    "Only those that lead to a certificate of this name, whatever its vault; case does not matter.",
)
.check(&[Check::Length { min: 1, max: 127 }]);

/// Only what is not managed.
pub(crate) const UNMANAGED_ONLY: Attribute = Attribute::optional(
    "unmanaged_only",
    &Type::Bool,
    "Only rows that did not come with a managed solution. Defaults to false.",
);

/// Which rows a `list` block asks for.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) environment_id: Option<String>,
    pub(crate) certificate_name: Option<String>,
    name_prefix: Option<String>,
    unmanaged_only: Option<bool>,
}

impl Wanted {
    pub(crate) fn filter(&self) -> RowFilter<'_> {
        RowFilter { name_prefix: self.name_prefix.as_deref(), unmanaged_only: self.unmanaged_only.unwrap_or_default() }
    }
}

/// Whether a variable's value is a reference to a certificate of this name.
pub(crate) fn points_at(definition: &Definition, certificate_name: &str) -> bool {
    let mut references = definition.values.iter().filter_map(|value| parse_reference(value.value.as_deref()?));
    references.any(|(_, name)| name.eq_ignore_ascii_case(certificate_name))
}

/// Whether a name begins so, whatever the case: as Dataverse compares.
pub(crate) fn begins_with(name: &str, prefix: &str) -> bool {
    name.to_lowercase().starts_with(&prefix.to_lowercase())
}

/// Tells every object by its name, in the order of `found`; several are looked up at a time.
pub(crate) async fn tell<M: Serialize>(
    hits: &Hits,
    found: impl Iterator<Item = impl Future<Output = Result<(String, M), Diagnostic>>>,
) -> Result<ControlFlow<()>, Diagnostic> {
    let mut models = futures_util::stream::iter(found).buffered(AT_ONCE);
    while let Some((name, model)) = models.try_next().await? {
        if hits.tell(&name, &model).await?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
