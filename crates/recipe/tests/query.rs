//! Queries in, matching runs or the marked mistake out.

use proptest::prelude::*;
use vitals_recipe::query::{Expr, Name, QueryError, Row, Scalar, sort_key};

struct Run(Vec<(&'static str, Scalar)>);

impl Row for Run {
    fn lookup(&self, name: &Name) -> Option<Scalar> {
        let written = name.to_string();
        self.0.iter().find(|(known, _)| *known == written).map(|(_, value)| value.clone())
    }
}

const STATES: [&str; 3] = ["queued", "running", "finished"];

fn parse(text: &str) -> Result<Expr, QueryError> {
    vitals_recipe::query::parse(text, &STATES)
}

fn run() -> Run {
    let text = |text: &str| Scalar::Text(text.to_owned());
    Run(vec![
        ("id", text("0190aaaa-0000-7000-8000-000054535c61")),
        ("state", text("running")),
        ("optimizer", text("adamw")),
        ("dataset", text("fashion-mnist")),
        ("sweep_name", text("Frozen or learned")),
        ("base_learning_rate", Scalar::Number(1.5e-4)),
        ("frozen_patch_projection", Scalar::Bool(true)),
        ("knn_top1.last", Scalar::Number(0.61)),
        ("loss.last", Scalar::Number(f64::NAN)),
        ("knn_top1.best", Scalar::Number(0.64)),
        ("knn_top1.mean10", Scalar::Number(0.6)),
        ("grad_norm/blocks.0.max", Scalar::Number(3.0)),
        ("spike.count", Scalar::Number(2.0)),
        ("tag", Scalar::List(vec!["keep".to_owned(), "paper".to_owned()])),
        ("created_at", text("2026-11-24T10:30:00Z")),
        ("config.optim.lr", Scalar::Number(0.1)),
        ("config.data/path name", text("/a")),
        ("config.frozen", Scalar::Bool(true)),
        ("config.last", text("layer")),
    ])
}

#[test]
fn queries_match_as_they_read() {
    let table = [
        ("", true),
        ("  ", true),
        ("state = running", true),
        ("id = 54535c61", true),
        ("id = 0190aaaa", true),
        ("id = c61", false),
        ("id != 54535c61", false),
        ("id in (11111111, 54535c61)", true),
        ("knn_top1.last > 60%", true),
        ("knn_top1.last > 60 % and state = running", true),
        ("knn_top1.last < 60%", false),
        ("knn_top1.best > 63%", true),
        ("knn_top1.mean10 > 60%", false),
        ("knn_top1.mean10 >= 60% and knn_top1.mean9 > 0", false),
        ("state = \"running\"", true),
        ("state != running", false),
        ("state in (queued, running)", true),
        ("state not in (queued, running)", false),
        ("optimizer in (lamb) or base_learning_rate >= 1e-4", true),
        ("base_learning_rate = 0.00015", true),
        ("base_learning_rate < 1.5e-4", false),
        ("base_learning_rate = 1.5e\u{2212}4", true),
        ("base_learning_rate in (1e\u{2212}3, 1.5e\u{2212}4)", true),
        ("base_learning_rate > \u{2212}2,340.5 and state = running", true),
        ("base_learning_rate < 12,345,678", true),
        ("base_learning_rate < 2\u{202f}340", true),
        ("knn_top1.last > \u{2212}60\u{a0}%", true),
        ("dataset = fashion-mnist and knn_top1.last > 0.5", true),
        ("not (state = running and knn_top1.last > 0.7)", true),
        ("NOT state = running AND state = running", false),
        ("state = queued and state = running or state = running", true),
        ("state = running or state = running and state = queued", true),
        ("sweep_name ~ \"frozen\"", true),
        ("sweep_name ~ shock", false),
        ("frozen_patch_projection", true),
        ("not frozen_patch_projection", false),
        ("frozen_patch_projection = false", false),
        ("`grad_norm/blocks.0`.max > 2", true),
        ("`grad_norm/blocks.0.max` > 2", true),
        ("spike.count = 2", true),
        ("tag = paper", true),
        ("tag != paper", false),
        ("tag != other", true),
        ("tag ~ pap", true),
        ("loss.last > 0", false),
        ("loss.last <= 0", false),
        ("loss.last = nan", true),
        ("created_at >= 2026-11-24", true),
        ("created_at = 2026-11-24", true),
        ("created_at <= 2026-11-24", true),
        ("created_at < 2026-11-24T11:00:00Z", true),
        ("created_at > 2026-11-24", false),
        ("batch_size = 256", false),
        ("batch_size != 256", false),
        ("config.optim.lr > 0.05", true),
        ("config.optim.lr > 0.1", false),
        ("config.optim.lr = 0.1 and config.frozen", true),
        ("config.optim.lr = \"0.1\"", false),
        ("config.optim.lr in (0.1, 0.2)", true),
        ("`config.data/path name` ~ a", true),
        // A key that ends as a metric's name does is a key all the same.
        ("config.last = layer", true),
        ("config.momentum = 0.9", false),
        ("config.momentum != 0.9", false),
        ("config.momentum", false),
    ];
    for (query, expected) in table {
        let expr = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(expr.matches(&run()), expected, "{query}");
    }
}

#[test]
fn mistakes_are_marked() {
    let queries = [
        "optimzer = adamw",
        "state =",
        "state = running and",
        "state = running optimizer = adamw",
        "(state = running",
        "state in running",
        "state in (a b)",
        "state in ()",
        "knn_top1 > 0.5",
        "knn_top1.mean0 > 0.5",
        "knn_top1.middle > 0.5",
        "grad_norm/norm.last > 1",
        "sweep_name ~ \"open",
        "state ; running",
        "상태 = 실행",
        "= 3",
        "state not = 3",
        "state = runing",
        "state in (running, done)",
        "optimizer = adam",
        "frozen_patch_projection = yes",
        "batch_size = large",
        "spike.count > many",
        "knn_top1.last > 25",
        "knn_top1.last > high%",
    ];
    let mut output = String::new();
    for query in queries {
        let error = parse(query).expect_err(query);
        let caret = " ".repeat(error.column - 1) + "^";
        output += &format!("{query}\n{caret} {}\n", error.said);
        if let Some(hint) = error.hint {
            output += &format!("  hint: {hint}\n");
        }
        output += "\n";
    }
    insta::assert_snapshot!(output);
}

#[test]
fn runs_are_sorted_by_every_name_that_a_condition_may_ask_for() {
    for name in [
        "state",
        "stability",
        "probed",
        "batch_size",
        "knn_top1.max",
        "knn_top1.best",
        "knn_top1.mean10",
        "grad_norm/blocks.0.last",
        "spike.count",
        "config.optim.lr",
        "config.last",
    ] {
        assert_eq!(sort_key(name).unwrap().to_string(), name);
    }
    let hint = |name| sort_key(name).unwrap_err().hint.map(|hint| hint.to_string());
    assert_eq!(hint("stat").as_deref(), Some("did you mean `state`?"));
    assert_eq!(hint("loss").as_deref(), Some("write `loss.last`, or .best, .min, .max or .mean10"));
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    let error = parse(&"(".repeat(100_000)).expect_err("must be refused");
    assert_eq!(error.said.to_string(), "the query is nested too deeply");
    assert!(parse(&"not ".repeat(100_000)).is_err());
    let long = vec!["state = running"; 100_000].join(" and ");
    assert!(parse(&long).expect("a long chain is fine").matches(&run()));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_inside_it(text in "\\PC{0,60}") {
        if let Err(error) = parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column));
        }
    }

    #[test]
    fn words_of_the_language_in_any_order_never_crash(
        words in proptest::collection::vec(
            proptest::sample::select(vec!["and", "or", "not", "in", "(", ")", ",", "=", "~", "<=", "state", "`a/b`.last", "1e-4", "'x'"]),
            0..20,
        )
    ) {
        if let Ok(expr) = parse(&words.join(" ")) {
            expr.matches(&run());
        }
    }
}
