//! GUIDs as people write them: with dashes, or without.

use uuid::Uuid;

/// Reads a GUID, dashed or not, in any case. What else some readers take, braces and `urn:`, no service understands.
pub fn guid(text: &str) -> Option<Uuid> {
    matches!(text.len(), 32 | 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dashed_and_undashed_guids_are_read() {
        let dashed = "AB12cd34-0000-4000-8000-00000000000F";
        let read = guid(dashed);
        assert!(read.is_some());
        assert_eq!(guid(&dashed.replace('-', "")), read);
        for wrong in [format!("{{{dashed}}}"), format!("urn:uuid:{dashed}"), format!("({dashed})"), String::new()] {
            assert_eq!(guid(&wrong), None, "{wrong}");
        }
    }
}
