//! How the services are reached, chosen over plain values: what the provider block says, and what a variable says of the run.

use std::io;

use crate::clients::reach::{Authorities, Network};
use crate::clients::retry::RETRIES;
use crate::clients::trace::Run;
use crate::sign_in::Refusal;

/// The variable by which a pipeline names its run, to this provider as to those of Azure.
const RUN: &str = "ARM_CORRELATION_REQUEST_ID";

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
/// A file that holds no authority, and a variable that no header can bear.
pub(crate) fn choose(
    wanted: &Wanted,
    variable: &dyn Fn(&str) -> Option<String>,
    file: &dyn Fn(&str) -> io::Result<Vec<u8>>,
) -> Result<Network, Refusal> {
    let run = match variable(RUN) {
        Some(named) => Run::named(&named).ok_or_else(|| Refusal {
            argument: None,
            block: None,
            what: format!("{RUN} cannot be sent"),
            why: format!(
                "{RUN} names the run to every service, in a header, and a header bears printable ASCII alone."
            ),
            remedy: "Set it to a GUID, as the Azure providers do by themselves, or unset it.".to_owned(),
        })?,
        None => Run::default(),
    };
    let authorities = match &wanted.ca_certificate_path {
        Some(path) => authorities(path, file)?,
        None => Authorities::default(),
    };
    Ok(Network { run, authorities, max_retries: wanted.max_retries.unwrap_or(RETRIES) })
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
    let pem = file(path)
        .map_err(|error| refused(format!("ca_certificate_path names {path}, which cannot be read: {error}.")))?;
    Authorities::of_pem(&pem).map_err(|what| refused(format!("ca_certificate_path names {path}, which {what}.")))
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
        check(Some("a\u{7f}b"), None, Ok(""), Err("printable ASCII"));
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
