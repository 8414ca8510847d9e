//! Who signs in with what somebody else says: a job of GitHub Actions or Azure DevOps, a pod of a cluster, whoever has a token.

use std::time::Duration;

use expect_test::expect;
use sandbox::IdentityTokenSpec;

use super::*;

#[test]
fn a_workflow_of_github_signs_in() {
    let mut world = world("use_oidc = true");
    let variables = world.sandbox().workflow_env();
    set(&mut world, &variables);
    expect![[r#"
        GET run-actions-1-azure-eastus.actions.githubusercontent.com /42//idtoken/«id3»/«id4»?audience=api://AzureADTokenExchange -> 200
        token for dataverse -> 200
        token for environments -> 200
        token for vaults -> 200
    "#]].assert_eq(&signs_in(&world));
}

#[test]
fn a_pipeline_of_azure_devops_signs_in() {
    let mut world = world("");
    let variables = world.sandbox().pipeline_env();
    set(&mut world, &variables);
    world.set("ARM_USE_OIDC", "true");
    world.set("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", default_world::SERVICE_CONNECTION);
    expect![[r#"
        POST dev.azure.com /contoso/«id3»/_apis/distributedtask/hubs/build/plans/«id4»/jobs/«id5»/oidctoken?serviceConnectionId=«id6»  {} -> 200
        token for dataverse -> 200
        token for environments -> 200
        token for vaults -> 200
    "#]].assert_eq(&signs_in(&world));

    world.set("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", default_world::UNTRUSTED_SERVICE_CONNECTION);
    let parts = ["AADSTS70", "no federated credential"];
    world.plan().expect_error("resource", "Cannot sign in", &parts);
    world.set("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "5c000000-0000-4000-8000-00000000dead");
    world.plan().expect_error("resource", "Cannot sign in", &["Azure DevOps", "gave no identity token", "404"]);
}

/// An identity token of the cluster that Terraform's application trusts.
fn of_the_cluster(world: &World) -> String {
    let spec = IdentityTokenSpec::new(default_world::CLUSTER_ISSUER, default_world::CLUSTER_SUBJECT);
    world.sandbox().with(|world| world.identity_token(&spec))
}

#[test]
fn a_token_signs_in_and_so_does_one_in_a_file_that_is_written_anew() {
    let mut world = world("use_oidc = true");
    let token = of_the_cluster(&world);
    world.set("ARM_OIDC_TOKEN", &token);
    signs_in(&world);

    world.unset("ARM_OIDC_TOKEN");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity-token");
    world.set("ARM_OIDC_TOKEN_FILE_PATH", &path.display().to_string());
    world.plan().expect_error("provider", "The file of oidc_token_file_path cannot be read", &["identity-token"]);
    let write = |world: &World| fs::write(&path, of_the_cluster(world)).unwrap();
    write(&world);
    signs_in(&world);
    // An hour later the job's own token is another one.
    world.sandbox().advance(Duration::from_secs(7200));
    world.plan().expect_error("resource", "Cannot sign in", &["AADSTS700024", "clock"]);
    write(&world);
    signs_in(&world);
}

#[test]
fn a_pod_of_a_cluster_signs_in_with_what_the_cluster_wrote_for_it() {
    let mut world = world("use_aks_workload_identity = true");
    for (name, value) in [("TENANT_ID", default_world::TENANT), ("CLIENT_ID", default_world::CLIENT)] {
        world.unset(&format!("ARM_{name}"));
        world.set(&format!("AZURE_{name}"), value);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azure-identity-token");
    fs::write(&path, of_the_cluster(&world)).unwrap();
    world.set("AZURE_FEDERATED_TOKEN_FILE", &path.display().to_string());
    signs_in(&world);
    world.write_provider("environment_id = var.environment_id");
    signs_in(&world);
}

/// A file of the examples' pipelines.
fn of_pipelines(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/pipelines").join(name)).unwrap()
}

/// The variables that a pipeline of the examples sets for the sign-in, in `env` or in its script: by their names, with what it writes there.
fn set_by(pipeline: &str) -> Vec<(String, String)> {
    let line = |line: &str| {
        let line = line.trim();
        let (name, value) = line.split_once(": ").or_else(|| line.strip_prefix("export ")?.split_once('='))?;
        let is_variable = name.starts_with("ARM_") || name.starts_with("SYSTEM_");
        let value = value.split(" #").next().unwrap_or_default().trim_matches('"');
        is_variable.then(|| (name.to_owned(), value.to_owned()))
    };
    of_pipelines(pipeline).lines().filter_map(line).filter(|(name, _)| name != "ARM_CORRELATION_REQUEST_ID").collect()
}

#[test]
fn the_pipelines_of_the_examples_sign_in_by_what_they_set() {
    let all = |world: &World| [world.sandbox().workflow_env(), world.sandbox().pipeline_env()].concat();
    let job = |name: &str| if name.starts_with("github") { "ACTIONS_" } else { "SYSTEM_OIDC" };
    for name in ["github-actions.yml", "azure-steps.yml"] {
        let mut world = world("");
        ["ARM_TENANT_ID", "ARM_CLIENT_ID"].iter().for_each(|name| world.unset(name));
        let known = all(&world);
        // What the job has by itself, and then what the pipeline sets.
        for (variable, value) in known.iter().filter(|(variable, _)| variable.starts_with(job(name))) {
            world.set(variable, value);
        }
        for (variable, value) in set_by(name) {
            let given = match variable.as_str() {
                "ARM_TENANT_ID" => default_world::TENANT,
                "ARM_CLIENT_ID" => default_world::CLIENT,
                "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID" => default_world::SERVICE_CONNECTION,
                "SYSTEM_ACCESSTOKEN" => default_world::PIPELINE_TOKEN,
                _ => &value,
            };
            world.set(&variable, given);
        }
        world.write("main.tf", include_str!("../../../../examples/quickstart/main.tf"));
        fs::remove_file(world.folder().join("provider.tf")).unwrap();
        fs::remove_file(world.folder().join("variables.tf")).unwrap();
        signs_in(&world);
    }
}

#[test]
fn the_pipelines_of_the_examples_apply_what_was_planned_and_nothing_else() {
    for name in ["github-actions.yml", "azure-pipelines.yml"] {
        let text = of_pipelines(name);
        let lines = |command: &str| text.lines().filter(|line| line.contains(command)).collect::<Vec<_>>();
        let (plans, applies) = (lines("terraform plan "), lines("terraform apply "));
        assert!(matches!(plans[..], [plan] if plan.contains("-out=")), "{name}: {plans:?}");
        assert!(matches!(applies[..], [apply] if apply.contains("tfplan")), "{name}: {applies:?}");
        assert!(text.contains("-lock=false") && !text.contains("auto-approve"), "{name}");
    }
}
