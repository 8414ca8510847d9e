//! The story, step by step.

use std::fs;
use std::io::{self, BufRead as _};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use acceptance_tests::outcome::Outcome;
use acceptance_tests::provider_binary;
use acceptance_tests::terraform::Terraform;
use acceptance_tests::world::World;
use serde_json::{Value, json};

use super::is_interrupted;
use super::terminal::{Ink, Terminal};

/// Write-only arguments, which one of the resources has, came with it.
const OLDEST: (u32, u32) = (1, 11);

const REFERENCE: &str = "powerautomate_key_vault_certificate_reference.robot";
const CREDENTIAL: &str = "powerautomate_cba_credential.robot";
const CONNECTION: &str = "powerautomate_desktop_flow_connection.robot";

type Told = Result<(), Box<dyn std::error::Error>>;

/// Tells it, and fails where it does not hold.
pub(crate) fn tell(mut t: Terminal, keep: bool) -> Told {
    let begun = Instant::now();
    t.title("From a certificate in Key Vault to a connected desktop flow, by terraform apply");
    t.say("A robot signs in to Windows with a certificate. Three things have to be in place for that: an environment variable that \
           points at the certificate, a credential that uses it, and a connection that uses the credential on a group of machines.");
    let world = prepare(t)?;
    let seeded = world.rows();

    declare(&mut t, &world)?;
    plan(&mut t, &world)?;
    apply(&mut t, &world)?;
    repair(&mut t, &world)?;
    refuse(&mut t, &world)?;
    if keep {
        return leave(&mut t, world);
    }
    destroy(&mut t, &world, &seeded)?;

    let folder = world.folder();
    drop(world);
    ensure(!folder.exists(), "the work folder is still there")?;
    let took = begun.elapsed().as_secs();
    t.title(&format!("That is all. Nothing is left behind; it took {took} s."));
    t.say("To play in it yourself: cargo demo -- --keep");
    Ok(())
}

fn prepare(t: Terminal) -> Result<World, Box<dyn std::error::Error>> {
    t.line("");
    let begun = Instant::now();
    provider_binary::folder()?;
    t.holds(&format!("the provider is built ({:.1} s)", begun.elapsed().as_secs_f64()));
    let terraform = Terraform::find_on_path(OLDEST)?;
    t.holds(&terraform.described());
    let world = World::start(terraform)?;
    t.holds("a sandbox answers for Microsoft's services on this machine: a tenant, a vault with certificates, machine groups");
    Ok(world)
}

fn declare(t: &mut Terminal, world: &World) -> Told {
    t.step("What we declare");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/quickstart/main.tf");
    let configuration = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    world.write("main.tf", &configuration);
    for line in configuration.lines().skip_while(|line| !line.starts_with("resource")) {
        t.line(&t.ink(Ink::Dim, line));
    }
    Ok(())
}

fn plan(t: &mut Terminal, world: &World) -> Told {
    t.step("The plan: Terraform has asked the vault already whether the certificate will do");
    t.command("terraform plan");
    let planned = world.plan();
    let creations = [REFERENCE, CREDENTIAL, CONNECTION].map(|address| format!("create {address}"));
    shown(*t, &planned);
    expect(&planned, &creations)?;
    ensure(world.writes().is_empty(), "the plan wrote something")?;
    t.holds("3 to add, and nothing was written yet");
    Ok(())
}

fn apply(t: &mut Terminal, world: &World) -> Told {
    t.step("The apply");
    t.command("terraform apply");
    let begun = Instant::now();
    succeeded(&world.apply_plan())?;
    t.holds(&format!("applied in {:.1} s; this exists now:", begun.elapsed().as_secs_f64()));
    rows(*t, world)?;
    t.command("terraform plan -detailed-exitcode");
    expect(&world.plan(), &[])?;
    t.holds("no changes: what was asked for is what is there");
    Ok(())
}

fn repair(t: &mut Terminal, world: &World) -> Told {
    t.step("Somebody changes it in the portal: another user name, and a connection deleted");
    let variable = world.attr(CREDENTIAL, "username_variable_id");
    let values = world.rows_of("environmentvariablevalues", "environmentvariabledefinitionid", &variable);
    let value = values
        .first()
        .and_then(|row| row["environmentvariablevalueid"].as_str())
        .ok_or("the user name has no value row")?;
    world.patch("environmentvariablevalues", value, json!({ "value": "intern@contoso.com" }));
    let lost = world.attr(CONNECTION, "id");
    world.remove_connection(&lost);
    t.command("terraform plan");
    let planned = world.plan();
    shown(*t, &planned);
    expect(&planned, &[format!("update {CREDENTIAL}"), format!("create {CONNECTION}")])?;
    t.command("terraform apply");
    succeeded(&world.apply_plan())?;
    expect(&world.plan(), &[])?;
    let username = world.row("environmentvariablevalues", value)["value"].clone();
    ensure(username == "robot@contoso.com", "the user name was not repaired")?;
    ensure(world.connections().len() == 1, "the connection was not made again")?;
    t.holds("repaired: robot@contoso.com signs in again, on a new connection");
    Ok(())
}

