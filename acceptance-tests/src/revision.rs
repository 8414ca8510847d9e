//! The commit that is run, for what is written down about it.

use std::path::Path;
use std::process::Command;

/// The commit of these sources.
///
/// # Errors
/// No git, or changes outside of these files that no commit has: what is written down could not say what it is of.
pub fn clean(written: &[&str]) -> Result<String, String> {
    let git = |arguments: &[&str]| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let output = Command::new("git").current_dir(root).args(arguments).output();
        let output = output.map_err(|error| format!("git does not run: {error}"))?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() {
            Ok(said(&output.stdout))
        } else {
            Err(format!("git {arguments:?}: {}", said(&output.stderr)))
        }
    };
    let written: Vec<String> = written.iter().map(|path| format!(":!{path}")).collect();
    let mut status = vec!["status", "--porcelain", "--untracked-files=no", "--", "."];
    status.extend(written.iter().map(String::as_str));
    let changes = git(&status)?;
    if !changes.is_empty() {
        return Err(format!("there are changes that no commit has: commit first\n{changes}"));
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}
