//! The process contract, tried with a real process, real sockets and real TLS, as go-plugin's client uses it.

use std::io::Write as _;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use judge::client::{Identity, Launch, PROVIDER_COOKIE, Plugin, example};
use tfplugin::cty::Type;
use tfplugin::wire::plugin as go_plugin;
use tfplugin::wire::tfplugin5 as pb;

#[track_caller]
fn schema(plugin: &Plugin, identity: Option<&Identity>) -> Result<pb::get_provider_schema::Response, String> {
    plugin.block_on(async {
        let mut provider = plugin.provider(identity).await?;
        let answer = provider.get_schema(pb::get_provider_schema::Request {}).await;
        answer.map(tonic::Response::into_inner).map_err(|status| status.to_string())
    })
}

#[test]
fn the_line_is_what_go_plugin_reads() {
    for (versions, expected) in [("5,6", "5"), ("6,5", "5"), ("6", "5"), ("", "5")] {
        let plugin = Launch::of(example("tfplugin", "toy")).env("PLUGIN_PROTOCOL_VERSIONS", versions).start();
        let fields: Vec<&str> = plugin.line.split('|').collect();
        assert_eq!((fields[0], fields[1], fields[2], fields[4]), ("1", expected, "unix", "grpc"), "{}", plugin.line);
        assert_eq!(fields.len(), 6);
        assert!(fields[5].is_empty(), "no certificate was offered");
        schema(&plugin, None).expect("plain text serves");
    }
}

#[test]
fn the_client_s_own_certificate_opens_and_nothing_else_does() {
    let own = Identity::of_go_plugin();
    let plugin = Launch::of(example("tfplugin", "toy")).certificate(&own).start();
    assert!(plugin.line.split('|').nth(5).is_some_and(|certificate| certificate.len() > 50));
    let schemas = schema(&plugin, Some(&own)).expect("the client that announced itself is let in");
    assert!(schemas.resource_schemas.contains_key("toy_note"));

    let stranger = Identity::of_go_plugin();
    schema(&plugin, Some(&stranger)).expect_err("another certificate is refused");
    schema(&plugin, Some(&Identity::none())).expect_err("no certificate is refused");
    schema(&plugin, None).expect_err("plain text is refused");
    schema(&plugin, Some(&own)).expect("and the right one still serves");
}

#[test]
fn both_versions_of_tls_serve() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let own = Identity::of_go_plugin().only(version);
        let plugin = Launch::of(example("tfplugin", "toy")).certificate(&own).start();
        schema(&plugin, Some(&own)).unwrap_or_else(|error| panic!("{version:?}: {error}"));
    }
}

#[test]
fn a_port_serves_as_well_as_a_socket() {
    let own = Identity::of_go_plugin();
    let plugin = Launch::of(example("tfplugin", "toy"))
        .certificate(&own)
        .env("TF_PLUGIN_NETWORK", "tcp")
        .env("PLUGIN_MIN_PORT", "10000")
        .env("PLUGIN_MAX_PORT", "25000")
        .start();
    let fields: Vec<&str> = plugin.line.split('|').collect();
    assert_eq!(fields[2], "tcp");
    let port: u16 = fields[3].rsplit(':').next().unwrap().parse().unwrap();
    assert!((10000..=25000).contains(&port), "{port}");
    schema(&plugin, Some(&own)).expect("the port serves");
}

#[test]
fn shutdown_ends_the_process_at_once_and_leaves_nothing() {
    let mut plugin = Launch::of(example("tfplugin", "toy")).start();
    let socket = std::path::PathBuf::from(plugin.address());
    assert!(socket.exists());
    plugin.block_on(async {
        let channel = plugin.channel(None).await.unwrap();
        let mut controller = go_plugin::grpc_controller_client::GrpcControllerClient::new(channel);
        controller.shutdown(go_plugin::Empty {}).await.expect("the answer comes before the end");
    });
    // Terraform kills after two seconds.
    assert!(plugin.ends_within(Duration::from_secs(2)).is_some_and(|status| status.success()));
    assert!(!socket.parent().unwrap().exists(), "the socket's folder is gone");
}

#[test]
fn an_interrupt_is_terraform_s_affair_and_a_termination_ours() {
    let mut plugin = Launch::of(example("tfplugin", "toy")).start();
    schema(&plugin, None).unwrap();
    plugin.signal("INT");
    plugin.signal("INT");
    schema(&plugin, None).expect("an interrupt ends nothing");
    plugin.signal("TERM");
    assert!(plugin.ends_within(Duration::from_secs(5)).is_some_and(|status| status.success()));
}

