//! The program: what it prints, how it ends, and what outlives it.
//!
//! Other systems have no SIGTERM.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::*;

/// A sandbox as a program, which has printed what a shell needs.
struct Program {
    child: Child,
    said: String,
}

impl Program {
    fn start(state: &Path) -> Self {
        Self::start_in("public", state)
    }

    fn start_in(cloud: &str, state: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
        command.env("SANDBOX_CLOUD", cloud).arg("--state").arg(state).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while !said.contains("Ctrl-C") {
            said.push_str(&lines.next().expect("it says how it is ended").unwrap());
            said.push('\n');
        }
        Self { child, said }
    }

    fn exported(&self, name: &str) -> &str {
        let (_, rest) = self.said.split_once(&format!("export {name}='")).unwrap_or_else(|| panic!("{}", self.said));
        rest.split('\'').next().unwrap()
    }

    /// Ends as a service manager or a CI ends it.
    fn terminate(mut self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "an orderly end");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[tokio::test]
async fn a_terminated_program_cleans_up_and_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let client = Client::builder().no_proxy().build().unwrap();
    let row = json!({"schemaname": "cto_kept", "displayname": "Kept", "type": 100_000_000});
    let rows = |program: &Program| {
        let table = format!("rows/{}/environmentvariabledefinitions", contoso::ENVIRONMENT);
        format!("{}/{table}", program.exported("SANDBOX_CONTROL_URL"))
    };

    let program = Program::start(&state);
    for said in [
        "dev_overrides { \"cba/powerautomate\" = \"/",
        "GET /_sandbox/faults",
        "export AZURE_CLIENT_SECRET=",
        "  SYSTEM_OIDCREQUESTURI='https://",
        "  IDENTITY_ENDPOINT='http://",
    ] {
        assert!(program.said.contains(said), "{said} is not in\n{}", program.said);
    }
    assert!(client.post(rows(&program)).json(&row).send().await.unwrap().status().is_success());
    let users = rows(&program).replace("environmentvariabledefinitions", "systemusers");
    let before = client.get(&users).send().await.unwrap().text().await.unwrap();
    let authority = program.exported("SSL_CERT_FILE").to_owned();
    assert!(Path::new(&authority).exists());
    program.terminate();
    assert!(!Path::new(&authority).exists(), "its folder is gone");

    let program = Program::start(&state);
    let kept: Value =
        serde_json::from_slice(&client.get(rows(&program)).send().await.unwrap().bytes().await.unwrap()).unwrap();
    assert_eq!(kept[0]["schemaname"], "cto_kept");
    let users = rows(&program).replace("environmentvariabledefinitions", "systemusers");
    assert_eq!(client.get(&users).send().await.unwrap().text().await.unwrap(), before, "with the ids of before");
    program.terminate();
}

#[tokio::test]
async fn connections_and_certificates_are_kept_and_nonsense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let world = World::new();
    let token = world.token("https://api.powerplatform.com").await;
    let one = format!(
        "{ENVIRONMENT_HOST}/connectivity/connectors/shared_uiflow/connections/{}?api-version=1",
        Uuid::new_v4()
    );
    let values = json!({
        "username": {"value": "robot"}, "password": {"value": "x"}, "targetId": {"value": contoso::FINANCE},
    });
    let body = connections::connection(values);
    assert_eq!(world.ask(Method::PUT, &one, &token, Some(body)).await.unwrap().status, 201);
    world.sandbox.write_state(&state).unwrap();
    let version = |world: &World| world.sandbox.with(|all| all.vaults["kv-robots"].certificates["robot"][0].id.clone());

    let other = World::new();
    assert_ne!(version(&other), version(&world));
    other.sandbox.read_state(&state).unwrap();
    assert_eq!(version(&other), version(&world));
    let token = other.token("https://api.powerplatform.com").await;
    assert_eq!(other.get(&one, &token).await.status, 200);

    other.sandbox.read_state(&folder.path().join("none")).expect("a file that is not there keeps nothing");
    std::fs::write(&state, r#"{"rows": 1}"#).unwrap();
    let error = other.sandbox.read_state(&state).unwrap_err().to_string();
    assert!(error.contains("is no state of this version of the sandbox"), "{error}");
}

#[test]
fn it_starts_in_another_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start_in("china", &folder.path().join("state.json"));
    assert_eq!(program.exported("AZURE_AUTHORITY_HOST"), "https://login.chinacloudapi.cn/");
    assert_eq!(program.exported("TF_VAR_dataverse_url"), "https://contoso.crm.dynamics.cn");
    assert!(program.said.contains("at https://contoso-test.crm.dynamics.cn"), "{}", program.said);
    program.terminate();
}
