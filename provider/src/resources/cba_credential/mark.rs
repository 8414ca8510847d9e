//! Whose a variable is: the description of a credential's own says so, word for word.

use uuid::Uuid;

use crate::clients::dataverse::environment_variable::Definition;

/// The description by which a credential knows its own variable.
pub(super) fn mark(credential: Uuid) -> String {
    format!("User name of the credential {credential}, managed with it by Terraform.")
}

/// The credential whose own variable this is, by its exact mark.
pub(super) fn marked(variable: &Definition) -> Option<Uuid> {
    let description = variable.description.as_deref()?;
    let id = description.split(' ').find_map(|word| Uuid::try_parse(word.trim_end_matches(',')).ok())?;
    (description == mark(id)).then_some(id)
}

/// Whether a variable is the credential's own.
pub(super) fn is_ours(variable: &Definition, credential: Uuid) -> bool {
    marked(variable) == Some(credential)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_mark_counts() {
        let (id, other) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let bears = |description: &str| {
            let row = serde_json::json!({
                "environmentvariabledefinitionid": other, "schemaname": "cto_user", "type": 100_000_000, "description": description,
            });
            marked(&serde_json::from_value(row).expect("a row"))
        };
        assert_eq!(bears(&mark(id)), Some(id));
        for other in [format!("Used by the credential {id}."), format!("{} See the wiki.", mark(id)), String::new()] {
            assert_eq!(bears(&other), None, "{other}");
        }
    }
}
