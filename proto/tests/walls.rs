//! No files of this crate, nor of the judge, name each other in a circle.

use std::path::Path;

use judge::walls::circles;

#[test]
fn no_files_name_each_other_in_a_circle() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "judge/src"] {
        assert_eq!(circles(&manifest.join(folder)), [[""; 0]; 0], "in {folder}");
    }
}
