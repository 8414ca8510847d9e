//! The variables of the environment: which family is taken, and what one of them says.

use super::settings::{SETTINGS, Setting};

/// What a variable would choose that is not offered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Other {
    pub(super) variable: &'static str,
    /// What it would choose.
    pub(super) what: &'static str,
    /// What it may say all the same.
    pub(super) unless: Unless,
}

/// When a variable chooses nothing else.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unless {
    /// It is not set.
    Unset,
    /// It says one of these, whatever the case and a slash at the end.
    Says(&'static [&'static str]),
}

const fn other(variable: &'static str, what: &'static str, unless: Unless) -> Other {
    Other { variable, what, unless }
}

const CLOUD: &str = "sign in to another cloud";
const PUBLIC: Unless = Unless::Says(&["public", "https://login.microsoftonline.com", "login.microsoftonline.com"]);

const ARM_CLOUDS: [Other; 2] =
    [other("ARM_ENVIRONMENT", CLOUD, PUBLIC), other("ARM_METADATA_HOSTNAME", CLOUD, Unless::Unset)];
const AZURE_CLOUDS: [Other; 1] = [other("AZURE_AUTHORITY_HOST", CLOUD, PUBLIC)];

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
        let arm = SETTINGS.iter().flat_map(|setting| setting.arm.iter().copied());
        let arm = arm.chain(ARM_CLOUDS.iter().map(|other| other.variable));
        let azure = SETTINGS.iter().filter_map(|setting| setting.azure);
        let mut azure = azure.chain(AZURE_CLOUDS.iter().map(|other| other.variable));
        let is_set = |name: &str| read(name).is_some();
        let is_azure = !arm.into_iter().any(is_set) && azure.any(is_set);
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

    /// What it says.
    pub(super) fn text(&self, setting: &Setting) -> Option<String> {
        (self.read)(self.name(setting)?)
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

    /// What chooses another cloud.
    pub(super) fn other_cloud(&self) -> Option<&'static Other> {
        let clouds: &[Other] = if self.family == Family::Arm { &ARM_CLOUDS } else { &AZURE_CLOUDS };
        clouds.iter().find(|other| {
            (self.read)(other.variable).is_some_and(|text| match &other.unless {
                Unless::Unset => true,
                Unless::Says(fine) => !fine.iter().any(|fine| text.trim_end_matches('/').eq_ignore_ascii_case(fine)),
            })
        })
    }
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

    #[test]
    fn every_variable_belongs_to_its_family() {
        assert!(ARM_CLOUDS.iter().all(|one| one.variable.starts_with("ARM_")));
        assert!(AZURE_CLOUDS.iter().all(|one| one.variable.starts_with("AZURE_")));
    }
}
