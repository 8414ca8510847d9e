//! Where a setting comes from: the block, else a variable; a text may lie in a file.

use std::io;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::GeneralPurpose;
use url::Url;
use zeroize::Zeroizing;

use super::Refusal;
use super::given::Given;
use super::settings::{
    CERTIFICATE, CERTIFICATE_FILE, CERTIFICATE_PASSWORD, CLIENT_ID, CLIENT_ID_FILE, Setting, TENANT_ID, USE_AKS,
};
use super::variables::{Family, Variables};
use crate::clients::careful::shown;
use crate::clients::entra::{ClientCertificate, Unreadable};
use crate::clients::secret::{LENIENT, Secret};

/// What a block says, and what stands in for what it does not say.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) given: &'a Given,
    pub(super) variables: Variables<'a>,
    pub(super) file: &'a dyn Fn(&str) -> io::Result<Zeroizing<Vec<u8>>>,
    /// The block, unless it is the provider's own: of who signs in by it no variable says anything.
    pub(super) block: Option<&'static str>,
    /// The tenant of the provider's own block.
    pub(super) tenant_id: Option<&'a str>,
}

impl Sources<'_> {
    /// What stands in for a setting.
    pub(super) fn variable(&self, setting: &Setting) -> Option<String> {
        let speaks = self.block.is_none() || setting.is_surrounding;
        self.variables.text(setting).filter(|_| speaks)
    }

    /// The variable that says a setting, where the block does not.
    pub(super) fn said_by(&self, setting: &Setting) -> Option<&'static str> {
        let is_said = self.given.text(setting).is_none() && self.variable(setting).is_some();
        self.variables.name(setting).filter(|_| is_said)
    }

    /// What is set and not read, as a further sentence.
    pub(super) fn ignored(&self, before: &str) -> String {
        self.variables.ignored().map(|ignored| format!("{before}{ignored}")).unwrap_or_default()
    }

    /// What a setting says.
    pub(super) fn text(&self, setting: &Setting) -> Option<Secret> {
        self.given.text(setting).or_else(|| self.variable(setting).map(Secret::from))
    }

    /// What a setting says as a switch.
    pub(super) fn switch(&self, setting: &Setting) -> Result<Option<bool>, Refusal> {
        match self.given.switch(setting) {
            None if self.block.is_none() => Ok(self.variables.switch(setting)?),
            given => Ok(given),
        }
    }

    /// The sources where the pod of a cluster signs in: its variables are those of the second family.
    pub(super) fn of_a_pod(&self) -> Result<Self, Refusal> {
        let pod = Sources { variables: self.variables.within(Family::Azure), ..*self };
        for setting in [&TENANT_ID, &CLIENT_ID] {
            let said = self.given.text(setting).is_none().then(|| self.variable(setting)).flatten();
            if let (Some(said), Some(pods)) = (said, pod.variable(setting))
                && !said.eq_ignore_ascii_case(&pods)
            {
                let name = |sources: &Self| sources.variables.name(setting).unwrap_or(setting.argument);
                let (own, other) = (name(self), name(&pod));
                return Err(self.refused(
                    &USE_AKS,
                    &format!("{own} and {other} do not agree"),
                    format!("The pod signs in with {other}, and {own} says something else."),
                    &format!("Unset {own}, or set {} in the provider block.", setting.argument),
                ));
            }
        }
        Ok(pod)
    }

    /// The tenant, if one is said.
    pub(super) fn tenant_id(&self) -> Result<Option<String>, Refusal> {
        let sources = if self.switch(&USE_AKS)? == Some(true) { self.of_a_pod()? } else { *self };
        let own = sources.given.text(&TENANT_ID).map(|text| text.reveal().to_owned());
        let id = own.or_else(|| self.tenant_id.map(str::to_owned)).or_else(|| sources.variable(&TENANT_ID));
        id.map(|id| self.sound(&TENANT_ID, id, "the id of a tenant, a GUID, or one of its domains")).transpose()
    }

    /// The application's id, if one is said.
    pub(super) fn client_id(&self) -> Result<Option<String>, Refusal> {
        let id = self.text_or_file(&CLIENT_ID, &CLIENT_ID_FILE)?;
        id.map(|id| self.sound(&CLIENT_ID, id.reveal().to_owned(), "the id of an application, a GUID")).transpose()
    }

    /// An id that can stand in an address.
    fn sound(&self, setting: &'static Setting, id: String, what: &str) -> Result<String, Refusal> {
        if id.len() <= 255 && id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.".contains(letter)) {
            return Ok(id);
        }
        // What it is may be what was to stand elsewhere.
        let why =
            format!("It must be {what}: letters, digits, hyphens and dots. It has {} characters.", id.chars().count());
        Err(self.refused(setting, &format!("Invalid value for {}", setting.argument), why, &self.correct(setting)))
    }

    fn correct(&self, setting: &Setting) -> String {
        let variable = self.said_by(setting);
        variable.map_or_else(
            || "Correct it.".to_owned(),
            |variable| format!("Correct the environment variable {variable}."),
        )
    }

    /// The application's id, with which alone a way can be taken; `why` is what is given already.
    pub(super) fn expect_client_id(&self, why: &str) -> Result<String, Refusal> {
        let id = self.client_id()?.ok_or_else(|| self.missing(&CLIENT_ID, why))?;
        if self.tenant_id()?.is_none() {
            return Err(self.missing(&TENANT_ID, why));
        }
        Ok(id)
    }

    /// A text that may be secret, or what is in the file that another setting names. Both may be given when they say the same.
    pub(super) fn text_or_file(
        &self,
        setting: &Setting,
        file_setting: &'static Setting,
    ) -> Result<Option<Secret>, Refusal> {
        let (text, path) = self.either(setting, file_setting);
        let Some(path) = path else { return Ok(text) };
        let bytes = self.read(&path, setting, file_setting)?;
        let read = Secret::of_file(&bytes).map_err(|what| {
            let remedy = format!("Write the {} into it, and nothing else.", setting.argument);
            let title = format!("The file of {} cannot be read", file_setting.argument);
            self.refused(file_setting, &title, format!("{}: {what}.", shown(&path)), &remedy)
        })?;
        match text {
            Some(text) if text.reveal().trim() != read.reveal() => Err(self.refused(
                file_setting,
                &format!("{} and {} do not agree", setting.argument, file_setting.argument),
                format!("What is in {} is not what {} says.", shown(&path), setting.argument),
                "Keep one of them.",
            )),
            _ => Ok(Some(read)),
        }
    }

    /// A text and a path. What the configuration says goes before what a variable says, be it there a text or a file.
    pub(super) fn either(&self, setting: &Setting, file_setting: &Setting) -> (Option<Secret>, Option<String>) {
        let (text, path) = (self.given.text(setting), self.given.text(file_setting));
        if text.is_some() || path.is_some() {
            return (text, path.map(|path| path.reveal().to_owned()));
        }
        (self.variable(setting).map(Secret::from), self.variable(file_setting))
    }

    /// What is in the file that a setting names.
    pub(super) fn read(
        &self,
        path: &str,
        setting: &Setting,
        file_setting: &'static Setting,
    ) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let name = file_setting.argument;
        let read = (self.file)(path).map_err(|error| {
            let remedy = format!("Check the path, or give {} instead.", setting.argument);
            self.refused(
                file_setting,
                &format!("The file of {name} cannot be read"),
                format!("{}: {error}.", shown(path)),
                &remedy,
            )
        })?;
        if read.iter().all(u8::is_ascii_whitespace) {
            let (what, why) = (format!("The file of {name} is empty"), format!("There is nothing in {}.", shown(path)));
            return Err(self.refused(file_setting, &what, why, &format!("Write the {} into it.", setting.argument)));
        }
        Ok(read)
    }

    /// The certificate that signs in.
    pub(super) fn certificate(&self) -> Result<ClientCertificate, Refusal> {
        let (text, path) = self.either(&CERTIFICATE, &CERTIFICATE_FILE);
        let (bytes, setting) = match (&text, &path) {
            (Some(_), Some(_)) => {
                let why = "Both are set, and only one of them can sign in.".to_owned();
                let what = "client_certificate conflicts with client_certificate_path";
                return Err(self.refused(&CERTIFICATE_FILE, what, why, "Keep one of them."));
            }
            (_, Some(path)) => (self.read(path, &CERTIFICATE, &CERTIFICATE_FILE)?, &CERTIFICATE_FILE),
            (text, None) => {
                let decoded = decoded(text.as_ref().map(Secret::reveal).unwrap_or_default()).ok_or_else(|| {
                    let why = "It is no base64.".to_owned();
                    let remedy =
                        "Give it as filebase64 gives it, or base64 -w0, or give its path in client_certificate_path.";
                    self.refused(&CERTIFICATE, "The client certificate cannot be read", why, remedy)
                })?;
                (decoded, &CERTIFICATE)
            }
        };
        let password = self.text(&CERTIFICATE_PASSWORD).unwrap_or_default();
        let place = path.as_deref().map(|path| format!("{}: ", shown(path))).unwrap_or_default();
        ClientCertificate::read(&bytes, &password).map_err(|why| {
            let told = match why {
                Unreadable::Password if password.reveal().is_empty() => {
                    "No password is given, and it is locked with one".to_owned()
                }
                _ => why.to_string(),
            };
            let (setting, remedy) = match why {
                Unreadable::Password => {
                    (&CERTIFICATE_PASSWORD, "Give the password of the PFX in client_certificate_password.")
                }
                Unreadable::Algorithm => {
                    (setting, "Make a certificate with an RSA key, and upload its public part to the application.")
                }
                _ => (
                    setting,
                    "Give a PFX, or PEM with the certificate and its private key (-----BEGIN PRIVATE KEY-----).",
                ),
            };
            self.refused(setting, "The client certificate cannot be used", format!("{place}{told}."), remedy)
        })
    }

    /// The address that a setting says.
    pub(super) fn url(&self, setting: &'static Setting, text: &str, schemes: &[&str]) -> Result<Url, Refusal> {
        let url = Url::parse(text).ok().filter(|url| schemes.contains(&url.scheme()) && url.has_host());
        url.ok_or_else(|| {
            // What it is may be what was to be shown there.
            let count = text.chars().count();
            let why =
                format!("It is no address that begins with {}://. It has {count} characters.", schemes.join(":// or "));
            self.refused(setting, &format!("Invalid value for {}", setting.argument), why, &self.correct(setting))
        })
    }

    /// The refusal of two settings that contradict each other.
    pub(super) fn conflict(&self, first: &Setting, second: &'static Setting) -> Refusal {
        let (what, why) = (
            format!("{} conflicts with {}", second.argument, first.argument),
            format!("Both {} and {} are set, and only one of them can sign in.", first.argument, second.argument),
        );
        self.refused(second, &what, why, "Keep one of them.")
    }

    /// The refusal of a setting that is missing.
    pub(super) fn missing(&self, setting: &'static Setting, why: &str) -> Refusal {
        let argument = setting.argument;
        let remedy = match self.variables.name(setting) {
            Some(variable) if self.block.is_none() || setting.is_surrounding => {
                let ignored = self.ignored(" ");
                format!("Set {argument} in the provider block, or the environment variable {variable}.{ignored}")
            }
            _ => format!("Set {argument} in the block."),
        };
        self.refused(setting, &format!("Missing {argument}"), why.to_owned(), &remedy)
    }

    fn refused(&self, setting: &'static Setting, what: &str, why: String, remedy: &str) -> Refusal {
        let (argument, block) = (Some(setting.argument), self.block);
        Refusal { argument, block, what: what.to_owned(), why, remedy: remedy.to_owned() }
    }
}

/// A certificate that stands in a text: PEM as it is, else in base64, of whichever alphabet.
fn decoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.contains("-----BEGIN ") {
        return Some(Zeroizing::new(text.as_bytes().to_vec()));
    }
    let base64 = Zeroizing::new(text.split_whitespace().collect::<String>());
    let decode = |alphabet| GeneralPurpose::new(alphabet, LENIENT).decode(base64.as_str()).ok();
    [&alphabet::STANDARD, &alphabet::URL_SAFE].into_iter().find_map(decode).map(Zeroizing::new)
}
