//! A folder with a configuration, and the commands that a user runs in it.
//!
//! Nothing is initialised: the provider comes by a development override, which needs no lock file and no registry.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::outcome::Outcome;
use crate::provider_binary;
use crate::terraform::Terraform;

/// The provider's source address, without the registry's host.
pub const SOURCE: &str = "cba/powerautomate";

/// A work folder.
#[derive(Debug)]
pub struct Workspace {
    home: TempDir,
    terraform: Terraform,
    variables: Vec<(String, String)>,
}

/// How Terraform comes to the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// By a development override: no `init`.
    Override,
    /// From a mirror in the file system: by `init`, which writes a lock file.
    Mirror,
}

impl Workspace {
    /// An empty folder for this Terraform, where the freshly built provider is at hand.
    ///
    /// # Errors
    /// A provider that does not compile, a disk that is full.
    pub fn new(terraform: Terraform, installed: Installed) -> io::Result<Workspace> {
        let registry = terraform.registry();
        Workspace::configured(terraform, |home| match installed {
            Installed::Override => {
                Ok(format!("dev_overrides {{ {} = {} }}", quoted(SOURCE), quoted_path(provider_binary::folder()?)))
            }
            Installed::Mirror => {
                let mirror = home.join("mirror");
                fill_mirror(&mirror, registry)?;
                Ok(format!("filesystem_mirror {{ path = {} }}", quoted_path(&mirror)))
            }
        })
    }

    fn configured(terraform: Terraform, settings: impl FnOnce(&Path) -> io::Result<String>) -> io::Result<Workspace> {
        let home = tempfile::Builder::new().prefix("powerautomate-").tempdir()?;
        fs::create_dir(home.path().join("work"))?;
        let settings = settings(home.path())?;
        let settings_file = home.path().join("terraform.rc");
        fs::write(&settings_file, format!("disable_checkpoint = true\nprovider_installation {{\n  {settings}\n}}\n"))?;
        let variables = vec![("TF_CLI_CONFIG_FILE".to_owned(), settings_file.display().to_string())];
        Ok(Workspace { home, terraform, variables })
    }

