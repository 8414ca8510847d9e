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
        runs.sort_by_key(|run| run.fleet.chains);
        runs
    }
}
