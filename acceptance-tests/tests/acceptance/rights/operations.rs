//! What Terraform does with objects of each type, in a world where one chain is there, and what makes another.

use acceptance_tests::court::{CONNECTION, CREDENTIAL, Court, Object, REFERENCE, with};
use sandbox::{Depth, World, default_world};
use serde_json::{Value as Json, json};

use crate::run_owner;

/// The action.
pub(super) const VERIFY: &str = "powerautomate_verify_connection";

/// Everything that has rows of its own on the page.
pub(super) const TYPES: [&str; 4] = [REFERENCE, CREDENTIAL, CONNECTION, VERIFY];

/// The name of the text variable that is nobody's credential's.
const TEXT: &str = "cto_text";

/// What is done with one object.
pub(super) struct Operation {
    /// Its type.
    pub(super) of: &'static str,
    /// What is done, in the words of the page.
    pub(super) name: String,
    /// How far privileges have to reach.
    pub(super) depth: Depth,
    /// What is asked of the provider.
    pub(super) ask: Ask,
}

/// What is asked of the provider.
pub(super) enum Ask {
    /// The object is made, changed or replaced.
    Change(Option<Box<Object>>, Json),
    /// It is read afresh.
    Refresh(Box<Object>),
    /// It is removed.
    Destroy(Box<Object>),
    /// It is imported by its name.
    Import(String),
    /// All are listed, with what is known of them.
    List,
    /// The connection with this id is verified.
    Verify(String),
}

/// Two chains, a reference that no credential uses, and a text variable.
pub(super) struct Furnished {
    pub(super) world: World,
    credential: Object,
    connection: Object,
    other_credential: Object,
    unused: Object,
    text: String,
    maker: String,
    pfx: String,
}

impl Furnished {
    /// Makes it all, as an administrator.
    pub(super) fn new(court: &Court) -> Furnished {
        let (_, credential, connection) = court.made_chain();
        let reference = |name: &str, certificate: &str| {
            with(court.reference(), json!({ "schema_name": name, "certificate_name": certificate }))
        };
        let other = court.create(REFERENCE, &reference("cto_other", "robot-01")).expect_quiet();
        let config = json!({ "name": "Other", "username": "robot-01@contoso.com" });
        let other_credential = court.create(CREDENTIAL, &with(court.credential(&other), config)).expect_quiet();
        let unused = court.create(REFERENCE, &reference("cto_unused", "robot-02")).expect_quiet();
        let user = |name: &str| court.rows_named("systemusers", "fullname", name)[0]["systemuserid"].clone();
        let definition =
            json!({ "schemaname": TEXT, "displayname": TEXT, "type": 100_000_000, "ownerid": user("Terraform") });
        let text = court.insert("environmentvariabledefinitions", definition);
        let value =
            json!({ "schemaname": TEXT, "value": "robot-02@contoso.com", "environmentvariabledefinitionid": text });
        court.insert("environmentvariablevalues", value);
        court.share("credentials", &credential.attr("id"), default_world::RUN_OWNER);
        let (maker, pfx) = (user("Maker").as_str().expect("a user has an id").to_owned(), run_owner::secrets().pfx);
        let world = court.sandbox().with(|world| world.clone());
        Furnished { world, credential, connection, other_credential, unused, text, maker, pfx }
    }

    /// Everything that is done with objects of a type.
    pub(super) fn operations(&self, court: &Court, of: &'static str) -> Vec<Operation> {
        let done = |name: &str, ask: Ask| Operation { of, name: name.to_owned(), depth: Depth::Basic, ask };
        let name = |name: &str| Ask::Import(format!("{}/{name}", default_world::ENVIRONMENT));
        let common = |object: &Object, named: &str| {
            let object = Box::new(object.clone());
            [
                done("refresh, also before it is removed", Ask::Refresh(object.clone())),
                done("remove", Ask::Destroy(object)),
                done("import", name(named)),
                done("`terraform query`", Ask::List),
            ]
        };
        match of {
            REFERENCE => self.of_references(court).into_iter().chain(common(&self.unused, "cto_unused")).collect(),
            CREDENTIAL => {
                self.of_credentials(court).into_iter().chain(common(&self.other_credential, "Other")).collect()
            }
            CONNECTION => self.of_connections(court).into_iter().chain(common(&self.connection, "Robot")).collect(),
            _ => vec![done("invoke", Ask::Verify(self.connection.attr("id")))],
        }
    }

