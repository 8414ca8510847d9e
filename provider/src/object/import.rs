//! What identifies every object of this provider, and what an import names.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tfplugin::{Context, Diagnostic, Identity, IdentityAttribute, Import, Known, Type, view};
use uuid::Uuid;

use super::environment::chosen;
use super::operation::{Fault, Object, Operation};
use super::verb::Verb;
use crate::account::Account;
use crate::clients::dataverse::Table;
use crate::clients::environment_id::EnvironmentId;
use crate::clients::guid::guid;

/// The identity of every resource.
pub(crate) const IDENTITY: Option<&Identity> = Some(&Identity::new(&[
    IdentityAttribute::optional(
        "environment_id",
        &Type::String,
        "The Power Platform environment; the provider's own when an import leaves it out.",
    ),
    IdentityAttribute::required("id", &Type::String, "The id of the object in it."),
]));

/// A state of which nothing is known but where it lives, and what no state is without.
pub(crate) fn blank<M: DeserializeOwned>(environment_id: &EnvironmentId, known: &[(&str, &str)]) -> M {
    let mut state: serde_json::Map<_, _> =
        known.iter().map(|(name, text)| ((*name).to_owned(), (*text).into())).collect();
    state.insert("environment_id".to_owned(), environment_id.as_str().into());
    serde_json::from_value(state.into()).expect("everything else of a state may be null")
}

/// What an import names.
#[derive(Debug)]
pub(crate) struct Target {
    /// The environment.
    pub(crate) environment_id: EnvironmentId,
    /// The object in it: its id, or its name when it was not given by identity.
    pub(crate) what: String,
    /// Whether an identity was given: then a name will not do.
    pub(crate) by_identity: bool,
}

impl Target {
    /// Reads `<environment id>/<id or name>`, or just the latter, or an identity; `name` is what people call the name.
    ///
    /// # Errors
    /// A text or an identity that does not name both.
    pub(crate) fn of(cx: &Context<Account>, import: Import<'_>, name: &str) -> Result<Target, Diagnostic> {
        #[derive(Deserialize)]
        struct Named {
            environment_id: Known<EnvironmentId>,
            id: Known<String>,
        }
        match import {
            Import::Id(id) => {
                let own = cx.clients.environment_id().known().map(EnvironmentId::as_str);
                let (environment_id, what) = import_id(own, id, name)?;
                Ok(Target { environment_id, what: what.to_owned(), by_identity: false })
            }
            Import::Identity(identity) => {
                let named: Named = view(identity)?;
                let environment_id = chosen(cx, named.environment_id.into_known())?;
                Ok(Target { environment_id, what: named.id.into_known().unwrap_or_default(), by_identity: true })
            }
        }
    }

    /// The operation that looks for it.
    pub(crate) fn look_up<'a, O: Object>(&self, cx: &'a Context<Account>) -> Operation<'a> {
        Operation::find::<O>(cx, Verb::LookUp, self.environment_id.clone())
    }

    /// The row that is named, by its id or by its name.
    ///
    /// # Errors
    /// There is none, or several have the name.
    async fn row<T: Table>(&self, op: &Operation<'_>, hint: &str) -> Result<T, Fault> {
        let organization = op.organization().await?;
        let found = match self.row_id()? {
            Some(id) => organization.by_id(id).await?.into_iter().collect(),
            None => organization.by_name(&self.what).await?,
        };
        Ok(self.single(found, T::ROW, hint, |row: &T| row.id().to_string())?)
    }

    /// The id of a row, when that is what was given. An identity without one is an error.
    fn row_id(&self) -> Result<Option<Uuid>, Diagnostic> {
        match guid(&self.what) {
            Some(id) => Ok(Some(id)),
            None if self.by_identity => {
                let detail = format!("The id in the identity is {:?}, and the id of a row is a GUID.", self.what);
                Err(Diagnostic::error("Invalid value for id", detail)
                    .on("id")
                    .hint("To import by name, use the `id` of the import block instead of `identity`."))
            }
            None => Ok(None),
        }
    }

    /// The one that was found.
    ///
    /// # Errors
    /// There is none, or several.
    pub(crate) fn single<T>(
        &self,
        mut found: Vec<T>,
        kind: &str,
        hint: &str,
        id: impl Fn(&T) -> String,
    ) -> Result<T, Diagnostic> {
        let Target { environment_id, what, .. } = self;
        if found.len() > 1 {
            let (count, ids) = (found.len(), found.iter().map(id).collect::<Vec<_>>().join(", "));
            let detail = format!("The environment {environment_id} has {count} {kind}s named {what:?}: {ids}.");
            return Err(Diagnostic::error("The name is not unique", detail).hint("Import by one of these ids instead."));
        }
        found.pop().ok_or_else(|| {
            let detail = format!("The environment {environment_id} has no {kind} {what:?} that may be seen.");
            Diagnostic::error("There is nothing to import", detail).hint(hint)
        })
    }
}

/// Imports the row that is named, by its id or by its name; `state` makes its state, or refuses a row of another kind.
///
/// # Errors
/// There is none, several have the name, or it is of another kind.
pub(crate) async fn import_row<T: Table, O: Object>(
    cx: &Context<Account>,
    import: Import<'_>,
    name: &str,
    state: impl AsyncFnOnce(&Operation<'_>, T) -> Result<O, Fault>,
) -> Result<O, Diagnostic> {
    let target = Target::of(cx, import, name)?;
    let op = target.look_up::<O>(cx);
    op.run(async {
        let hint = format!("Give the {name} of the {}, or its id.", T::ROW);
        let row = target.row(&op, &hint).await?;
        state(&op, row).await
    })
    .await
}

/// What `terraform import` was given, taken apart: the environment, which may be left out when the provider has its `own`, and the
/// object's id or its `name`.
///
/// # Errors
/// A text that does not name both, with what to write instead.
pub fn import_id<'a>(own: Option<&str>, id: &'a str, name: &str) -> Result<(EnvironmentId, &'a str), Diagnostic> {
    let wrong = |detail: &str| {
        Diagnostic::error("The import id cannot be read", format!("{detail} The id given is {id:?}."))
            .hint(format!("Use <environment id>/<id>, or <environment id>/<{name}>."))
    };
    if let Some((environment, rest)) = id.split_once('/')
        && let Ok(environment) = EnvironmentId::parse(environment)
    {
        return if rest.is_empty() {
            Err(wrong("Nothing follows the environment id."))
        } else {
            Ok((environment, rest))
        };
    }
    match own.and_then(|own| EnvironmentId::parse(own).ok()) {
        Some(own) if !id.is_empty() && !id.contains('/') => Ok((own, id)),
        Some(_) if id.is_empty() => Err(wrong("It is empty.")),
        Some(_) => Err(wrong("What stands before the slash is no environment id.")),
        None => Err(wrong("It names no environment, and neither does the provider.")),
    }
}
