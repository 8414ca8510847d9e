//! The kill itself: a command of Terraform's, whose provider or who itself dies at a request.

use std::fmt;
use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sandbox::{Passing, Stage};

use crate::harness::{Fault, Kind};
use crate::world::World;

/// When it dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Before,
    Done,
    Answered,
}

pub(super) const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Done, Moment::Answered];

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Moment::Before => "before",
            Moment::Done => "done",
            Moment::Answered => "answered",
        })
    }
}

/// Who dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Victim {
    Provider,
    Terraform,
}

pub(super) const VICTIMS: [Victim; 2] = [Victim::Provider, Victim::Terraform];

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Victim::Provider => "provider",
            Victim::Terraform => "terraform",
        })
    }
}

/// Where a kill strikes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strike {
    /// At which request, from 1.
    pub(super) number: usize,
    /// When.
    pub(super) moment: Moment,
    /// Whom.
    pub(super) victim: Victim,
}

/// What came of it.
pub(super) struct Struck {
    /// Whether the request came, and somebody died.
    pub(super) is_dead: bool,
    /// What was wrong already.
    pub(super) faults: Vec<Fault>,
}

/// How long a provider may outlive its Terraform.
const LAST_BREATH: Duration = Duration::from_secs(30);

/// The state of a running strike, which the watcher shares.
struct Aim {
    strike: Strike,
    terraform: OnceLock<u32>,
    providers: OnceLock<Vec<u32>>,
    is_dead: AtomicBool,
    late_writes: Mutex<Vec<String>>,
}

impl Strike {
    /// Runs a command, and kills. What it says lands in the folder, as a user's terminal would keep it.
    pub(super) fn run(self, world: &World, command: &[&str], chance: &mut fastrand::Rng) -> Struck {
        let aim = Arc::new(Aim {
            strike: self,
            terraform: OnceLock::new(),
            providers: OnceLock::new(),
            is_dead: AtomicBool::new(false),
            late_writes: Mutex::new(Vec::new()),
        });
        let (aiming, delay) = (Arc::clone(&aim), Duration::from_micros(chance.u64(..6000)));
        world.sandbox().watch(move |passing, stage| aiming.meet(passing, stage, delay));
        let said = |name: &str| File::create(world.folder().join(name)).expect("a file can be made in a fresh folder");
        let variables = world.variables().iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut terraform = world.terraform().command(&world.folder(), command, variables);
        terraform.stdout(said("stdout.txt")).stderr(Stdio::from(said("stderr.txt")));
        let mut terraform = terraform.spawn().expect("Terraform starts");
        let _ = aim.terraform.set(terraform.id());
        terraform.wait().expect("Terraform ends");
        aim.end()
    }
}

fn is_write(passing: &Passing) -> bool {
    passing.method != "GET" && !passing.host.starts_with("login.")
}

impl Aim {
    /// A request comes by. Whether it goes on.
    fn meet(self: &Arc<Aim>, passing: &Passing, stage: Stage, delay: Duration) -> bool {
        let number = passing.number;
        if stage == Stage::Arrived
            && is_write(passing)
            && number > self.strike.number
            && self.is_dead.load(Ordering::SeqCst)
        {
            self.late_writes().push(format!("{} {}", passing.method, passing.path));
        }
        if number != self.strike.number {
            return true;
        }
        match (self.strike.moment, stage) {
            (Moment::Before, Stage::Arrived) => {
                self.kill();
                // What the provider has sent goes its way when Terraform alone is gone.
                self.strike.victim == Victim::Terraform
            }
            (Moment::Done, Stage::Done) => {
                self.kill();
                true
            }
            (Moment::Answered, Stage::Done) => {
                let aim = Arc::clone(self);
                // The answer is on its way: it arrives, and something may be made of it.
                thread::spawn(move || {
                    thread::sleep(delay);
                    aim.kill();
                });
                true
            }
            _ => true,
        }
    }

    fn late_writes(&self) -> MutexGuard<'_, Vec<String>> {
        self.late_writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kill(&self) {
        let terraform = *self.terraform.wait();
        let providers = self.providers.get_or_init(|| children(terraform));
        match self.strike.victim {
            Victim::Provider => providers.iter().for_each(|pid| kill(*pid)),
            Victim::Terraform => {
                kill(terraform);
                // Its last thread may take a moment longer than the one that counts as the process.
                wait_until(|| providers.iter().all(|pid| status(*pid).is_none_or(|(_, parent)| parent != terraform)));
            }
        }
        self.is_dead.store(true, Ordering::SeqCst);
    }

    /// Waits until nobody is left.
    fn end(&self) -> Struck {
        let mut faults = Vec::new();
        for pid in self.providers.get().into_iter().flatten() {
            wait_until(|| !lives(*pid));
            if lives(*pid) {
                faults.push(Fault {
                    kind: Kind::Bounds,
                    what: format!("the provider outlives Terraform by {LAST_BREATH:?}"),
                });
                kill(*pid);
            }
        }
        let late = self.late_writes();
        // After an answer the next write may have begun, and not have arrived, before Terraform dies.
        let counts = self.strike.victim == Victim::Terraform && self.strike.moment != Moment::Answered;
        if !late.is_empty() && counts {
            faults.push(Fault {
                kind: Kind::Bounds,
                what: format!("these writes began after Terraform was gone: {late:?}"),
            });
        }
        Struck { is_dead: self.is_dead.load(Ordering::SeqCst), faults }
    }
}

/// Kills a process, and waits until it is gone: what it held open is closed then.
fn kill(pid: u32) {
    // One that has ended meanwhile is dead, too.
    let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).stderr(Stdio::null()).status();
    wait_until(|| !lives(pid));
}

/// Waits for the end of something that is about to end, and no longer than a last breath.
fn wait_until(ended: impl Fn() -> bool) {
    let begun = Instant::now();
    while !ended() && begun.elapsed() < LAST_BREATH {
        thread::sleep(Duration::from_millis(1));
    }
}

/// The processes that this one has started.
fn children(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| status(*pid).is_some_and(|(_, of)| of == parent)).collect()
}

fn lives(pid: u32) -> bool {
    status(pid).is_some_and(|(state, _)| state != 'Z')
}

/// A process's state and parent: `pid (name) state parent …`.
fn status(pid: u32) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}