fn refuse(t: &mut Terminal, world: &World) -> Told {
    t.step("A certificate that could never work is refused before anything is written");
    t.command("terraform plan -var certificate_name=robot-pem");
    world.forget_conversation();
    let planned = world.plan_with(&["-var", "certificate_name=robot-pem"]);
    let error =
        planned.diagnostics.iter().find(|found| found.severity == "error").ok_or("the plan took a PEM certificate")?;
    ensure(error.summary == "The certificate is not in PKCS#12 format", &format!("another error came: {error}"))?;
    t.quote(Ink::Red, &format!("Error: {}", error.summary), &error.detail);
    ensure(world.writes().is_empty(), "the refused plan wrote something")?;
    ensure(planned.code() == Some(1), "the refused plan succeeded")?;
    Ok(())
}

fn destroy(t: &mut Terminal, world: &World, seeded: &Value) -> Told {
    t.step("The end");
    t.command("terraform destroy");
    succeeded(&world.destroy())?;
    ensure(world.addresses().is_empty(), "the state is not empty")?;
    ensure(world.rows() == *seeded, "Dataverse is not as it was before")?;
    ensure(world.connections().is_empty(), "a connection is left")?;
    t.holds("destroyed: the environment is exactly as it was before");
    Ok(())
}

fn leave(t: &mut Terminal, world: World) -> Told {
    t.step("It is yours now, until you press Enter here");
    world.write_variables_file()?;
    let script = world.write_environment()?;
    t.say("In another terminal:");
    t.command(&format!("source {}", script.display()));
    t.command(&format!("cd {}", world.folder().display()));
    t.command("terraform plan");
    t.line("");
    t.say("What to try: change main.tf and apply. Point certificate_name at robot-expired. See what was said to the services:");
    t.command("curl -s $SANDBOX_CONTROL_URL/journal | python3 -m json.tool");
    wait_for_enter();
    drop(world);
    t.holds("the sandbox and the work folder are gone");
    Ok(())
}

/// Until a line is typed, or Ctrl-C. The end of a stdin that is no terminal is neither.
fn wait_for_enter() {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).is_ok_and(|read| read > 0) {
            // Nobody waits any more after Ctrl-C.
            let _ = send.send(());
        } else {
            thread::park();
        }
    });
    while !is_interrupted() {
        match receive.recv_timeout(Duration::from_millis(100)) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The rows that now exist, as people see them.
fn rows(t: Terminal, world: &World) -> Told {
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    let mut table = vec![["where", "what", "and its value"].map(str::to_owned).to_vec()];
    for (address, name) in [(REFERENCE, "id"), (CREDENTIAL, "username_variable_id")] {
        let id = world.attr(address, name);
        let definition = world.row("environmentvariabledefinitions", &id);
        let values = world.rows_of("environmentvariablevalues", "environmentvariabledefinitionid", &id);
        let value = values.first().ok_or("a variable has no value")?;
        let value = text(&value["value"]);
        let value = value.find("/vaults/").map_or(value.clone(), |at| format!("…{}", &value[at..]));
        table.push(vec!["environment variable".to_owned(), text(&definition["schemaname"]), value]);
    }
    let credential = world.row("credentials", &world.attr(CREDENTIAL, "id"));
    table.push(vec!["credential".to_owned(), text(&credential["name"]), "the two variables above".to_owned()]);
    let [connection] = &world.connections()[..] else { return Err("there is not exactly one connection".into()) };
    let status = connection["properties"]["statuses"][0]["status"].clone();
    ensure(status == "Connected", "the connection is not connected")?;
    table.push(vec!["connection".to_owned(), text(&connection["properties"]["displayName"]), text(&status)]);
    t.table(&table);
    Ok(())
}

/// A plan in a line per change.
fn shown(t: Terminal, planned: &Outcome) {
    for found in &planned.diagnostics {
        let ink = if found.severity == "error" { Ink::Red } else { Ink::Yellow };
        t.quote(ink, &found.summary, &found.detail);
    }
    for change in planned.changes() {
        let (action, address) = change.split_once(' ').unwrap_or(("", change));
        let (ink, sign) = match action {
            "create" => (Ink::Green, "+"),
            "delete" => (Ink::Red, "-"),
            _ => (Ink::Yellow, "~"),
        };
        t.line(&format!("{} {address}", t.ink(ink, &format!("{sign} {action}"))));
    }
}

fn expect(planned: &Outcome, changes: &[String]) -> Told {
    succeeded(planned)?;
    let mut wanted = changes.to_vec();
    wanted.sort();
    ensure(planned.changes() == wanted, &format!("another plan was expected than that of {planned}"))
}

fn succeeded(outcome: &Outcome) -> Told {
    ensure(outcome.is_ok(), &format!("it failed: {outcome}"))
}

fn ensure(holds: bool, otherwise: &str) -> Told {
    if is_interrupted() {
        return Err("interrupted".into());
    }
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
