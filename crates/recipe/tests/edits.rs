//! Edits of sweep files: what changes, and that nothing else does.

use proptest::prelude::*;
use serde_json::{Value, json};
use vitals_recipe::sweep::edit::{Edit, Spacing, apply, model};

const FILE: &str = r#"# Figure 5, small.
format = 1
name = "Frozen or learned"   # shown in the window
seeds = 3                    # three are enough to see the sign

# The laptop recipe.
[recipe]
preset = "mocov3_vit_micro"
# Half of what fits in memory.
batch_size = 128             # images
max_steps = 600

# From too small to too large.
[[axis]]
parameter = "base_learning_rate"
values = [
  0.5e-4, # stable
  1.0e-4,
  1.5e-4, # the paper's
]

[[axis]]
parameter = "weight_decay"
log = { from = 1e-3, to = 1e-1, count = 3 }

[[axis]] # together
zip = { optimizer = ["adamw", "lamb"], epsilon = [1e-8, 1e-6] }

# Known to diverge.
[[exclude]]
optimizer = "lamb"
base_learning_rate = 1.5e-4
"#;

fn edited(edits: &[Edit]) -> String {
    apply(FILE, edits).expect("the edits fit the file")
}

/// The lines that differ, as a diff shows them.
fn changes(edits: &[Edit]) -> String {
    let new = edited(edits);
    let lines = |text: &'static str| -> Vec<&str> { text.lines().filter(|line| !line.is_empty()).collect() };
    let (old, new) = (lines(FILE), lines(new.leak()));
    let removed = without(&old, &new).into_iter().map(|line| format!("- {line}"));
    let added = without(&new, &old).into_iter().map(|line| format!("+ {line}"));
    removed.chain(added).collect::<Vec<_>>().join("\n")
}

fn without<'a>(lines: &[&'a str], others: &[&str]) -> Vec<&'a str> {
    let mut others = others.to_vec();
    let mut left = Vec::new();
    for line in lines {
        match others.iter().position(|other| other == line) {
            Some(at) => drop(others.remove(at)),
            None => left.push(*line),
        }
    }
    left
}

#[test]
fn a_form_shows_what_is_written() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&model(FILE).unwrap()).unwrap());
}

#[test]
fn no_edits_change_nothing() {
    assert_eq!(edited(&[]), FILE);
}

#[test]
fn each_edit_changes_its_lines_only() {
    let set = |parameter: &str, value: Value| Edit::SetParameter { parameter: parameter.to_owned(), value };
    let edits = [
        Edit::SetName { value: "Figure 5".into() },
        Edit::SetDescription { value: "한국어 설명".into() },
        Edit::SetPreset { value: "mocov3_vit_tiny_32".into() },
        set("batch_size", json!(256)),
        set("temperature", json!(0.00015)),
        set("batch_size", Value::Null),
        set("max_steps", Value::Null),
        Edit::SetSeeds { value: vec![0, 1] },
        Edit::SetSeeds { value: vec![4, 7] },
        Edit::SetAxis { index: 0, values: vec![json!(5e-5), json!(1e-4), json!(1.5e-4), json!(3e-4)] },
        Edit::SetAxis { index: 0, values: vec![json!(1.5e-4)] },
        Edit::SetAxis { index: 1, values: vec![json!(0.1), json!(0.2)] },
        Edit::SetAxis { index: 2, values: vec![json!(["adamw", 1e-8]), json!(["sgd", 1e-7])] },
        Edit::SpaceAxis { index: 0, spacing: Spacing::Log { from: json!(1e-4), to: json!(1e-2), count: 5 } },
        Edit::SpaceAxis { index: 1, spacing: Spacing::Linear { from: json!(0), to: json!(0.2), count: 3 } },
        Edit::SpaceAxis { index: 1, spacing: Spacing::Log { from: json!(1e-3), to: json!(1), count: 4 } },
        Edit::AddAxis {
            parameter: "frozen_patch_projection".into(),
            values: vec![json!(true), json!(false)],
        },
        Edit::RemoveAxis { index: 1 },
        Edit::AddExclusion { value: [("weight_decay".to_owned(), json!(0.01))].into() },
        Edit::AddExclusion {
            value: [
                ("optimizer".to_owned(), json!(["lamb", "lars"])),
                ("weight_decay".to_owned(), json!({ "from": 0.01, "below": 1 })),
            ]
            .into(),
        },
        Edit::RemoveExclusion { index: 0 },
    ];
    let output: Vec<String> = edits
        .iter()
        .map(|edit| {
            format!("{}\n{}\n", serde_json::to_string(edit).unwrap(), changes(std::slice::from_ref(edit)))
        })
        .collect();
    insta::assert_snapshot!(output.join("\n"));
}

