//! What the system says of the providers that a Terraform starts: processor time and peak memory.
//!
//! It is read from `/proc` while they run, so that what a process does in its last moments is not seen. A system without it tells
//! nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Processor time is told in ticks of this many a second: Linux says so to programs, whatever its own clock does.
const TICKS: u64 = 100;

/// How long a list of processes is good: a provider lives longer.
const FRESH: Duration = Duration::from_millis(50);

/// What the providers of one command have used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The processor time of all of them.
    pub(crate) processor: Duration,
    /// The most memory that one of them held at once, in KiB.
    pub(crate) memory: u64,
}

/// Watches the children of a process.
#[derive(Debug)]
pub(crate) struct Watched {
    parent: u32,
    /// By process: ticks and KiB, as they were last.
    seen: BTreeMap<u32, (u64, u64)>,
    /// The ticks of the children that have ended, as the system has added them up.
    ended: u64,
    looked: Option<Instant>,
    /// Processes of others, at which nobody looks twice.
    strangers: BTreeSet<u32>,
}

impl Watched {
    /// Nothing is known yet.
    pub(crate) fn children_of(parent: u32) -> Watched {
        Watched { parent, seen: BTreeMap::new(), ended: 0, looked: None, strangers: BTreeSet::new() }
    }

    /// Looks again.
    pub(crate) fn look(&mut self) {
        if self.looked.is_none_or(|looked| looked.elapsed() > FRESH) {
            self.looked = Some(Instant::now());
            let own = program(self.parent);
            for pid in processes() {
                if self.strangers.contains(&pid) {
                    continue;
                }
                if parent(pid) != Some(self.parent) {
                    self.strangers.insert(pid);
                } else if program(pid) != own {
                    // Until it runs a program of its own, a child is a copy of Terraform, and as large.
                    self.seen.entry(pid).or_default();
                }
            }
        }
        if let Some(&[of_user, of_system]) = stat(self.parent).as_deref().and_then(|fields| fields.get(13..15)) {
            self.ended = of_user + of_system;
        }
        for (pid, (ticks, memory)) in &mut self.seen {
            // A process that has ended keeps what was seen last.
            if let (Some(now), Some(peak)) = (processor_ticks(*pid), peak_memory(*pid)) {
                (*ticks, *memory) = (now, peak);
            }
        }
    }

    /// What was seen; nothing when the system told nothing.
    pub(crate) fn usage(&self) -> Option<Usage> {
        // One misses the last moments of each process, the other whoever has not ended yet.
        let ticks = self.seen.values().map(|(ticks, _)| ticks).sum::<u64>().max(self.ended);
        let memory = self.seen.values().map(|(_, memory)| *memory).max()?;
        Some(Usage { processor: of_ticks(ticks), memory })
    }
}

/// The processor time of this very process, in which the sandbox runs; zero where the system does not tell.
pub(crate) fn own_processor() -> Duration {
    of_ticks(processor_ticks(std::process::id()).unwrap_or_default())
}

fn of_ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / TICKS)
}

fn processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn parent(pid: u32) -> Option<u32> {
    stat(pid)?.get(1).copied()?.try_into().ok()
}

/// The program that a process runs; nothing of one that has ended.
fn program(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// The fields of `/proc/PID/stat` from the state on; the state itself, and what is negative, reads as 0.
fn stat(pid: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of a program may hold anything, a bracket too.
    let fields = &text[text.rfind(')')? + 1..];
    Some(fields.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect())
}

fn processor_ticks(pid: u32) -> Option<u64> {
    let fields = stat(pid)?;
    Some(fields.get(11)? + fields.get(12)?)
}

fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_child_is_found_where_the_system_tells() {
        let mut child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().expect("a system has sleep");
        let mut watched = Watched::children_of(std::process::id());
        watched.look();
        let seen = watched.seen.contains_key(&child.id());
        child.kill().and_then(|()| child.wait()).expect("a child can be ended");
        assert_eq!(seen, cfg!(target_os = "linux"));
        let before = watched.usage();
        watched.look();
        assert_eq!(before.is_some(), watched.usage().is_some(), "what has ended keeps what was seen last");
    }
}
