//! The provider before its judge, without Terraform: a plan or an apply takes milliseconds, and every answer is held against the rules.
//!
//! Everything but Terraform is as in a [`crate::world::World`]: the built binary, its socket behind TLS, and a sandbox of its own. A
//! configuration is JSON; an object that was made is held by the test, as Terraform's state would hold it.

mod config;
mod object;
mod robot;
mod ruling;
mod saved;
mod transcript;

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use judge::client::Launch;
use judge::{Failure, Judge, Judged};
use sandbox::World;
use serde_json::{Value as Json, json};
use tfplugin::wire::tfplugin5 as pb;

use crate::provider_binary;
use crate::sandboxed::Sandboxed;
use config::{UNKNOWN, value};
use transcript::Transcript;

pub use judge::Action;
pub use object::Object;
pub use robot::{CONNECTION, CREDENTIAL, REFERENCE, with};
pub use ruling::Ruling;
pub use saved::Saved;

/// A judge with the provider, in a sandbox of its own.
pub type Court = Sandboxed<Bench>;

/// Where the judge sits.
pub struct Bench {
    judge: Judge,
    transcript: Transcript,
}

impl Court {
    /// The provider, configured for the sandbox's default environment.
    ///
    /// # Panics
    /// Without a provider or a sandbox there is nothing to try, and with a provider that breaks a rule.
    #[track_caller]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "starting servers is no default value")]
    pub fn new() -> Court {
        let mut court = Court::unconfigured(&[]);
        court.next_run();
        court
    }

    /// The provider, started with these variables too, and not configured yet. An empty one is as if it were not set.
    ///
    /// # Panics
    /// As [`Court::new`].
    #[track_caller]
    #[must_use]
    pub fn unconfigured(variables: &[(&str, &str)]) -> Court {
        Court::started(built(), variables, None)
    }

    /// The provider, which logs everything at the end of this file, and is not configured yet.
    ///
    /// # Panics
    /// As [`Court::new`].
    #[track_caller]
    #[must_use]
    pub fn logged(log: &Path) -> Court {
        Court::started(built(), &[], Some(log))
    }

    /// Configures the provider for the sandbox's default environment, as each run of Terraform does.
    ///
    /// # Panics
    /// It is refused, or warned of.
    #[track_caller]
    pub fn next_run(&mut self) {
        let environment_id = self.place().environment_id.clone();
        self.configure(&json!({ "environment_id": environment_id })).expect_quiet();
    }

    /// The provider as the child of a shell, which is the process that [`Bench::judge_mut`] knows.
    ///
    /// # Panics
    /// As [`Court::new`].
    #[track_caller]
    #[must_use]
    pub fn below_a_shell(folder: &Path) -> Court {
        let script = provider_binary::folder().and_then(|binary| {
            let (script, program) = (folder.join("parent"), binary.join(provider_binary::file_name()));
            std::fs::write(&script, format!("#!/bin/sh\n'{}' &\nwait\n", program.display()))?;
            std::fs::set_permissions(&script, Permissions::from_mode(0o700))?;
            Ok(script)
        });
        let mut court = Court::started(script, &[], None);
        court.next_run();
        court
    }

    #[track_caller]
    fn started(program: io::Result<PathBuf>, variables: &[(&str, &str)], log: Option<&Path>) -> Court {
        let court = Court::inside(|sandbox| {
            let program = program?;
            let own = sandbox.env();
            let launch = || {
                let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let launch = log.iter().fold(Launch::of(program.clone()), |launch, log| launch.log(log));
                own.chain(variables.iter().copied()).fold(launch, |launch, (name, value)| launch.env(name, value))
            };
            let mut judge = Judge::start(launch).map_err(|failure| io::Error::other(failure.to_string()))?;
            let transcript = Transcript::of(sandbox);
            judge.witness = Some(transcript.witness());
            Ok(Bench { judge, transcript })
        });
        court.unwrap_or_else(|error| panic!("there is no court: {error}"))
    }

    /// What was said to the services since this was asked last: a heading for each question to the provider, and below it a line for
    /// each exchange. The judge asks more than once: a question that says nothing new is left out.
    #[must_use]
    pub fn told(&self) -> String {
        self.named(|names| self.transcript.take(names))
    }

    /// Works, and asks the provider to stop as soon as all bad weather has struck.
    ///
    /// # Panics
    /// The weather never strikes.
    pub fn stopping<T>(&self, work: impl FnOnce(&Court) -> T) -> T {
        let (sandbox, mut client) = (self.sandbox(), self.judge.client());
        thread::scope(|scope| {
            // The connection belongs to the runtime of whoever works: it carries this request while the work is waited for.
            scope.spawn(move || {
                assert!(sandbox.wait_for_weather(Duration::from_secs(60)), "the weather never struck");
                let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime of its own");
                runtime.block_on(client.stop(pb::stop::Request {})).expect("the provider is asked to stop");
            });
            work(self)
        })
    }

    /// Begins anew in a world that was kept, with a clear sky and nothing said yet. The provider is still the same process.
    pub fn begin_anew(&self, world: World) {
        self.sandbox().clear_faults();
        self.sandbox().with(|there| *there = world);
        self.sandbox().clear_journal();
        self.transcript.begin_anew();
        self.forget_conversation();
    }

    /// Forgets what was said until now.
    pub fn forget(&self) {
        self.transcript.forget();
        self.forget_conversation();
    }
}

