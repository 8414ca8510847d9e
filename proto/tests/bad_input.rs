//! What no sensible client does: every answer is a diagnostic or a status, and the process goes on as before.

use std::fs;
use std::time::Duration;

use judge::client::{Launch, Plugin, example};
use tfplugin::wire::tfplugin5 as pb;
use tfplugin::wire::tfplugin5::provider_client::ProviderClient;
use tokio_stream::StreamExt as _;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// A started corner provider in plain text, configured.
struct Victim {
    plugin: Plugin,
    client: ProviderClient<Channel>,
}

impl Victim {
    fn new() -> Victim {
        let plugin = Launch::of(example("tfplugin", "corner")).start();
        let client = plugin.block_on(plugin.provider(None)).unwrap();
        let victim = Victim { plugin, client };
        let configured = victim.block_on(victim.client().configure(pb::configure::Request {
            config: Some(dynamic(b"\x82\xa6folder\xc0\xa3old\xc0")),
            ..Default::default()
        }));
        assert!(configured.unwrap().into_inner().diagnostics.is_empty());
        victim
    }

    fn client(&self) -> ProviderClient<Channel> {
        self.client.clone()
    }

    fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.plugin
            .block_on(async { tokio::time::timeout(Duration::from_secs(60), work).await.expect("nothing hangs") })
    }

    /// It still does what it did.
    #[track_caller]
    fn serves(&self) {
        let schema = self.block_on(self.client().get_schema(pb::get_provider_schema::Request {})).unwrap();
        assert!(schema.into_inner().resource_schemas.contains_key("corner_values"));
    }

    /// How many files and sockets the process holds open.
    fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.plugin.id())).map_or(0, Iterator::count)
    }

    /// How much memory it holds, in KiB.
    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.plugin.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or_default()
    }
}

fn dynamic(msgpack: &[u8]) -> pb::DynamicValue {
    pb::DynamicValue { msgpack: msgpack.to_vec(), json: Vec::new() }
}

#[track_caller]
fn refused(diagnostics: &[pb::Diagnostic], words: &str) {
    let said: Vec<String> = diagnostics.iter().map(|one| format!("{}: {}", one.summary, one.detail)).collect();
    let is_error = diagnostics.iter().any(|one| one.severity() == pb::diagnostic::Severity::Error);
    assert!(is_error && said.iter().any(|said| said.contains(words)), "{words:?} in {said:?}");
    assert!(!said.iter().any(|said| said.contains("has a bug")), "no panic: {said:?}");
}

/// Bytes that are sent as they are.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, bytes: Vec<u8>, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        use prost::bytes::BufMut as _;
        out.put_slice(&bytes);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        use prost::bytes::Buf as _;
        let length = bytes.remaining();
        Ok(Some(bytes.copy_to_bytes(length).to_vec()))
    }
}

#[test]
fn what_is_no_protobuf_is_a_status() {
    let victim = Victim::new();
    let channel = victim.plugin.block_on(victim.plugin.channel(None)).unwrap();
    for rpc in ["PlanResourceChange", "ApplyResourceChange", "ListResource", "InvokeAction", "CallFunction"] {
        for bytes in [&b"\xff\xff\xff"[..], b"\x0a\xff\x01", b"\x0a\x02\xff\xfe", &[0x0b; 64]] {
            let status = victim.block_on(async {
                let mut grpc = tonic::client::Grpc::new(channel.clone());
                grpc.ready().await.unwrap();
                let path = format!("/tfplugin5.Provider/{rpc}").parse().unwrap();
                grpc.unary(Request::new(bytes.to_vec()), path, Raw).await.unwrap_err()
            });
            assert_ne!(status.code(), tonic::Code::Ok, "{rpc}");
        }
    }
    let unknown = victim.block_on(async {
        let mut grpc = tonic::client::Grpc::new(channel);
        grpc.ready().await.unwrap();
        grpc.unary(Request::new(Vec::new()), "/tfplugin5.Provider/Guess".parse().unwrap(), Raw).await.unwrap_err()
    });
    assert_eq!(unknown.code(), tonic::Code::Unimplemented);
    victim.serves();
}

#[test]
fn values_that_lie_are_diagnostics() {
    let victim = Victim::new();
    let lies: [(&[u8], &str); 7] = [
        (b"\xdf\xff\xff\xff\xff", "not a string"),
        (b"\x81\xa4name\xdb\xff\xff\xff\xffx", "4294967295 bytes are announced"),
        (b"\x81\xa5lists\xdd\xff\xff\xff\xff", "4294967295 elements"),
        (b"\x81\xa4ghost\xc0", "no attribute"),
        (b"\x93\x01\x02\x03", "not a map"),
        (b"\x81\xa4name\xa1", "1 bytes are announced"),
        (b"\xc1", "not a map"),
    ];
    for (bytes, words) in lies {
        let request = pb::read_resource::Request {
            type_name: "corner_values".into(),
            current_state: Some(dynamic(bytes)),
            ..Default::default()
        };
        let answer = victim.block_on(victim.client().read_resource(request)).unwrap().into_inner();
        refused(&answer.diagnostics, words);
    }
    let deep = [b"\x92\xc4\x09\"dynamic\"".repeat(100_000), b"\xc0".to_vec()].concat();
    let config = [b"\x81\xa7dynamic".to_vec(), deep].concat();
    let request = pb::validate_resource_type_config::Request {
        type_name: "corner_values".into(),
        config: Some(dynamic(&config)),
        ..Default::default()
    };
    let answer = victim.block_on(victim.client().validate_resource_type_config(request)).unwrap().into_inner();
    refused(&answer.diagnostics, "nests more than");
    victim.serves();
}

