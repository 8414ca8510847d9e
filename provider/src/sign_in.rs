//! Which way to sign in, chosen over plain values: what was given, and what the environment's variables say.
//!
//! Nothing is tried in silence. Ways are considered in the order of the Azure providers; what the configuration chooses goes before what
//! variables choose, and when no way can be taken, each is told of with what it lacks.

pub(crate) mod cloud;
mod given;
pub(crate) mod settings;
mod sources;
mod variables;
mod ways;

use std::sync::Arc;
use std::{env, io};

use tfplugin::Value;
use zeroize::Zeroizing;

use crate::clients::entra::{Principal, SignIn};
use crate::clients::{Settings, careful};
use given::Given;
use settings::{CLIENT_ID, Setting, USE_CLI};
use sources::Sources;
use variables::{NoSwitch, Variables};
use ways::{WAYS, Way};

/// The block of the provider's that says who reads vaults.
pub(crate) const KEY_VAULT: &str = "key_vault";

/// Why nobody can be signed in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The argument at fault, where it is one.
    pub(crate) argument: Option<&'static str>,
    /// The block it is in, unless it is the provider's own.
    pub(crate) block: Option<&'static str>,
    /// What is wrong, in a line.
    pub(crate) what: String,
    /// Why it is wrong.
    pub(crate) why: String,
    /// What to do.
    pub(crate) remedy: String,
}

/// What is around this process.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// Reads a variable of the environment that is set to something.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// Reads a file.
    pub(crate) file: &'a dyn Fn(&str) -> io::Result<Zeroizing<Vec<u8>>>,
}

/// The text of an environment variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// What is in a file.
pub(crate) fn file(path: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    careful::file(path, careful::SECRET)
}

/// Chooses by a provider block who signs in, and how every service is reached; or says which of its arguments only the apply will know.
///
/// # Errors
/// Nothing that can sign in was given, or too much, or something that is not offered.
pub(crate) fn choose(
    block: &Value,
    user_agent: String,
    surroundings: Surroundings<'_>,
) -> Result<Result<Settings, &'static str>, Refusal> {
    let key_vault = Some(block.at(KEY_VAULT)).filter(|block| !block.is_null()).map(Given::of).transpose();
    let (given, key_vault) = match (Given::of(block), key_vault, cloud::unknown(block)) {
        (Ok(given), Ok(key_vault), None) => (given, key_vault),
        (Err(argument), ..) | (_, Err(argument), _) | (.., Some(argument)) => return Ok(Err(argument)),
    };
    let variables = Variables::of(surroundings.variable);
    if let Some((variable, text)) = variables.unfilled() {
        return Err(unfilled(variable, &text));
    }
    let cloud = cloud::cloud(block, variables)?;
    let sources = Sources { given: &given, variables, file: surroundings.file, block: None, tenant_id: None };
    let principal = principal(&sources)?;
    let key_vault = key_vault
        .as_ref()
        .map(|given| {
            let tenant_id = principal.tenant_id.as_deref();
            self::principal(&Sources { given, block: Some(KEY_VAULT), tenant_id, ..sources })
        })
        .transpose()?;
    let is_machine = matches!(principal.sign_in, SignIn::ManagedIdentity { client_id: None, .. });
    let put_aside = variables.put_aside(&CLIENT_ID).filter(|_| is_machine);
    Ok(Ok(Settings { principal, key_vault, put_aside, cloud: Arc::new(cloud), user_agent }))
}