#[test]
fn without_its_parent_the_plugin_ends() {
    // A shell starts the plugin, reads its line and ends: then nobody would ever shut it down. The pipe that both write their errors
    // to is closed when both have ended.
    let folder = tempfile::tempdir().unwrap();
    let (plugin, line) = (example("tfplugin", "toy"), folder.path().join("line"));
    let (plugin, line) = (plugin.display(), line.display());
    let script = format!("mkfifo '{line}'; '{plugin}' > '{line}' & read -r first < '{line}'; echo \"$first\"");
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || {
        let shell = Command::new("sh").args(["-c", &script]).env(PROVIDER_COOKIE.0, PROVIDER_COOKIE.1).output();
        ended.send(shell)
    });
    let output = end.recv_timeout(Duration::from_secs(30)).expect("the orphan still runs").unwrap();
    let first = String::from_utf8(output.stdout).unwrap();
    assert!(first.starts_with("1|5|"), "the plugin was started: {first}");
}

#[test]
fn a_large_message_passes() {
    let plugin = Launch::of(example("tfplugin", "toy")).start();
    let text = "x".repeat(40 << 20);
    let state = serde_json::json!({ "path": "/nowhere", "text": text }).to_string();
    plugin.block_on(async {
        let mut provider = plugin.provider(None).await.unwrap();
        let raw_state = Some(pb::RawState { json: state.into_bytes(), flatmap: Default::default() });
        let request = pb::upgrade_resource_state::Request { type_name: "toy_note".into(), version: 0, raw_state };
        let answer = provider.upgrade_resource_state(request).await.expect("forty megabytes pass").into_inner();
        assert!(answer.diagnostics.is_empty());
        assert!(answer.upgraded_state.is_some_and(|state| state.msgpack.len() > 40 << 20));
    });
}

#[test]
fn a_panic_is_a_diagnostic_and_a_line_that_terraform_knows() {
    let mut plugin = Launch::of(example("tfplugin", "toy")).start();
    let planned = tfplugin::value::Value::object([("path", "/nowhere".into()), ("text", "panic".into())]);
    let ty = Type::object(const { &[("path", Type::String), ("text", Type::String), ("length", Type::Number)] });
    let msgpack = tfplugin::msgpack::to_bytes(&planned, &ty).unwrap();
    let value = Some(pb::DynamicValue { msgpack, json: Vec::new() });
    plugin.block_on(async {
        let mut provider = plugin.provider(None).await.unwrap();
        provider.configure(pb::configure::Request::default()).await.unwrap();
        let request = pb::apply_resource_change::Request {
            type_name: "toy_note".into(),
            planned_state: value.clone(),
            config: value,
            ..Default::default()
        };
        let answer = provider.apply_resource_change(request).await.expect("no rpc fails with a status").into_inner();
        assert!(answer.diagnostics[0].detail.contains("panicked in ApplyResourceChange"), "{answer:?}");
        provider.get_schema(pb::get_provider_schema::Request {}).await.expect("and it goes on serving");
    });
    plugin.signal("TERM");
    plugin.ends_within(Duration::from_secs(5));
    assert!(plugin.stderr().lines().any(|line| line.starts_with("panic: ") && line.contains("asked for a panic")));
}

#[test]
fn what_go_plugin_asks_besides_is_answered() {
    let plugin = Launch::of(example("tfplugin", "toy")).start();
    plugin.block_on(async {
        let channel = plugin.channel(None).await.unwrap();
        let mut health = tonic_health::pb::health_client::HealthClient::new(channel.clone());
        let request = tonic_health::pb::HealthCheckRequest { service: "plugin".into() };
        let status = health.check(request).await.expect("the service plugin is known").into_inner().status();
        assert_eq!(status, tonic_health::pb::health_check_response::ServingStatus::Serving);
        let mut stdio = go_plugin::grpc_stdio_client::GrpcStdioClient::new(channel);
        let mut stream = stdio.stream_stdio(()).await.unwrap().into_inner();
        let silent = tokio::time::timeout(Duration::from_millis(100), stream.message()).await;
        assert!(silent.is_err(), "nothing is ever streamed");
    });
}

