//! Imports by an id and by the name that people know, and lists: what is asked, and what is refused.

use acceptance_tests::court::{Action, CONNECTION, CREDENTIAL, Court, Object, REFERENCE, with};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::run_owner::{PASSWORD, owned, secrets};

const DEFINITIONS: &str = "environmentvariabledefinitions";

/// What is said when an object is imported by its id, by its name, and listed. An import has nothing left to do.
#[track_caller]
fn check(court: &Court, object: &Object, config: &Value, name: &str, expected: [Expect; 3]) {
    let kind = object.instance().type_name.as_str();
    let (id, [by_id, by_name, listed]) = (object.attr("id"), expected);
    for (what, expected) in [(id.as_str(), by_id), (name, by_name)] {
        let imported = court.import(kind, &format!("{}/{what}", court.place().environment_id)).expect_quiet();
        assert_eq!(imported.attr("id"), id);
        expected.assert_eq(&court.told());
        assert_eq!(court.plan(kind, Some(&imported), config).expect_quiet(), Action::NoOp);
        court.forget();
    }
    assert!(court.list(kind, &json!({})).expect_quiet().contains(&name.to_owned()));
    listed.assert_eq(&court.told());
    assert_eq!(court.writes(), Vec::<String>::new());
}

#[test]
fn a_reference() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.forget();
    let expected = [
        expect![[r#"
            import:
              GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
            read:
              GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
              GET vault:kv-robots /certificates/robot/ -> 200
        "#]],
        expect![[r#"
            import:
              GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate' -> 200
            read:
              GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
              GET vault:kv-robots /certificates/robot/ -> 200
        "#]],
        expect![[r#"
        list:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=type eq 100000005 and secretstore eq 0&orderby=schemaname  prefer: odata.maxpagesize=100 -> 200
    "#]],
    ];
    check(&court, &reference, &court.reference(), "cto_robot_certificate", expected);
}

#[test]
fn a_credential() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let expected = [
        expect![[r#"
            import:
              GET dataverse /credentials(«id1»)?select -> 200
              GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
            read:
              GET dataverse /credentials(«id1»)?select&expand -> 200
        "#]],
        expect![[r#"
            import:
              GET dataverse /credentials?select&filter=name eq 'Robot' -> 200
              GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
            read:
              GET dataverse /credentials(«id1»)?select&expand -> 200
        "#]],
        expect![[r#"
        list:
          GET dataverse /credentials?select&filter=connectiontype eq 5&orderby=name  prefer: odata.maxpagesize=100 -> 200
    "#]],
    ];
    check(&court, &credential, &court.credential(&reference), "Robot", expected);
}

#[test]
fn a_connection() {
    let court = Court::new();
    let (_, credential, connection) = court.made_chain();
    let expected = [
        expect![[r#"
        import:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
    "#]],
        expect![[r#"
        import:
          GET connectivity /connections/Robot?filter=environment eq '«environment»' -> 404
          GET connectivity /connections -> 200
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
    "#]],
        expect![[r#"
        list:
          GET connectivity /connections -> 200
    "#]],
    ];
    check(&court, &connection, &court.connection(&credential), "Robot", expected);
}

#[test]
fn what_a_service_does_not_return_is_put_once_after_an_import() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    court.hide_connection_values();
    let config = court.connection(&credential);
    let connection = court.create(CONNECTION, &config).expect_quiet();
    let id = format!("{}/{}", court.place().environment_id, connection.attr("id"));
    let imported = court.import(CONNECTION, &id).expect_quiet();
    court.forget();
    court.change(&imported, &config).expect_quiet();
    expect![[r#"
        read:
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
        apply:
          PUT connectivity /connections/«id1»  {"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id2»","displayName":"Robot","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 200
          GET connectivity /connections/«id1»?filter=environment eq '«environment»' -> 200
          GET connectivity /connections -> 200
    "#]].assert_eq(&court.told());
}

#[test]
fn whether_there_is_a_run_owner_is_the_services_to_say_after_an_import_that_did_not_tell() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    court.share("credentials", &credential.attr("id"), &court.place().run_owner_client_id);
    court.hide_connection_values();
    let owned = owned(&court, &credential, &secrets().pfx, PASSWORD);
    let plain = with(court.connection(&credential), json!({ "display_name": "Plain" }));
    for (config, other) in [(&owned, &plain), (&plain, &owned)] {
        let made = court.create(CONNECTION, config).expect_quiet();
        let id = format!("{}/{}", court.place().environment_id, made.attr("id"));
        let imported = court.import(CONNECTION, &id).expect_quiet();
        assert_eq!(court.plan(CONNECTION, Some(&imported), config).expect_quiet(), Action::Update);
        let name = config["display_name"].as_str().unwrap();
        let other = with(other.clone(), json!({ "display_name": name }));
        let refused = court.change(&imported, &other);
        let summary = format!("Cannot change the connection {name}");
        refused.expect_error("", &summary, &["neither added nor removed", "-replace"]);
        let known = court.change(&imported, config).expect_quiet();
        assert_eq!(known.attr("id"), made.attr("id"));
        assert_eq!(court.plan(CONNECTION, Some(&known), &other).expect_quiet(), Action::Replace);
    }
}

#[track_caller]
fn refused(court: &Court, kind: &str, what: &str, summary: &str, part: &str) {
    let id = format!("{}/{what}", court.place().environment_id);
    court.import(kind, &id).expect_error("", summary, &[part]);
}

#[test]
fn what_is_of_another_kind_or_not_unique_is_refused() {
    let court = Court::new();
    court.insert(DEFINITIONS, json!({ "schemaname": "cto_text", "displayname": "Text", "type": 100_000_000 }));
    let summary = "The environment variable is no reference to a vault";
    refused(&court, REFERENCE, "cto_text", summary, "is a text variable");
    refused(&court, REFERENCE, "cto_nothing", "There is nothing to import", "cto_nothing");

    let password = json!({ "name": "Password", "credentialtype": 1, "connectiontype": 1, "usagetype": "280920000" });
    court.insert("credentials", password.clone());
    let summary = "The credential does not sign in with a certificate";
    refused(&court, CREDENTIAL, "Password", summary, "user name and password");
    court.insert("credentials", password);
    refused(&court, CREDENTIAL, "Password", "The name is not unique", "2 credentials");
    refused(&court, CREDENTIAL, "Nobody", "There is nothing to import", "Nobody");
    assert_eq!(court.writes(), Vec::<String>::new());
}
