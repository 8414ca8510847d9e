//! Cargo's target folder, found from where the running program lies in it.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

/// The target folder of this build.
///
/// # Errors
/// A program that was moved out of its target folder.
pub(crate) fn folder() -> io::Result<PathBuf> {
    let program = env::current_exe()?;
    // Cargo marks the folder for backup programs when it makes it; no folder below it has the mark. One that was made for it, as a mount or
    // a restored cache is, has none: then it is the one in which the profile's is.
    let marked = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let of_profile =
        || program.ancestors().find(|folder| folder.ends_with("debug") || folder.ends_with("release"))?.parent();
    marked
        .or_else(of_profile)
        .map(Path::to_owned)
        .ok_or_else(|| io::Error::other(format!("{} does not lie in a target folder of cargo", program.display())))
}

/// The profile of this build, as cargo's `--profile` names it.
pub(crate) fn profile() -> &'static str {
    if cfg!(debug_assertions) { "dev" } else { "release" }
}
