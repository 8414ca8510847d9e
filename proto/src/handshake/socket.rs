//! Where Terraform finds the plugin: a Unix socket in a folder that nobody else may enter, or a port on the loopback.
//!
//! The port is for Windows, and for wherever `TF_PLUGIN_NETWORK=tcp` asks for it. A killed process leaves its folder behind; the next one
//! removes it.

use std::env;
use std::net::{Ipv4Addr, TcpListener};

/// A socket that is already listening.
#[derive(Debug)]
pub(super) enum Socket {
    #[cfg(unix)]
    Unix(unix::Unix),
    Tcp(TcpListener),
}

impl Socket {
    pub(super) fn bind() -> Result<Socket, String> {
        #[cfg(unix)]
        if env::var("TF_PLUGIN_NETWORK").as_deref() != Ok("tcp") {
            return unix::Unix::bind().map(Socket::Unix).map_err(|error| format!("no socket can be made: {error}"));
        }
        tcp().map(Socket::Tcp)
    }

    pub(super) fn network(&self) -> &'static str {
        match self {
            #[cfg(unix)]
            Socket::Unix(_) => "unix",
            Socket::Tcp(_) => "tcp",
        }
    }

    pub(super) fn address(&self) -> String {
        match self {
            #[cfg(unix)]
            Socket::Unix(unix) => unix.path.display().to_string(),
            Socket::Tcp(listener) => listener.local_addr().map(|address| address.to_string()).unwrap_or_default(),
        }
    }

    /// Takes the socket out of the file system.
    pub(super) fn remove(&self) {
        #[cfg(unix)]
        if let Socket::Unix(unix) = self {
            unix.remove();
        }
    }

    /// Removes what killed plugins left behind.
    pub(super) fn sweep(&self) {
        #[cfg(unix)]
        if let Socket::Unix(unix) = self {
            unix.sweep();
        }
    }
}

/// A free port in the range that the client names.
fn tcp() -> Result<TcpListener, String> {
    let port = |name: &str| env::var(name).ok().and_then(|port| port.parse::<u16>().ok());
    let range = match (port("PLUGIN_MIN_PORT"), port("PLUGIN_MAX_PORT")) {
        (Some(min), Some(max)) if min <= max && min > 0 => min..=max,
        _ => 0..=0,
    };
    let free = range.clone().find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
    free.ok_or_else(|| format!("no port from {} to {} is free on the loopback", range.start(), range.end()))
}

#[cfg(unix)]
mod unix {
    use std::env;
    use std::fs::{self, DirBuilder, Permissions};
    use std::io::{Error, ErrorKind, Result};
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    /// What a socket's address holds on every system.
    const MAX_PATH: usize = 100;
    const PREFIX: &str = "tf-plugin-";
    /// How long a process may take from making its folder to listening, by far.
    const YOUNG: Duration = Duration::from_secs(60);

    #[derive(Debug)]
    pub(in super::super) struct Unix {
        pub(in super::super) listener: UnixListener,
        pub(super) path: PathBuf,
    }

    impl Unix {
        pub(super) fn bind() -> Result<Unix> {
            let named = env::var_os("PLUGIN_UNIX_SOCKET_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
            let name = format!("{PREFIX}{}-{}", std::process::id(), &uuid::Uuid::new_v4().simple().to_string()[..8]);
            let place = |folder: PathBuf| folder.join(&name).join("s");
            let mut path = place(named.unwrap_or_else(env::temp_dir));
            if path.as_os_str().len() > MAX_PATH {
                path = place(PathBuf::from("/tmp"));
            }
            let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
            DirBuilder::new().mode(0o700).create(folder)?;
            let listener = UnixListener::bind(&path)?;
            if let Some(group) = env::var("PLUGIN_UNIX_SOCKET_GROUP").ok().filter(|group| !group.is_empty()) {
                let id =
                    group_id(&group).ok_or_else(|| Error::new(ErrorKind::NotFound, format!("no group {group}")))?;
                for (path, mode) in [(path.as_path(), 0o660), (folder, 0o750)] {
                    std::os::unix::fs::chown(path, None, Some(id))?;
                    fs::set_permissions(path, Permissions::from_mode(mode))?;
                }
            }
            Ok(Unix { listener, path })
        }

        pub(super) fn remove(&self) {
            let _ = fs::remove_file(&self.path);
            let _ = self.path.parent().map(fs::remove_dir);
        }

        /// A folder whose socket refuses connections is that of a process that is no more, unless it is so young that the process may
        /// be just about to listen.
        pub(super) fn sweep(&self) {
            let Some(base) = self.path.parent().and_then(Path::parent) else { return };
            let Ok(entries) = fs::read_dir(base) else { return };
            let is_old = |entry: &fs::DirEntry| {
                let modified = entry.metadata().and_then(|folder| folder.modified()).ok();
                modified.and_then(|modified| modified.elapsed().ok()).is_some_and(|age| age > YOUNG)
            };
            let ours = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
            for folder in ours.filter(is_old) {
                let socket = folder.path().join("s");
                let refused =
                    UnixStream::connect(&socket).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused);
                if refused && socket != self.path {
                    let _ = fs::remove_file(&socket);
                    let _ = fs::remove_dir(folder.path());
                }
            }
        }
    }

    fn group_id(group: &str) -> Option<u32> {
        if let Ok(id) = group.parse() {
            return Some(id);
        }
        let groups = fs::read_to_string("/etc/group").ok()?;
        let line = groups.lines().find(|line| line.split(':').next() == Some(group))?;
        line.split(':').nth(2)?.parse().ok()
    }
}
