//! The manual's examples, found by the provider's own list of resources: what these tests apply, import and list.

use std::fs;
use std::path::Path;

use acceptance_tests::world::World;
use provider::PowerAutomate;
use tfplugin::provider::Provider as _;

/// What the examples say for an environment's id and for an object's.
const ENVIRONMENT: &str = "00000000-0000-0000-0000-000000000000";
const ID: &str = "8f6d5a1c-1111-4222-8333-444455556666";

/// A resource with the examples of it.
pub(crate) struct Shown {
    /// Its type.
    pub(crate) name: &'static str,
    /// The address of what its example makes.
    pub(crate) address: String,
}

/// A file below `examples/`.
#[track_caller]
pub(crate) fn example(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The first configuration that a guide shows.
#[track_caller]
pub(crate) fn guide(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let shown = text.split("```terraform\n").nth(1).and_then(|rest| rest.split("```").next());
    shown.unwrap_or_else(|| panic!("{name} shows no configuration")).to_owned()
}

/// Every resource of the provider, in the order of its list.
pub(crate) fn every() -> Vec<Shown> {
    let names = PowerAutomate.resources().into_iter().map(|resource| resource.name());
    names.map(|name| Shown { name, address: format!("{name}.robot") }).collect()
}

/// A world in which the example of every resource has been written, and not applied yet.
#[track_caller]
pub(crate) fn shown() -> World {
    let world = World::new();
    for shown in every() {
        world.write(&shown.file(), &shown.example("resource.tf"));
    }
    world
}

/// A world in which the example of every resource has been applied.
#[track_caller]
pub(crate) fn applied() -> World {
    let world = shown();
    world.apply().expect_quiet();
    world
}

impl Shown {
    /// The file of its configuration in a work folder.
    pub(crate) fn file(&self) -> String {
        format!("{}.tf", self.name)
    }

    #[track_caller]
    fn example(&self, file: &str) -> String {
        example(&format!("resources/{}/{file}", self.name))
    }

    /// The `import` block with the name that people know.
    #[track_caller]
    pub(crate) fn import_by_name(&self, world: &World) -> String {
        self.example("import-by-string-id.tf").replace(ENVIRONMENT, &world.place().environment_id)
    }

    /// The `import` block with an id.
    pub(crate) fn import_by_id(&self, world: &World, id: &str) -> String {
        format!("import {{\n  to = {}\n  id = \"{}/{id}\"\n}}\n", self.address, world.place().environment_id)
    }

    /// The `import` block with an identity.
    #[track_caller]
    pub(crate) fn import_by_identity(&self, world: &World, id: &str) -> String {
        self.example("import-by-identity.tf").replace(ENVIRONMENT, &world.place().environment_id).replace(ID, id)
    }

    /// The words of the import command after `terraform import`: an address and what is imported.
    #[track_caller]
    pub(crate) fn import_command(&self, world: &World) -> (String, String) {
        let script = self.example("import.sh").replace(ENVIRONMENT, &world.place().environment_id);
        let command =
            script.lines().find_map(|line| line.strip_prefix("terraform import ")).expect("an import command");
        let (address, what) = command.split_once(' ').expect("an address and an id");
        (address.to_owned(), what.trim_matches('"').to_owned())
    }

    /// The example of a `list` block, which asks for the machine group of the sandbox.
    #[track_caller]
    pub(crate) fn list(&self, world: &World) -> String {
        let example = example(&format!("list-resources/{}/list-resource.tfquery.hcl", self.name));
        example.replace(ID, &world.place().machine_group_id)
    }
}
