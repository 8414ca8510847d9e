//! A program that signs in, with an end: one that asks somebody who is not there is not waited for.

use std::ffi::OsStr;
use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use azure_identity::Executor;
use tokio::process::Command;
use tokio::time::timeout;

/// As long as a program is waited for: it may have a tenant to ask itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a program, and ends it when it takes too long or nobody waits for it any more.
#[derive(Debug)]
pub(super) struct Patient(Duration);

impl Default for Patient {
    fn default() -> Patient {
        Patient(PATIENCE)
    }
}

#[async_trait::async_trait]
impl Executor for Patient {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = Command::new(program);
        // Whoever reads from a terminal finds that there is none.
        command.args(args).stdin(Stdio::null()).kill_on_drop(true);
        let late = |_| {
            let what = format!("it has not answered within {} seconds", self.0.as_secs_f32());
            io::Error::new(io::ErrorKind::TimedOut, what)
        };
        timeout(self.0, command.output()).await.map_err(late)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_never_ends_is_ended() {
        let run = |script: &'static str| async move {
            Patient(Duration::from_millis(500))
                .run(OsStr::new("/bin/sh"), &[OsStr::new("-c"), OsStr::new(script)])
                .await
        };
        assert_eq!(run("exec sleep 600").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(run("echo x; cat").await.unwrap().stdout, b"x\n");
    }
}
