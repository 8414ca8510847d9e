//! The ways in which nothing is reached, and what a plan says of each: for the test of it, and for the table of
//! `cargo run -p acceptance-tests -- networks`, which prints how long each of them takes to be told.

#![allow(clippy::print_stdout, reason = "a program for people")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use sandbox::{Crafted, Effect, Fault};

use crate::court::{Action, Court, REFERENCE, Ruling};
use crate::proxy::{Proxy, Tunnel};

/// As long as nothing has answered, it is told within so long.
pub const WITHIN: Duration = Duration::from_secs(15);

const PROXY: &str = "The proxy cannot be used";
const TRUST: &str = "The connection is not secure";
const NOTHING: &str = "The provider can reach nothing";
const SIGN_IN: &str = "Cannot sign in";

/// A network in which nothing is reached.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// What is wrong with it.
    pub name: &'static str,
    fault: Lost,
    /// The headline of the one error.
    pub summary: &'static str,
    /// What it says of the cause.
    pub cause: &'static str,
    /// How often a host is tried at the least and at the most, the vault and the sign-in together.
    pub attempts: (usize, usize),
}

/// What is wrong with a network.
#[derive(Debug, Clone, Copy)]
enum Lost {
    /// Tunnels come to this.
    Tunnels(Tunnel),
    /// There is no proxy where one is said to be.
    NoProxy,
    /// The proxy has a name that nobody knows.
    UnknownProxy,
    /// Whoever signs for the hosts is not trusted.
    Distrust,
    /// What is to be trusted is not there, as a variable has it.
    NoAuthority,
    /// Every service answers with this.
    Answers(fn() -> Effect),
}

const fn lost(
    name: &'static str,
    fault: Lost,
    (summary, cause): (&'static str, &'static str),
    attempts: (usize, usize),
) -> Network {
    Network { name, fault, summary, cause, attempts }
}

fn page() -> Effect {
    Effect::Html(200)
}

fn portal() -> Effect {
    Effect::Answer(Crafted::new(302, "").header("location", "https://portal.example/login?for=somebody"))
}

/// What lasts is tried once at the vault and once at the sign-in.
const LASTING: (usize, usize) = (1, 2);
/// What may pass is tried until the time is up: four times each, on a machine that has nothing else to do.
const PASSING: (usize, usize) = (4, 8);
/// A host that says nothing is waited for.
const SILENT: (usize, usize) = (2, 2);
/// What never gets as far as a host that counts.
const NONE: (usize, usize) = (0, 0);

/// Each of them.
pub const NETWORKS: [Network; 14] = [
    lost("an authority that is not trusted", Lost::Distrust, (TRUST, "certificate is not trusted"), LASTING),
    lost("an authority's file that is not there", Lost::NoAuthority, (NOTHING, "/nonexistent/ca.pem"), NONE),
    lost("no proxy", Lost::NoProxy, (PROXY, "cannot be reached"), NONE),
    lost("a proxy whose name is unknown", Lost::UnknownProxy, (PROXY, "lookup address information"), NONE),
    // What it wants is asked of it once more.
    lost(
        "a proxy that wants a login",
        Lost::Tunnels(Tunnel::Locked("other:word")),
        (PROXY, "The proxy says: Basic realm=\"Contoso\""),
        (2, 4),
    ),
    lost(
        "a proxy that closes each tunnel",
        Lost::Tunnels(Tunnel::Answered("403 Forbidden")),
        (SIGN_IN, "makes no connection to login.microsoftonline.com"),
        PASSING,
    ),
    lost(
        "names that do not exist",
        Lost::Tunnels(Tunnel::Answered("502 Bad Gateway")),
        (SIGN_IN, "login.microsoftonline.com: it cannot resolve that name"),
        PASSING,
    ),
    lost("a proxy that says nothing", Lost::Tunnels(Tunnel::Stalled), (SIGN_IN, "does not answer"), SILENT),
    lost("a black hole", Lost::Tunnels(Tunnel::Silent), (SIGN_IN, "does not answer"), SILENT),
    lost(
        "connections that end within the TLS handshake",
        Lost::Tunnels(Tunnel::Plain("")),
        (SIGN_IN, "login.microsoftonline.com ended within the TLS handshake"),
        PASSING,
    ),
    lost(
        "a captive portal without TLS",
        Lost::Tunnels(Tunnel::Plain("HTTP/1.1 302 Found\r\nlocation: http://portal.example/\r\n\r\n")),
        (SIGN_IN, "does not speak TLS"),
        PASSING,
    ),
    lost("a captive portal's page", Lost::Answers(page), (SIGN_IN, "Blocked by the web gateway"), (2, 3)),
    lost(
        "a captive portal that leads elsewhere",
        Lost::Answers(portal),
        (SIGN_IN, "leads to https://portal.example."),
        (2, 3),
    ),
    lost(
        "TLS that knows no common version",
        Lost::Tunnels(Tunnel::Plain("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{46}")),
        (SIGN_IN, "no version from 1.2 on"),
        PASSING,
    ),
];

