//! A work folder that is set up for a sandbox of its own: what a test of the whole holds.
//!
//! Every test has its own world: nothing is shared but the provider's binary and Terraform itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::feature::{self, Feature};
use crate::sandboxed::Sandboxed;
use crate::terraform::Terraform;
use crate::workspace::{Installed, SOURCE, Workspace};

pub use crate::sandboxed::Place;

/// The text of [`REFERENCE`], for what is longer.
macro_rules! reference {
    () => {
        r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
}
"#
    };
}

/// The text of [`CREDENTIAL`], for what is longer.
macro_rules! credential {
    () => {
        concat!(
            reference!(),
            r#"
resource "powerautomate_cba_credential" "robot" {
  name                     = "Robot"
  username                 = "robot@contoso.com"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
}
"#
        )
    };
}

/// The certificate reference of one robot, named `robot`.
pub const REFERENCE: &str = reference!();

/// Certificate reference and credential of one robot, both named `robot`.
pub const CREDENTIAL: &str = credential!();

/// The same with the connection that uses them, named `robot` too.
pub const CHAIN: &str = concat!(
    credential!(),
    r#"
resource "powerautomate_desktop_flow_connection" "robot" {
  display_name     = "Robot"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id
}
"#
);

/// As many connections that use the credential of [`CREDENTIAL`].
#[must_use]
pub fn connections(count: usize) -> String {
    format!(
        r#"
resource "powerautomate_desktop_flow_connection" "robot" {{
  count            = {count}
  display_name     = "Robot ${{count.index}}"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id
}}
"#
    )
}

/// The variables for what a run owner proves itself with: they are in no state and in no saved plan.
pub const EPHEMERAL: &str = r#"
variable "pfx" {
  type      = string
  ephemeral = true
}
variable "password" {
  type      = string
  ephemeral = true
}
"#;

/// The types of the resources of a [`CHAIN`], in its order.
pub const TYPES: [&str; 3] = [
    "powerautomate_key_vault_certificate_reference",
    "powerautomate_cba_credential",
    "powerautomate_desktop_flow_connection",
];

/// A folder where a Terraform works, in a sandbox of its own.
pub type World = Sandboxed<Workspace>;

impl World {
    /// A world whose folder already has a provider block and variables for the ids of the sandbox's default world.
    ///
    /// # Panics
    /// Without a provider, a Terraform or a sandbox there is nothing to test.
    #[track_caller]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "starting servers is no default value")]
    pub fn new() -> World {
        let world = World::bare();
        world.write_variables();
        world.write_provider("environment_id = var.environment_id");
        world
    }

    /// A world whose folder is empty.
    ///
    /// # Panics
    /// As [`World::new`].
    #[track_caller]
    #[must_use]
    pub fn bare() -> World {
        let found = Terraform::find().and_then(World::start);
        found.unwrap_or_else(|error| panic!("there is no world to test in: {error}"))
    }

    /// A world whose folder is empty, and whose provider is installed from a mirror by `init`.
    ///
    /// # Panics
    /// As [`World::new`].
    #[track_caller]
    #[must_use]
    pub fn from_mirror() -> World {
        let found = Terraform::find().and_then(|terraform| World::with(terraform, Installed::Mirror));
        found.unwrap_or_else(|error| panic!("there is no world to test in: {error}"))
    }

    /// A world with an empty folder for this Terraform.
    ///
    /// # Errors
    /// A provider that does not compile, a port or a disk that is not to be had.
    pub fn start(terraform: Terraform) -> io::Result<World> {
        World::with(terraform, Installed::Override)
    }

    /// A world with an empty folder for this Terraform and another provider, whose binary lies in a folder of its own.
    ///
    /// # Errors
    /// A port or a disk that is not to be had.
    pub fn of_provider(terraform: Terraform, source: &str, folder: &Path) -> io::Result<World> {
        World::around(|| Workspace::of_provider(terraform, source, folder))
    }

    fn with(terraform: Terraform, installed: Installed) -> io::Result<World> {
        World::around(|| Workspace::new(terraform, installed))
    }

    fn around(workspace: impl FnOnce() -> io::Result<Workspace>) -> io::Result<World> {
        let mut world = Sandboxed::inside(|_| workspace())?;
        for (name, value) in world.sandbox().env() {
            world.set(&name, &value);
        }
        for (name, value) in world.place().clone().ids() {
            world.set(&format!("TF_VAR_{name}"), value);
        }
        Ok(world)
    }

    /// Declares the variables whose values the commands get.
    #[track_caller]
    pub fn write_variables(&self) {
        let declared: String =
            self.place().ids().iter().map(|(name, _)| format!("variable \"{name}\" {{ type = string }}\n")).collect();
        self.write("variables.tf", &declared);
    }

    /// Writes the block that names the provider's source, and a provider block with these lines.
    #[track_caller]
    pub fn write_provider(&self, lines: &str) {
        let required = format!(
            "terraform {{\n  required_providers {{\n    powerautomate = {{ source = \"{SOURCE}\" }}\n  }}\n}}\n"
        );
        self.write("provider.tf", &format!("{required}\nprovider \"powerautomate\" {{\n  {lines}\n}}\n"));
    }

    /// Whether the Terraform here has a feature; the test holds it one way or the other.
    #[must_use]
    pub fn offers(&self, feature: Feature) -> bool {
        feature::offered(self.terraform(), feature)
    }

    /// The variable of that name, as commands get it.
    #[track_caller]
    #[must_use]
    pub fn variable(&self, name: &str) -> String {
        let found = self.variables().iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("{name} is not set")).1.clone()
    }

    /// The sandbox's own address, for people.
    #[must_use]
    pub fn control_address(&self) -> String {
        self.sandbox().control_url()
    }
}

impl World {
    /// Writes the values of the variables, for a user who runs Terraform by hand.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn write_variables_file(&self) -> io::Result<()> {
        let declared = fs::read_to_string(self.folder().join("main.tf"))?;
        let is_declared = |name: &str| declared.contains(&format!("variable \"{name}\""));
        let values: String = self
            .place()
            .ids()
            .iter()
            .filter(|(name, _)| is_declared(name))
            .map(|(name, value)| format!("{name} = \"{value}\"\n"))
            .collect();
        fs::write(self.folder().join("terraform.tfvars"), values)
    }

    /// Writes a script that a POSIX shell reads with `.`: after it, `terraform` there talks to the sandbox.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn write_environment(&self) -> io::Result<PathBuf> {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let mut script: String =
            self.variables().iter().map(|(name, value)| format!("export {name}={}\n", quoted(value))).collect();
        script.push_str(&format!("export SANDBOX_CONTROL_URL={}\n", quoted(&self.control_address())));
        let line: Vec<String> = self.terraform().line().iter().map(|word| quoted(&word.to_string_lossy())).collect();
        script.push_str(&format!("terraform() {{ {} \"$@\"; }}\n", line.join(" ")));
        let path = self.folder().join("sandbox.env");
        fs::write(&path, script).map(|()| path)
    }
}
