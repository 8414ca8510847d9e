//! What is read with care: lists and files have an end, and what does not fit is not there, whatever a service says.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::marker::PhantomData;
use std::path::Path;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// As many MiB may a file have that holds a secret.
pub const SECRET: u64 = 1;
/// As long as a path is shown.
const MAX_SHOWN: usize = 255;

/// What is in a file of no more than so many MiB. It may be secret.
///
/// # Errors
/// It cannot be read, has no end, or is longer.
pub fn file(path: impl AsRef<Path>, mebibytes: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    // A pipe may never end, and nobody could end the wait for it.
    if !fs::metadata(&path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let (mut bytes, most) = (Zeroizing::new(Vec::new()), mebibytes << 20);
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is longer than {mebibytes} MiB"))),
        false => Ok(bytes),
    }
}

/// What is shown of the path of a file: a path, and not what somebody has put in its place, which may be what is to be in the file.
pub fn shown(path: &str) -> String {
    const ENDINGS: [&str; 10] = ["pfx", "p12", "pem", "crt", "cer", "key", "txt", "jwt", "token", "json"];
    let file = Path::new(path);
    let is_short = path.len() <= MAX_SHOWN && !path.contains(['\n', '\r']);
    let is_below = file.parent().is_some_and(|parent| !parent.as_os_str().is_empty() && parent.is_dir());
    let is_named =
        file.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)));
    match is_short && (file.is_absolute() || is_below || is_named) {
        true => path.to_owned(),
        false => format!("(left out: {} characters, which do not look like a path)", path.chars().count()),
    }
}

/// Reads a list of no more than `N` elements; a longer one is an error before the rest of it is read. Null is an empty one.
pub(super) fn at_most<'de, D: Deserializer<'de>, T: Deserialize<'de>, const N: usize>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(Elements::<T, N>(PhantomData))
}

/// Reads what has the wanted shape; of another one it is none.
pub(super) fn fitting<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let json = Option::<&RawValue>::deserialize(deserializer)?;
    Ok(json.and_then(|json| serde_json::from_str(json.get()).ok()))
}

struct Elements<T, const N: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Elements<T, N> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of no more than {N}")
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            if elements.len() == N {
                return Err(A::Error::invalid_length(N + 1, &self));
            }
            elements.push(element);
        }
        Ok(elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_an_end() {
        let kind = |path: &str, mebibytes| file(path, mebibytes).map(|bytes| bytes.len()).map_err(|error| error.kind());
        let own = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(kind(own, 1).is_ok_and(|length| length > 100));
        assert_eq!(kind(own, 0), Err(io::ErrorKind::FileTooLarge));
        assert_eq!(kind(env!("CARGO_MANIFEST_DIR"), 1), Err(io::ErrorKind::InvalidInput));
        assert_eq!(kind("/dev/zero", 1), Err(io::ErrorKind::InvalidInput));
    }

    #[test]
    fn of_what_is_no_path_nothing_is_shown() {
        for path in ["/var/run/token", "client.pfx", "src/lib.rs"] {
            assert_eq!(shown(path), path);
        }
        for other in ["my-very-secret-value-123", "eyJhbGciOi.eyJzdWIi.c2ln", "abc~8Q~x.y", &"MII".repeat(500)] {
            assert!(shown(other).starts_with("(left out: "), "{other}");
        }
    }

    #[test]
    fn a_list_has_an_end() {
        let read = |json: &str| {
            at_most::<_, u8, 2>(&mut serde_json::Deserializer::from_str(json)).map_err(|error| error.to_string())
        };
        assert_eq!((read("[1, 2]"), read("[]"), read("null")), (Ok(vec![1, 2]), Ok(vec![]), Ok(vec![])));
        // What comes after is not even looked at.
        assert!(read("[1, 2, 3, no").unwrap_err().contains("expected a list of no more than 2"));
    }
}
