//! Who signs in as the user of a program: `az`, `azd`.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// Stands for `az` and for `azd`: it hands out a token of the sandbox's, and refuses what they would refuse.
const CLI: &str = include_str!("cli.py");

/// A world in which this CLI stands in a PATH of its own, signed in as Terraform's application.
pub(super) fn with_cli(name: &str, lines: &str) -> (World, tempfile::TempDir) {
    let mut world = world(lines);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, CLI).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let all = std::env::var("PATH").unwrap_or_default();
    world.set("PATH", &format!("{}:{all}", folder.path().display()));
    for (name, value) in [
        ("SANDBOX_TENANT", default_world::TENANT),
        ("SANDBOX_CLIENT", default_world::CLIENT),
        ("SANDBOX_SECRET", default_world::SECRET),
    ] {
        world.set(name, value);
    }
    ["ARM_TENANT_ID", "ARM_CLIENT_ID"].iter().for_each(|name| world.unset(name));
    (world, folder)
}

#[test]
fn the_user_of_a_cli_signs_in() {
    for (name, lines, again) in [("az", "", "az login"), ("azd", "use_dev_cli = true", "azd auth login")] {
        let (mut world, _folder) = with_cli(name, lines);
        signs_in(&world);
        world.set("ARM_TENANT_ID", default_world::TENANT);
        signs_in(&world);
        world.set("SANDBOX_SECRET", "");
        world.plan().expect_error("resource", "Cannot sign in", &[again]);
    }
}
