//! Texts that mean the same. The plan keeps the spelling that was there before.

/// Whether two GUIDs or environment ids are the same, whatever their case and dashes.
pub(crate) fn same_id(one: &str, other: &str) -> bool {
    let letters = |id: &str| {
        id.chars().filter(|letter| *letter != '-').map(|letter| letter.to_ascii_lowercase()).collect::<String>()
    };
    letters(one) == letters(other)
}

/// Whether two Azure resource ids are the same, whatever their case and a slash at the end.
pub(crate) fn same_resource_id(one: &str, other: &str) -> bool {
    same_text(one.trim_end_matches('/'), other.trim_end_matches('/'))
}

/// Whether two texts differ in case alone.
pub(crate) fn same_text(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_in_any_spelling() {
        assert!(same_id("AB12cd34-0000-4000-8000-00000000000F", "ab12cd3400004000800000000000000f"));
        assert!(!same_id("a", "b"));
    }
}