/// What came of a plan in a network.
pub struct Met {
    /// What was told.
    pub told: Ruling<Action>,
    /// How often a host was tried.
    pub attempts: usize,
    /// How long it took from the question to the answer.
    pub took: Duration,
    /// How long the same took once more after the same Configure.
    pub again: Duration,
}

/// A provider in a network, and what that network is made of.
struct Inside {
    court: Court,
    proxy: Option<Proxy>,
    /// Whose authority is trusted in place of the right one.
    _other: Option<Court>,
}

impl Inside {
    fn of(court: Court) -> Inside {
        Inside { court, proxy: None, _other: None }
    }

    fn behind(proxy: Proxy) -> Inside {
        Inside { court: proxy.unconfigured(&[]), proxy: Some(proxy), _other: None }
    }

    /// How often a host was tried until now.
    fn attempts(&self) -> usize {
        let exchanges = self.court.sandbox().journal().len();
        let tunnels = self.proxy.as_ref().map_or_else(|| self.court.sandbox().tunnels(), |proxy| proxy.hosts().len());
        // Connections are used again.
        tunnels.max(exchanges)
    }
}

impl Network {
    fn enter(&self) -> Inside {
        match self.fault {
            Lost::Tunnels(tunnel) => Inside::behind(Proxy::start(move |_, _| tunnel)),
            Lost::NoProxy => Inside::behind(Proxy::dead()),
            Lost::UnknownProxy => Inside::of(Court::unconfigured(&[("HTTPS_PROXY", "http://proxy.invalid:8080")])),
            Lost::Distrust => {
                let other = Court::unconfigured(&[]);
                let authority = other.sandbox().ca_file().display().to_string();
                Inside { _other: Some(other), ..Inside::of(Court::unconfigured(&[("SSL_CERT_FILE", &authority)])) }
            }
            Lost::NoAuthority => Inside::of(Court::unconfigured(&[("SSL_CERT_FILE", "/nonexistent/ca.pem")])),
            Lost::Answers(effect) => {
                let court = Court::unconfigured(&[]);
                court.weather(Fault::next("", effect()).times(99));
                Inside::of(court)
            }
        }
    }

    /// Plans a certificate reference in it, once.
    ///
    /// # Panics
    /// As [`Court::new`].
    #[must_use]
    pub fn meet(&self) -> Met {
        let mut inside = self.enter();
        inside.court.next_run();
        inside.court.judge_mut().asks_twice = false;
        let begun = Instant::now();
        let told = inside.court.plan(REFERENCE, None, &inside.court.reference());
        let (took, attempts) = (begun.elapsed(), inside.attempts());
        let begun = Instant::now();
        drop(inside.court.plan(REFERENCE, None, &inside.court.reference()));
        Met { told, attempts, took, again: begun.elapsed() }
    }
}

/// Prints how long each network in which nothing is reached takes to be told, and fails when one takes longer than 15 seconds.
#[derive(Debug, Args)]
pub struct Arguments {}

/// Runs it.
#[must_use]
pub fn run(_: &Arguments) -> ExitCode {
    println!("{:<48} {:>8} {:>9} {:>9}  headline", "what is wrong", "attempts", "told in", "again in");
    let mut is_late = false;
    for network in NETWORKS {
        let Met { told, attempts, took, again } = network.meet();
        let late = if took > WITHIN { "  LATE" } else { "" };
        let other = if told.to_string().contains(network.cause) { "" } else { "  OTHERWISE" };
        let (took_s, again_s) = (took.as_secs_f64(), again.as_secs_f64());
        println!(
            "{:<48} {attempts:>8} {took_s:>7.1} s {again_s:>7.1} s  {}{late}{other}",
            network.name, network.summary
        );
        is_late |= took > WITHIN;
    }
    if is_late { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
