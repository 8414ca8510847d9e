//! The settings of the sign-in: the arguments of the provider block, and the variables that stand in for them.
//!
//! Two families of variables are known: that of the Azure providers (`ARM_`) and that of Microsoft's SDKs (`AZURE_`). One is taken whole,
//! the first of which anything is set. Mixed, they would sign in half as one principal and half as another.

/// A setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The argument of the provider block.
    pub(crate) argument: &'static str,
    /// The variable of the first family.
    pub(crate) arm: &'static str,
    /// That of the second, where it has one.
    pub(crate) azure: Option<&'static str>,
}

const fn setting(argument: &'static str, arm: &'static str, azure: Option<&'static str>) -> Setting {
    Setting { argument, arm, azure }
}

/// The tenant to sign in to.
pub(super) const TENANT_ID: Setting = setting("tenant_id", "ARM_TENANT_ID", Some("AZURE_TENANT_ID"));
/// The application that signs in.
pub(super) const CLIENT_ID: Setting = setting("client_id", "ARM_CLIENT_ID", Some("AZURE_CLIENT_ID"));
/// A file that holds the application's id.
pub(super) const CLIENT_ID_FILE: Setting = setting("client_id_file_path", "ARM_CLIENT_ID_FILE_PATH", None);
/// Its secret.
pub(super) const SECRET: Setting = setting("client_secret", "ARM_CLIENT_SECRET", Some("AZURE_CLIENT_SECRET"));
/// A file that holds the secret.
pub(super) const SECRET_FILE: Setting = setting("client_secret_file_path", "ARM_CLIENT_SECRET_FILE_PATH", None);
/// Whether the user of the Azure CLI signs in.
pub(super) const USE_CLI: Setting = setting("use_cli", "ARM_USE_CLI", None);

/// Every setting, in the order of the manual.
pub(crate) const SETTINGS: [&Setting; 6] = [&TENANT_ID, &CLIENT_ID, &CLIENT_ID_FILE, &SECRET, &SECRET_FILE, &USE_CLI];

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
    /// It is a switch, and off.
    Off,
    /// It says one of these, whatever the case and a slash at the end.
    Says(&'static [&'static str]),
}

const fn other(variable: &'static str, what: &'static str, unless: Unless) -> Other {
    Other { variable, what, unless }
}

const FEDERATED: &str = "sign in with a federated token";
const IDENTITY: &str = "sign in as a managed identity";
const CERTIFICATE: &str = "sign in with a client certificate";
const CLOUD: &str = "sign in to another cloud";
const PUBLIC: Unless = Unless::Says(&["public", "https://login.microsoftonline.com", "login.microsoftonline.com"]);

/// Other ways to prove who signs in, by the first family.
const ARM_WAYS: [Other; 5] = [
    other("ARM_CLIENT_CERTIFICATE", CERTIFICATE, Unless::Unset),
    other("ARM_CLIENT_CERTIFICATE_PATH", CERTIFICATE, Unless::Unset),
    other("ARM_USE_OIDC", FEDERATED, Unless::Off),
    other("ARM_USE_AKS_WORKLOAD_IDENTITY", FEDERATED, Unless::Off),
    other("ARM_USE_MSI", IDENTITY, Unless::Off),
];
/// The same by the second.
const AZURE_WAYS: [Other; 2] = [
    other("AZURE_CLIENT_CERTIFICATE_PATH", CERTIFICATE, Unless::Unset),
    other("AZURE_FEDERATED_TOKEN_FILE", FEDERATED, Unless::Unset),
];
const ARM_CLOUDS: [Other; 2] =
    [other("ARM_ENVIRONMENT", CLOUD, PUBLIC), other("ARM_METADATA_HOSTNAME", CLOUD, Unless::Unset)];
const AZURE_CLOUDS: [Other; 1] = [other("AZURE_AUTHORITY_HOST", CLOUD, PUBLIC)];

/// The family that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Arm,
    Azure,
}

/// The variables of one family.
pub(super) struct Variables<'a> {
    family: Family,
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
        let is_set = |name: &str| read(name).is_some();
        let arm = SETTINGS.iter().map(|setting| setting.arm).chain(ARM_WAYS.iter().map(|other| other.variable));
        let family = if arm.chain(ARM_CLOUDS.iter().map(|other| other.variable)).any(is_set) {
            Family::Arm
        } else {
            Family::Azure
        };
        Variables { family, read }
    }

    /// The variable that stands in for a setting.
    pub(super) fn name(&self, setting: &Setting) -> Option<&'static str> {
        match self.family {
            Family::Arm => Some(setting.arm),
            Family::Azure => setting.azure,
        }
    }

    /// What it says.
    pub(super) fn text(&self, setting: &Setting) -> Option<String> {
        (self.read)(self.name(setting)?)
    }

    /// What it says as a switch.
    pub(super) fn switch(&self, setting: &Setting) -> Result<Option<bool>, NoSwitch> {
        self.name(setting).map_or(Ok(None), |variable| self.switched(variable))
    }

    fn switched(&self, variable: &'static str) -> Result<Option<bool>, NoSwitch> {
        let Some(text) = (self.read)(variable) else { return Ok(None) };
        switch(&text).map(Some).ok_or(NoSwitch { variable, text })
    }

    /// What chooses another way to prove who signs in.
    pub(super) fn other_way(&self) -> Result<Option<&'static Other>, NoSwitch> {
        let ways: &[Other] = if self.family == Family::Arm { &ARM_WAYS } else { &AZURE_WAYS };
        self.first(ways)
    }

    /// What chooses another cloud.
    pub(super) fn other_cloud(&self) -> Result<Option<&'static Other>, NoSwitch> {
        let clouds: &[Other] = if self.family == Family::Arm { &ARM_CLOUDS } else { &AZURE_CLOUDS };
        self.first(clouds)
    }

    fn first(&self, others: &'static [Other]) -> Result<Option<&'static Other>, NoSwitch> {
        for other in others {
            let Some(text) = (self.read)(other.variable) else { continue };
            let chooses = match &other.unless {
                Unless::Unset => true,
                Unless::Off => self.switched(other.variable)? == Some(true),
                Unless::Says(fine) => !fine.iter().any(|fine| text.trim_end_matches('/').eq_ignore_ascii_case(fine)),
            };
            if chooses {
                return Ok(Some(other));
            }
        }
        Ok(None)
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

/// The table of the manual: each setting, and what stands in for it.
#[must_use]
pub fn table() -> String {
    let mut table = "| Argument | Variable | else |\n|---|---|---|\n".to_owned();
    for Setting { argument, arm, azure } in SETTINGS {
        let azure = azure.map_or_else(String::new, |azure| format!("`{azure}`"));
        table.push_str(&format!("| `{argument}` | `{arm}` | {azure} |\n"));
    }
    table
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
        assert!(SETTINGS.iter().all(|one| one.arm.starts_with("ARM_")));
        assert!(SETTINGS.iter().filter_map(|one| one.azure).all(|name| name.starts_with("AZURE_")));
        assert!(ARM_WAYS.iter().chain(&ARM_CLOUDS).all(|one| one.variable.starts_with("ARM_")));
        assert!(AZURE_WAYS.iter().chain(&AZURE_CLOUDS).all(|one| one.variable.starts_with("AZURE_")));
    }
}
