//! What was measured: for each contender and each fleet, one step after the other.

use serde::{Deserialize, Serialize};

use super::bounds::Held;
use super::fleet::Fleet;
use super::requests::Requests;

/// What Terraform was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Everything is made: a plan and an apply in one command.
    Create,
    /// A plan that finds no change.
    Plan,
    /// The same where a page holds fewer connections.
    PlanOfSmallPages,
    /// The same without a refresh.
    PlanWithoutRefresh,
    /// The same of one chain.
    PlanOfOne,
    /// `terraform query` of everything.
    Query,
    /// Everything is removed, plan included.
    Destroy,
}

impl Work {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Work::Create => "create",
            Work::Plan => "plan",
            Work::PlanOfSmallPages => "plan, small pages",
            Work::PlanWithoutRefresh => "plan -refresh=false",
            Work::PlanOfOne => "plan -target of one",
            Work::Query => "query",
            Work::Destroy => "destroy",
        }
    }
}

/// What a command cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What was done.
    pub work: Work,
    /// What was asked of the services.
    pub requests: Requests,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How many seconds of a processor the providers took; nothing where the system does not tell.
    pub processor: Option<f64>,
    /// The most memory that one provider held, in MiB; nothing where the system does not tell.
    pub memory: Option<f64>,
    /// How many objects a query has found.
    pub found: usize,
}

/// What a contender did with a fleet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Who it was.
    pub contender: String,
    /// The commit that was measured, and the day; nothing of what is not kept.
    pub revision: String,
    /// What it was asked to make.
    pub fleet: Fleet,
    /// What there was then to be listed.
    pub held: Held,
    /// The steps in their order.
    pub steps: Vec<Step>,
}

impl Run {
    /// A step, if it was done.
    #[must_use]
    pub fn step(&self, work: Work) -> Option<&Step> {
        self.steps.iter().find(|step| step.work == work)
    }

    /// The milliseconds of a processor that its provider took for each object, from the first step to the last.
    #[must_use]
    pub fn processor_per_object(&self) -> Option<f64> {
        let all: Option<f64> = self.steps.iter().map(|step| step.processor).sum();
        Some(all? * 1000.0 / self.fleet.objects() as f64)
    }

    /// The most memory that its provider held at any time.
    #[must_use]
    pub fn memory(&self) -> Option<f64> {
        self.steps.iter().filter_map(|step| step.memory).reduce(f64::max)
    }
}

/// Everything that was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The Terraform, the machine, and how the programs were built.
    pub under: String,
    /// The runs in their order.
    pub runs: Vec<Run>,
}

impl Figures {
    /// What a contender did with a fleet.
    #[must_use]
    pub fn run(&self, contender: &str, fleet: &Fleet) -> Option<&Run> {
        self.runs.iter().find(|run| run.contender == contender && run.fleet == *fleet)
    }

    /// The runs of a contender, the smallest fleet first.
    #[must_use]
    pub fn of(&self, contender: &str) -> Vec<&Run> {
        let mut runs: Vec<&Run> = self.runs.iter().filter(|run| run.contender == contender).collect();
        runs.sort_by_key(|run| (run.fleet.chains, run.fleet.modules));
        runs
    }

    /// The same of one size once: in one `for_each` where there is such a run.
    #[must_use]
    pub fn usual(&self, contender: &str) -> Vec<&Run> {
        let mut runs = self.of(contender);
        runs.dedup_by_key(|run| run.fleet.chains);
        runs
    }

    /// Who was measured, in the order of their first runs.
    #[must_use]
    pub fn contenders(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for run in &self.runs {
            if !names.contains(&run.contender.as_str()) {
                names.push(&run.contender);
            }
        }
        names
    }

    /// Adds runs, each in the place of an older one of the same contender and fleet.
    pub fn take(&mut self, newer: Figures) {
        self.under = newer.under;
        for run in newer.runs {
            match self.runs.iter_mut().find(|old| old.contender == run.contender && old.fleet == run.fleet) {
                Some(old) => *old = run,
                None => self.runs.push(run),
            }
        }
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    /// A step that is nothing else than these numbers.
    pub(crate) fn step(work: Work, requests: usize, seconds: f64, processor: f64) -> Step {
        let services = [("dataverse".to_owned(), requests)].into_iter().filter(|(_, count)| *count > 0).collect();
        let requests = Requests { services, ..Requests::default() };
        Step { work, requests, seconds, processor: Some(processor), memory: Some(20.0), found: 30 }
    }

    /// A run of the usual fleet of so many chains.
    pub(crate) fn run(contender: &str, chains: usize, steps: Vec<Step>) -> Run {
        let fleet = Fleet::of(chains);
        let vaults = fleet.certificates_of_vaults();
        let held = Held { tables: vec![2 * chains, chains], connections: chains, vaults };
        Run { contender: contender.to_owned(), revision: "one".to_owned(), fleet, held, steps }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{run, step};
    use super::*;

    #[test]
    fn a_newer_run_takes_the_place_of_its_own() {
        let of = |runs: Vec<Run>| Figures { under: "a machine".to_owned(), runs };
        let mut figures = of(vec![run("one", 10, Vec::new()), run("other", 10, Vec::new())]);
        let newer = run("one", 10, vec![step(Work::Plan, 5, 1.0, 0.1)]);
        figures.take(of(vec![newer.clone(), run("one", 100, Vec::new())]));
        assert_eq!(figures.contenders(), ["one", "other"]);
        assert_eq!(figures.of("one"), [&newer, &run("one", 100, Vec::new())]);
    }

    #[test]
    fn one_size_is_drawn_once() {
        let flat = run("one", 100, Vec::new());
        let modules = Run { fleet: flat.fleet.in_modules(10), ..flat.clone() };
        let figures = Figures { runs: vec![modules, flat.clone()], ..Figures::default() };
        assert_eq!(figures.usual("one"), [&flat]);
    }
}