    /// An empty folder for another provider, whose binary lies in a folder of its own.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn of_provider(terraform: Terraform, source: &str, folder: &Path) -> io::Result<Workspace> {
        let settings = format!("dev_overrides {{ {} = {} }}", quoted(source), quoted_path(folder));
        Workspace::configured(terraform, |_| Ok(settings))
    }

    /// The folder of the configuration.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.home.path().join("work")
    }

    /// The Terraform that runs here.
    #[must_use]
    pub fn terraform(&self) -> &Terraform {
        &self.terraform
    }

    /// The variables that its commands run with.
    #[must_use]
    pub fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// Sets a variable for its commands.
    pub fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Removes a variable.
    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(known, _)| known != name);
    }

    /// Leaves the folder behind for its user.
    pub fn keep(&mut self) {
        self.home.disable_cleanup(true);
    }

    /// Writes a file of the configuration.
    #[track_caller]
    pub fn write(&self, name: &str, content: &str) {
        let path = self.folder().join(name);
        fs::write(&path, content).unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
    }

    /// Removes a file of the configuration.
    #[track_caller]
    pub fn remove(&self, name: &str) {
        let path = self.folder().join(name);
        fs::remove_file(&path).unwrap_or_else(|error| panic!("{} cannot be removed: {error}", path.display()));
    }

    /// Runs any command.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let variables = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let output = self.terraform.run(&self.folder(), arguments, variables);
        let output = output.unwrap_or_else(|error| panic!("{} cannot be run: {error}", self.terraform.described()));
        Outcome::new(arguments.join(" "), &output)
    }

    /// `terraform plan`: exit code 2 when there are changes. The plan is kept for [`Workspace::plan_json`] and
    /// [`Workspace::apply_plan`].
    #[track_caller]
    pub fn plan(&self) -> Outcome {
        self.plan_with(&[])
    }

    /// `terraform plan` with more arguments.
    #[track_caller]
    pub fn plan_with(&self, arguments: &[&str]) -> Outcome {
        let plan = format!("-out={}", self.plan_file());
        self.run(&[&["plan", "-json", "-input=false", "-detailed-exitcode", plan.as_str()], arguments].concat())
    }

    /// `terraform apply` of the last plan.
    #[track_caller]
    pub fn apply_plan(&self) -> Outcome {
        self.run(&["apply", "-json", "-input=false", self.plan_file().as_str()])
    }

    /// `terraform apply`.
    #[track_caller]
    pub fn apply(&self) -> Outcome {
        self.apply_with(&[])
    }

    /// `terraform apply` with more arguments.
    #[track_caller]
    pub fn apply_with(&self, arguments: &[&str]) -> Outcome {
        self.run(&[&["apply", "-json", "-input=false", "-auto-approve"], arguments].concat())
    }

    /// `terraform destroy`.
    #[track_caller]
    pub fn destroy(&self) -> Outcome {
        self.run(&["destroy", "-json", "-input=false", "-auto-approve"])
    }

    /// `terraform apply -refresh-only`: takes the world into the state.
    #[track_caller]
    pub fn refresh(&self) -> Outcome {
        self.apply_with(&["-refresh-only"])
    }

    /// `terraform import`.
    #[track_caller]
    pub fn import(&self, address: &str, id: &str) -> Outcome {
        self.run(&["import", "-input=false", address, id])
    }

    /// `terraform init`, for a provider that is installed from a mirror.
    #[track_caller]
    pub fn init(&self) -> Outcome {
        self.run(&["init", "-input=false"])
    }

    /// The last plan, as `terraform show -json` tells it.
    #[track_caller]
    pub fn plan_json(&self) -> Value {
        self.json(&["show", "-json", self.plan_file().as_str()])
    }

    /// The state, as `terraform show -json` tells it.
    #[track_caller]
    pub fn show_json(&self) -> Value {
        self.json(&["show", "-json"])
    }

    /// Runs a command that answers in one JSON document.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let outcome = self.run(arguments);
        outcome.expect_ok();
        serde_json::from_str(outcome.raw()).unwrap_or_else(|error| panic!("no JSON ({error}) of {outcome}"))
    }

    /// The file of the last plan: a zip archive.
    #[must_use]
    pub fn plan_file(&self) -> String {
        self.home.path().join("plan").display().to_string()
    }

    /// The text of the state file; empty when there is none.
    #[must_use]
    pub fn state_text(&self) -> String {
        fs::read_to_string(self.folder().join("terraform.tfstate")).unwrap_or_default()
    }

    /// The addresses in the state, sorted; tainted ones are marked.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        let mut found: Vec<String> = self
            .instances()
            .map(|(address, it)| if it["status"] == "tainted" { format!("{address} (tainted)") } else { address })
            .collect();
        found.sort();
        found
    }

    /// The value of an attribute in the state, null when the resource or the attribute is not there.
    #[must_use]
    pub fn attribute(&self, address: &str, name: &str) -> Value {
        let instance = self.instances().find(|(known, _)| known == address);
        instance.map_or(Value::Null, |(_, instance)| instance["attributes"][name].clone())
    }

    /// The identity of a resource in the state, null when the resource or its identity is not there.
    #[must_use]
    pub fn identity(&self, address: &str) -> Value {
        let instance = self.instances().find(|(known, _)| known == address);
        instance.map_or(Value::Null, |(_, instance)| instance["identity"].clone())
    }

    /// Every attribute of a resource in the state.
    #[must_use]
    pub fn attributes(&self, address: &str) -> Value {
        let instance = self.instances().find(|(known, _)| known == address);
        instance.map_or(Value::Null, |(_, instance)| instance["attributes"].clone())
    }

    /// The text of an attribute in the state.
    #[track_caller]
    #[must_use]
    pub fn attr(&self, address: &str, name: &str) -> String {
        match self.attribute(address, name) {
            Value::String(text) => text,
            other => panic!("{address}.{name} is {other}, among {:?}", self.addresses()),
        }
    }

    /// The instances in the state by their addresses, as the state file has them.
    pub fn instances(&self) -> impl Iterator<Item = (String, Value)> {
        let state: Value = serde_json::from_str(&self.state_text()).unwrap_or_default();
        let resources = state["resources"].as_array().cloned().unwrap_or_default();
        resources.into_iter().flat_map(|resource| {
            let text = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
            let address = format!("{}.{}", text("type"), text("name"));
            let instances = resource["instances"].as_array().cloned().unwrap_or_default();
            instances.into_iter().map(move |instance| {
                let key = match &instance["index_key"] {
                    Value::Null => String::new(),
                    key => format!("[{key}]"),
                };
                (format!("{address}{key}"), instance)
            })
        })
    }
}

/// Lays the provider out as a mirror has it: host, source, version, platform.
fn fill_mirror(mirror: &Path, registry: &str) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let folder = mirror.join(registry).join(SOURCE).join(version).join(format!("{system}_{machine}"));
    fs::create_dir_all(&folder)?;
    let name = format!("terraform-provider-powerautomate_v{version}{}", std::env::consts::EXE_SUFFIX);
    fs::copy(provider_binary::folder()?.join(provider_binary::file_name()), folder.join(name)).map(drop)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
}
