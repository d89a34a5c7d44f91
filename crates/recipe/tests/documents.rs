//! What `docs/sweeps.md` says of sweep files holds.

use std::fs;
use std::path::Path;

use vitals_recipe::{DatasetFacts, sweep};

fn nothing(_: &str) -> Option<DatasetFacts> {
    None
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/sweeps.md");
    fs::read_to_string(path).expect("the repository has the page")
}

#[test]
fn the_example_expands_without_a_finding() {
    let page = page();
    let example =
        page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let expansion = sweep::check(example, "docs/sweeps.md", &nothing);
    assert_eq!((expansion.runs, expansion.excluded), (21, 3));
    assert_eq!(expansion.findings().collect::<Vec<_>>(), []);
}

/// The first backquoted text of each row of a table's second column.
fn written(page: &str, heading: &str) -> Vec<String> {
    let section = page.split(heading).nth(1).expect("the heading").split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.filter_map(|row| Some(row.split('`').nth(1)?.to_owned())).collect()
}

#[test]
fn every_form_of_axis_and_exclusion_is_read() {
    let page = page();
    let base = "format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\n";
    let axes = written(&page, "## Values of an axis");
    assert_eq!(axes.len(), 5);
    for axis in axes {
        let name = match axis.split(' ').next() {
            Some("values" | "range") => "parameter = \"batch_size\"\n",
            Some("zip") => "",
            _ => "parameter = \"weight_decay\"\n",
        };
        let expansion = sweep::check(&format!("{base}[[axis]]\n{name}{axis}\n"), "x.toml", &nothing);
        assert_eq!(expansion.errors, [], "{axis}");
        assert!(expansion.runs > 1, "{axis}");
    }
    let exclusions = written(&page, "## Exclusions");
    assert_eq!(exclusions.len(), 8);
    for exclusion in exclusions {
        let expansion = sweep::check(&format!("{base}[[exclude]]\n{exclusion}\n"), "x.toml", &nothing);
        let kinds: Vec<_> = expansion.errors.iter().map(|error| error.said.kind.as_str()).collect();
        assert!(kinds.is_empty() || kinds == ["sweep.nothing_left"], "{exclusion}: {kinds:?}");
    }
}
