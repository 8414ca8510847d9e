//! The provider's binary under the judge, against a sandbox: for what asks nothing of Terraform itself.

use acceptance_tests::provider_binary;
use judge::client::Launch;
use judge::{Failure, Instance, Judge, Judged};
use sandbox::{Org, Sandbox, default_world};
use tfplugin::value::Value;

/// A configured provider and the services that it talks to.
pub(crate) struct Court {
    /// Terraform's side.
    pub(crate) judge: Judge,
    // Dropped after the provider that talks to it.
    sandbox: Sandbox,
}

impl Court {
    /// A provider that is configured for the default environment.
    #[track_caller]
    pub(crate) fn new() -> Court {
        let sandbox = Sandbox::start().unwrap();
        let program = provider_binary::folder().unwrap().join(provider_binary::file_name());
        let launch = || {
            let launch = Launch::of(program.clone());
            sandbox.env().into_iter().fold(launch, |launch, (name, value)| launch.env(&name, &value))
        };
        let mut judge = Judge::start(launch).unwrap_or_else(|failure| panic!("{failure}"));
        let config = Value::object([("environment_id", default_world::ENVIRONMENT.into())]);
        judge.configure(&config).unwrap_or_else(|failure| panic!("{failure}"));
        Court { judge, sandbox }
    }

    /// What people do in the portal of the default environment.
    pub(crate) fn in_portal<T>(&self, act: impl FnOnce(&mut Org) -> T) -> T {
        self.sandbox.with(|world| act(world.org_mut(default_world::ENVIRONMENT)))
    }

    /// The ARM id of the vault with the certificates of the robots.
    pub(crate) fn vault(&self) -> String {
        self.sandbox.with(|world| world.vaults["kv-robots"].resource_id())
    }

    /// Lets the signed-in application use a credential, with its variables, that somebody made in the portal.
    pub(crate) fn share_with_terraform(&self, credential: &str) {
        self.in_portal(|org| {
            let user = org.user_of_application(default_world::CLIENT).expect("the application is a user");
            let credential = credential.parse().expect("it is a GUID");
            org.share("credential", credential, user).expect("the credential is there");
        });
    }

    /// What was said to the services.
    pub(crate) fn conversation(&self) -> Vec<String> {
        self.sandbox.journal().iter().flat_map(sandbox::Exchange::lines).collect()
    }

    /// Forgets what was said until now.
    pub(crate) fn forget_conversation(&self) {
        self.sandbox.clear_journal();
    }

    /// Makes a resource.
    #[track_caller]
    pub(crate) fn make<const N: usize>(&self, type_name: &str, config: [(&str, Value); N]) -> Instance {
        let config = self.judge.config(type_name, Value::object(config));
        let made = self.judge.apply(type_name, None, &config, &config);
        made.unwrap_or_else(|failure| panic!("{type_name}: {failure}"))
    }
}

/// It was refused: the summary, detail and attribute of the first error.
#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Judged<T>) -> (String, String, String) {
    let Err(Failure::Refused(refused)) = answer else { panic!("expected a refusal: {answer:?}") };
    let one = &refused[0];
    let path = one.attribute.iter().flat_map(|path| &path.steps).map(|step| format!("{:?}", step.selector));
    (one.summary.clone(), one.detail.clone(), path.collect())
}
