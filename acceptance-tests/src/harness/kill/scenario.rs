//! What somebody does while it is killed: a command, and the world from which it begins.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use sandbox::{Environment, Stage};

use super::chain::{Chain, Shape};
use crate::court::{CONNECTION, CREDENTIAL, REFERENCE};
use crate::feature::{Feature, offered};
use crate::harness::furnished;
use crate::harness::referee::Existing;
use crate::terraform::Terraform;
use crate::world::World;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Create,
    Update,
    Replace,
    ReplaceFirst,
    Destroy,
    Import,
    Query,
    Action,
}

/// To what it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Plain,
    RunOwner,
    SharedVariable,
    HiddenFields,
}

/// A deed to a variant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scenario {
    deed: Deed,
    variant: Variant,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deed = match self.deed {
            Deed::Create => "create",
            Deed::Update => "update",
            Deed::Replace => "replace",
            Deed::ReplaceFirst => "replace-create-first",
            Deed::Destroy => "destroy",
            Deed::Import => "import",
            Deed::Query => "query",
            Deed::Action => "action",
        };
        write!(f, "{deed}/{}", self.variant)
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Variant::Plain => "plain",
            Variant::RunOwner => "run-owner",
            Variant::SharedVariable => "shared-variable",
            Variant::HiddenFields => "hidden-fields",
        })
    }
}

impl Scenario {
    /// Every scenario that this Terraform knows.
    pub(super) fn all(terraform: &Terraform) -> Vec<Scenario> {
        let mut deeds =
            vec![Deed::Create, Deed::Update, Deed::Replace, Deed::ReplaceFirst, Deed::Destroy, Deed::Import];
        deeds.extend(offered(terraform, Feature::Query).then_some(Deed::Query));
        deeds.extend(offered(terraform, Feature::Actions).then_some(Deed::Action));
        let variants = [Variant::Plain, Variant::RunOwner, Variant::SharedVariable, Variant::HiddenFields];
        let all =
            deeds.iter().flat_map(|deed| variants.iter().map(|variant| Scenario { deed: *deed, variant: *variant }));
        // What only looks is the same for every variant that it looks at.
        all.filter(|it| !matches!(it.deed, Deed::Query | Deed::Action) || it.variant == Variant::Plain).collect()
    }

    /// The row of the table where it counts.
    pub(super) fn row(self) -> String {
        self.to_string().replace('/', ", ").replace('-', " ")
    }

    fn chain(self, shape: Shape) -> Chain {
        Chain {
            shape,
            has_run_owner: self.variant == Variant::RunOwner,
            is_shared: self.variant == Variant::SharedVariable,
            creates_first: self.deed == Deed::ReplaceFirst,
        }
    }

    /// The command that is killed.
    pub(super) fn command(self) -> Vec<&'static str> {
        match self.deed {
            Deed::Query => vec!["query", "-no-color"],
            Deed::Destroy => vec!["destroy", "-input=false", "-auto-approve", "-no-color"],
            Deed::Action => {
                vec![
                    "apply",
                    "-input=false",
                    "-auto-approve",
                    "-no-color",
                    "-invoke=action.powerautomate_verify_connection.it",
                ]
            }
            _ => vec!["apply", "-input=false", "-auto-approve", "-no-color"],
        }
    }

    /// Declares what is to be there when the command has been run.
    fn declare(self, world: &World) {
        let shape = match self.deed {
            Deed::Update => Shape::Changed,
            Deed::Replace | Deed::ReplaceFirst => Shape::Replaced,
            _ => Shape::First,
        };
        world.write("main.tf", &self.chain(shape).text());
        if self.deed == Deed::Query {
            let list = |kind: &str| format!("list \"{kind}\" \"all\" {{\n  provider = powerautomate\n}}\n");
            world.write("all.tfquery.hcl", &[REFERENCE, CREDENTIAL, CONNECTION].map(list).concat());
        }
        if self.deed == Deed::Action {
            let config = format!("connection_id = {CONNECTION}.robot.id\n    timeout = \"30s\"");
            let action =
                format!("action \"powerautomate_verify_connection\" \"it\" {{\n  config {{\n    {config}\n  }}\n}}\n");
            world.write("action.tf", &action);
        }
    }

    /// Declares what one more apply is to reach.
    pub(super) fn declare_after(self, world: &World) {
        if self.deed == Deed::Destroy {
            world.write("main.tf", "");
        }
    }

    /// What the state holds in the end.
    pub(super) fn addresses(self) -> Vec<String> {
        let all = if self.deed == Deed::Destroy { [].as_slice() } else { &[CREDENTIAL, CONNECTION, REFERENCE] };
        all.iter().map(|kind| format!("{kind}.robot")).collect()
    }
}

