//! A description that is not said is none, and an empty one is none to the service and itself to Terraform.

use acceptance_tests::court::{Action, CREDENTIAL, Court, REFERENCE, with};
use serde_json::{Value, json};

/// Both resources whose rows are described, by their table.
fn each(test: impl Fn(&Court, &str, &str, &Value)) {
    let court = Court::new();
    test(&court, REFERENCE, "environmentvariabledefinitions", &court.reference());
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    test(&court, CREDENTIAL, "credentials", &court.credential(&reference));
}

#[test]
fn an_empty_description_is_none_to_the_service() {
    each(|court, kind, table, config| {
        let empty = with(config.clone(), json!({ "description": "" }));
        let object = court.create(kind, &empty).expect_quiet();
        assert_eq!(object["description"], "", "{kind}");
        assert_eq!(court.row(table, &object.attr("id"))["description"], Value::Null, "{kind}");
        let object = court.refresh(&object).expect_quiet().expect("it is there");
        for config in [&empty, config] {
            assert_eq!(court.plan(kind, Some(&object), config).expect_quiet(), Action::NoOp, "{kind}");
        }
        court.patch(table, &object.attr("id"), json!({ "description": "now" }));
        let object = court.change(&object, &empty).expect_quiet();
        assert_eq!(court.row(table, &object.attr("id"))["description"], Value::Null, "{kind}");
        court.destroy(&object).expect_quiet();
    });
}

#[test]
fn what_the_configuration_stops_saying_is_cleared() {
    each(|court, kind, table, config| {
        let object = court.create(kind, &with(config.clone(), json!({ "description": "Finance" }))).expect_quiet();
        let object = court.change(&object, config).expect_quiet();
        assert_eq!(object["description"], Value::Null, "{kind}");
        assert_eq!(court.row(table, &object.attr("id"))["description"], Value::Null, "{kind}");
        court.patch(table, &object.attr("id"), json!({ "description": "Mine" }));
        let object = court.change(&object, config).expect_quiet();
        assert_eq!(court.row(table, &object.attr("id"))["description"], Value::Null, "{kind}");
        court.destroy(&object).expect_quiet();
    });
}

#[test]
fn a_managed_row_keeps_what_its_solution_says() {
    each(|court, kind, table, config| {
        let object = court.create(kind, config).expect_quiet();
        assert_eq!(object["managed"], false, "{kind}");
        court.patch(table, &object.attr("id"), json!({ "description": "The vendor's", "ismanaged": true }));
        let object = court.refresh(&object).expect_quiet().expect("it is there");
        assert_eq!((&object["managed"], &object["description"]), (&json!(true), &json!("The vendor's")), "{kind}");
        assert_eq!(court.plan(kind, Some(&object), config).expect_quiet(), Action::NoOp, "{kind}");
        court.patch(table, &object.attr("id"), json!({ "description": null, "ismanaged": false }));
        court.destroy(&object).expect_quiet();
    });
}
