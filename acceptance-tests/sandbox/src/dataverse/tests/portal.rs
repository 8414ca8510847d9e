//! What people do in the portal, and what other services ask.

use serde_json::json;
use time::Duration;

use super::*;

#[test]
fn a_person_makes_changes_and_removes_rows() {
    let mut desk = Desk::new();
    let id = desk.org.insert("flowmachinegroups", json!({ "name": "Finance" })).unwrap();
    assert!(desk.org.machine_group_exists(id));
    assert_eq!(
        desk.read("GET flowmachinegroups?$filter=name eq 'Finance'", "")["value"][0]["flowgrouptype"],
        545_940_001
    );
    desk.org.patch("flowmachinegroup", id, json!({ "name": "Warehouse" })).unwrap();
    assert_eq!(desk.org.rows("flowmachinegroup").unwrap()[0]["name"], "Warehouse");
    assert!(desk.org.remove("flowmachinegroup", id).unwrap());
    assert!(!desk.org.remove("flowmachinegroup", id).unwrap());
}

#[test]
fn a_row_that_was_read_may_be_put_back() {
    let mut desk = Desk::furnished();
    let credential = desk.org.credential(CREDENTIAL.parse().unwrap()).unwrap();
    desk.org.remove("credential", CREDENTIAL.parse().unwrap()).unwrap();
    desk.org.insert("credential", credential.clone()).unwrap();
    let again = desk.org.credential(CREDENTIAL.parse().unwrap()).unwrap();
    assert_eq!(again["_certificate_value"], credential["_certificate_value"]);
    assert_ne!(again["@odata.etag"], credential["@odata.etag"]);
}

#[test]
fn shape_is_checked() {
    let mut desk = Desk::new();
    for (table, row, reason) in [
        ("account", json!({}), "'account'"),
        ("credential", json!({ "nam": "x" }), "'nam'"),
        ("credential", json!({ "name": 5 }), "'name'"),
        ("credential", json!({ "certificate": "x" }), "'certificate'"),
        ("credential", json!([]), "object"),
    ] {
        let error = desk.org.insert(table, row).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
    assert!(desk.org.patch("credential", Uuid::nil(), json!({})).unwrap_err().contains("no credential"));
    assert!(desk.org.share("credential", Uuid::nil(), Uuid::nil()).is_err());
}

#[test]
fn use_is_for_owners_and_those_it_is_shared_with_not_for_roles() {
    let mut desk = Desk::furnished();
    let id = CREDENTIAL.parse().unwrap();
    let admin = desk.org.user_of(&desk.caller()).unwrap();
    assert!(!desk.org.may_use(admin, "credential", id));
    desk.org.share("credential", id, admin).unwrap();
    assert!(desk.org.may_use(admin, "credential", id));
    assert_eq!(desk.org.definition_schema_name(DEFINITION.parse().unwrap()).unwrap(), "cto_robot_certificate");
}

#[test]
fn a_new_row_may_be_slow_to_appear() {
    let mut desk = Desk::new();
    desk.org.hide_new_rows_for(Some(Duration::seconds(30)));
    desk.check("POST credentials", "", &format!(r#"{{"credentialid":"{CREDENTIAL}","name":"R"}}"#), "204");
    let read = format!("GET credentials({CREDENTIAL})");
    desk.check(&read, "", "", "404 0x80040217");
    assert_eq!(desk.column("GET credentials", "name"), "");
    desk.check("POST credentials", "", &format!(r#"{{"credentialid":"{CREDENTIAL}","name":"R"}}"#), "412");
    desk.org.now += Duration::seconds(30);
    desk.check(&read, "", "", "200");
}

#[test]
fn protection_says_when_to_come_back() {
    use super::super::{Limit, throttled};
    for (limit, expected) in [
        (
            Limit::Requests,
            "429 0x80072322 Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
        ),
        (Limit::ExecutionTime, "429 0x80072321 Combined execution time"),
        (Limit::Concurrency, "429 0x80072326 Number of concurrent requests exceeded the limit of 52."),
    ] {
        let response = throttled(limit, 7);
        assert!(shown(&response).starts_with(expected), "{}", shown(&response));
        assert_eq!(response.headers["retry-after"], "7");
    }
}
