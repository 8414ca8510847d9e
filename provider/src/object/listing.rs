//! What the `list` blocks have in common: filters, and how what was found is told.

use std::ops::ControlFlow;

use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use tfplugin::listing::Hits;
use tfplugin::{Attribute, Check, Diagnostic, Type};

use super::operation::Fault;
use super::variable::SecretReference;
use crate::clients::dataverse::Narrowing;
use crate::clients::dataverse::environment_variable::Definition;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::pages::Pages;

/// How many objects are looked up at a time for a list that shows their states.
const AT_ONCE: usize = 8;

/// Only what begins so.
pub(crate) const NAME_PREFIX: Attribute = Attribute::optional(
    "name_prefix",
    &Type::String,
    "Only those whose name (of an environment variable, the schema name) begins so, 1 to 255 characters; case does not matter.",
)
.check(&[Check::Length { min: 1, max: 255 }]);

/// Only what leads to this certificate.
pub(crate) const CERTIFICATE_NAME: Attribute = Attribute::optional(
    "certificate_name",
    &Type::String,
    "Only those that lead to a certificate of this name, 1 to 127 characters, whatever its vault; case does not matter.",
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
pub(crate) struct RowQuery {
    /// Where to look.
    pub(crate) environment_id: Option<EnvironmentId>,
    /// The certificate that they lead to.
    pub(crate) certificate_name: Option<String>,
    name_prefix: Option<String>,
    unmanaged_only: Option<bool>,
}

impl RowQuery {
    /// What the service is asked to leave out.
    pub(crate) fn narrowing(&self) -> Narrowing<'_> {
        let (name_prefix, unmanaged_only) = (self.name_prefix.as_deref(), self.unmanaged_only.unwrap_or_default());
        Narrowing { name_prefix, unmanaged_only }
    }
}

/// Whether a variable's value is a reference to a certificate of this name.
pub(crate) fn points_at(definition: &Definition, certificate_name: &str) -> bool {
    let mut references = definition.values.iter().filter_map(|row| SecretReference::parse(row.value.as_deref()?));
    references.any(|reference| reference.certificate.eq_ignore_ascii_case(certificate_name))
}

/// Whether a name begins so, whatever the case: as Dataverse compares.
pub(crate) fn begins_with(name: &str, prefix: &str) -> bool {
    name.to_lowercase().starts_with(&prefix.to_lowercase())
}

/// Tells what is wanted of a list, each by its name and its state, in the order of the list; several are looked up at a time.
///
/// # Errors
/// Whatever keeps the list from being read.
pub(crate) async fn tell_all<T, M: Serialize, F: Future<Output = Result<(String, M), Diagnostic>>>(
    hits: &Hits,
    mut pages: Pages<T>,
    wanted: impl Fn(&T) -> bool,
    model: impl Fn(T) -> F,
) -> Result<(), Fault> {
    while let Some(page) = pages.next().await? {
        let found = page.into_iter().filter(&wanted).map(&model);
        let mut models = futures_util::stream::iter(found).buffered(AT_ONCE);
        while let Some((name, model)) = models.try_next().await? {
            if let ControlFlow::Break(()) = hits.tell(&name, &model).await? {
                return Ok(());
            }
        }
    }
    Ok(())
}
