//! What a start of the provider costs, as Terraform sees it: `cargo bench -p acceptance-tests --bench start`.
//!
//! The release binary is started with mutual TLS forty times. The client's own key is measured in the same run: what stands
//! against it is what the provider adds. For scale, the Go provider for Power Platform takes 32.5 ms to the handshake (the client's key
//! included), 71 ms to the schema, 29 MiB and 22.5 MiB.

#![allow(clippy::print_stdout)] // a program for people

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use judge::client::{Identity, Launch};
use tfplugin::wire::tfplugin5::get_provider_schema;

const STARTS: usize = 40;

/// The release binary, built now: a stale one is never measured.
fn release() -> PathBuf {
    let own = std::env::current_exe().expect("a benchmark is a file");
    let target = own.ancestors().nth(3).expect("it lies in target/release/deps").to_owned();
    println!("Building the release binary …");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--release", "--package", "provider", "--target-dir"]).arg(&target);
    assert!(cargo.status().expect("cargo runs").success(), "the provider is built");
    target.join("release").join(format!("terraform-provider-powerautomate{}", std::env::consts::EXE_SUFFIX))
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

/// Resident memory in MiB, where the system tells.
fn resident(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

fn line(what: &str, value: f64, unit: &str, limit: f64) {
    let verdict = if value <= limit { "within" } else { "ABOVE" };
    println!("{what:34} {value:7.2} {unit:3}  {verdict} {limit:.2}");
}

fn main() {
    let program = release();
    let (mut keys, mut handshakes, mut schemas, mut memory) = (vec![], vec![], vec![], vec![]);
    for _ in 0..STARTS {
        let started = Instant::now();
        let identity = Identity::of_go_plugin();
        keys.push(started.elapsed());
        let plugin = Launch::of(program.clone()).certificate(&identity).start();
        handshakes.push(started.elapsed());
        plugin.block_on(async {
            let mut provider = plugin.provider(Some(&identity)).await.expect("the provider lets its client in");
            provider.get_schema(get_provider_schema::Request {}).await.expect("the schema is told");
        });
        schemas.push(started.elapsed());
        memory.extend(resident(plugin.id()));
    }
    let (key, handshake, schema) = (median(keys), median(handshakes), median(schemas));
    let size = std::fs::metadata(Path::new(&program)).map_or(0.0, |file| file.len() as f64 / f64::from(1 << 20));
    println!("\nMedians of {STARTS} starts, mutual TLS, the client's key made first:\n");
    println!("{:34} {key:7.2} ms", "the client's own key");
    println!("{:34} {handshake:7.2} ms", "start to handshake");
    line("  of which above the key", handshake - key, "ms", 2.0);
    line("start to schema", schema, "ms", 71.0 / 4.0);
    memory.sort_by(f64::total_cmp);
    if let Some(middle) = memory.get(memory.len() / 2) {
        line("resident memory after the schema", *middle, "MiB", 29.0 / 3.0);
    }
    line("the stripped binary", size, "MiB", 22.5 / 2.0);
}