impl Bench {
    /// The judge itself, for what has no word here.
    #[must_use]
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    /// The judge itself, to be told otherwise.
    pub fn judge_mut(&mut self) -> &mut Judge {
        &mut self.judge
    }

    /// Configures the provider.
    pub fn configure(&mut self, block: &Json) -> Ruling<()> {
        self.transcript.listen();
        let judged = self.judge.configure(&value(block));
        self.ruled(judged)
    }

    /// Plans what a configuration makes of nothing, or of an object.
    pub fn plan(&self, kind: &str, before: Option<&Object>, config: &Json) -> Ruling<Action> {
        self.plan_not_knowing(kind, before, config, &[])
    }

    /// Plans while these attributes are not known yet.
    pub fn plan_not_knowing(
        &self,
        kind: &str,
        before: Option<&Object>,
        config: &Json,
        later: &[&str],
    ) -> Ruling<Action> {
        self.hear(|judge| {
            let mut config = judge.config(kind, value(config));
            later.iter().for_each(|name| config.put(name, UNKNOWN));
            judge.plan(kind, before.map(|object| &object.instance), &config).map(|planned| planned.action)
        })
    }

    /// Makes an object.
    pub fn create(&self, kind: &str, config: &Json) -> Ruling<Object> {
        self.apply(kind, None, config, &[])
    }

    /// Changes an object, or replaces it.
    pub fn change(&self, object: &Object, config: &Json) -> Ruling<Object> {
        self.apply(&object.instance.type_name, Some(object), config, &[])
    }

    /// Plans while these attributes are not known yet, and applies when they are. An error leaves what is there in the ruling.
    pub fn apply(&self, kind: &str, before: Option<&Object>, config: &Json, later: &[&str]) -> Ruling<Object> {
        self.transcript.listen();
        let at_apply = self.judge.config(kind, value(config));
        let mut at_plan = at_apply.clone();
        later.iter().for_each(|name| at_plan.put(name, UNKNOWN));
        let before = before.map(|object| &object.instance);
        let (left, judged) = match self.judge.apply_keeping(kind, before, &at_plan, &at_apply) {
            Ok((left, refused)) if refused.is_empty() => {
                let made = left.clone().ok_or_else(|| Failure::Transport("an apply returned nothing".to_owned()));
                (left, made.and_then(|made| self.judge.settled(kind, made, &at_apply)))
            }
            Ok((left, refused)) => (left, Err(Failure::Refused(refused))),
            Err(failure) => (before.cloned(), Err(failure)),
        };
        let ruling = self.ruled(judged.map(Object::from));
        ruling.with_left(left.map(Object::from))
    }

    /// Reads an object afresh; nothing comes when it is gone.
    pub fn refresh(&self, object: &Object) -> Ruling<Option<Object>> {
        self.hear(|judge| judge.refresh(&object.instance).map(|found| found.map(Object::from)))
    }

    /// Removes an object. An error leaves what is there in the ruling.
    pub fn destroy(&self, object: &Object) -> Ruling<()> {
        self.transcript.listen();
        let (left, judged) = match self.judge.destroy_keeping(&object.instance) {
            Ok((left, refused)) if refused.is_empty() => (left, Ok(())),
            Ok((left, refused)) => (left, Err(Failure::Refused(refused))),
            Err(failure) => (Some(object.instance.clone()), Err(failure)),
        };
        self.ruled(judged).with_left(left.map(Object::from))
    }

    /// Imports an object by an id or a name.
    pub fn import(&self, kind: &str, id: &str) -> Ruling<Object> {
        self.hear(|judge| judge.import_by_id(kind, id).map(Object::from))
    }

    /// Imports an object by its identity, and holds what comes against an import by its id.
    pub fn import_by_identity(&self, kind: &str, identity: &Json, id: &str) -> Ruling<Object> {
        self.hear(|judge| judge.import_by_identity(kind, &value(identity), id).map(Object::from))
    }

    /// Lists the names of what there is.
    pub fn list(&self, kind: &str, config: &Json) -> Ruling<Vec<String>> {
        self.hear(|judge| {
            let listed = judge.list(kind, &value(config), false, 0)?;
            Ok(listed.into_iter().map(|hit| hit.name).collect())
        })
    }

    /// Lists what there is with everything that is known of it, as a query that writes configuration does, and tells how many there are.
    pub fn list_in_full(&self, kind: &str, config: &Json) -> Ruling<usize> {
        self.hear(|judge| Ok(judge.list(kind, &value(config), true, 0)?.len()))
    }

    /// Invokes an action, and returns what it told on the way.
    pub fn invoke(&self, action: &str, config: &Json) -> Ruling<Vec<String>> {
        self.hear(|judge| match judge.invoke(action, &value(config))? {
            (told, refused) if refused.is_empty() => Ok(told),
            (_, refused) => Err(Failure::Refused(refused)),
        })
    }

    fn hear<T>(&self, ask: impl FnOnce(&Judge) -> Judged<T>) -> Ruling<T> {
        self.transcript.listen();
        self.ruled(ask(&self.judge))
    }

    fn ruled<T>(&self, judged: Judged<T>) -> Ruling<T> {
        Ruling::new(judged, self.transcript.said())
    }
}

/// The provider's program.
fn built() -> io::Result<PathBuf> {
    Ok(provider_binary::folder()?.join(provider_binary::file_name()))
}
