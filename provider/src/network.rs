//! How the services are reached, chosen over plain values: what the provider block says, and what a variable says of the run.

use std::io;

use crate::clients::reach::{Authorities, Network};
use crate::clients::retry::RETRIES;
use crate::clients::trace::Run;
use crate::sign_in::Refusal;

/// The variable by which a pipeline names its run, to this provider as to those of Azure.
const RUN: &str = "ARM_CORRELATION_REQUEST_ID";

/// As long as that name may be: services refuse long headers, each in its own way.
const MAX_RUN: usize = 256;

/// What the provider block says of the network.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// A file with authorities that are trusted besides.
    pub(crate) ca_certificate_path: Option<String>,
    /// How often a request is tried again at the most.
    pub(crate) max_retries: Option<u32>,
}

/// Chooses how every service is reached; `variable` reads a variable of the environment, and `file` a file.
///
/// # Errors
/// A file that holds no authority, and a variable that no header can bear, or that is too long for one.
pub(crate) fn choose(
    wanted: &Wanted,
    variable: &dyn Fn(&str) -> Option<String>,
    file: &dyn Fn(&str) -> io::Result<Vec<u8>>,
) -> Result<Network, Refusal> {
    // A blank one is none, as with every variable.
    let run = match variable(RUN).filter(|named| !named.trim().is_empty()) {
        Some(named) => run(&named)?,
        None => Run::default(),
    };
    let authorities = match &wanted.ca_certificate_path {
        Some(path) => authorities(path, file)?,
        None => Authorities::default(),
    };
    Ok(Network { run, authorities, max_retries: wanted.max_retries.unwrap_or(RETRIES) })
}

fn run(named: &str) -> Result<Run, Refusal> {
    let refused = |why: String| Refusal {
        argument: None,
        block: None,
        what: format!("{RUN} cannot be sent"),
        why: format!("{RUN} names the run to every service, in a header, {why}."),
        remedy: "Set it to a GUID, as the Azure providers do by themselves, or unset it.".to_owned(),
    };
    let length = named.trim().chars().count();
    if length > MAX_RUN {
        return Err(refused(format!("which has at most {MAX_RUN} characters here, and it has {length}")));
    }
    Run::named(named).ok_or_else(|| refused("and a header bears printable ASCII alone".to_owned()))
}

fn authorities(path: &str, file: &dyn Fn(&str) -> io::Result<Vec<u8>>) -> Result<Authorities, Refusal> {
    let refused = |why: String| Refusal {
        argument: Some("ca_certificate_path"),
        block: None,
        what: "The certificate authority cannot be read".to_owned(),
        why,
        remedy: "Name a PEM file with the certificate of the authority that signs for the proxy, or leave it out."
            .to_owned(),
    };
    Authorities::of_file(file(path)).map_err(|what| refused(format!("ca_certificate_path names {path}, which {what}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variable: Option<&str>, path: Option<&str>, pem: io::Result<&str>, expected: Result<&str, &str>) {
        let wanted = Wanted { ca_certificate_path: path.map(str::to_owned), max_retries: None };
        let pem = pem.map(|pem| pem.as_bytes().to_vec()).map_err(|error| error.kind());
        let chosen = choose(&wanted, &|name| variable.filter(|_| name == RUN).map(str::to_owned), &|_| {
            pem.clone().map_err(io::Error::from)
        });
        let chosen = chosen.map(|network| format!("{:?}", network.run)).map_err(|refused| refused.why);
        match (chosen, expected) {
            (Ok(run), Ok(named)) => assert!(run.contains(named), "{run}"),
            (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
            (chosen, _) => panic!("{chosen:?} is not {expected:?}"),
        }
    }

    #[test]
    fn a_run_is_named_by_the_pipeline_or_by_this_process() {
        check(Some("build 4711"), None, Ok(""), Ok("build 4711"));
        check(None, None, Ok(""), Ok("-"));
        check(Some(" "), None, Ok(""), Ok("-"));
        check(Some("a\u{7f}b"), None, Ok(""), Err("printable ASCII"));
        let (longest, longer) = ("x".repeat(MAX_RUN), "x".repeat(MAX_RUN + 1));
        check(Some(&longest), None, Ok(""), Ok(&longest));
        check(Some(&longer), None, Ok(""), Err("at most 256 characters here, and it has 257."));
    }

    #[test]
    fn an_authority_is_there_or_an_error() {
        let missing = || Err(io::Error::from(io::ErrorKind::NotFound));
        check(None, Some("/ca.pem"), missing(), Err("/ca.pem, which cannot be read"));
        check(None, Some("/ca.pem"), Ok("no PEM"), Err("/ca.pem, which holds no certificate"));
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        check(
            None,
            Some("/ca.pem"),
            Ok(broken),
            Err("/ca.pem, which holds a certificate that cannot be read: number 1"),
        );
    }
}
