//! Bytes that real Terraforms sent, and answers that they accepted: the oldest and the newest of the matrix.
//!
//! `CORNER_RECORD=<folder> TF_ACC_TERRAFORM_VERSION=1.6 cargo test -p acceptance-tests --test corner written_down` records more.

use std::fs;
use std::path::{Path, PathBuf};

use judge::Judge;
use judge::client::{Launch, example};
use prost::Message as _;
use tfplugin::msgpack::{from_bytes, to_bytes};
use tfplugin::value::Value;
use tfplugin::wire::tfplugin5 as pb;

fn recorded(version: &str, ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(version);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == ending));
    files.sort();
    files
}

#[test]
fn what_terraform_sent_is_read_and_written_alike_and_answered_as_it_accepted() {
    let mut judge = Judge::start(|| Launch::of(example("tfplugin", "corner"))).unwrap();
    judge.configure(&Value::Null).unwrap();
    for version in ["1.6", "1.15"] {
        let requests = recorded(version, "request");
        assert!(requests.len() >= 2, "{requests:?}");
        for file in requests {
            let request = pb::plan_resource_change::Request::decode(fs::read(&file).unwrap().as_slice()).unwrap();
            let ty = judge.ty(&request.type_name);
            for sent in [&request.config, &request.proposed_new_state, &request.prior_state] {
                let bytes = &sent.as_ref().unwrap().msgpack;
                let value = from_bytes(bytes, &ty).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                let again = to_bytes(&value, &ty).unwrap();
                assert_eq!(from_bytes(&again, &ty).unwrap(), value, "{}", file.display());
                // Numbers that are floats by nature are the one thing that is spelled otherwise: as their exact decimals.
                assert!(again.len() >= bytes.len() / 2, "{}", file.display());
            }
            let accepted = fs::read(file.with_extension("response")).unwrap();
            let accepted = pb::plan_resource_change::Response::decode(accepted.as_slice()).unwrap();
            let mut client = judge.client();
            let answer = judge.plugin().block_on(client.plan_resource_change(request)).unwrap().into_inner();
            assert_eq!(answer, accepted, "{}", file.display());
        }
    }
}
