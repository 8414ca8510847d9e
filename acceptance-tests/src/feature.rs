//! What Terraform and OpenTofu can do from which version on, and whether a run found it so.
//!
//! A test of a feature asks [`offered`] and then holds either that it works, or that its absence is borne in peace. What was found is
//! written down under `target/`: the table of `docs/guides/compatibility.md` is made of it.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::thread;

use crate::target;
use crate::terraform::{Terraform, Version};

/// Something that not every version can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feature {
    /// `mock_provider`, in a user's own tests.
    Mocks,
    /// `provider::powerautomate::…()`.
    Functions,
    /// Write-only arguments: the block `run_owner`.
    WriteOnly,
    /// Identities in the state, and imports by them.
    Identity,
    /// `terraform query` with `list` blocks.
    Query,
    /// `action` blocks.
    Actions,
    /// `plan -generate-config-out` asks the provider what to write.
    GeneratedConfiguration,
}

/// Every feature, in the order of the table.
pub const FEATURES: [Feature; 7] = [
    Feature::Mocks,
    Feature::Functions,
    Feature::WriteOnly,
    Feature::Identity,
    Feature::GeneratedConfiguration,
    Feature::Query,
    Feature::Actions,
];

impl Feature {
    /// What it is called in the table.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Feature::Mocks => "`mock_provider`",
            Feature::Functions => "functions",
            Feature::WriteOnly => "write-only arguments (`run_owner`)",
            Feature::Identity => "resource identity, import by identity",
            Feature::GeneratedConfiguration => "`plan -generate-config-out` asks the provider",
            Feature::Query => "`terraform query`",
            Feature::Actions => "actions",
        }
    }

    /// The first version of Terraform that has it.
    #[must_use]
    pub fn since_terraform(self) -> Version {
        self.since().0
    }

    /// The first version of OpenTofu that has it, if one does.
    #[must_use]
    pub fn since_tofu(self) -> Option<Version> {
        self.since().1
    }

    /// The first version of Terraform and of OpenTofu that has it.
    fn since(self) -> (Version, Option<Version>) {
        match self {
            Feature::Mocks => ((1, 7), Some((1, 8))),
            Feature::Functions => ((1, 8), Some((1, 7))),
            Feature::WriteOnly => ((1, 11), Some((1, 11))),
            Feature::Identity => ((1, 12), Some((1, 12))),
            Feature::GeneratedConfiguration | Feature::Query | Feature::Actions => ((1, 14), None),
        }
    }
}

/// Whether this Terraform has the feature. The test that asks goes on to hold it, one way or the other; one that finds it missing has
/// that said past the capture of its output, and counted.
///
/// # Panics
/// Without a folder to write down what was asked.
#[must_use]
pub fn offered(terraform: &Terraform, feature: Feature) -> bool {
    let (of_terraform, of_tofu) = feature.since();
    let is_there = if terraform.is_tofu() {
        of_tofu.is_some_and(|since| terraform.version() >= since)
    } else {
        terraform.version() >= of_terraform
    };
    record(terraform, feature, is_there).unwrap_or_else(|error| panic!("the finding cannot be written: {error}"));
    is_there
}

/// Where the findings of a version are.
///
/// # Errors
/// No `target` folder.
pub fn findings(name: &str) -> io::Result<PathBuf> {
    Ok(target::folder()?.join("terraform").join("findings").join(name))
}

/// The tests that found something missing when a version was run last, sorted: each as `test: feature`.
///
/// # Errors
/// No `target` folder.
pub fn absences(name: &str) -> io::Result<Vec<String>> {
    let said = fs::read_to_string(findings(name)?.join(ABSENCES)).unwrap_or_default();
    let found: BTreeSet<String> = said.lines().map(str::to_owned).collect();
    Ok(found.into_iter().collect())
}

/// The file of a version's findings that says which tests found what missing.
const ABSENCES: &str = "absences";

fn record(terraform: &Terraform, feature: Feature, is_there: bool) -> io::Result<()> {
    let folder = findings(&terraform.short_name())?;
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("{feature:?}")), if is_there { "yes" } else { "no" })?;
    if is_there {
        return Ok(());
    }
    let test = thread::current().name().unwrap_or("a test").to_owned();
    // Not `eprintln!`, which a test's harness swallows when the test passes.
    writeln!(io::stderr(), "{test}: not offered by {}: {}", terraform.described(), feature.title())?;
    let mut absences = OpenOptions::new().create(true).append(true).open(folder.join(ABSENCES))?;
    absences.write_all(format!("{test}: {}\n", feature.title()).as_bytes())
}
