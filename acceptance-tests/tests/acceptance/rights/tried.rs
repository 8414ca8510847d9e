//! Each operation as an administrator, with just the rights that it was asked for, and with each of them taken away.

use std::sync::LazyLock;
use std::thread;

use acceptance_tests::court::{Court, Ruling, Saved};
use judge::{Failure, Said};
use sandbox::rights::Demanded;
use serde_json::json;

use super::operations::{Ask, Furnished, Operation, TYPES};
use super::principal::{Right, give_only};

/// Which command it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// `terraform plan`, `import` and `query`.
    Plan,
    /// `terraform apply` of a saved plan.
    Apply,
}

/// What comes of it when a right is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Without {
    /// An error that names it, and says what to do.
    Error,
    /// Nothing but a warning that names it.
    Warning,
    /// Neither.
    Unsaid(String),
}

/// What one operation needs.
pub(super) struct Row {
    pub(super) of: &'static str,
    pub(super) operation: String,
    pub(super) phase: Phase,
    pub(super) rights: Vec<(Demanded, Without)>,
    /// With just these rights it is done as quietly as by an administrator; else what was said.
    pub(super) exact: Result<(), String>,
}

/// The rows of everything, found once for all tests.
pub(super) static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    thread::scope(|scope| {
        let tried = TYPES.map(|of| scope.spawn(move || of_type(of)));
        tried.into_iter().flat_map(|rows| rows.join().expect("they were tried")).collect()
    })
});

/// What was heard of one try.
struct Heard {
    failed: Option<String>,
    said: Vec<Said>,
}

impl Heard {
    #[track_caller]
    fn of<T>(ruling: Ruling<T>) -> Heard {
        let told = ruling.to_string();
        match ruling.into_parts() {
            (Ok(_), said, _) => Heard { failed: None, said },
            (Err(Failure::Refused(_)), said, _) => Heard { failed: Some(told), said },
            (Err(failure), ..) => panic!("{failure}"),
        }
    }

    /// What it says of a right, beyond what is said anyway.
    fn without(&self, right: Right<'_>, usual: &Heard) -> Without {
        let names = |one: &&Said| one.detail.contains(right.needle());
        let new = self.said.iter().filter(|one| !usual.said.contains(one));
        let found = new.clone().filter(names).find(|one| one.is_error == self.failed.is_some());
        let helps = |one: &Said| ["Give ", "Share ", "Register "].iter().any(|word| one.detail.contains(word));
        match found {
            Some(one) if one.is_error && helps(one) => Without::Error,
            Some(one) if !one.is_error => Without::Warning,
            _ => Without::Unsaid(new.map(|one| format!("{}: {}", one.summary, one.detail)).collect()),
        }
    }
}

/// A court for one operation after the other.
struct Trial {
    court: Court,
    furnished: Furnished,
}

fn of_type(of: &'static str) -> Vec<Row> {
    let mut court = Court::unconfigured(&[]);
    configure(&mut court);
    let furnished = Furnished::new(&court);
    let operations = furnished.operations(&court, of);
    let mut trial = Trial { court, furnished };
    operations.iter().flat_map(|operation| trial.rows(operation)).collect()
}

/// Configures the provider anew, as each command does. Where the organization is, is not asked for.
fn configure(court: &mut Court) {
    let place = court.place();
    let block = json!({
        "environment_id": place.environment_id, "dataverse_url": place.environment_url, "role_propagation_timeout": "0s",
    });
    court.configure(&block).expect_quiet();
}

impl Trial {
    /// What an operation needs in each phase that it has.
    fn rows(&mut self, operation: &Operation) -> Vec<Row> {
        let phases: &[Phase] = match operation.ask {
            Ask::Change(..) => &[Phase::Plan, Phase::Apply],
            Ask::Refresh(_) | Ask::Import(_) | Ask::List => &[Phase::Plan],
            Ask::Destroy(_) | Ask::Verify(_) => &[Phase::Apply],
        };
        phases.iter().map(|phase| self.row(operation, *phase)).collect()
    }

    fn row(&mut self, operation: &Operation, phase: Phase) -> Row {
        let Operation { of, name, depth, ask } = operation;
        let saved = match ask {
            Ask::Change(before, config) if phase == Phase::Apply => {
                self.begin(|_| {});
                Some(self.court.save_plan(of, before.as_deref(), config).expect_ok())
            }
            _ => None,
        };
        self.begin(|_| {});
        let usual = self.ask(of, ask, saved.as_ref());
        assert_eq!(usual.failed, None, "{of}, {name}: an administrator may do it");
        let journal = self.court.sandbox().journal();
        assert!(
            journal.iter().all(|exchange| !exchange.host.starts_with("graph.")),
            "the page says that Graph is not asked"
        );
        let mut asked = self.court.demanded();
        // Whoever writes connections reads them.
        let writes = asked.iter().any(|one| one.right.ends_with("Connections.ReadWrite"));
        asked.retain(|one| !writes || !one.right.ends_with("Connections.Read"));

        self.begin(|world| give_only(world, &asked, None, *depth));
        let exact = self.ask(of, ask, saved.as_ref());
        let exact = match exact.failed.is_none() && exact.said == usual.said {
            true => Ok(()),
            false => Err(format!("{:?}\n{:?}", exact.failed, exact.said)),
        };
        let rights = asked.iter().map(|right| {
            self.begin(|world| give_only(world, &asked, Some(right), *depth));
            let heard = self.ask(of, ask, saved.as_ref());
            (right.clone(), heard.without(Right::of(right), &usual))
        });
        let rights = rights.collect();
        Row { of, operation: name.clone(), phase, rights, exact }
    }

    /// Begins a command in the world that was furnished, with other rights.
    fn begin(&mut self, change: impl FnOnce(&mut sandbox::World)) {
        let mut world = self.furnished.world.clone();
        change(&mut world);
        self.court.begin_anew(world);
        configure(&mut self.court);
        self.court.forget();
    }

    fn ask(&self, of: &str, ask: &Ask, saved: Option<&Saved>) -> Heard {
        let court = &self.court;
        match (ask, saved) {
            (_, Some(saved)) => Heard::of(court.apply_saved(saved)),
            (Ask::Change(before, config), None) => Heard::of(court.plan(of, before.as_deref(), config)),
            (Ask::Refresh(object), _) => Heard::of(court.refresh(object)),
            (Ask::Destroy(object), _) => Heard::of(court.destroy(object)),
            (Ask::Import(name), _) => Heard::of(court.import(of, name)),
            (Ask::List, _) => Heard::of(court.list_in_full(of, &json!({}))),
            (Ask::Verify(id), _) => Heard::of(court.invoke(of, &json!({ "connection_id": id, "timeout": "30s" }))),
        }
    }
}
