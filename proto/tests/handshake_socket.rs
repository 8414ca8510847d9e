//! The socket and its folder, tried with a real process: what strangers put beside it, what a full process does, what a failure leaves.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use judge::client::{Launch, PROVIDER_COOKIE, Plugin, example};
use tfplugin::wire::tfplugin5 as pb;

#[track_caller]
fn expect_served(plugin: &Plugin) {
    plugin.block_on(async {
        let mut provider = plugin.provider(None).await.expect("it is connected to");
        provider.get_schema(pb::get_provider_schema::Request {}).await.expect("it serves");
    });
}

/// A plugin whose folder is made in this one.
fn start_in(base: &Path) -> Plugin {
    Launch::of(example("tfplugin", "toy")).env("PLUGIN_UNIX_SOCKET_DIR", &base.display().to_string()).start()
}

/// Gives a folder an age that no plugin needs to begin listening.
fn age(folder: &Path) {
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    File::open(folder).and_then(|folder| folder.set_times(FileTimes::new().set_modified(hour_ago))).expect("it ages");
}

fn folder(base: &Path, name: &str) -> PathBuf {
    let folder = base.join(format!("tf-plugin-{name}"));
    fs::create_dir(&folder).expect("a folder");
    folder
}

#[test]
fn the_sweep_takes_what_a_killed_plugin_left_and_nothing_else() {
    let base = tempfile::tempdir().unwrap();
    let killed = folder(base.path(), "killed");
    drop(UnixListener::bind(killed.join("s")).unwrap());
    let alive = folder(base.path(), "alive");
    let _listening = UnixListener::bind(alive.join("s")).unwrap();
    // A socket at which nobody takes anything in, and whose queue is full: to connect to it would wait for ever.
    let full = folder(base.path(), "full");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _deaf = runtime.block_on(fill(&full.join("s")));
    let file = folder(base.path(), "file");
    fs::write(file.join("s"), "no socket").unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    drop(UnixListener::bind(elsewhere.path().join("s")).unwrap());
    age(elsewhere.path());
    symlink(elsewhere.path(), base.path().join("tf-plugin-link")).unwrap();
    let linked = folder(base.path(), "linked");
    symlink(elsewhere.path().join("s"), linked.join("s")).unwrap();
    [&killed, &alive, &full, &file, &linked].into_iter().for_each(|folder| age(folder));

    expect_served(&start_in(base.path()));
    assert!(!killed.exists());
    for left in [alive, full, file, linked, elsewhere.path().to_owned()] {
        assert!(fs::symlink_metadata(left.join("s")).is_ok(), "{}", left.display());
    }
}

/// Listens where nobody takes anything in, and connects until the queue is full.
async fn fill(socket: &Path) -> (tokio::net::UnixListener, Vec<tokio::net::UnixStream>) {
    let deaf = tokio::net::UnixSocket::new_stream().unwrap();
    deaf.bind(socket).unwrap();
    let (deaf, mut queue) = (deaf.listen(0).unwrap(), Vec::new());
    loop {
        match tokio::net::UnixStream::connect(socket).await {
            Ok(next) => queue.push(next),
            Err(full) if full.kind() == std::io::ErrorKind::WouldBlock => return (deaf, queue),
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn a_process_with_too_many_open_files_takes_connections_in_again_when_some_are_closed() {
    let base = tempfile::tempdir().unwrap();
    let script = base.path().join("few");
    fs::write(&script, format!("#!/bin/sh\nulimit -n 32\nexec '{}'\n", example("tfplugin", "toy").display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let plugin = Launch::of(script).start();
    let many: Vec<UnixStream> = (0..64).map(|_| UnixStream::connect(plugin.address()).unwrap()).collect();
    // It has as many open as it may, once so many of its own are gone from the queue.
    let open = || fs::read_dir(format!("/proc/{}/fd", plugin.id())).map_or(32, Iterator::count);
    while open() < 32 {
        std::thread::yield_now();
    }
    drop(many);
    expect_served(&plugin);
}

#[test]
fn whatever_fails_before_the_handshake_says_so_in_a_line_and_leaves_no_folder() {
    for (variable, value) in [
        ("PLUGIN_UNIX_SOCKET_GROUP", "no-such-group"),
        ("PLUGIN_UNIX_SOCKET_DIR", "/no/such/folder"),
        ("PLUGIN_CLIENT_CERT", "no | certificate\n"),
    ] {
        let base = tempfile::tempdir().unwrap();
        let output = Command::new(example("tfplugin", "toy"))
            .env("TMPDIR", base.path())
            .env(PROVIDER_COOKIE.0, PROVIDER_COOKIE.1)
            .env(variable, value)
            .output()
            .unwrap();
        assert!(!output.status.success(), "{variable}");
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.starts_with("terraform-provider-toy: ") && told.ends_with('\n'), "{variable}: {told:?}");
        assert!(told.lines().count() == 1 && !told.contains('|'), "{variable}: {told:?}");
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0, "{variable}");
    }
}
