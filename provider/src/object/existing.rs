//! What already has the name: nothing is ever taken over.
//!
//! The message carries an `import` block to paste, and explains the two ways in which one's own resource comes to stand in its own
//! way: a renamed address, and a replacement that is made before the old one is gone.

use tfplugin::Diagnostic;

use crate::clients::environment_id::EnvironmentId;

/// Something that a creation found in its place.
pub(crate) struct Existing {
    /// The type of resource.
    pub(crate) resource: &'static str,
    /// What it is, with its name: `environment variable "cto_robot"`.
    pub(crate) what: String,
    /// The attribute that holds the name.
    pub(crate) attribute: &'static str,
    /// Where it lives.
    pub(crate) environment_id: EnvironmentId,
    /// What it is imported by.
    pub(crate) id: String,
}

impl Existing {
    /// The error that stops the creation.
    pub(crate) fn error(&self) -> Diagnostic {
        let Existing { resource, what, attribute, environment_id, id } = self;
        let detail = format!(
            "There is already the {what} in the environment {environment_id}, with the id {id}. Nothing was changed."
        );
        let hint = format!(
            "If it is to be managed here, paste this and put the address that Terraform prints with this error after `to`:\n\n\
             import {{\n  to = {resource}.NAME\n  id = \"{environment_id}/{id}\"\n}}\n\n\
             If it was managed under another address until now, add a `moved` block instead; if Terraform is just removing it under the \
             old address, apply once more.\n\
             If Terraform is replacing it with create_before_destroy, the old one still holds the name, which must be unique: use \
             another name, do without create_before_destroy, or, when it was only tainted, run terraform untaint."
        );
        Diagnostic::error(format!("The {what} exists already"), detail).on(attribute).hint(hint)
    }

    /// The warning that a plan gives.
    pub(crate) fn warning(&self) -> Diagnostic {
        let Existing { resource, what, attribute, environment_id, id } = self;
        let detail = format!(
            "There is already the {what} in the environment {environment_id}, with the id {id}. Its creation will fail while it is there."
        );
        let hint = format!(
            "Was the resource renamed in the configuration? Then tell Terraform with a `moved` block. Was it made elsewhere? Then import \
             it:\n\nimport {{\n  to = {resource}.NAME\n  id = \"{environment_id}/{id}\"\n}}"
        );
        Diagnostic::warning(format!("The {what} exists already"), detail).on(attribute).hint(hint)
    }
}
