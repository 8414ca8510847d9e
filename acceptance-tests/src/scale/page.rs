//! `docs/guides/scale.md` and its plots, made of the figures that the runs have left: an expected value, as every page is.

use std::fs;
use std::path::{Path, PathBuf};

use super::bounds::{self, waiting};
use super::contender::{MEMORY, PROVIDER};
use super::figures::{Figures, Run, Step, Work};
use super::fleet::{
    CERTIFICATES_A_PAGE, CONNECTIONS_A_PAGE, FEW_CONNECTIONS_A_PAGE, Fleet, LATENCY, PARALLELISM, ROWS_A_PAGE,
};
use super::{plot, table};

/// The page, from the root of the sources.
pub const PATH: &str = "docs/guides/scale.md";
/// Where the figures are kept.
pub const FOLDER: &str = "acceptance-tests/scale";
/// The plots, beside the index: what lies there besides, the registry passes over.
pub const PLOTS: [&str; 2] = ["docs/scale-requests.svg", "docs/scale-seconds.svg"];

const HEAD: &str = "---
page_title: \"What many robots cost\"
subcategory: \"\"
description: |-
  Requests, time and memory of many robots, and what to do when Terraform itself is slow.
---

# What many robots cost

A *chain* is what one robot needs: a certificate reference, a credential and a connection, three objects in all. This page is written by `cargo run --release -p acceptance-tests -- scale --write`, which makes chains, plans them without a change, finds them by a query, and destroys them. Beside the provider, the same configuration is run under a provider of the same schemas that *answers from memory*: what that one takes is Terraform's own time.
";

/// The figures as they were kept; none where there are none yet.
///
/// # Errors
/// A file that is no figures.
pub fn kept() -> Result<Figures, String> {
    match fs::read_to_string(root().join(FOLDER).join("figures.json")) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| format!("the kept figures cannot be read: {error}")),
        Err(_) => Ok(Figures::default()),
    }
}

/// Keeps figures, and writes the page and the plots.
///
/// # Errors
/// A disk that is full, a picture that cannot be drawn.
pub fn write(figures: &Figures) -> Result<(), String> {
    let folder = root().join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let kept = serde_json::to_string_pretty(figures).map_err(|error| error.to_string())? + "\n";
    for (path, text) in [(folder.join("figures.json"), kept)].into_iter().chain(files(figures)?) {
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// The page and the plots of figures: where each is, and what is in it.
///
/// # Errors
/// A picture that cannot be drawn.
pub fn files(figures: &Figures) -> Result<Vec<(PathBuf, String)>, String> {
    let [requests, seconds] = PLOTS.map(|path| root().join(path));
    Ok(vec![
        (root().join(PATH), text(figures)),
        (requests, plot::requests(figures)? + "\n"),
        (seconds, plot::seconds(figures)? + "\n"),
    ])
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(figures: &Figures) -> String {
    let rows = table::rows(figures);
    let unmet = rows.iter().filter(|row| !row.met).count();
    let verdict = match (rows.len(), unmet) {
        (0, _) => "Nothing was measured yet.".to_owned(),
        (all, 0) => format!("All {all} bounds are met."),
        (all, unmet) => format!("Of {all} bounds, {unmet} are not met."),
    };
    format!(
        "{HEAD}\n{verdict}\n\n{}\n![Requests over objects](../scale-requests.svg)\n\n![Seconds over objects](../scale-seconds.svg)\n\nBoth axes of the plots grow tenfold. The provider that answers from memory asks nothing; *one request an object* is, in seconds, the time of those requests alone. Fleets stand in one `for_each`{}.\n\n## The runs\n\n{}\n{}\n{}",
        table::markdown(&rows),
        figures
            .of(PROVIDER)
            .iter()
            .rfind(|run| run.fleet.modules > 0)
            .map_or(String::new(), |run| { format!(", and {}", run.fleet.name()) }),
        runs(figures),
        advice(figures),
        measured(figures)
    )
}

/// A row for each run.
fn runs(figures: &Figures) -> String {
    let mut text = "| who | chains | create | plan | destroy | requests: create | plan | destroy | query | processor time an object | memory | revision |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n".to_owned();
    for run in figures.contenders().into_iter().flat_map(|name| figures.of(name)) {
        let seconds = |work| shown(run.step(work).map(|step| step.seconds), 1, " s");
        let requests = |work| run.step(work).map_or("–".to_owned(), |step| step.requests.total().to_string());
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            run.contender,
            run.fleet.name().replace(" chains", ""),
            seconds(Work::Create),
            seconds(Work::Plan),
            seconds(Work::Destroy),
            requests(Work::Create),
            requests(Work::Plan),
            requests(Work::Destroy),
            requests(Work::Query),
            shown(run.processor_per_object(), 2, " ms"),
            shown(run.memory(), 0, " MiB"),
            run.revision
        ));
    }
    text
}

fn shown(value: Option<f64>, digits: usize, unit: &str) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.digits$}{unit}"))
}