/// What a form asks for is what the file then says, in whole numbers too.
#[test]
fn spaced_values_read_back_as_their_form() {
    let text =
        "format = 1\n[[axis]]\nparameter = \"batch_size\"\n# as far as memory goes\nvalues = [64] # start\n";
    let spaced = |spacing: Spacing| {
        let text = apply(text, &[Edit::SpaceAxis { index: 0, spacing }]).unwrap();
        let axis = model(&text).unwrap().axes.remove(0);
        let values: Vec<Value> = axis.values.into_iter().flatten().collect();
        assert!(text.contains("# as far as memory goes") && text.contains("# start"), "{text}");
        (text.lines().last().unwrap().to_owned(), serde_json::to_value(axis.form).unwrap(), values)
    };
    let (line, form, values) = spaced(Spacing::Range { from: json!(64), to: json!(256), step: json!(96) });
    assert_eq!((line.as_str(), form), ("range = { from = 64, to = 256, step = 96 } # start", json!("range")));
    assert_eq!(values, [json!(64), json!(160), json!(256)]);
    let (line, form, values) = spaced(Spacing::Log { from: json!(64), to: json!(1024), count: 3 });
    assert_eq!((line.as_str(), form), ("log = { from = 64, to = 1024, count = 3 } # start", json!("log")));
    assert_eq!(values, [json!(64), json!(256), json!(1024)]);
}

#[test]
fn axes_move_with_their_comments() {
    let moved = edited(&[Edit::MoveAxis { from: 0, to: 2 }]);
    let names: Vec<Vec<String>> =
        model(&moved).unwrap().axes.into_iter().map(|axis| axis.parameters).collect();
    assert_eq!(names, [vec!["weight_decay"], vec!["optimizer", "epsilon"], vec!["base_learning_rate"]]);
    insta::assert_snapshot!(moved);
}

#[test]
fn an_empty_file_becomes_a_sweep() {
    let edits = [
        Edit::SetName { value: "New".into() },
        Edit::SetSeeds { value: vec![0] },
        Edit::SetPreset { value: "mocov3_vit_micro".into() },
        Edit::AddAxis { parameter: "batch_size".into(), values: vec![json!(64), json!(128)] },
        Edit::AddAxis { parameter: "optimizer".into(), values: vec![json!("adamw")] },
        Edit::AddExclusion { value: [("batch_size".to_owned(), json!(64))].into() },
    ];
    insta::assert_snapshot!(apply("format = 1\n", &edits).unwrap());
}

