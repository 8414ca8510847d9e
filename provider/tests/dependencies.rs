//! What must not be in the dependency graph: a second TLS library, or one that a machine must bring.

use std::process::Command;

#[test]
fn neither_ring_nor_openssl_is_built() {
    for unwanted in ["ring", "openssl-sys", "native-tls"] {
        // With every target and every kind of dependency, so that Windows' and the tests' are meant too.
        let tree = Command::new(env!("CARGO"))
            .args(["tree", "--workspace", "--edges", "all", "--prefix", "none", "--format", "{p}"])
            .output()
            .expect("cargo runs");
        assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
        let tree = String::from_utf8(tree.stdout).expect("names are text");
        assert!(tree.lines().any(|line| line.starts_with("aws-lc-rs ")), "the tree was read");
        let found: Vec<&str> = tree.lines().filter(|line| line.split(' ').next() == Some(unwanted)).collect();
        assert!(
            found.is_empty(),
            "{found:?} is built: `cargo tree --workspace --edges all --invert {unwanted}` shows who wants it"
        );
    }
}
