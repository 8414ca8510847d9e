//! Imports: by the name that people know and by identity, as the manual shows them, with the state that was there before.

use std::collections::BTreeMap;

use acceptance_tests::court::Court;
use acceptance_tests::feature::Feature;
use acceptance_tests::world::World;
use serde_json::json;

use super::manual::{Shown, applied, every};

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
    let environment = court.place().environment_id.clone();
    let missing = "12345678-1111-4222-8333-444455556666";
    for Shown { name, .. } in every() {
        let import = |environment: &str, id: &str| {
            court.import_by_identity(name, &json!({ "environment_id": environment, "id": id }), id)
        };
        import(&environment, missing).expect_error("", "There is nothing to import", &[missing]);
        let what = "must be an environment id";
        import("mars", missing).expect_error("environment_id", "Invalid value for environment_id", &[what]);
        // Ids of connections are the service's own affair; of rows they are GUIDs.
        let told = import(&environment, "Robot").to_string();
        let is_known = told.contains("There is nothing to import") || told.contains("Invalid value for id");
        assert!(is_known && told.contains("Robot"), "{name}: {told}");
    }
}