/// What users can do about Terraform's own time, with what it brings.
fn advice(figures: &Figures) -> String {
    let mut text = "## When Terraform itself is slow\n\nTerraform's own time grows faster than the number of objects in a state. No provider can change that, but these can:\n".to_owned();
    let Some(whole) = figures.of(MEMORY).into_iter().rfind(|run| run.fleet.modules == 0) else {
        return text + "\n(Nothing was measured yet.)\n";
    };
    let (fleet, chains) = (whole.fleet, whole.fleet.chains);
    let times = |run: &Run| {
        let seconds = |work| shown(run.step(work).map(|step| step.seconds), 1, " s");
        format!("{} to create and {} to plan", seconds(Work::Create), seconds(Work::Plan))
    };
    text.push_str(&format!(
        "\nUnder the provider that answers from memory, {chains} chains in one `for_each` take {}.\n",
        times(whole)
    ));
    if let Some(parts) = figures.run(MEMORY, &fleet.in_modules(super::command::PARTS)) {
        text.push_str(&format!(
            "\n- **A module for each team.** The same chains in {} modules take {}, and `-target` of one robot's connection {}: less of the configuration is looked at.\n",
            parts.fleet.modules,
            times(parts),
            shown(parts.step(Work::PlanOfOne).map(|step| step.seconds), 1, " s")
        ));
    }
    let quarter = Fleet::of(chains / super::command::STATES);
    if let Some(part) = figures.run(MEMORY, &quarter).filter(|_| quarter.chains > 0) {
        text.push_str(&format!(
            "- **Several states.** {} states of {} chains take {}, each. They are planned beside each other, are locked one by one, and a mistake in one stays there.\n",
            super::command::STATES, quarter.chains, times(part)
        ));
    }
    let own = figures.run(PROVIDER, &fleet);
    let against = |work: Work| {
        let (usual, other) = (own?.step(Work::Plan)?, own?.step(work)?);
        Some((of_step(usual), of_step(other), shown(whole.step(work).map(|step| step.seconds), 1, " s")))
    };
    if let Some((usual, other, least)) = against(Work::PlanWithoutRefresh) {
        text.push_str(&format!(
            "- **`terraform plan -refresh=false`** trusts the state. With this provider, a plan of {chains} chains takes {usual}, and this one {other} ({least} answered from memory). It sees nothing that somebody else has changed: leave that to a plan at night.\n"
        ));
    }
    if let Some((_, other, least)) = against(Work::PlanOfOne) {
        text.push_str(&format!(
            "- **`terraform plan -target=ADDRESS`** of one robot's connection takes {other} ({least} from memory): it plans what the address needs and nothing else. For the exception, not for every day.\n"
        ));
    }
    text
}

fn of_step(step: &Step) -> String {
    format!("{:.1} s and {} requests", step.seconds, step.requests.total())
}

fn measured(figures: &Figures) -> String {
    let under = if figures.under.is_empty() { "nothing yet" } else { &figures.under };
    format!(
        "## How it was measured\n\n- Under {under}, with `-parallelism={PARALLELISM}` and every check of a plan on.\n- Against the sandbox of this repository, in which every request takes {LATENCY} ms and Dataverse has its service protection limits: 6,000 requests in 300 s, 52 at once. Each step begins with all of that. A page holds {ROWS_A_PAGE} rows, {CERTIFICATES_A_PAGE} certificates and {CONNECTIONS_A_PAGE} connections; *small pages* hold {FEW_CONNECTIONS_A_PAGE} of the latter.\n- Up to 100 chains share 10 certificates in one vault. Above that there are 20 vaults, and a certificate for each chain, at most 1,000.\n- A request is what the sandbox's journal holds; a `$batch` is one. Processor time and peak memory are those of the provider's processes in all steps of a run, read while they run; who answers from memory is asked for fewer steps.\n- *Requests of a plan*: 15, and one for each page of each table, of the connections and of each vault, and one for each vault.\n- *Seconds of a creation*: {} times the larger of what the provider that answers from memory takes and of the time of the requests, {PARALLELISM} at once: 1,000 requests take {:.0} s. *Of a plan*: {} times the former.\n- The sandbox shares the machine with Terraform and the provider, and with whatever else ran there.\n",
        bounds::CREATE_TIME,
        waiting(1000),
        bounds::PLAN_TIME
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::figures::samples::{run, step};

    #[test]
    fn the_page_and_the_plots_are_those_of_the_kept_figures() {
        let figures = kept().unwrap();
        if figures.runs.is_empty() {
            return; // nothing was measured yet
        }
        let stale: Vec<PathBuf> = files(&figures)
            .unwrap()
            .into_iter()
            .filter(|(path, text)| fs::read_to_string(path).ok().as_ref() != Some(text))
            .map(|(path, text)| {
                fs::write(&path, text).unwrap();
                path
            })
            .collect();
        assert!(stale.is_empty(), "these files were stale and are written afresh; look at them and commit: {stale:#?}");
    }

    #[test]
    fn advice_is_given_with_what_was_measured() {
        let all = |seconds| {
            let works = [Work::Create, Work::Plan, Work::PlanWithoutRefresh, Work::PlanOfOne];
            works.map(|work| step(work, 10, seconds, 0.1)).to_vec()
        };
        let memory = run(MEMORY, 1000, all(40.0));
        let parts = Run { fleet: memory.fleet.in_modules(10), ..run(MEMORY, 1000, all(7.5)) };
        let runs = vec![run(PROVIDER, 1000, all(50.0)), memory, parts, run(MEMORY, 250, all(3.0))];
        let text = text(&Figures { under: "a Terraform".to_owned(), runs });
        for said in [
            "1000 chains in one `for_each` take 40.0 s to create",
            "in 10 modules take 7.5 s to create and 7.5 s to plan, and `-target` of one robot's connection 7.5 s",
            "4 states of 250 chains take 3.0 s to create",
            "and this one 50.0 s and 10 requests (40.0 s answered from memory)",
            "- Under a Terraform, with",
        ] {
            assert!(text.contains(said), "{said:?} is not in {text}");
        }
    }
}
