//! What to do about the codes by which Entra refuses a sign-in.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>, and what users report.

use crate::clients::cloud::Cloud;

/// A federated credential that does not fit what was shown.
const FEDERATION: &str = "The application has no federated credential for what this job shows of itself: add one whose issuer, subject and \
                          audience are exactly those of the message, letter by letter; a subject names the repository and its branch or \
                          environment, or the service connection.";

/// The codes, and what to do about each.
const CODES: [(&str, &str); 29] = [
    ("7000215", "The client secret is wrong: is it the secret's value, and not its id?"),
    ("7000222", "The client secret has expired: make a new one."),
    ("7000216", "The tenant wants a client secret or an assertion, and got neither."),
    ("7000218", "The tenant wants a client secret or an assertion, and got neither."),
    ("7000112", "The application is disabled: enable its service principal in the tenant."),
    ("700016", "The tenant has no such application: check client_id and tenant_id."),
    ("90002", "There is no such tenant: check tenant_id, and that `cloud` names the one it is in."),
    ("900023", "There is no such tenant: check tenant_id, which is a GUID or a domain."),
    (
        "700024",
        "This machine's clock is wrong, or what it shows has expired: check the clock, and that an identity token is fresh.",
    ),
    (
        "700027",
        "The application does not know this certificate, or it has expired: upload its public part to the application, or renew it.",
    ),
    ("700023", "The assertion is meant for another tenant or cloud: check tenant_id and `cloud`."),
    ("5002738", "Microsoft Entra takes no elliptic key: sign in with a certificate whose key is RSA."),
    ("70021", FEDERATION),
    ("70025", FEDERATION),
    ("700211", FEDERATION),
    ("700212", FEDERATION),
    ("700213", FEDERATION),
    ("7002138", FEDERATION),
    (
        "53003",
        "A Conditional Access policy forbids this sign-in: the sign-in log of the tenant names the policy. For a service principal it is one of \
         workload identities, often by its address; let this machine's address in, or sign in from another one.",
    ),
    (
        "65001",
        "The application lacks consent for this service: an administrator of the tenant gives it (az ad app permission admin-consent).",
    ),
    ("50173", "The sign-in was revoked, as by a change of the password: sign in again (az login, or azd auth login)."),
    ("700082", "The sign-in has expired: sign in again (az login, or azd auth login)."),
    ("70043", "The sign-in has expired: sign in again (az login, or azd auth login)."),
    ("50058", "Nobody is signed in any more: sign in again (az login, or azd auth login)."),
    ("50078", "The second factor has expired: sign in again (az login --tenant TENANT), or as a service principal."),
    (
        "50079",
        "The tenant asks for a second factor: sign in again (az login --tenant TENANT), or as a service principal.",
    ),
    ("50027", "What is shown is no identity token: check what oidc_token or the file of oidc_token_file_path holds."),
    (
        "50166",
        "Microsoft Entra cannot ask the identity token's issuer for its keys: the issuer must be reachable from the internet, as its address says.",
    ),
    (
        "50076",
        "The tenant asks for a second factor: sign in again (az login --tenant TENANT), or as a service principal.",
    ),
];

/// A service that the tenant does not know.
const UNKNOWN: &str = "500011";

/// For which service a token is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// An organization of Dataverse.
    Dataverse,
    /// The Power Platform API.
    PowerPlatform,
    /// Any other.
    Other,
}

impl Asked {
    /// By the scope that it is asked with.
    pub(super) fn of(scope: &str, cloud: &Cloud) -> Asked {
        let host = scope.trim_start_matches("https://").split('/').next().unwrap_or_default();
        match host {
            host if host.ends_with(&cloud.dataverse) => Asked::Dataverse,
            host if host == cloud.power_platform => Asked::PowerPlatform,
            _ => Asked::Other,
        }
    }

    /// What to do when the tenant does not know it.
    fn unknown(self) -> &'static str {
        match self {
            Asked::Dataverse => {
                "The tenant has no organization of Dataverse at this address: check dataverse_url, where it is given, and tenant_id."
            }
            Asked::PowerPlatform => {
                "The tenant does not know the Power Platform API: check tenant_id and `cloud`. It comes to a tenant by: az ad sp create --id \
                 8578e004-a5c6-46e7-913e-12f58912df43."
            }
            Asked::Other => {
                "The tenant does not know this service: check tenant_id and `cloud`, and `endpoints` where it is given."
            }
        }
    }
}

/// What to do about what Entra says, which begins with its code: `AADSTS7000215: Invalid client secret provided. …`.
pub(super) fn remedy(said: &str, asked: Asked) -> Option<&'static str> {
    let digits = said.strip_prefix("AADSTS")?;
    let code = &digits[..digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len())];
    let known = CODES.iter().find(|(known, _)| *known == code).map(|(_, remedy)| *remedy);
    known.or_else(|| (code == UNKNOWN).then(|| asked.unknown()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, expected: &str) {
        check_for(Asked::Other, code, expected);
    }

    #[track_caller]
    fn check_for(asked: Asked, code: &str, expected: &str) {
        let said = format!("AADSTS{code}: Something is wrong. Trace ID: 1");
        let remedy = remedy(&said, asked).unwrap_or_else(|| panic!("nothing is said of {code}"));
        assert!(remedy.contains(expected), "{code}: {remedy}");
    }

    #[test]
    fn every_code_that_a_tenant_refuses_a_sign_in_by_says_what_to_do() {
        check("7000215", "the secret's value");
        check("7000222", "has expired: make a new one");
        check("700016", "no such application: check client_id");
        check("90002", "no such tenant: check tenant_id");
        check("700024", "check the clock");
        check("700027", "upload its public part");
        check("70021", "federated credential");
        check("700213", "federated credential");
        check("53003", "Conditional Access");
        check("65001", "consent");
        check("500011", "check tenant_id and `cloud`");
        check_for(Asked::PowerPlatform, "500011", "az ad sp create");
        check_for(Asked::Dataverse, "500011", "check dataverse_url");
        check("5002738", "RSA");
        check("50173", "sign in again");
    }

    #[test]
    fn a_service_is_known_by_its_scope() {
        let cloud = Cloud::public();
        let of = |scope: &str| Asked::of(scope, &cloud);
        assert_eq!(of("https://contoso.crm4.dynamics.com/.default"), Asked::Dataverse);
        assert_eq!(of("https://api.powerplatform.com/.default"), Asked::PowerPlatform);
        assert_eq!(of("https://vault.azure.net/.default"), Asked::Other);
    }

    #[test]
    fn a_code_is_known_as_a_whole() {
        for said in ["AADSTS7000: x", "AADSTS70002150: x", "invalid_client", "AADSTS", ""] {
            assert_eq!(remedy(said, Asked::Other), None, "{said}");
        }
        assert!(CODES.iter().all(|(code, _)| CODES.iter().filter(|(other, _)| other == code).count() == 1));
    }
}
