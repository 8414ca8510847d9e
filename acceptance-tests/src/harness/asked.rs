//! What is asked of a run: which cases, from which seed, how many at once.

use std::io;
use std::path::PathBuf;

use clap::Args;

use super::Case;
use crate::terraform::Terraform;

/// How many cases are tried when nothing is said about it.
const SAMPLE: usize = 20;

/// Which cases are run, and how.
#[derive(Debug, Clone, Args)]
pub struct Asked {
    /// Where chance begins: the same seed tries the same cases in the same way.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many cases are tried, chosen by the seed; 20 when left out.
    #[arg(long, conflicts_with_all = ["full", "only"])]
    pub count: Option<usize>,
    /// Tries everything that is tried in an hour of all searches, and writes the table to docs/reliability.md if the sources are those of a commit.
    #[arg(long, conflicts_with = "only")]
    pub full: bool,
    /// Tries only the case of this name, or those whose names begin with it.
    #[arg(long)]
    pub only: Option<String>,
    /// How many cases keep the machine busy; where they wait, more run at once.
    #[arg(long, default_value_t = 2)]
    pub jobs: usize,
    /// The Terraform or OpenTofu to use in place of the tests' own.
    #[arg(long)]
    pub terraform: Option<PathBuf>,
}

impl Asked {
    /// A small run, as a test has it.
    #[must_use]
    pub fn sample(seed: u64, count: usize) -> Asked {
        Asked { seed, count: Some(count), full: false, only: None, jobs: 2, terraform: None }
    }

    /// Those of the cases that are wanted.
    #[must_use]
    pub fn choose<T>(&self, mut cases: Vec<Case<T>>) -> Vec<Case<T>> {
        if let Some(only) = &self.only {
            let is_exact = cases.iter().any(|case| case.name == *only);
            cases.retain(|case| if is_exact { case.name == *only } else { case.name.starts_with(only.as_str()) });
        } else if !self.full {
            fastrand::Rng::with_seed(self.seed).shuffle(&mut cases);
            cases.truncate(self.count.unwrap_or(SAMPLE));
        }
        cases
    }

    /// Chance for the case of this name: it does not depend on which other cases are run.
    #[must_use]
    pub fn chance(&self, name: &str) -> fastrand::Rng {
        // FNV-1a: spread, and the same in every build.
        let mixed = name.bytes().fold(self.seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        fastrand::Rng::with_seed(mixed)
    }

    /// The Terraform to use.
    ///
    /// # Errors
    /// One that does not run, or cannot be fetched.
    pub fn terraform(&self) -> io::Result<Terraform> {
        match &self.terraform {
            Some(path) => Terraform::at(path.clone()),
            None => Terraform::find(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases() -> Vec<Case<usize>> {
        (0..30).map(|number| Case::new(format!("case/{number}"), "row", number)).collect()
    }

    fn names(asked: &Asked) -> Vec<String> {
        asked.choose(cases()).into_iter().map(|case| case.name).collect()
    }

    #[test]
    fn a_seed_chooses_the_same_cases_and_a_name_repeats_one() {
        let sample = Asked::sample(7, 5);
        assert_eq!(names(&sample).len(), 5);
        assert_eq!(names(&sample), names(&sample));
        assert_ne!(names(&sample), names(&Asked::sample(8, 5)));
        let only = |name: &str| Asked { only: Some(name.to_owned()), ..sample.clone() };
        assert_eq!(names(&only("case/2")), ["case/2"]);
        assert_eq!(names(&only("case/1")), ["case/1"]);
        assert_eq!(names(&only("case/")).len(), 30);
        assert_eq!(names(&Asked { full: true, ..sample }).len(), 30);
    }

    #[test]
    fn a_case_has_the_same_chance_in_every_run() {
        let sample = Asked::sample(7, 5);
        assert_eq!(sample.chance("a").u64(..), sample.chance("a").u64(..));
        assert_ne!(sample.chance("a").u64(..), sample.chance("b").u64(..));
        assert_ne!(sample.chance("a").u64(..), Asked::sample(8, 5).chance("a").u64(..));
    }
}
