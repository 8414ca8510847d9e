//! What identifies every object of this provider, and what an import names.

use tfplugin::context::Context;
use tfplugin::cty::Type;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::identity::{Identity, IdentityAttribute};
use tfplugin::resource::Import;
use uuid::Uuid;

use super::shared::is_environment_id;
use crate::provider::{Account, Setting};

/// The identity of every resource.
pub(crate) static IDENTITY: Identity = Identity {
    version: 0,
    attributes: &[
        IdentityAttribute {
            name: "environment_id",
            ty: &Type::String,
            required: false,
            description: "The Power Platform environment; the provider's own when an import leaves it out.",
        },
        IdentityAttribute { name: "id", ty: &Type::String, required: true, description: "The id of the object in it." },
    ],
    upgrades: &[],
};

/// The configured environment, else the provider's.
pub(crate) fn environment(cx: &Context<Account>, configured: Option<String>) -> Result<String, Diagnostic> {
    match (configured, &cx.clients.environment_id) {
        (Some(configured), _) => Ok(configured),
        (None, Setting::Known(Some(own))) => Ok(own.clone()),
        (None, _) => {
            Err(Diagnostic::error("Missing environment_id", "Neither this nor the provider names an environment.")
                .on("environment_id")
                .hint("Set environment_id here, or in the provider block."))
        }
    }
}

/// What an import names.
#[derive(Debug)]
pub(crate) struct Target {
    /// The environment.
    pub(crate) environment_id: String,
    /// The object in it: its id, or its name when it was not given by identity.
    pub(crate) what: String,
    /// Whether an identity was given: then a name will not do.
    pub(crate) by_identity: bool,
}

impl Target {
    /// Reads `<environment id>/<id or name>`, or just the latter, or an identity.
    pub(crate) fn of(cx: &Context<Account>, import: Import<'_>, name: &str) -> Result<Target, Diagnostic> {
        match import {
            Import::Id(id) => {
                let own = match &cx.clients.environment_id {
                    Setting::Known(own) => own.as_deref(),
                    Setting::Unknown => None,
                };
                let (environment_id, what) = import_id(own, id, name)?;
                Ok(Target { environment_id, what: what.to_owned(), by_identity: false })
            }
            Import::Identity(identity) => {
                let text = |name: &str| identity.at(name).as_str().map(str::to_owned);
                let given = text("environment_id");
                if let Some(what) = given.as_deref().and_then(|id| is_environment_id(id).err()) {
                    let detail = format!("The value {what}.");
                    return Err(Diagnostic::error("Invalid value for environment_id", detail).on("environment_id"));
                }
                let what = text("id").unwrap_or_default();
                Ok(Target { environment_id: environment(cx, given)?, what, by_identity: true })
            }
        }
    }

    /// The id of a row, when that is what was given. An identity without one is an error.
    pub(crate) fn row(&self) -> Result<Option<Uuid>, Diagnostic> {
        match Uuid::try_parse(&self.what) {
            Ok(id) => Ok(Some(id)),
            Err(_) if self.by_identity => {
                let detail = format!("The id in the identity is {:?}, and the id of a row is a GUID.", self.what);
                Err(Diagnostic::error("Invalid value for id", detail)
                    .on("id")
                    .hint("To import by name, use the `id` of the import block instead of `identity`."))
            }
            Err(_) => Ok(None),
        }
    }

    /// The one that was found; that there is none, or several, is an error.
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

/// What `terraform import` was given, taken apart: the environment, which may be left out when the provider has its `own`, and the
/// object's id or its `name`.
///
/// # Errors
/// A text that does not name both, with what to write instead.
pub fn import_id<'a>(own: Option<&str>, id: &'a str, name: &str) -> Result<(String, &'a str), Diagnostic> {
    let wrong = |detail: &str| {
        Diagnostic::error("The import id cannot be read", format!("{detail} The id given is {id:?}."))
            .hint(format!("Use <environment id>/<id>, or <environment id>/<{name}>."))
    };
    if let Some((environment, rest)) = id.split_once('/')
        && is_environment_id(environment).is_ok()
    {
        return if rest.is_empty() {
            Err(wrong("Nothing follows the environment id."))
        } else {
            Ok((environment.to_owned(), rest))
        };
    }
    match own {
        Some(own) if !id.is_empty() && !id.contains('/') => Ok((own.to_owned(), id)),
        Some(_) if id.is_empty() => Err(wrong("It is empty.")),
        Some(_) => Err(wrong("What stands before the slash is no environment id.")),
        None => Err(wrong("It names no environment, and neither does the provider.")),
    }
}
