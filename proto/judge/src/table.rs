//! Every rule, and where it is held.
#![doc = include_str!("../RULES.md")]

/// A rule, in our own words, and how the judge holds it or why there is nothing to hold.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its number.
    pub number: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Where it is held, or why it does not apply.
    pub held: Held,
}

/// Where a rule is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// By this method of the judge, which a broken provider shows to see it.
    By(&'static str),
    /// By this test, because the judge cannot see it in an answer.
    Test(&'static str),
    /// Not at all, for this reason.
    NotApplicable(&'static str),
}

const fn rule(number: &'static str, says: &'static str, held: Held) -> Rule {
    Rule { number, says, held }
}

/// Every rule in its order.
pub const RULES: &[Rule] = &[
    rule(
        "S1",
        "An attribute is required, optional or computed, in a combination that makes sense, and has a type.",
        Held::By("start"),
    ),
    rule(
        "S2",
        "A block has a name of small letters, digits and underscores, which no attribute has.",
        Held::By("start"),
    ),
    rule("S3", "The limits of a block fit its nesting.", Held::By("start")),
    rule("S4", "A set of blocks holds nothing dynamic and nothing write-only.", Held::By("start")),
    rule("S5", "A message of deprecation comes with the deprecation.", Held::By("start")),
    rule("S6", "No version is negative.", Held::By("start")),
    rule(
        "S7",
        "An identity is made of primitive values and lists of them, each either required or optional for import.",
        Held::By("start"),
    ),
    rule(
        "S8",
        "Write-only arguments are configurable, not computed, and only in managed resources.",
        Held::By("start"),
    ),
    rule("S9", "Functions and parameters have identifiers as names, each once.", Held::By("start")),
    rule("S10", "What can be listed is a managed resource with an identity.", Held::By("start")),
    rule("S11", "Every process has the same schema.", Held::By("start")),
    rule("V1", "No value is refused because it is unknown.", Held::By("validate")),
    rule("V2", "What may get a default may be unknown.", Held::By("validate")),
    rule("V3", "A write-only argument is refused, on itself, when the client would store it.", Held::By("validate")),
    rule("V4", "Validation needs no configured provider.", Held::By("validate_first")),
    rule("U1", "A state of today's version goes through an upgrade unchanged.", Held::By("refresh")),
    rule("U2", "An upgraded state is known, conforms, and holds no write-only value.", Held::By("upgrade")),
    rule("U3", "Numbers of a stored state keep every digit; what is not known of it is ignored.", Held::By("refresh")),
    rule("U4", "A state of Terraform 0.11 is refused clearly, if it is refused.", Held::By("flatmap")),
    rule(
        "U5",
        "An upgrade changes the shape and asks nobody.",
        Held::Test("upgrades are functions of a value, which have no clients: see tfplugin::resource::Upgrade"),
    ),
    rule("R1", "What is read is known, conforms, and holds no write-only value.", Held::By("refresh")),
    rule("R2", "What is gone is read as nothing, without an error.", Held::By("is_gone")),
    rule("R3", "What means the same as before is read in the prior spelling.", Held::By("apply")),
    rule(
        "R4",
        "What cannot be read keeps its prior value.",
        Held::Test("acceptance-tests/tests/desktop_flow_connection.rs"),
    ),
    rule("R5", "Every read returns the identity that there was, and the private data.", Held::By("refresh")),
    rule("R6", "Nothing is deferred unless the client allows it.", Held::By("refresh")),
    rule("P1", "What is configured is planned as configured, or as it was.", Held::By("plan")),
    rule("P2", "What is neither configured nor computed is planned as null.", Held::By("plan")),
    rule(
        "P3",
        "What is computed and not configured may be planned as anything of its type.",
        Held::NotApplicable("it forbids nothing"),
    ),
    rule("P4", "Blocks are planned in the number and under the keys in which they are configured.", Held::By("plan")),
    rule("P5", "Write-only arguments are planned as null.", Held::By("plan")),
    rule("P6", "A plan conforms to the schema's type.", Held::By("plan")),
    rule("P7", "Where nothing changes, nothing is planned.", Held::By("plan, apply")),
    rule("P8", "What replaces is an attribute that there is.", Held::By("plan")),
    rule("P9", "A replacement is planned a second time as a creation.", Held::By("plan")),
    rule("P10", "The plan of an apply keeps what the first plan knew, and does the same.", Held::By("apply")),
    rule("P11", "The same question has the same plan.", Held::By("plan")),
    rule("P12", "The plan of a removal is nothing.", Held::By("destroy")),
    rule(
        "P13",
        "A plan returns the identity as far as it is known, and leaves that of an object as it is.",
        Held::By("plan"),
    ),
    rule("P14", "A plan hands the private data on.", Held::By("plan")),
    rule("A1", "A result is what was planned.", Held::By("apply")),
    rule("A2", "A result is known.", Held::By("apply")),
    rule("A3", "What was planned as unknown has its type, and keeps what was promised of it.", Held::By("apply")),
    rule("A4", "A creation or change returns an object, a removal nothing.", Held::By("apply, destroy")),
    rule("A5", "A failure returns what exists.", Held::By("apply_keeping, destroy_keeping")),
    rule("A6", "What deviates comes with an error.", Held::By("apply, as A1")),
    rule("A7", "A result holds no write-only value, and comes with identity and private data.", Held::By("apply")),
    rule(
        "A8",
        "Write-only arguments are read from the configuration.",
        Held::Test("proto/tests/judge.rs: the corner provider tells a secret's length"),
    ),
    rule("A9", "What a service spells otherwise is returned as the user wrote it.", Held::By("apply, as A1")),
    rule("D1", "A data source's result is known, conforms, and repeats its configuration.", Held::By("data_source")),
    rule("E1", "An ephemeral result is known, conforms, and repeats its configuration.", Held::By("open")),
    rule("E2", "Closing may be repeated, with what opening stored.", Held::By("close")),
    rule("F1", "A function's result has its type, and is the same every time.", Held::By("call")),
    rule(
        "L1",
        "What is listed has a complete identity, which is that of a read, a name, and its state when it is asked for.",
        Held::By("list, listed_is_read"),
    ),
    rule("I1", "An import returns exactly one object of the type, which a read then finds.", Held::By("import_by_id")),
    rule("I2", "An import by identity returns an identity.", Held::By("import_by_identity")),
    rule("I3", "Imports by id and by identity give the same state.", Held::By("import_by_identity")),
    rule(
        "G1",
        "A generated configuration leaves out what cannot or should not be said, and validates.",
        Held::By("generate"),
    ),
    rule(
        "M1",
        "A move gives a known state with its identity, and refuses what it does not know by its name.",
        Held::By("move_from"),
    ),
    rule(
        "X1",
        "What is sensitive is marked, and is in no message and no log.",
        Held::Test("acceptance-tests/tests/run_owner.rs"),
    ),
    rule("X2", "An action ends once, with its completion, and every event before is progress.", Held::By("invoke")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_lists_every_rule() {
        let mut page = "\n| rule | what it says | where it is held |\n| --- | --- | --- |\n".to_owned();
        for Rule { number, says, held } in RULES {
            let held = match held {
                Held::By(methods) => {
                    let methods: Vec<String> = methods.split(", ").map(|one| format!("`{one}`")).collect();
                    format!("by the judge: {}", methods.join(", ").replace("`as A1`", "as A1"))
                }
                Held::Test(test) => format!("not seen in an answer: {test}"),
                Held::NotApplicable(why) => format!("does not apply: {why}"),
            };
            page.push_str(&format!("| {number} | {says} | {held} |\n"));
        }
        page.push_str(
            "\nWhat the judge holds, it holds while `proto/tests/judge.rs` drives the corner provider; there a copy of that provider breaks \
             each of these rules in turn, and is caught at it. `acceptance-tests/tests/judged.rs` drives the provider itself.\n",
        );
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("RULES.md");
        if std::fs::read_to_string(&path).ok().as_deref() != Some(page.as_str()) {
            std::fs::write(&path, page).unwrap();
            panic!("RULES.md was stale and is written afresh; look at it and commit");
        }
    }
}
