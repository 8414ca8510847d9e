//! The provider's binary and its twin's, built by cargo: a stale one is never tested.
//!
//! Terraform gets a copy under its own folder, because a build that runs at the same time replaces the original.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use crate::progress::Slow;
use crate::target;

const NAME: &str = "terraform-provider-powerautomate";

/// How long the copy of a binary that was replaced since is kept for tests that still run with it.
const KEPT: Duration = Duration::from_secs(3600);

/// A folder that holds the provider's binary and nothing else, built from the sources as they are now.
///
/// The first call of a process builds; the others wait for it.
///
/// # Errors
/// What the compiler said.
pub fn folder() -> io::Result<&'static Path> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    once(&BUILT, &Source { package: "provider", name: NAME, said: "Building the provider" })
}

/// The same of the twin that answers from memory, under the provider's own name: a configuration cannot tell them apart.
///
/// # Errors
/// What the compiler said.
pub fn memory_folder() -> io::Result<&'static Path> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let said = "Building the provider that answers from memory";
    once(&BUILT, &Source { package: "memory", name: "memory", said })
}

/// What cargo builds.
struct Source {
    package: &'static str,
    name: &'static str,
    said: &'static str,
}

fn once(built: &'static OnceLock<Result<PathBuf, String>>, source: &Source) -> io::Result<&'static Path> {
    let built =
        built.get_or_init(|| build(source).and_then(|binary| stage(&binary)).map_err(|error| error.to_string()));
    built.as_deref().map_err(|what| io::Error::other(what.clone()))
}

/// The binary's file name on this system.
#[must_use]
pub fn file_name() -> String {
    format!("{NAME}{}", env::consts::EXE_SUFFIX)
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    executable: Option<PathBuf>,
}

fn build(source: &Source) -> io::Result<PathBuf> {
    let Source { package, name: program, said } = *source;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace);
    command.args(["build", "--quiet", "--package", package, "--bin", program]);
    command.args(["--profile", target::profile(), "--message-format", "json-render-diagnostics"]);
    command.arg("--target-dir").arg(target::folder()?);
    // What cargo says of the package that runs now is not true of the one that it builds.
    for (name, _) in env::vars_os() {
        let is_of_package =
            name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if is_of_package {
            command.env_remove(name);
        }
    }
    let output = Slow::say_later(said).run(&mut command)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("{program} cannot be built:\n{}", said.trim_end())));
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    messages
        .filter(|message| message.reason == "compiler-artifact")
        .find_map(|message| message.executable.filter(|path| path.file_stem().is_some_and(|stem| stem == program)))
        .ok_or_else(|| io::Error::other(format!("cargo built {program} and did not say where it is")))
}

fn stage(binary: &Path) -> io::Result<PathBuf> {
    let about = fs::metadata(binary)?;
    let built = about.modified()?.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    let home = target::folder()?.join("terraform").join("provider");
    let folder = home.join(format!("{}-{}", built.as_nanos(), about.len()));
    if !folder.join(file_name()).is_file() {
        fs::create_dir_all(&home)?;
        let fresh = tempfile::tempdir_in(&home)?;
        fs::copy(binary, fresh.path().join(file_name()))?;
        // Whoever was faster put the same binary there.
        if fs::rename(fresh.path(), &folder).is_ok() {
            let _ = fresh.keep();
        }
        forget_old(&home, &folder)?;
    }
    Ok(folder)
}

fn forget_old(home: &Path, current: &Path) -> io::Result<()> {
    for entry in fs::read_dir(home)? {
        let entry = entry?;
        let age = SystemTime::now().duration_since(entry.metadata()?.modified()?).unwrap_or_default();
        if entry.path() != current && age > KEPT {
            // Another process may be doing the same.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}
