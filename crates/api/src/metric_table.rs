//! The table of metrics as the window has it: the rows, and the names by which code calls them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;
use ts_rs::{Config, TS};
use vitals_recipe::{Better, METRICS, MetricRow, Of, Panel, Reads, Role, Stored};

/// The types of a row.
pub(crate) fn types(config: &Config) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("Better", Better::decl(config)),
        ("MetricRow", MetricRow::decl(config)),
        ("Of", Of::decl(config)),
        ("Panel", Panel::decl(config)),
        ("Reads", Reads::decl(config)),
        ("Role", Role::decl(config)),
        ("Stored", Stored::decl(config)),
    ])
}

/// `METRIC.Loss` is a name, `METRICS` the rows.
pub(crate) fn typescript() -> String {
    let mut text = String::from(
        "/** The name of each metric; of one that layers have, what stands before the slash. */\n",
    );
    text.push_str("export const METRIC = {\n");
    // Writing to a String does not fail.
    for row in METRICS {
        let _ = writeln!(text, "  {}: {},", row.key, json!(row.name));
    }
    text.push_str(
        "} as const;\n\n/** The table of metrics. */\nexport const METRICS: readonly MetricRow[] = [\n",
    );
    for row in METRICS {
        let _ = writeln!(text, "  {},", json!(row));
    }
    text.push_str("];\n");
    text
}
