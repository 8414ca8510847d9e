//! Saying on stderr what takes time, and nothing about what does not.
//!
//! It is written past the test harness, which would keep it until the test has failed.

use std::io::{self, Write as _};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Work that may take time.
#[derive(Debug)]
pub(crate) struct Slow<'a> {
    message: &'a str,
    patience: Duration,
}

impl<'a> Slow<'a> {
    /// Says it when the work has taken a second.
    pub(crate) fn say_later(message: &'a str) -> Slow<'a> {
        Slow { message, patience: Duration::from_secs(1) }
    }

    /// Says it at once: the work certainly takes time.
    pub(crate) fn say_at_once(message: &'a str) -> Slow<'a> {
        Slow { message, patience: Duration::ZERO }
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, command: &mut Command) -> io::Result<Output> {
        let begun = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (send, receive) = mpsc::channel();
        let waiting = thread::spawn(move || {
            let output = child.wait_with_output();
            // Nobody listens any more when the caller has panicked: then there is no one to tell.
            let _ = send.send(());
            output
        });
        let is_said = receive.recv_timeout(self.patience).is_err();
        if is_said {
            tell(&format!("{} …", self.message));
        }
        let output = waiting.join().map_err(|_| io::Error::other("the thread that waited for a program panicked"))?;
        if is_said && output.as_ref().is_ok_and(|output| output.status.success()) {
            tell(&format!("{} … {:.0} s", self.message, begun.elapsed().as_secs_f64()));
        }
        output
    }
}

fn tell(line: &str) {
    // A closed stderr is no reason to stop.
    let _ = writeln!(io::stderr(), "{line}");
}
