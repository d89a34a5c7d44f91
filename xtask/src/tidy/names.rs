//! Metrics and layers are named in one place: the tables of `crates/recipe`. Everyone else calls a metric by the table's
//! constants and knows a layer by its role, so that one with another name, or of another network, is never forgotten.

use std::collections::BTreeSet;

use super::Finding;

pub const METRICS: &str = "crates/recipe/src/metrics.rs";
pub const LAYERS: &str = "crates/recipe/src/layers.rs";
pub const PARAMETERS: &str = "crates/recipe/src/table.rs";

/// Who names metrics and layers as they are: the tables, the engine that makes layers, the window's words for layers,
/// benchmarks and runs that never were, and what maps the names of other programs.
const MAY: &[&str] = &[
    METRICS,
    LAYERS,
    "crates/engine/",
    "crates/interchange/",
    "crates/series/src/synthetic.rs",
    "ui/src/lib/layers.ts",
    "xtask/src/bench",
    "xtask/src/tidy/",
];

/// Folders of tests and of programs that are no part of the product.
const BESIDE: &[&str] = &["tests/", "/tests/", "/examples/", "benches/", "node_modules/"];

/// The names that the rule looks for, from the text of the tables.
pub struct Names {
    /// Whole names, and what stands before the slash of a name.
    metrics: BTreeSet<String>,
    layers: BTreeSet<String>,
}

impl Names {
    /// Names that a parameter bears too may stand anywhere, and so may layers that are plain words.
    pub fn read(metrics: &str, layers: &str, parameters: &str) -> Names {
        let parameters: BTreeSet<&str> = parameters
            .lines()
            .filter_map(|line| line.trim_start().split_once(" (\""))
            .map(|(name, _)| name)
            .collect();
        let declared = metrics.lines().filter(|line| line.contains(": F32 = ") || line.contains(": F64 = "));
        let metrics = declared.filter_map(|line| quoted(line).next()).map(|(_, name)| name.to_owned());
        let ours = layers.split_once("const OURS").map_or("", |(_, rest)| rest);
        let ours = ours.split_once("];").map_or(ours, |(list, _)| list);
        Names {
            metrics: metrics.filter(|name| !parameters.contains(name.as_str())).collect(),
            layers: ours
                .lines()
                .flat_map(quoted)
                .map(|(_, name)| name.to_owned())
                .filter(|name| name.contains('_'))
                .collect(),
        }
    }

    /// Findings in one file; `path` is relative to the clone.
    pub fn check(&self, path: &str, text: &str) -> Vec<Finding> {
        let is_code = [".rs", ".ts", ".svelte"].iter().any(|ending| path.ends_with(ending));
        let is_generated = text.lines().next().is_some_and(|line| line.to_lowercase().contains("generated"));
        let is_beside = BESIDE.iter().any(|part| path.starts_with(part) || path.contains(part));
        if !is_code || is_generated || is_beside || MAY.iter().any(|start| path.starts_with(start)) {
            return Vec::new();
        }
        let own = text.lines().enumerate().take_while(|(_, line)| !line.contains("#[cfg(test)]"));
        let mut found = Vec::new();
        for (number, line) in own.filter(|(_, line)| !is_comment(line)) {
            for (before, words) in quoted(line).filter(|(_, words)| self.holds(words)) {
                // The name of a role may be that of its only metric.
                if before.ends_with("role === ") || before.ends_with("role: ") {
                    continue;
                }
                found.push(format!(
                    "{path}:{}: `{words}` is the name of a metric or layer; call metrics by the table ({METRICS}), know layers \
                     by their role",
                    number + 1
                ));
            }
        }
        found
    }

    fn holds(&self, words: &str) -> bool {
        let (name, rest) = words.find(['/', '.']).map_or((words, ""), |at| words.split_at(at));
        let metric = self.metrics.contains(name) && (rest.is_empty() || rest.starts_with(['/', '.']));
        let is_block = words.strip_prefix("blocks.").is_some_and(|rest| !rest.contains(' '));
        metric || is_block || self.layers.contains(words)
    }
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["//", "*", "/*", "<!--"].iter().any(|mark| line.starts_with(mark))
}

/// Each text in quotes of a line, with what stands before it.
fn quoted(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(found) = line[at..].find(['"', '\'', '`']) {
            let start = at + found;
            at = start + 1;
            // An apostrophe of a lifetime or of a word has no other end.
            if let Some(length) = line[at..].find(&line[start..=start]) {
                let text = &line[at..at + length];
                at += length + 1;
                return Some((&line[..start], text));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::read(
            "    Loss: F32 = \"loss\", \"Loss\", role Loss;\n    M: F64 = \"encoder_momentum\", \"x\";\n    N: F32 = \"grad_norm\" / Layer, \"y\";",
            "const OURS: [&str; 2] = [\"patch_embed\", \"norm\"];\n#[cfg(test)]\n\"other_name\"",
            "        encoder_momentum (\"momentum\"): f64 = 0.99;",
        )
    }

    #[test]
    fn a_name_of_a_metric_or_layer_is_found_where_it_stands() {
        for line in [
            "let a = \"loss\";",
            "x['loss'].last",
            "sort: 'loss.last'",
            "`grad_norm/${layer}`",
            "\"grad_norm\"",
            "\"patch_embed\"",
            "name.strip_prefix(\"blocks.0\")",
        ] {
            assert_eq!(names().check("crates/api/src/x.rs", line).len(), 1, "{line}");
        }
    }

    #[test]
    fn parameters_roles_plain_words_comments_and_tests_are_not() {
        for line in [
            "\"encoder_momentum\"",
            "row.role === 'loss'",
            "\"norm\"",
            "/// `loss` of the step, \"loss\"",
            "#[cfg(test)]\n\"loss\"",
            "t('chart.loss')",
            "\"a loss of data\"",
        ] {
            assert_eq!(names().check("ui/src/x.ts", line), [""; 0], "{line}");
        }
        for path in ["crates/engine/src/x.rs", "crates/store/tests/it/x.rs", "docs/metrics.md", METRICS] {
            assert_eq!(names().check(path, "\"loss\""), [""; 0], "{path}");
        }
    }
}
