//! Entry points for bytes that come from anywhere: what the fuzz targets (`tests/fuzz`) and a test call. Each must return,
//! whatever the bytes are, and checks what it is given back; its answer is whether they were understood. Not for use by
//! programs.

use crate::sweep::{Diagnostic, check, edit, parse, render, single};
use crate::{DatasetFacts, Recipe};

const FILE: &str = "sweep.toml";

/// A sweep file: read, expanded, told, mended, and its first run written as a file of its own.
pub fn sweep(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    if parse(text, FILE).is_ok() {
        assert!(edit::model(text).is_ok());
    }
    let expansion = check(text, FILE, &nothing_known);
    let first = expansion.points.first().map(|point| point.recipe.clone());
    let first = first.filter(|_| expansion.errors.is_empty());
    let findings: Vec<Diagnostic> = expansion.findings().collect();
    render(&findings, text, FILE, false);
    for finding in &findings {
        assert!(
            text.get(finding.span.clone()).is_some() && finding.line >= 1 && finding.column >= 1,
            "{finding:?}"
        );
        if let Some(fix) = &finding.fix {
            // What it makes of the text is for a person to look at; it may be refused.
            edit::apply(text, std::slice::from_ref(fix)).ok();
        }
    }
    if let Some(recipe) = &first {
        comes_back(recipe);
    }
    first.is_some()
}

fn nothing_known(_: &str) -> Option<DatasetFacts> {
    None
}

/// The file of one run makes the same run.
fn comes_back(recipe: &Recipe) {
    let text = single("again", recipe).unwrap_or_default();
    let expansion = check(&text, FILE, &nothing_known);
    let again: Vec<&Recipe> = expansion.points.iter().map(|point| &point.recipe).collect();
    assert_eq!(again, [recipe], "{text}\n{:?}", expansion.errors);
}

#[cfg(test)]
mod tests {
    use vitals_fixtures::{fuzz, samples};

    use super::*;
    use crate::PRESETS;

    #[test]
    fn every_entry_stands_anything() {
        let run = |name: &str| single(name, &Recipe::preset(name).unwrap()).unwrap().into_bytes();
        let runs = PRESETS.iter().map(|preset| run(preset.name)).collect();
        fuzz("vitals_recipe", &[("sweep", sweep, [samples("experiments", ".toml"), runs].concat())]);
    }
}