    fn of_references(&self, court: &Court) -> Vec<Operation> {
        let new = with(court.reference(), json!({ "schema_name": "cto_new", "certificate_name": "robot-03" }));
        let old = with(court.reference(), json!({ "schema_name": "cto_unused", "certificate_name": "robot-02" }));
        let certificate = json!({ "certificate_name": "robot-04" });
        let change = |name: &str, changes: Json| self.change(&self.unused, name, with(old.clone(), changes));
        let mut all = self.made(REFERENCE, &new);
        all.extend(self.changed(&self.unused, &old));
        all.push(change("change `display_name`", json!({ "display_name": "Mine" })));
        all.push(change("change `certificate_name`, `key_vault_id`", certificate));
        all.push(change("replace", json!({ "schema_name": "cto_renamed" })));
        all
    }

    fn of_credentials(&self, court: &Court) -> Vec<Operation> {
        let of_unused = court.credential(&self.unused);
        let new = with(of_unused.clone(), json!({ "name": "New", "username": "robot-02@contoso.com" }));
        let theirs = with(new.clone(), json!({ "username": null, "username_variable_id": self.text }));
        let old = json!({
            "name": "Other",
            "username": "robot-01@contoso.com",
            "certificate_reference_id": self.other_credential["certificate_reference_id"],
        });
        let change = |name: &str, changes: Json| self.change(&self.other_credential, name, with(old.clone(), changes));
        let mut all = self.made(CREDENTIAL, &new);
        let named = with(new.clone(), json!({ "username_schema_name": "cto_new_username" }));
        all.push(self.make(CREDENTIAL, "create with `username_schema_name`", named));
        all.push(self.make(CREDENTIAL, "create with `username_variable_id`", theirs));
        all.extend(self.changed(&self.other_credential, &old));
        all.push(change("change `name`", json!({ "name": "Another" })));
        all.push(change("change `username`", json!({ "username": "ROBOT-01@contoso.com" })));
        all.push(change("replace", json!({ "certificate_reference_id": self.unused["id"] })));
        all
    }

    fn of_connections(&self, court: &Court) -> Vec<Operation> {
        let old = court.connection(&self.credential);
        let new = with(old.clone(), json!({ "display_name": "New" }));
        let run_owner = json!({ "run_owner": {
            "client_id": default_world::RUN_OWNER,
            "certificate_pfx_wo": self.pfx,
            "certificate_pfx_wo_version": "1",
            "certificate_password_wo": run_owner::PASSWORD,
        }});
        let other = json!({ "credential_id": self.other_credential["id"] });
        let change = |name: &str, changes: Json| self.change(&self.connection, name, with(old.clone(), changes));
        vec![
            self.make(CONNECTION, "create", new.clone()),
            self.make(CONNECTION, "create with `run_owner`", with(new, run_owner.clone())),
            change("change `display_name`", json!({ "display_name": "Another" })),
            change("change `credential_id`", other),
            change("change `machine_group_id`", json!({ "machine_group_id": default_world::WAREHOUSE })),
            change("replace, as with another `run_owner`", run_owner),
        ]
    }

    /// What all rows have in common when they are made.
    fn made(&self, of: &'static str, new: &Json) -> Vec<Operation> {
        let also = |changes: Json| with(new.clone(), changes);
        let owned = self.make(of, "create with `owner_id`", also(json!({ "owner_id": self.maker })));
        vec![
            self.make(of, "create", new.clone()),
            self.make(
                of,
                "create with `solution_unique_name`",
                also(json!({ "solution_unique_name": default_world::SOLUTION })),
            ),
            Operation { depth: Depth::Local, ..owned },
        ]
    }

    /// What all rows have in common when they are changed.
    fn changed(&self, before: &Object, old: &Json) -> Vec<Operation> {
        let change = |name: &str, changes: Json| self.change(before, name, with(old.clone(), changes));
        let owned = change("change `owner_id`", json!({ "owner_id": self.maker }));
        vec![
            change("change `description`", json!({ "description": "Finance" })),
            change("change `solution_unique_name`", json!({ "solution_unique_name": default_world::SOLUTION })),
            Operation { depth: Depth::Local, ..owned },
        ]
    }

    fn make(&self, of: &'static str, name: &str, config: Json) -> Operation {
        Operation { of, name: name.to_owned(), depth: Depth::Basic, ask: Ask::Change(None, config) }
    }

    fn change(&self, before: &Object, name: &str, config: Json) -> Operation {
        let of = TYPES.into_iter().find(|of| *of == before.instance().type_name).expect("it is one of them");
        let ask = Ask::Change(Some(Box::new(before.clone())), config);
        Operation { of, name: name.to_owned(), depth: Depth::Basic, ask }
    }
}