/// A scenario, with the world from which it begins, and the requests that it takes.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Which one.
    pub(super) scenario: Scenario,
    /// Which of its requests are writes, in their order.
    pub(super) writes: Vec<bool>,
    /// What exists that is somebody else's.
    pub(super) before: Existing,
    terraform: Terraform,
    environments: BTreeMap<String, Environment>,
    files: Vec<(String, String)>,
    variable: String,
}

impl Prepared {
    /// Makes the world of a scenario, and runs its command once.
    pub(super) fn new(scenario: Scenario, terraform: &Terraform) -> io::Result<Prepared> {
        let mut world = World::start(terraform.clone())?;
        let variable = furnished::username_variable(&world);
        let before = Existing::in_world(&world);
        furnish(&mut world, scenario, &variable);
        if scenario.deed != Deed::Create {
            world.write("main.tf", &scenario.chain(Shape::First).text());
            world.apply().expect_ok();
        }
        let mut files = vec![("terraform.tfstate".to_owned(), world.state_text())];
        if scenario.deed == Deed::Import {
            let import = |kind: &str| {
                let (to, environment_id) = (format!("{kind}.robot"), &world.place().environment_id);
                format!("import {{\n  to = {to}\n  id = \"{environment_id}/{}\"\n}}\n", world.attr(&to, "id"))
            };
            files = vec![("imports.tf".to_owned(), [REFERENCE, CREDENTIAL, CONNECTION].map(import).concat())];
        }
        files.retain(|(_, text)| !text.is_empty());
        let environments = world.sandbox().with(|world| world.environments.clone());
        let mut prepared = Prepared {
            scenario,
            writes: Vec::new(),
            before,
            terraform: terraform.clone(),
            environments,
            files,
            variable,
        };
        prepared.writes = prepared.count();
        Ok(prepared)
    }

    /// A world from which the scenario begins.
    pub(super) fn world(&self) -> World {
        let started = World::start(self.terraform.clone());
        let mut world = started.unwrap_or_else(|error| panic!("there is no world to try it in: {error}"));
        furnish(&mut world, self.scenario, &self.variable);
        world.sandbox().with(|world| world.environments = self.environments.clone());
        for (name, text) in &self.files {
            world.write(name, text);
        }
        self.scenario.declare(&world);
        world
    }

    /// Runs the command once, and tells of each request whether it is a write.
    fn count(&self) -> Vec<bool> {
        let world = self.world();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let seeing = Arc::clone(&seen);
        world.sandbox().watch(move |passing, stage| {
            if stage == Stage::Arrived {
                let is_write = passing.method != "GET" && !passing.host.starts_with("login.");
                seeing.lock().unwrap_or_else(PoisonError::into_inner).push(is_write);
            }
            true
        });
        let outcome = world.run(&self.scenario.command());
        assert!(outcome.code() == Some(0), "{} without a kill: {outcome}", self.scenario);
        seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Everything of a world that is not declared: variables, switches, the provider's block.
fn furnish(world: &mut World, scenario: Scenario, variable: &str) {
    furnished::furnish(world, variable);
    if scenario.variant == Variant::HiddenFields {
        world.hide_connection_values();
    }
}