/// Who signs in by what a block and the variables say.
fn principal(sources: &Sources<'_>) -> Result<Principal, Refusal> {
    let by_block: Vec<Way> = WAYS.into_iter().filter(|way| way.is_given(sources.given)).collect();
    if let [first, second, ..] = &by_block[..]
        && first.is_proof()
        && second.is_proof()
    {
        return Err(sources.conflict(first.given_by(sources.given), second.given_by(sources.given)));
    }
    let chosen = match by_block.is_empty() {
        false => by_block,
        true => {
            let mut by_variables = Vec::new();
            for way in WAYS {
                if way.is_set(sources)? {
                    by_variables.push(way);
                }
            }
            by_variables
        }
    };
    let mut passed = Vec::new();
    for way in &chosen {
        match way.take(sources)? {
            Ok(sign_in) => {
                let tenant_id = sources.tenant_id()?;
                tracing::info!(way = way.name(), "Chose how to sign in");
                let (block, instead) = (sources.block, ways::passed_over(&passed));
                return Ok(Principal { tenant_id, sign_in, block, instead });
            }
            Err(why) => passed.push((*way, why)),
        }
    }
    let all = || ways::list(sources, &passed, None);
    if !chosen.is_empty() || sources.switch(&USE_CLI)? == Some(false) {
        return Err(no_way(sources, None, all(), ""));
    }
    if let Some(other) = sources.variables.other_way().filter(|_| sources.block.is_none()) {
        return Err(not_offered(other));
    }
    if sources.client_id()?.is_some() {
        let by = sources.said_by(&CLIENT_ID).map(|variable| format!(" ({variable})")).unwrap_or_default();
        let first = format!("A client id is given{by}, but nothing that proves it. ");
        return Err(no_way(sources, Some(&CLIENT_ID), all(), &first));
    }
    if sources.block.is_some() {
        return Err(no_way(sources, None, all(), "The block does not say how it signs in. "));
    }
    let others = ways::list(sources, &passed, Some(Way::Cli));
    let instead = Some(format!("Nothing chooses another way to sign in:\n{others}{}", sources.ignored("\n")));
    Ok(Principal { tenant_id: sources.tenant_id()?, sign_in: SignIn::Cli, block: None, instead })
}

fn no_way(sources: &Sources<'_>, argument: Option<&Setting>, all: String, first: &str) -> Refusal {
    let (what, ignored, remedy) = match sources.block {
        Some(block) => (
            format!("No way to sign in for the block {block}"),
            String::new(),
            format!("Give what one of them lacks in the block {block}: no environment variable stands in for it."),
        ),
        None => (
            "No way to sign in".to_owned(),
            sources.ignored("\n"),
            "Give what one of them lacks, in the provider block or by the variables.".to_owned(),
        ),
    };
    Refusal {
        argument: argument.map(|setting| setting.argument),
        block: sources.block,
        what,
        why: format!("{first}These are the ways, and why none of them was taken:\n{all}{ignored}"),
        remedy,
    }
}

fn unfilled(variable: &str, text: &str) -> Refusal {
    Refusal {
        argument: None,
        block: None,
        what: format!("{variable} was not filled in"),
        why: format!(
            "The environment variable {variable} is {text}: the pipeline knows no such variable in this step, and left its name."
        ),
        remedy: "Check the variable's name, and that its group or stage is the step's, or do not set it.".to_owned(),
    }
}

fn not_offered(variable: &str) -> Refusal {
    Refusal {
        argument: None,
        block: None,
        what: format!("{variable} asks for what is not offered"),
        why: format!(
            "The environment variable {variable} is set, by which Microsoft's SDKs sign in with a user's password."
        ),
        remedy: "Unset it, or choose another way: whatever else is set would sign in as somebody else in silence."
            .to_owned(),
    }
}

/// The table of the manual: each setting, and what stands in for it.
#[must_use]
pub fn table() -> String {
    settings::table(&cloud::CLOUD)
}

impl From<NoSwitch> for Refusal {
    fn from(NoSwitch { variable, text }: NoSwitch) -> Refusal {
        Refusal {
            argument: None,
            block: None,
            what: format!("{variable} is neither true nor false"),
            // A long text is none that was meant as a switch.
            why: match text.chars().count() {
                0..=10 => format!("The environment variable {variable} is {text:?}."),
                count => format!("The environment variable {variable} has {count} characters."),
            },
            remedy: format!("Set {variable} to true or false, or unset it."),
        }
    }
}

#[cfg(test)]
mod tests;