#[test]
fn names_and_versions_that_are_not_there_are_diagnostics() {
    let victim = Victim::new();
    let (mut client, ghost) = (victim.client(), || "corner_ghost".to_owned());
    macro_rules! ask {
        ($rpc:ident, $message:ident, $field:ident) => {
            let request = pb::$message::Request { $field: ghost(), ..Default::default() };
            refused(&victim.block_on(client.$rpc(request)).unwrap().into_inner().diagnostics, "corner_ghost");
        };
    }
    ask!(validate_resource_type_config, validate_resource_type_config, type_name);
    ask!(validate_data_source_config, validate_data_source_config, type_name);
    ask!(upgrade_resource_state, upgrade_resource_state, type_name);
    ask!(upgrade_resource_identity, upgrade_resource_identity, type_name);
    ask!(read_resource, read_resource, type_name);
    ask!(plan_resource_change, plan_resource_change, type_name);
    ask!(apply_resource_change, apply_resource_change, type_name);
    ask!(import_resource_state, import_resource_state, type_name);
    ask!(move_resource_state, move_resource_state, target_type_name);
    ask!(read_data_source, read_data_source, type_name);
    ask!(generate_resource_config, generate_resource_config, type_name);
    ask!(validate_ephemeral_resource_config, validate_ephemeral_resource_config, type_name);
    ask!(open_ephemeral_resource, open_ephemeral_resource, type_name);
    ask!(renew_ephemeral_resource, renew_ephemeral_resource, type_name);
    ask!(close_ephemeral_resource, close_ephemeral_resource, type_name);
    ask!(validate_list_resource_config, validate_list_resource_config, type_name);
    ask!(plan_action, plan_action, action_type);
    ask!(validate_action_config, validate_action_config, type_name);
    let call = pb::call_function::Request { name: ghost(), arguments: Vec::new() };
    let error = victim.block_on(client.call_function(call)).unwrap().into_inner().error.unwrap();
    assert!(error.text.contains("corner_ghost"), "{error:?}");

    let future = pb::upgrade_resource_state::Request {
        type_name: "corner_values".into(),
        version: i64::MAX,
        raw_state: Some(pb::RawState { json: b"{}".to_vec(), ..Default::default() }),
    };
    let answer = victim.block_on(client.upgrade_resource_state(future)).unwrap().into_inner();
    refused(&answer.diagnostics, "its schema version is 9223372036854775807");
    let other = pb::import_resource_state::Request {
        type_name: "corner_values".into(),
        identity: Some(pb::ResourceIdentityData { identity_data: Some(dynamic(b"\x81\xa3arn\xa1x")) }),
        ..Default::default()
    };
    let answer = victim.block_on(client.import_resource_state(other)).unwrap().into_inner();
    refused(&answer.diagnostics, "no attribute \"arn\"");
    let nobody = pb::import_resource_state::Request {
        type_name: "corner_values".into(),
        identity: Some(pb::ResourceIdentityData { identity_data: Some(dynamic(b"\x81\xa2id\xc0")) }),
        ..Default::default()
    };
    let answer = victim.block_on(client.import_resource_state(nobody)).unwrap().into_inner();
    refused(&answer.diagnostics, "has no id");
    victim.serves();
}

#[test]
fn clients_that_turn_away_leave_nothing_behind() {
    let victim = Victim::new();
    victim.serves();
    let (files, memory) = (victim.open_files(), victim.memory());
    for _ in 0..200 {
        // The stream is dropped after its first event, long before its end.
        let request = pb::invoke_action::Request {
            action_type: "corner_count".into(),
            config: Some(dynamic(b"\x82\xa5fails\xc0\xa2to\x64")),
            ..Default::default()
        };
        victim.block_on(async {
            let mut events = victim.client().invoke_action(request).await.unwrap().into_inner();
            events.next().await.unwrap().unwrap();
        });
    }
    for _ in 0..50 {
        // A client that vanishes with questions under way.
        let plugin = &victim.plugin;
        victim.block_on(async {
            let mut client = plugin.provider(None).await.unwrap();
            let asking = (0..20).map(|_| {
                let mut client = client.clone();
                async move { client.get_schema(pb::get_provider_schema::Request {}).await }
            });
            let asked: Vec<_> = asking.map(|asked| tokio::spawn(asked)).collect();
            let _ = client.get_schema(pb::get_provider_schema::Request {}).await;
            asked.into_iter().for_each(|asked| asked.abort());
        });
    }
    victim.serves();
    // Sockets of clients that have gone are closed by the next turn of the provider's own loop.
    let is_back = (0..1000).any(|_| {
        victim.serves();
        victim.open_files() <= files + 2
    });
    assert!(is_back, "{files} files were open, and {} are", victim.open_files());
    assert!(victim.memory() < memory + 32 * 1024, "{memory} KiB became {} KiB", victim.memory());
}

#[test]
fn two_thousand_questions_at_once_are_answered() {
    let victim = Victim::new();
    let answers = victim.block_on(async {
        let asking = (0..2000).map(|number| {
            let mut client = victim.client();
            tokio::spawn(async move {
                let request = pb::call_function::Request {
                    name: "half".into(),
                    arguments: vec![dynamic(&[number as u8 & 0x7e])],
                };
                (number, client.call_function(request).await)
            })
        });
        let asking: Vec<_> = asking.collect();
        let mut answers = Vec::new();
        for asked in asking {
            answers.push(asked.await.unwrap());
        }
        answers
    });
    assert_eq!(answers.len(), 2000);
    for (number, answer) in answers {
        let result = answer.unwrap().into_inner().result.unwrap().msgpack;
        assert_eq!(result, [(number as u8 & 0x7e) / 2], "{number}");
    }
    victim.serves();
}
