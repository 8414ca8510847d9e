//! What was measured against what it may be at most: a row for each bound.

use super::bounds::{self, waiting};
use super::contender::{MEMORY, PROVIDER};
use super::figures::{Figures, Run, Work};
use super::fleet::{CONNECTIONS_A_PAGE, FEW_CONNECTIONS_A_PAGE, Fleet};

/// A bound, and what there is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The work.
    pub work: String,
    /// What it costs.
    pub now: String,
    /// What it may cost.
    pub at_most: String,
    /// Whether that is met.
    pub met: bool,
}

/// The rows that figures have something to say about.
#[must_use]
pub fn rows(figures: &Figures) -> Vec<Row> {
    let own = figures.of(PROVIDER);
    let mut rows: Vec<Row> = own.iter().flat_map(|run| plans(run)).collect();
    rows.extend(own.iter().flat_map(|run| writes(run)));
    rows.extend(own.iter().filter(|run| run.fleet == Fleet::of(100)).flat_map(|run| of_a_hundred(run)));
    rows.extend(own.last().and_then(|run| query(run)));
    rows.extend(own.iter().flat_map(|run| times(run, figures.run(MEMORY, &run.fleet))));
    rows.extend(processor(&own));
    rows.extend(own.last().and_then(|run| memory(run)));
    rows
}

fn counted(work: String, now: usize, at_most: usize) -> Row {
    Row { work, now: now.to_string(), at_most: at_most.to_string(), met: now <= at_most }
}

fn plans(run: &Run) -> Vec<Row> {
    let name = run.fleet.name();
    let row = |work: Work, size: usize| {
        let now = run.step(work)?.requests.total();
        let title = format!("plan without change, {name}, {size} connections a page: requests");
        Some(counted(title, now, run.held.plan(size)))
    };
    let rows = [row(Work::Plan, CONNECTIONS_A_PAGE), row(Work::PlanOfSmallPages, FEW_CONNECTIONS_A_PAGE)];
    rows.into_iter().flatten().collect()
}

fn writes(run: &Run) -> Vec<Row> {
    let row = |work: Work, at_most: f64| {
        let now = run.step(work)?.requests.total() as f64 / run.fleet.chains as f64;
        Some(Row {
            work: format!("{}, {}: requests a chain", work.name(), run.fleet.name()),
            now: format!("{now:.2}"),
            at_most: format!("{at_most:.1}"),
            met: now <= at_most,
        })
    };
    let throttled: usize = run.steps.iter().map(|step| step.requests.throttled).sum();
    let none = counted(format!("all steps, {}: refused as too many", run.fleet.name()), throttled, 0);
    // What every process asks once is more than a few chains have to share.
    let of_many = |row: Option<Row>| row.filter(|_| run.fleet.chains >= 1000);
    let rows = [row(Work::Create, bounds::CREATE_A_CHAIN), row(Work::Destroy, bounds::DESTROY_A_CHAIN)];
    rows.into_iter().filter_map(of_many).chain([none]).collect()
}

fn of_a_hundred(run: &Run) -> Vec<Row> {
    let works = [Work::Create, Work::Plan, Work::Destroy].into_iter().zip(bounds::OF_A_HUNDRED);
    let row = |(work, at_most): (Work, usize)| {
        let title = format!("{}, 100 chains on 10 certificates: requests", work.name());
        Some(counted(title, run.step(work)?.requests.total(), at_most))
    };
    works.filter_map(row).collect()
}

fn query(run: &Run) -> Option<Row> {
    let step = run.step(Work::Query)?;
    let title = format!("query, {} objects: requests", step.found);
    Some(counted(title, step.requests.total(), run.held.query(CONNECTIONS_A_PAGE)))
}

fn times(run: &Run, memory: Option<&Run>) -> Vec<Row> {
    let row = |work: Work, times: f64, waits: bool| {
        let (step, least) = (run.step(work)?, memory?.step(work)?.seconds);
        let least = if waits { least.max(waiting(step.requests.total())) } else { least };
        let at_most = least * times;
        Some(Row {
            work: format!("{}, {}: seconds", work.name(), run.fleet.name()),
            now: format!("{:.1}", step.seconds),
            at_most: format!("{at_most:.1}"),
            met: step.seconds <= at_most,
        })
    };
    [row(Work::Create, bounds::CREATE_TIME, true), row(Work::Plan, bounds::PLAN_TIME, false)]
        .into_iter()
        .flatten()
        .filter(|_| run.fleet.chains >= 1000)
        .collect()
}

