//! Imports: by the name that people know and by identity, as the manual shows them, with the state that was there before.

use std::collections::BTreeMap;

use acceptance_tests::feature::Feature;
use acceptance_tests::world::World;
use sandbox::default_world;
use tfplugin::value::Value;

use crate::court::{Court, refusal};
use crate::manual::{Shown, applied, every};

fn state(world: &World) -> BTreeMap<String, serde_json::Value> {
    every().into_iter().map(|shown| (shown.address.clone(), world.attributes(&shown.address))).collect()
}

#[test]
fn every_resource_is_imported_as_the_manual_says() {
    let world = applied();
    let made = state(&world);
    let imports = |block: &dyn Fn(&Shown, &str) -> String| -> String {
        every().iter().map(|shown| block(shown, made[&shown.address]["id"].as_str().expect("it has an id"))).collect()
    };
    world.forget_conversation();
    world.remove("terraform.tfstate");
    let first = &every()[0];
    let (address, what) = first.import_command(&world);
    assert_eq!(address, first.address);
    world.import(&address, &what).expect_ok();
    assert_eq!(world.attribute(&address, "id"), made[&address]["id"]);

    let check = |what: &str, blocks: &str| {
        world.remove("terraform.tfstate");
        world.write("imports.tf", blocks);
        // What an import cannot read, such as the requirements, is recorded by the same apply, which writes nothing.
        world.apply().expect_quiet();
        assert_eq!(state(&world), made, "after an import by {what}");
    };
    check("the name", &imports(&|shown, _| shown.import_by_name(&world)));
    world.plan().expect_quiet().expect_no_changes();
    let by_identity = imports(&|shown, id| shown.import_by_identity(&world, id));
    if world.offers(Feature::Identity) {
        check("identity", &by_identity);
        // The provider's environment stands in for one that is not named.
        let names_it = |line: &&str| line.trim_start().starts_with("environment_id");
        let lines: Vec<&str> = by_identity.lines().filter(|line| !names_it(line)).collect();
        check("identity without the environment", &lines.join("\n"));
    } else {
        world.remove("terraform.tfstate");
        world.write("imports.tf", &by_identity);
        let outcome = world.plan();
        assert_eq!(outcome.code(), Some(1), "{outcome}");
        assert!(outcome.diagnostics.iter().any(|found| found.summary.contains("argument")), "{outcome}");
    }
    assert_eq!(world.writes(), Vec::<String>::new(), "nothing was written by all this");
}

#[test]
fn what_an_identity_names_must_be_there() {
    let court = Court::new();
    let missing = "12345678-1111-4222-8333-444455556666";
    for Shown { name, .. } in every() {
        let import = |environment: &str, id: &str| {
            let identity = Value::object([("environment_id", environment.into()), ("id", id.into())]);
            refusal(court.judge.import_by_identity(name, &identity, id))
        };
        let (summary, detail, _) = import(default_world::ENVIRONMENT, missing);
        assert_eq!(summary, "There is nothing to import", "{name}");
        assert!(detail.contains(missing), "{name}: {detail}");
        let (summary, detail, _) = import("mars", missing);
        assert_eq!(summary, "Invalid value for environment_id", "{name}");
        assert!(detail.contains("must be an environment id"), "{name}: {detail}");
        // Ids of connections are the service's own affair; of rows they are GUIDs.
        let (summary, detail, _) = import(default_world::ENVIRONMENT, "Robot");
        let is_told = match summary.as_str() {
            "Invalid value for id" => detail.contains("GUID"),
            other => other == "There is nothing to import",
        };
        assert!(is_told && detail.contains("Robot"), "{name}: {summary}\n{detail}");
    }
}
