//! Exclusions: what is wrong with a condition, and which exclusion a finding is about.

use vitals_recipe::{DatasetFacts, sweep};

fn nothing(_: &str) -> Option<DatasetFacts> {
    None
}

#[test]
fn conditions_of_exclusions() {
    let text = r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
[[axis]]
parameter = "optimizer"
values = ["adamw", "lamb"]
[[exclude]]
optimizer = { from = "adamw" }
[[exclude]]
batch_size = { atleast = 3 }
[[exclude]]
batch_size = {}
[[exclude]]
batch_size = { above = "many" }
[[exclude]]
optimizer = { not = "adam" }
[[exclude]]
lr = { from = 1e-2 }
"#;
    let findings: Vec<_> = sweep::check(text, "experiments/bad.toml", &nothing).findings().collect();
    insta::assert_snapshot!(sweep::render(&findings, text, "experiments/bad.toml", false));
}

/// A form marks what is wrong where it stands: each finding of an exclusion knows which one.
#[test]
fn findings_of_exclusions_know_their_exclusion() {
    let base = "format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\n[[axis]]\nparameter = \"optimizer\"\n\
                values = [\"adamw\", \"lamb\"]\n";
    let table = [
        (
            "[[exclude]]\noptimizer = \"sgd\"\n[[exclude]]\noptimzer = \"lamb\"\n",
            "value.unknown_parameter",
            1,
        ),
        ("[[exclude]]\noptimizer = \"lamb\"\n[[exclude]]\noptimizer = \"adam\"\n", "value.unknown_choice", 1),
        ("[[exclude]]\noptimizer = \"lamb\"\n[[exclude]]\noptimizer = \"sgd\"\n", "sweep.idle_exclusion", 1),
    ];
    for (exclusions, kind, at) in table {
        let text = format!("{base}{exclusions}");
        let mut found = sweep::check(&text, "experiments/bad.toml", &nothing).findings();
        let place = found.find(|one| one.said.kind == kind).map(|one| one.exclusion);
        assert_eq!(place, Some(Some(at)), "{exclusions}");
    }
}