#[test]
fn edits_that_do_not_fit_the_file_are_refused_in_words() {
    let fail = |text: &str, edit: Edit| apply(text, &[edit]).expect_err("must be refused").to_string();
    let messages = [
        fail("name = ", Edit::SetName { value: "x".into() }),
        fail(FILE, Edit::RemoveAxis { index: 3 }),
        fail(FILE, Edit::MoveAxis { from: 0, to: 9 }),
        fail(FILE, Edit::SetAxis { index: 9, values: vec![] }),
        fail(FILE, Edit::SetAxis { index: 2, values: vec![json!("adamw")] }),
        fail(
            FILE,
            Edit::SpaceAxis { index: 2, spacing: Spacing::Log { from: json!(1), to: json!(2), count: 2 } },
        ),
        fail(FILE, Edit::RemoveExclusion { index: 1 }),
        fail("recipe = 3\n", Edit::SetPreset { value: "x".into() }),
        fail("axis = 3\n", Edit::RemoveAxis { index: 0 }),
        fail(FILE, Edit::AddAxis { parameter: "x".into(), values: vec![Value::Null] }),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn text_is_replaced_where_it_stands_and_nowhere_else() {
    let replace = |at: u32, old: &str, new: &str| Edit::ReplaceText { at, old: old.into(), new: new.into() };
    let text = "fromat = 1 # 한글\nname = ";
    assert_eq!(apply(text, &[replace(0, "fromat", "format")]).unwrap(), "format = 1 # 한글\nname = ");
    for (at, old) in [(1, "fromat"), (14, "글"), (900, "x")] {
        let error = apply(text, &[replace(at, old, "")]).expect_err("must be refused");
        assert_eq!(error.to_string(), format!("the text has no `{old}` at byte {at}"));
    }
    let mended = [replace(0, "fromat", "format"), Edit::SetName { value: "New".into() }];
    assert_eq!(apply("fromat = 1\n", &mended).unwrap(), "format = 1\nname = \"New\"\n");
}

#[test]
fn inline_forms_of_the_same_file_are_edited_too() {
    let text = "format = 1\nrecipe = { preset = \"mocov3_vit_micro\", depth = 4 }\naxis = [{ parameter = \"batch_size\", values = [64] }]\n";
    let edits = [
        Edit::SetParameter { parameter: "depth".into(), value: json!(6) },
        Edit::AddAxis { parameter: "epochs".into(), values: vec![json!(1.5)] },
    ];
    let form = model(&apply(text, &edits).unwrap()).unwrap();
    assert_eq!(form.recipe["depth"], json!(6));
    assert_eq!(form.axes.len(), 2);
    assert_eq!(form.axes[1].values, [[json!(1.5)]]);
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let number = prop_oneof![(1i64..5000).prop_map(|n| json!(n)), (1e-9f64..1e3).prop_map(|x| json!(x))];
    let numbers = proptest::collection::vec(number.clone(), 1..5);
    let name = proptest::sample::select(vec!["batch_size", "weight_decay", "temperature", "epochs"]);
    prop_oneof![
        ".{0,12}".prop_map(|value| Edit::SetName { value }),
        ".{0,12}".prop_map(|value| Edit::SetDescription { value }),
        (name.clone(), number).prop_map(|(name, value)| Edit::SetParameter { parameter: name.into(), value }),
        proptest::collection::vec(0u64..50, 1..4).prop_map(|value| Edit::SetSeeds { value }),
        (name, numbers.clone()).prop_map(|(name, values)| Edit::AddAxis { parameter: name.into(), values }),
        numbers.prop_map(|values| Edit::SetAxis {
            index: 0,
            values: [vec![json!(1.5e-4), json!(5e-5)], values].concat()
        }),
        (1u32..3, 1u32..3).prop_map(|(from, to)| Edit::MoveAxis { from, to }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever a form does short of removing things, every comment stays and the file stays TOML.
    #[test]
    fn comments_survive_every_edit(edits in proptest::collection::vec(any_edit(), 0..8)) {
        let text = apply(FILE, &edits).unwrap();
        for comment in FILE.lines().filter_map(|line| line.split_once('#')).map(|(_, comment)| comment) {
            prop_assert!(text.contains(comment), "lost #{comment} in\n{text}");
        }
        prop_assert!(model(&text).is_ok(), "{text}");
    }

    /// What was set is what the form reads back.
    #[test]
    fn a_set_value_reads_back(value in -1e12f64..1e12) {
        let edit = Edit::SetParameter { parameter: "weight_decay".into(), value: json!(value) };
        let form = model(&edited(&[edit])).unwrap();
        prop_assert_eq!(form.recipe["weight_decay"].as_f64(), Some(value));
    }

    #[test]
    fn any_text_is_edited_or_refused(text in "(?s).{0,80}", edit in any_edit(), from in 1e-6f64..1.0) {
        let _ = model(&text);
        let spacing = Spacing::Log { from: json!(from), to: json!(1), count: 3 };
        let _ = apply(&text, &[edit, Edit::SpaceAxis { index: 0, spacing }]);
    }
}
