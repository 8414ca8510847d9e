//! What every resource has: an environment, an id, a solution, an owner.
//!
//! An id that differs only in case or dashes is the same id; the plan keeps the spelling that was there before.

use tfplugin::context::Context;
use tfplugin::cty::Type;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::plan::Plan;
use tfplugin::schema::{Attribute, Check};
use tfplugin::value::Value;
use uuid::Uuid;

use crate::provider::{Account, Setting};

/// Whether two GUIDs or environment ids are the same, whatever their case and dashes.
pub(crate) fn same_id(one: &str, other: &str) -> bool {
    let letters = |id: &str| {
        id.chars().filter(|letter| *letter != '-').map(|letter| letter.to_ascii_lowercase()).collect::<String>()
    };
    letters(one) == letters(other)
}

/// Whether two texts differ in case alone.
pub(crate) fn same_text(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// What is wrong with an environment id: a GUID, or `Default-` and a GUID.
pub(crate) fn is_environment_id(id: &str) -> Result<(), String> {
    let guid = match id.split_at_checked(8) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("default-") => rest,
        _ => id,
    };
    let what = "must be an environment id: a GUID such as 00000000-0000-0000-0000-000000000000, or Default- and a GUID";
    Uuid::try_parse(guid).map(drop).map_err(|_| what.to_owned())
}

/// The environment of a resource.
pub(crate) const ENVIRONMENT_ID: Attribute = Attribute::optional_computed(
    "environment_id",
    &Type::String,
    "The Power Platform environment. Falls back to the provider's `environment_id`. Another environment replaces the resource.",
)
.check(&[Check::Format(is_environment_id)])
.same(same_id)
.replaces();

/// The solution that a row is put into.
pub(crate) const SOLUTION_UNIQUE_NAME: Attribute = Attribute::optional(
    "solution_unique_name",
    &Type::String,
    "The unique name of the unmanaged solution into which the rows are put when they are made. When it is left out, they \
     land in the default solution. It cannot be read back: on an imported resource it is recorded and nothing is written. \
     A change replaces the resource.",
)
.check(&[Check::Length { min: 1, max: 65 }]);

/// The owner of a row.
pub(crate) const OWNER_ID: Attribute = Attribute::optional_computed(
    "owner_id",
    &Type::String,
    "The id of the Dataverse user (`systemuserid`) that owns the rows. When it is left out, whoever made them owns them.",
)
.check(&[Check::Uuid])
.same(same_id);

/// Whether a row is active.
pub(crate) const ACTIVE: Attribute = Attribute::computed(
    "active",
    &Type::Bool,
    "Whether the row is active. A row that someone deactivated is planned to be active again.",
)
.default(tfplugin::schema::Default::Bool(true));

/// Plans the environment, and returns it when it is known.
pub(crate) fn plan_environment(cx: &Context<Account>, plan: &mut Plan) -> Option<String> {
    if plan.is_destroy() {
        return None;
    }
    if !plan.config.at("environment_id").is_null() {
        return plan.planned.at("environment_id").as_str().map(str::to_owned);
    }
    let prior = plan.prior.at("environment_id").as_str().map(str::to_owned);
    match (&cx.clients.environment_id, prior) {
        (Setting::Known(Some(own)), Some(prior)) if !same_id(own, &prior) => {
            let detail = format!("The resource lives in the environment {prior}, and the provider now names {own}.");
            plan.tell(Diagnostic::error("The provider names another environment", detail).on("environment_id").hint(
                format!(
                    "Set environment_id = \"{prior}\" on the resource to leave it there, or another one to replace it."
                ),
            ));
            None
        }
        (_, Some(prior)) => Some(prior),
        (Setting::Known(Some(own)), None) => {
            let own = own.clone();
            plan.set("environment_id", Value::text(&own));
            Some(own)
        }
        (Setting::Known(None), None) => {
            plan.tell(
                Diagnostic::error(
                    "Missing environment_id",
                    "Neither the resource nor the provider names an environment.",
                )
                .on("environment_id")
                .hint("Set environment_id in the provider block, or on the resource."),
            );
            None
        }
        (Setting::Unknown, None) => None,
    }
}

/// Plans the solution: recorded where none was, replaced where another one was.
pub(crate) fn plan_solution(plan: &mut Plan) {
    let name = "solution_unique_name";
    if !plan.is_destroy() && !plan.prior.at(name).is_null() && plan.changes(name) {
        plan.replace(name);
    }
}

/// The value of an attribute that is there once the resource is.
pub(crate) fn required<'a>(value: Option<&'a String>, name: &str) -> Result<&'a str, Diagnostic> {
    value.map(String::as_str).ok_or_else(|| {
        Diagnostic::error(format!("{name} is missing"), format!("The state or the plan holds no {name}."))
            .on(name)
            .hint("Run terraform apply -refresh-only; if it does not help, import the resource afresh.")
    })
}

/// The id in an attribute.
pub(crate) fn guid(value: Option<&String>, name: &str) -> Result<Uuid, Diagnostic> {
    let text = required(value, name)?;
    Uuid::try_parse(text)
        .map_err(|_| Diagnostic::error(format!("{name} is no GUID"), format!("It is {text:?}.")).on(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_in_any_spelling() {
        assert!(same_id("AB12cd34-0000-4000-8000-00000000000F", "ab12cd3400004000800000000000000f"));
        assert!(!same_id("a", "b"));
    }

    #[test]
    fn an_environment_id_is_a_guid_with_or_without_default() {
        assert!(is_environment_id("00000000-0000-0000-0000-000000000001").is_ok());
        assert!(is_environment_id("Default-00000000-0000-0000-0000-000000000001").is_ok());
        for wrong in ["", "prod", "Default-", "Default-x", "12345678"] {
            assert!(is_environment_id(wrong).is_err(), "{wrong}");
        }
    }
}
