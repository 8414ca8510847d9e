//! The description of a row: what the configuration does not say is cleared, and an empty one is none.

use tfplugin::{Attribute, Check, Diagnostic, Known, Plan, Type, Value};

const NAME: &str = "description";

/// Whether a row came with a managed solution.
pub(crate) const MANAGED: Attribute = Attribute::computed(
    "managed",
    &Type::Bool,
    "Whether the row came with a managed solution, which alone can remove it.",
);

/// The description of a row that holds so many characters.
pub(crate) const fn description(sentence: &'static str, check: &'static [Check]) -> Attribute {
    Attribute::optional_computed(NAME, &Type::String, sentence).check(check)
}

/// Plans the description: nothing where nothing is configured. That of a managed row stays as its solution has it.
///
/// # Errors
/// A schema without it.
pub(crate) fn plan_description(plan: &mut Plan) -> Result<(), Diagnostic> {
    #[derive(serde::Deserialize)]
    struct View {
        description: Known<String>,
        managed: Known<bool>,
    }
    let prior: View = plan.prior_view()?;
    let is_none = prior.description.known().is_none_or(String::is_empty);
    if !plan.is_create() && (is_none || prior.managed.known() == Some(&true)) {
        return Ok(());
    }
    plan.set(NAME, Value::Null);
    Ok(())
}

/// What the state says: an empty description stays one as long as the service says nothing.
pub(crate) fn described(said: Option<&str>, before: Option<String>) -> Option<String> {
    said.map(str::to_owned).or(before.filter(String::is_empty))
}

/// What is written of it: nothing where it is empty.
pub(crate) fn written(description: &Option<String>) -> Option<&str> {
    description.as_deref().filter(|text| !text.is_empty())
}

/// What is written of one that changes, which may be that there is none.
pub(crate) fn rewritten<'a>(prior: &Option<String>, planned: &'a Option<String>) -> Option<Option<&'a str>> {
    (written(prior) != written(planned)).then(|| written(planned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_description_is_none_to_the_service() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(described(None, text("")), text(""));
        assert_eq!(described(None, text("Finance")), None, "somebody took it away");
        assert_eq!(described(Some("now"), text("")), text("now"));
        assert_eq!(rewritten(&None, &text("")), None);
        assert_eq!(rewritten(&text("Finance"), &text("")), Some(None));
        assert_eq!(rewritten(&text("Finance"), &None), Some(None));
        assert_eq!(rewritten(&None, &text("Finance")), Some(Some("Finance")));
        assert_eq!(rewritten(&text("Finance"), &text("Finance")), None);
    }
}