/// From the fleet of a hundred chains to the largest one.
fn processor(own: &[&Run]) -> Option<Row> {
    let small = own.iter().find(|run| run.fleet.chains >= 100)?;
    let large = own.last().filter(|run| run.fleet.chains > small.fleet.chains)?;
    let (least, now) = (small.processor_per_object()?, large.processor_per_object()?);
    let at_most = least * bounds::PROCESSOR;
    Some(Row {
        work: format!("processor time of the provider an object, {}: milliseconds", large.fleet.name()),
        now: format!("{now:.2}"),
        at_most: format!("{at_most:.2}"),
        met: now <= at_most,
    })
}

fn memory(run: &Run) -> Option<Row> {
    let now = run.memory()?;
    Some(Row {
        work: format!("memory of the provider, {}: MiB", run.fleet.name()),
        now: format!("{now:.1}"),
        at_most: format!("{:.0}", bounds::MEMORY),
        met: now <= bounds::MEMORY,
    })
}

/// The rows as a table in Markdown.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let met = if row.met { "yes" } else { "no" };
        format!("| {} | {} | {} | {met} |\n", row.work, row.now, row.at_most)
    };
    let lines: String = rows.iter().map(line).collect();
    format!("| work | now | at most | met |\n| --- | ---: | ---: | --- |\n{lines}")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::scale::figures::samples::{run, step};

    #[test]
    fn every_bound_has_a_row() {
        let small = vec![
            step(Work::Create, 520, 20.0, 0.5),
            step(Work::Plan, 15, 3.0, 0.1),
            step(Work::Destroy, 370, 10.0, 0.3),
        ];
        let large = vec![
            step(Work::Create, 6000, 60.0, 6.0),
            step(Work::Plan, 82, 30.0, 1.0),
            step(Work::PlanOfSmallPages, 99, 30.0, 1.0),
            step(Work::Query, 17, 3.0, 0.4),
            step(Work::Destroy, 4200, 40.0, 3.0),
        ];
        let memory = vec![step(Work::Create, 0, 40.0, 2.0), step(Work::Plan, 0, 24.0, 1.0)];
        let figures = Figures {
            runs: vec![run(PROVIDER, 1000, large), run(PROVIDER, 100, small), run(MEMORY, 1000, memory)],
            ..Figures::default()
        };
        expect![[r#"
            | work | now | at most | met |
            | --- | ---: | ---: | --- |
            | plan without change, 100 chains, 250 connections a page: requests | 15 | 20 | yes |
            | plan without change, 1000 chains, 250 connections a page: requests | 82 | 82 | yes |
            | plan without change, 1000 chains, 50 connections a page: requests | 99 | 98 | no |
            | all steps, 100 chains: refused as too many | 0 | 0 | yes |
            | create, 1000 chains: requests a chain | 6.00 | 6.5 | yes |
            | destroy, 1000 chains: requests a chain | 4.20 | 4.0 | no |
            | all steps, 1000 chains: refused as too many | 0 | 0 | yes |
            | create, 100 chains on 10 certificates: requests | 520 | 520 | yes |
            | plan, 100 chains on 10 certificates: requests | 15 | 14 | no |
            | destroy, 100 chains on 10 certificates: requests | 370 | 370 | yes |
            | query, 30 objects: requests | 17 | 17 | yes |
            | create, 1000 chains: seconds | 60.0 | 52.0 | no |
            | plan, 1000 chains: seconds | 30.0 | 28.8 | no |
            | processor time of the provider an object, 1000 chains: milliseconds | 3.80 | 3.60 | no |
            | memory of the provider, 1000 chains: MiB | 20.0 | 60 | yes |
        "#]]
        .assert_eq(&markdown(&rows(&figures)));
    }

    #[test]
    fn what_was_not_measured_has_no_row() {
        assert_eq!(rows(&Figures::default()), []);
        assert_eq!(rows(&Figures { runs: vec![run(MEMORY, 10, Vec::new())], ..Figures::default() }), []);
    }
}
