//! What callers ask of an error.

use std::net::Ipv4Addr;

use uuid::Uuid;

use super::kind::{Broken, Kind};
use super::{Error, SIGNING_IN};

impl Error {
    fn is_code(&self, codes: &[&str]) -> bool {
        self.refusal().is_some_and(|refusal| {
            let all = std::iter::once(&refusal.code).chain(refusal.details.iter().map(|(code, _)| code));
            all.into_iter().any(|code| codes.iter().any(|asked| code.eq_ignore_ascii_case(asked)))
        })
    }

    /// The HTTP status, where a service or something in front of it answered.
    pub fn status(&self) -> Option<u16> {
        match &*self.kind {
            Kind::Service { heard, .. } => Some(heard.status),
            Kind::NotTheService { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The service's own code.
    pub fn code(&self) -> Option<&str> {
        self.shown().map(|refusal| refusal.code.as_str()).filter(|code| !code.is_empty())
    }

    /// The service's id of the request, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.shown()?.request_id.as_deref()
    }

    /// What to do, where whoever made it knows.
    pub fn remedy(&self) -> Option<&str> {
        match &*self.kind {
            Kind::SignIn { remedy, .. } => remedy.as_deref(),
            _ => None,
        }
    }

    /// By what the request is found again, in words; nothing where none was sent.
    pub fn found_by(&self) -> Option<String> {
        let theirs = self.request_id().map(|id| format!("request id {id}"));
        let ours = self.trace.as_ref().map(ToString::to_string);
        let ids: Vec<String> = theirs.into_iter().chain(ours).collect();
        (!ids.is_empty()).then(|| ids.join(", "))
    }

    /// The service's own word that this very row of this table is not there. Any other 404 proves nothing: a gateway gives it, a
    /// missing organization does, and a row that another one points at.
    ///
    /// Source: <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors>
    pub(in crate::clients) fn proves_no_row(&self, table: &str, id: Uuid) -> bool {
        self.refusal().is_some_and(|refusal| {
            let said = refusal.message.to_ascii_lowercase();
            let is_word =
                |word: &str| said.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|part| part == word);
            refusal.status == 404
                && (refusal.code.is_empty() || refusal.code.eq_ignore_ascii_case("0x80040217"))
                && said.contains("does not exist")
                && said.contains(&id.to_string())
                && is_word(table)
        })
    }

    /// The service's own word that this very connection is not there: a sentence about another one proves nothing.
    pub(in crate::clients) fn proves_no_connection(&self, id: &str) -> bool {
        let bare = |id: &str| id.replace('-', "").to_ascii_lowercase();
        self.refusal().is_some_and(|refusal| {
            let mut named = refusal
                .message
                .split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-')
                .map(bare)
                .filter(|word| word.len() == 32)
                .peekable();
            let is_about_it = named.peek().is_none() || named.any(|named| bare(id).ends_with(&named));
            refusal.status == 404 && refusal.code.eq_ignore_ascii_case("ConnectionNotFound") && is_about_it
        })
    }

    /// The service's own word that this environment is not there.
    pub fn proves_no_environment(&self) -> bool {
        self.status() == Some(404) && self.is_code(&["EnvironmentNotFound"])
    }

    /// The service does not take the question as it was asked.
    pub(in crate::clients) fn is_misunderstood(&self) -> bool {
        self.refusal().is_some_and(|refusal| matches!(refusal.status, 400 | 501))
    }

    /// It came with a managed solution, which alone can change or remove it.
    pub fn is_of_managed(&self) -> bool {
        self.is_code(&["0x8004f026"])
    }

    /// Something is not there; what, and who says so, is another matter.
    pub fn is_not_found(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 404)
    }

