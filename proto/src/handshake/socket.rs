//! Where Terraform finds the plugin: a Unix socket in a folder that nobody else may enter, or a port on the loopback.
//!
//! The port is for Windows, and for wherever `TF_PLUGIN_NETWORK=tcp` asks for it. A killed process leaves its folder behind; the next one
//! removes it. Whatever ends a process in order, an error before the handshake too, removes its own.

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
            Socket::Unix(unix) => unix.path().display().to_string(),
            Socket::Tcp(listener) => listener.local_addr().map(|address| address.to_string()).unwrap_or_default(),
        }
    }

    /// Removes what killed plugins left behind.
    pub(super) async fn sweep(&self) {
        #[cfg(unix)]
        if let Socket::Unix(unix) = self {
            unix.sweep().await;
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
    use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
    use std::os::unix::net::UnixListener;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use tokio::net::UnixStream;

    /// What a socket's address holds on every system.
    const MAX_PATH: usize = 100;
    const PREFIX: &str = "tf-plugin-";
    /// How long a process may take from making its folder to listening, by far.
    const YOUNG: Duration = Duration::from_secs(60);

    #[derive(Debug)]
    pub(in super::super) struct Unix {
        pub(in super::super) listener: UnixListener,
        place: Place,
    }

    /// A folder of our own with a socket in it, which goes with this.
    #[derive(Debug)]
    struct Place(PathBuf);

    impl Place {
        fn make(folder: PathBuf) -> Result<Place> {
            DirBuilder::new().mode(0o700).create(&folder)?;
            Ok(Place(folder))
        }

        fn socket(&self) -> PathBuf {
            self.0.join("s")
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_file(self.socket());
            let _ = fs::remove_dir(&self.0);
        }
    }

    impl Unix {
        pub(super) fn bind() -> Result<Unix> {
            let named = env::var_os("PLUGIN_UNIX_SOCKET_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
            let name = format!("{PREFIX}{}-{}", std::process::id(), &uuid::Uuid::new_v4().simple().to_string()[..8]);
            let mut folder = named.unwrap_or_else(env::temp_dir).join(&name);
            if folder.join("s").as_os_str().len() > MAX_PATH {
                folder = PathBuf::from("/tmp").join(&name);
            }
            let place = Place::make(folder)?;
            let listener = UnixListener::bind(place.socket())?;
            if let Some(group) = env::var("PLUGIN_UNIX_SOCKET_GROUP").ok().filter(|group| !group.is_empty()) {
                let id =
                    group_id(&group).ok_or_else(|| Error::new(ErrorKind::NotFound, format!("no group {group}")))?;
                for (path, mode) in [(place.socket(), 0o660), (place.0.clone(), 0o750)] {
                    std::os::unix::fs::chown(&path, None, Some(id))?;
                    fs::set_permissions(&path, Permissions::from_mode(mode))?;
                }
            }
            Ok(Unix { listener, place })
        }

        pub(super) fn path(&self) -> PathBuf {
            self.place.socket()
        }

        /// A folder of this user whose socket refuses connections is that of a process that is no more, unless it is so young that the
        /// process may be just about to listen. Whatever else has such a name, anybody may have put there: it is not touched. And
        /// nothing is waited for, since a socket that is never listened at may be full.
        pub(super) async fn sweep(&self) {
            let own = &self.place.0;
            let (Some(base), Ok(user)) = (own.parent(), fs::symlink_metadata(own).map(|own| own.uid())) else { return };
            let Ok(entries) = fs::read_dir(base) else { return };
            let ours = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
            for folder in ours.map(|entry| entry.path()).filter(|folder| folder != own && is_old(folder, user)) {
                let socket = folder.join("s");
                let refused = |error: Error| error.kind() == ErrorKind::ConnectionRefused;
                if is_socket(&socket, user) && UnixStream::connect(&socket).await.is_err_and(refused) {
                    drop(Place(folder));
                }
            }
        }
    }

    fn is_old(folder: &Path, user: u32) -> bool {
        fs::symlink_metadata(folder).is_ok_and(|folder| {
            let age = folder.modified().ok().and_then(|modified| modified.elapsed().ok());
            folder.is_dir() && folder.uid() == user && age.is_some_and(|age| age > YOUNG)
        })
    }

    fn is_socket(path: &Path, user: u32) -> bool {
        fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket() && file.uid() == user)
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
