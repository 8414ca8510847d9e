//! Which rights each operation needs: found by what the sandbox asks for, and tried with each of them taken away.

mod operations;
mod principal;
mod tried;

use tried::{ROWS, Without};

#[test]
fn with_just_its_rights_each_operation_is_done_as_quietly_as_by_an_administrator() {
    let wrong: Vec<String> = ROWS
        .iter()
        .filter_map(|row| Some(format!("{} {:?}, {}: {}", row.of, row.phase, row.operation, row.exact.as_ref().err()?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_right_that_is_missing_is_an_error_that_names_it_or_a_warning_and_never_silence() {
    let mut silent = Vec::new();
    for row in ROWS.iter() {
        for (right, without) in &row.rights {
            if let Without::Unsaid(said) = without {
                silent.push(format!("{} {:?}, {}, without {}: {said}", row.of, row.phase, row.operation, right.right));
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n\n"));
}
