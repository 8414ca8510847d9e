//! The variables of the environment: which family is taken, and what one of them says.

use super::settings::{CERTIFICATE_PASSWORD, SETTINGS, Setting};

/// The variables of the first family that say where this is, and not who.
const OTHERS: [&str; 2] = ["ARM_ENVIRONMENT", "ARM_METADATA_HOSTNAME"];

/// The family that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Arm,
    Azure,
}

/// The variables of one family, and those of a job.
#[derive(Clone, Copy)]
pub(super) struct Variables<'a> {
    pub(super) family: Family,
    read: &'a dyn Fn(&str) -> Option<String>,
}

/// A variable whose text is no switch.
pub(super) struct NoSwitch {
    pub(super) variable: &'static str,
    pub(super) text: String,
}

impl<'a> Variables<'a> {
    /// The first family of which anything is set.
    pub(super) fn of(read: &'a dyn Fn(&str) -> Option<String>) -> Variables<'a> {
        let azure = SETTINGS.iter().filter_map(|setting| setting.azure);
        let mut azure = azure.chain(["AZURE_AUTHORITY_HOST", "AZURE_USERNAME"]);
        let is_set = |name: &str| read(name).is_some();
        let is_azure = !arm().any(is_set) && azure.any(is_set);
        Variables { family: if is_azure { Family::Azure } else { Family::Arm }, read }
    }

    /// The same, but of this family.
    pub(super) fn within(self, family: Family) -> Variables<'a> {
        Variables { family, ..self }
    }

    /// The variable that stands in for a setting: the one that is set, else the first.
    pub(super) fn name(&self, setting: &Setting) -> Option<&'static str> {
        match self.family {
            Family::Arm => {
                let set = setting.arm.iter().find(|name| (self.read)(name).is_some());
                set.or(setting.arm.first()).copied()
            }
            Family::Azure => setting.azure,
        }
    }

    /// What it says, without what a pipeline has left around it: a line end, or blanks, which only a password may have.
    pub(super) fn text(&self, setting: &Setting) -> Option<String> {
        let text = (self.read)(self.name(setting)?)?;
        let text = match setting.argument == CERTIFICATE_PASSWORD.argument {
            true => text.trim_end_matches(['\r', '\n']),
            false => text.trim(),
        };
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }

    /// The variable that is no more than the name of one that a pipeline does not know: Azure DevOps leaves that as it is.
    pub(super) fn unfilled(&self) -> Option<(&'static str, String)> {
        let is_name = |text: &str| {
            let name = text.strip_prefix("$(").and_then(|text| text.strip_suffix(')'));
            name.is_some_and(|name| {
                !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || "._-".contains(letter))
            })
        };
        let of_a_job = |setting: &&Setting| [setting.github, setting.azure_devops];
        let names = SETTINGS.iter().filter_map(|setting| self.name(setting));
        let names = names.chain(SETTINGS.iter().flat_map(of_a_job).flatten());
        names
            .map(|name| (name, (self.read)(name)))
            .find_map(|(name, text)| Some((name, text.filter(|text| is_name(text))?)))
    }

    /// The variable of this setting that is set and not read because the other family is taken.
    pub(super) fn put_aside(&self, setting: &Setting) -> Option<&'static str> {
        setting.azure.filter(|name| self.family == Family::Arm && (self.read)(name).is_some())
    }

    /// What is set and not read because the other family is taken.
    pub(super) fn ignored(&self) -> Option<String> {
        let taken = arm().find(|name| (self.read)(name).is_some())?;
        let ignored: Vec<&str> = SETTINGS.iter().filter_map(|setting| self.put_aside(setting)).collect();
        (!ignored.is_empty()).then(|| {
            format!("Set, and not read because {taken} is: {}. Set all by variables of one family.", ignored.join(", "))
        })
    }

    /// The variable that chooses a way to sign in which is not offered.
    pub(super) fn other_way(&self) -> Option<&'static str> {
        const PASSWORD: &str = "AZURE_USERNAME";
        (self.family == Family::Azure && (self.read)(PASSWORD).is_some()).then_some(PASSWORD)
    }

    /// What it says as a switch.
    pub(super) fn switch(&self, setting: &Setting) -> Result<Option<bool>, NoSwitch> {
        let Some(variable) = self.name(setting) else { return Ok(None) };
        let Some(text) = (self.read)(variable) else { return Ok(None) };
        switch(&text).map(Some).ok_or(NoSwitch { variable, text })
    }

    /// What a variable says that belongs to no family: a job or a machine has it.
    pub(super) fn of_a_place(&self, variable: &str) -> Option<String> {
        (self.read)(variable)
    }
}

/// The variables of the first family.
fn arm() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().flat_map(|setting| setting.arm).copied().chain(OTHERS)
}

/// A switch as the Azure providers read it: in the spellings of Go's `strconv.ParseBool`, and in no other.
fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_read_as_go_reads_it() {
        assert_eq!((switch("1"), switch("F"), switch("True")), (Some(true), Some(false), Some(true)));
        assert!(["", "yes", "on", "tRUE", " 1"].into_iter().all(|text| switch(text).is_none()));
    }
}