    /// The principal lacks a right. Where it comes from is another matter.
    pub fn is_forbidden(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 403) && !self.is_walled()
    }

    /// A vault's firewall does not let this machine in, whoever asks.
    ///
    /// Source: <https://learn.microsoft.com/azure/key-vault/general/rest-error-codes>
    pub fn is_walled(&self) -> bool {
        self.is_code(&["ForbiddenByFirewall", "ForbiddenByConnection"])
            || self.refusal().is_some_and(|refusal| {
                refusal.says("client address") && refusal.says("is not authorized")
                    || refusal.says("public network access is disabled")
            })
    }

    /// The sign-in failed, or the service does not accept it.
    pub fn is_unauthorized(&self) -> bool {
        matches!(&*self.kind, Kind::SignIn { .. }) || self.refusal().is_some_and(|refusal| refusal.status == 401)
    }

    /// Too much was asked in too short a time, and waiting did not help.
    pub fn is_throttled(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 429)
    }

    /// The service has a fault of its own.
    pub fn is_fault_of_theirs(&self) -> bool {
        self.refusal().is_some_and(|refusal| matches!(refusal.status, 408 | 500..=599))
    }

    /// Something with this key is there already.
    pub fn is_duplicate(&self) -> bool {
        self.is_code(&["0x80040237", "DuplicateRecord", "0x80060892"])
            || self.refusal().is_some_and(|refusal| {
                let message = refusal.message.to_ascii_lowercase();
                refusal.status == 412 && message.contains("already exists")
                    || message.contains("database constraint") && message.contains("key")
            })
    }

    /// Dataverse's check that whoever writes a reference may read the secret.
    pub fn is_secret_access(&self) -> bool {
        self.is_code(&["0x8004801E", "8004801E"])
            || self.refusal().is_some_and(|refusal| {
                refusal.message.contains("not authorized to read secrets")
                    || refusal.message.contains("Could not verify the user permission")
            })
    }

    /// The same, where it could not look: the vault is not where its id says, or its subscription does not know Power Platform.
    pub fn is_secret_unverified(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.message.contains("Could not verify the user permission"))
    }

    /// Power Platform's own API refused, and not a service behind it.
    pub fn is_power_platform(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.host.contains(".environment."))
    }

    /// The Power Platform API serves this principal not at all: it is neither registered nor has a role.
    pub fn is_unentitled(&self) -> bool {
        let says = |words: &str| self.refusal().is_some_and(|refusal| refusal.says(words));
        self.is_forbidden()
            && (self.is_code(&["InsufficientPrincipalPermissions", "ServicePrincipalNotAuthorized"])
                || says("missing required permissions")
                || says("does not have permission to access the path"))
    }

    /// Dataverse knows no such user.
    pub fn is_no_member(&self) -> bool {
        self.is_code(&["0x80072560"])
    }

    /// A privilege is there, and does not reach the row, which is somebody else's.
    pub fn is_out_of_reach(&self) -> bool {
        self.is_code(&["0x80048306"])
    }

    /// The service that keeps connections does not know the environment, which may be too new.
    pub fn is_environment_unseen(&self) -> bool {
        self.is_not_found() && self.is_code(&["ServiceToServiceEnvironmentNotFound"])
    }

    /// The service says this code, outside or inside.
    pub(in crate::clients) fn has_code(&self, code: &str) -> bool {
        self.is_code(&[code])
    }

    /// A user who shall own something is not there.
    pub fn is_owner_missing(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            let said = refusal.message.to_ascii_lowercase();
            said.contains("systemuser") && said.contains("does not exist")
        })
    }

    /// The request may or may not have been carried out; a question has nothing to carry out.
    pub fn outcome_unknown(&self) -> bool {
        if self.uncertain || self.is_read {
            return self.uncertain;
        }
        match &*self.kind {
            Kind::Connection { broken, .. } => *broken == Broken::Sent,
            Kind::NotTheService { status, .. } => *status >= 500,
            Kind::Service { heard, .. } => matches!(heard.status, 408 | 500 | 502 | 504),
            Kind::Late(_) => true,
            _ => false,
        }
    }

    /// No other try mends it: this process's own surroundings are at fault, or the request itself, or the sign-in, which has been tried
    /// often enough; or no other try may begin.
    pub(in crate::clients) fn is_final(&self) -> bool {
        matches!(&*self.kind, Kind::Unsendable(_) | Kind::Overdue(..) | Kind::Stopped) || self.is_own()
    }

    /// Another try meets the same, also one to sign in.
    pub(in crate::clients) fn is_lasting(&self) -> bool {
        let is_prepared = !self.is_setup() && !matches!(&*self.kind, Kind::Unsendable(_));
        let is_on_the_way = self.is_trust() || self.is_proxy() || self.is_proxy_login() || self.is_not_the_service();
        !is_prepared || is_on_the_way
    }

    /// What is at fault is on this side, and concerns all that is asked: the process's own surroundings, the trust, the proxy, the sign-in. No
    /// apply mends it.
    pub fn is_own(&self) -> bool {
        match &*self.kind {
            Kind::Setup(_) => true,
            Kind::Overdue(..) | Kind::Stopped => false,
            _ => self.is_sign_in() || self.is_trust() || self.is_proxy() || self.is_proxy_login(),
        }
    }

    /// The sign-in failed, whatever kept it.
    pub fn is_sign_in(&self) -> bool {
        self.operation == SIGNING_IN
    }

    /// What was named for the connection cannot be used.
    pub fn is_setup(&self) -> bool {
        matches!(&*self.kind, Kind::Setup(_))
    }

    /// The proxy cannot be reached.
    pub fn is_proxy(&self) -> bool {
        self.broken() == Some(Broken::Proxy)
    }

    /// The proxy wants to know who asks.
    pub fn is_proxy_login(&self) -> bool {
        self.broken() == Some(Broken::Login)
    }

    /// Somebody else than the service answered, such as a proxy.
    pub fn is_not_the_service(&self) -> bool {
        matches!(&*self.kind, Kind::NotTheService { .. })
    }

    /// A single host cannot be reached.
    pub fn is_unreachable(&self) -> bool {
        let on_this_side = matches!(self.broken(), Some(Broken::Trust | Broken::Proxy | Broken::Login));
        self.broken().is_some() && !on_this_side && !self.is_sign_in()
    }

    /// Where a machine is asked for its identity, nobody answers: that is an address on the machine itself, or one that no router passes on.
    pub fn is_no_machine(&self) -> bool {
        let is_near = |host: &str| {
            let address: Option<Ipv4Addr> = host.parse().ok();
            host == "localhost" || address.is_some_and(|address| address.is_loopback() || address.is_link_local())
        };
        self.is_sign_in() && matches!(&*self.kind, Kind::Connection { host, .. } if is_near(host))
    }

    /// It is of the connection to this host.
    pub(in crate::clients) fn is_of(&self, asked: &str) -> bool {
        matches!(&*self.kind, Kind::Connection { host, .. } if host == asked)
    }

    /// The operation's time was over before it could begin.
    pub fn is_overdue(&self) -> bool {
        matches!(&*self.kind, Kind::Overdue(..))
    }

    /// What has kept the request from being sent in time, where that was not its own doing.
    pub fn why_held_back(&self) -> Option<&str> {
        match &*self.kind {
            Kind::Overdue(_, why) => why.as_deref(),
            _ => None,
        }
    }

    /// The user asked to stop before it could begin.
    pub fn is_stopped(&self) -> bool {
        matches!(&*self.kind, Kind::Stopped)
    }

    /// The other side's certificate is not trusted.
    pub fn is_trust(&self) -> bool {
        self.broken() == Some(Broken::Trust)
    }

    /// The vault's name does not lead anywhere.
    pub fn is_vault_missing(&self) -> bool {
        self.is_unreachable() || self.is_code(&["VaultNotFound"])
    }

    /// The vault trusts another tenant than the one that is signed in to.
    pub fn is_wrong_tenant(&self) -> bool {
        matches!(&*self.kind, Kind::WrongTenant { .. })
    }
}