#[test]
fn every_rpc_is_answered_without_a_status() {
    let plugin = Launch::of(example("tfplugin", "toy")).start();
    plugin.block_on(async {
        let mut provider = plugin.provider(None).await.unwrap();
        macro_rules! failing {
            ($($rpc:ident($request:expr)),* $(,)?) => {$(
                let answer = provider.$rpc($request).await.expect(stringify!($rpc)).into_inner();
                assert!(!answer.diagnostics.is_empty(), "{} says what is missing", stringify!($rpc));
                assert!(!answer.diagnostics[0].summary.is_empty());
            )*};
        }
        failing!(
            upgrade_resource_identity(pb::upgrade_resource_identity::Request::default()),
            move_resource_state(pb::move_resource_state::Request::default()),
            generate_resource_config(pb::generate_resource_config::Request::default()),
            validate_data_source_config(pb::validate_data_source_config::Request::default()),
            read_data_source(pb::read_data_source::Request::default()),
            validate_ephemeral_resource_config(pb::validate_ephemeral_resource_config::Request::default()),
            open_ephemeral_resource(pb::open_ephemeral_resource::Request::default()),
            renew_ephemeral_resource(pb::renew_ephemeral_resource::Request::default()),
            close_ephemeral_resource(pb::close_ephemeral_resource::Request::default()),
            validate_list_resource_config(pb::validate_list_resource_config::Request::default()),
            plan_action(pb::plan_action::Request::default()),
            validate_action_config(pb::validate_action_config::Request::default()),
            validate_resource_type_config(pb::validate_resource_type_config::Request::default()),
            read_resource(pb::read_resource::Request::default()),
        );
        assert!(provider.get_functions(pb::get_functions::Request {}).await.unwrap().into_inner().functions.is_empty());
        let identities = provider.get_resource_identity_schemas(pb::get_resource_identity_schemas::Request {}).await;
        assert!(identities.unwrap().into_inner().diagnostics.is_empty());
        let metadata = provider.get_metadata(pb::get_metadata::Request {}).await.unwrap().into_inner();
        assert_eq!(metadata.resources[0].type_name, "toy_note");
        let called = provider.call_function(pb::call_function::Request::default()).await.unwrap().into_inner();
        assert!(called.error.is_some());
        assert!(provider.stop(pb::stop::Request {}).await.unwrap().into_inner().error.is_empty());
        let mut listed = provider.list_resource(pb::list_resource::Request::default()).await.unwrap().into_inner();
        assert!(!listed.message().await.unwrap().unwrap().diagnostic.is_empty());
        let mut invoked = provider.invoke_action(pb::invoke_action::Request::default()).await.unwrap().into_inner();
        assert!(invoked.message().await.unwrap().unwrap().r#type.is_some());
    });
}

#[test]
fn a_person_is_told_what_this_is() {
    let output = Command::new(example("tfplugin", "toy")).env_remove(PROVIDER_COOKIE.0).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "stdout belongs to the handshake");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("This binary is a plugin") && told.contains("required_providers"), "{told}");
}

#[test]
fn a_garbled_certificate_is_an_error_and_not_plain_text() {
    let output = Command::new(example("tfplugin", "toy"))
        .env(PROVIDER_COOKIE.0, PROVIDER_COOKIE.1)
        .env("PLUGIN_CLIENT_CERT", "no certificate")
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("PLUGIN_CLIENT_CERT"));
}

#[test]
fn a_debugger_s_plugin_survives_many_clients() {
    let mut plugin = Launch::of(example("tfplugin", "toy")).debug();
    assert!(plugin.line.contains("is being debugged"));
    let printed = plugin.read_until("TF_REATTACH_PROVIDERS='");
    let json = printed.split("TF_REATTACH_PROVIDERS='").nth(1).unwrap().trim_end().trim_end_matches('\'');
    let reattach: serde_json::Value = serde_json::from_str(json).unwrap();
    let config = &reattach["registry.terraform.io/example/toy"];
    assert_eq!((config["ProtocolVersion"].as_u64(), config["Test"].as_bool()), (Some(5), Some(true)));
    plugin.found_at(config["Addr"]["String"].as_str().unwrap());
    for _ in 0..3 {
        schema(&plugin, None).expect("every client is served");
    }
    plugin.signal("INT");
    assert!(plugin.ends_within(Duration::from_secs(5)).is_some_and(|status| status.success()));
}

#[test]
fn logs_are_lines_that_terraform_reads() {
    let mut plugin = Launch::of(example("tfplugin", "toy")).env("TF_LOG_PROVIDER_TOY", "TRACE").start();
    schema(&plugin, None).unwrap();
    plugin.signal("TERM");
    plugin.ends_within(Duration::from_secs(5));
    let told = plugin.stderr();
    let served = told.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let served: Vec<_> = served.filter(|line| line["@message"] == "Served request").collect();
    assert_eq!(served[0]["tf_rpc"], "GetSchema", "{told}");
    assert!(served[0]["tf_req_id"].is_string() && served[0]["tf_req_duration_ms"].is_u64());
    let _ = std::io::stderr().flush();
}

#[test]
fn whoever_asks_gets_the_same_schema_again() {
    let own = Identity::of_go_plugin();
    let plugin = Launch::of(example("tfplugin", "toy")).certificate(&own).start();
    let first = schema(&plugin, Some(&own)).expect("the first client is answered");
    assert!(first.provider.is_some() && first.resource_schemas.contains_key("toy_note"));
    for _ in 0..3 {
        assert_eq!(schema(&plugin, Some(&own)).expect("another client is answered"), first);
    }
}
