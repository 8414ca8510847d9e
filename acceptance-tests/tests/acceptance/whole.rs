//! The whole chain under a real Terraform: what each command says to the services.

use acceptance_tests::world::{CHAIN, World};
use expect_test::{Expect, expect};

#[track_caller]
fn check(world: &World, expected: Expect) {
    expected.assert_eq(&world.sorted_conversation());
    world.forget_conversation();
}

#[test]
fn each_command_says_the_same_every_time() {
    let world = World::new();
    let seeded = world.rows();
    world.write("main.tf", CHAIN);
    world.plan().expect_quiet();
    check(
        &world,
        expect![[r#"
            GET dataverse /RetrieveSharedPrincipalsAndAccess(Target=@target)?@target={'@odata.id':'flowmachinegroups(«Finance»)'} -> 200
            GET dataverse /WhoAmI -> 200
            GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate' -> 200
            GET dataverse /flowmachinegroups(«Finance»)?select -> 200
            GET dataverse /publishers?select&filter=customizationprefix eq 'cto' -> 200
            GET environments /environments/«environment» -> 200
            GET vault:kv-robots /certificates/robot/ -> 200
            GET vault:kv-robots /certificates/robot/ -> 401
            token for dataverse -> 200
            token for environments -> 200
            token for vaults -> 200
        "#]],
    );
    world.apply_plan().expect_quiet();
    check(
        &world,
        expect![[r#"
            GET connectivity /connections -> 200
            GET connectivity /connections/«id6»?filter=environment eq '«environment»' -> 200
            GET dataverse /RetrieveSharedPrincipalsAndAccess(Target=@target)?@target={'@odata.id':'flowmachinegroups(«Finance»)'} -> 200
            GET dataverse /WhoAmI -> 200
            GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate' -> 200
            GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate_username' -> 200
            GET dataverse /flowmachinegroups(«Finance»)?select -> 200
            GET dataverse /publishers?select&filter=customizationprefix eq 'cto' -> 200
            GET environments /environments/«environment» -> 200
            GET vault:kv-robots /certificates/robot/ -> 200
            GET vault:kv-robots /certificates/robot/ -> 401
            POST dataverse /$batch -> 200
              POST /environmentvariabledefinitions?select  prefer: return=representation  {"description":"User name of the credential «id3», managed with it by Terraform.","displayname":"Robot user name","environmentvariabledefinitionid":"«id4»","schemaname":"cto_robot_certificate_username","type":100000000} -> 201
              POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id4»)","environmentvariablevalueid":"«id5»","schemaname":"cto_robot_certificate_username","value":"robot@contoso.com"} -> 204
              POST /credentials?select  prefer: return=representation  {"certificate@odata.bind":"/environmentvariabledefinitions(«id1»)","connectiontype":5,"credentialid":"«id3»","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id4»)"} -> 201
            POST dataverse /$batch -> 200
              POST /environmentvariabledefinitions?select  prefer: return=representation  {"displayname":"cto_robot_certificate","environmentvariabledefinitionid":"«id1»","schemaname":"cto_robot_certificate","secretstore":0,"type":100000005} -> 201
              POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id1»)","environmentvariablevalueid":"«id2»","schemaname":"cto_robot_certificate","value":"/subscriptions/«subscription»/resourceGroups/rg-robots/providers/Microsoft.KeyVault/vaults/kv-robots/secrets/robot"} -> 204
            PUT connectivity /connections/«id6»  {"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"«Finance»"},"username":{"value":"@environmentVariables(\"cto_robot_certificate_username\")"}}},"credentialId":"«id3»","displayName":"Robot","environment":{"id":"/providers/Microsoft.PowerApps/environments/«environment»","name":"«environment»"}}} -> 201
            token for connectivity -> 200
            token for dataverse -> 200
            token for environments -> 200
            token for vaults -> 200
        "#]],
    );
    world.plan().expect_quiet().expect_no_changes();
    check(
        &world,
        expect![[r#"
            GET connectivity /connections/«id6»?filter=environment eq '«environment»' -> 200
            GET dataverse /credentials(«id3»)?select&expand -> 200
            GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
            GET environments /environments/«environment» -> 200
            GET vault:kv-robots /certificates/robot/ -> 200
            GET vault:kv-robots /certificates/robot/ -> 401
            token for connectivity -> 200
            token for dataverse -> 200
            token for environments -> 200
            token for vaults -> 200
        "#]],
    );
    world.destroy().expect_quiet();
    check(
        &world,
        expect![[r#"
            DELETE connectivity /connections/«id6»?filter=environment eq '«environment»' -> 200
            GET connectivity /connections -> 200
            GET connectivity /connections/«id6»?filter=environment eq '«environment»' -> 200
            GET dataverse /credentials(«id3»)?select&expand -> 200
            GET dataverse /credentials?select&expand&filter=credentialid eq «id3» or _certificate_value eq «id4» or _username_value eq «id4» or _password_value eq «id4» -> 200
            GET dataverse /credentials?select&filter=_certificate_value eq «id1» or _username_value eq «id1» or _password_value eq «id1» -> 200
            GET dataverse /environmentvariabledefinitions(«id1»)?select&expand -> 200
            GET environments /environments/«environment» -> 200
            GET vault:kv-robots /certificates/robot/ -> 200
            GET vault:kv-robots /certificates/robot/ -> 401
            POST dataverse /$batch -> 200
              DELETE /credentials(«id3») -> 204
              DELETE /environmentvariabledefinitions(«id4») -> 204
            POST dataverse /$batch -> 200
              DELETE /environmentvariabledefinitions(«id1») -> 204
            token for connectivity -> 200
            token for dataverse -> 200
            token for environments -> 200
            token for vaults -> 200
        "#]],
    );
    assert_eq!(world.rows(), seeded);
    assert!(world.connections().is_empty());
}
