//! Bad sweep files in, what a person reads out: every message with its line, caret and hint.

use vitals_recipe::{DatasetFacts, Datasets, sweep};

fn facts(name: &str) -> Option<DatasetFacts> {
    let images = match name {
        "unlabelled-photos" => 5_000,
        _ => return None,
    };
    Some(DatasetFacts { name: name.to_owned(), images, classes: 0, labelled: false, image_size: None })
}

/// The data sets of a workspace.
struct Here;

impl Datasets for Here {
    fn facts(&self, name: &str) -> Option<DatasetFacts> {
        facts(name)
    }

    fn has(&self, name: &str) -> bool {
        self.names().iter().any(|known| known == name)
    }

    fn names(&self) -> Vec<String> {
        ["fashion-mnist", "unlabelled-photos"].map(str::to_owned).to_vec()
    }
}

/// A data set that is not there is an error at its line, one of published size a warning: it can be planned for.
#[test]
fn data_sets_that_are_not_here() {
    let mut told = String::new();
    for name in ["fashion_mnist", "imagenet", "imagenet-1k"] {
        let text = format!("format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\ndataset = \"{name}\"\n");
        let expansion = sweep::check(&text, "experiments/bad.toml", &Here);
        let findings: Vec<_> = expansion.errors.into_iter().chain(expansion.warnings).collect();
        told += &sweep::render(&findings, &text, "experiments/bad.toml", false);
    }
    insta::assert_snapshot!(told);
}

/// Everything that `sweep check` would print about a text.
fn check(text: &str) -> String {
    let expansion = sweep::check(text, "experiments/bad.toml", &facts);
    let runs = expansion.runs;
    let findings: Vec<_> = expansion.findings().collect();
    if findings.is_empty() {
        return format!("{runs} runs, nothing to say");
    }
    sweep::render(&findings, text, "experiments/bad.toml", false)
}

macro_rules! diagnostics {
    ($($name:ident: $text:expr;)+) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(check($text));
        }
    )+};
}

diagnostics! {
    a_sound_file: "format = 1\nname = \"Sound\"\n[recipe]\npreset = \"mocov3_vit_micro\"\n";
    numbers_as_they_are_shown: "format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\nbase_learning_rate = 1.5e\u{2212}4\nbatch_size = 2,048\n[[axis]]\nparameter = \"weight_decay\"\nvalues = [0.1, 1e\u{2212}3]\n";
    unknown_keys_at_every_level: r#"
format = 1
nmae = "Typo"
batch_size = 128
[recipe]
preset = "mocov3_vit_micro"
base_learning_rat = 1e-3
seeds = [1]
learning_speed = 2
[[axis]]
parameter = "batch_size"
valeus = [64, 128]
[[axis]]
parameter = "optimiser"
values = ["adamw"]
[[exclude]]
optimzer = "lamb"
[sample]
coutn = 3
[objective]
metrics = "knn_top1"
"#;
    wrong_types: r#"
format = "one"
name = 7
seeds = "three"
recipe = { batch_size = "many", base_learning_rate = true, frozen_patch_projection = 1, optimizer = 3, dataset = 5, depth = 2.5, epochs = nan, seed = 1979-05-27 }
[[axis]]
parameter = 3
values = [1]
[[axis]]
parameter = "batch_size"
values = 256
[[axis]]
parameter = "weight_decay"
values = [0.1, "0.2", [0.3]]
"#;
    how_runs_are_judged: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
[decide]
value = "mean0"
smallest_effect = 0
looks = [6, 6]
look = 6
"#;
    values_out_of_range: r#"
format = 1
[recipe]
batch_size = 1
base_learning_rate = -1e-3
beta1 = 1.5
seed = -3
crop_min_scale = 2
device = "gpu"
dataset = " "
[[axis]]
parameter = "optimizer"
values = ["adamw", "adam"]
"#;
    the_format_of_a_newer_version: "format = 2\n";
    no_format: "name = \"old\"\n";
    an_unknown_preset: "format = 1\n[recipe]\npreset = \"mocov3_vit_bas\"\npatch_size = 5\n";
    the_same_axis_twice: r#"
format = 1
[[axis]]
parameter = "batch_size"
values = [64, 128]
[[axis]]
zip = { batch_size = [256, 512], epochs = [1, 2] }
"#;
    axes_without_a_product: r#"
format = 1
seeds = []
[[axis]]
parameter = "batch_size"
values = []
[[axis]]
parameter = "epochs"
[[axis]]
values = [1]
[[axis]]
parameter = "momentum"
values = [0.9]
log = { from = 0.1, to = 0.9, count = 3 }
"#;
    a_value_twice: r#"
format = 1
seeds = [0, 1, 0]
[[axis]]
parameter = "weight_decay"
values = [1, 0.1, 1.0]
"#;
    a_zip_of_unequal_lengths: r#"
format = 1
[[axis]]
zip = { optimizer = ["adamw", "lamb"], weight_decay = [0.1, 1e-3, 1e-4] }
"#;
    axes_over_what_is_not_trained: r#"
format = 1
[[axis]]
parameter = "seed"
values = [0, 1]
[[axis]]
parameter = "threads"
values = [1, 2]
"#;
    ranges_that_lead_nowhere: r#"
format = 1
[[axis]]
parameter = "batch_size"
range = { from = 256, to = 64, step = 64 }
[[axis]]
parameter = "depth"
range = { from = 2, to = 9, step = 4 }
[[axis]]
parameter = "weight_decay"
log = { from = 0.0, to = 0.1, count = 3 }
[[axis]]
parameter = "epochs"
linear = { from = 1.0, to = 2.0, count = 1 }
[[axis]]
parameter = "pooling"
log = { from = 1, to = 2, count = 2 }
[[axis]]
parameter = "num_heads"
range = { from = 1, to = 9 }
"#;
    ranges_under_the_wrong_name: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
[[axis]]
parameter = "base_learning_rate"
range = { from = 1e-4, to = 1e-2, count = 3 }
[[axis]]
parameter = "temperature"
range = { from = 0.1, to = 0.3, step = 0.1 }
[[axis]]
parameter = "batch_size"
linear = { from = 64, to = 256, step = 64 }
[[axis]]
parameter = "weight_decay"
from = 1e-3
to = 1e-1
count = 3
[[axis]]
parameter = "epochs"
values = "1..3 x3"
"#;
    a_patch_that_does_not_divide_the_image: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
image_size = 28
[[axis]]
parameter = "patch_size"
values = [4, 5, 7, 8]
"#;
    a_width_that_heads_do_not_divide: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
embed_dim = 54
num_heads = 4
"#;
    a_width_that_the_backbone_fixes: r#"
format = 1
[recipe]
preset = "mocov3_vit_base"
embed_dim = 512
"#;
    a_batch_larger_than_the_data: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
dataset = "unlabelled-photos"
[[axis]]
parameter = "batch_size"
values = [1024, 8192]
"#;
    fewer_images_than_a_batch: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
dataset = "unlabelled-photos"
knn_every = 0
batch_size = 128
[[axis]]
parameter = "train_images"
values = [64, 8192]
"#;
    a_warm_up_longer_than_training: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
warmup_epochs = 40
shock_at_step = 700
"#;
    a_warm_up_of_more_than_half: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
warmup_epochs = 2
[[axis]]
parameter = "batch_size"
values = [64, 128, 256, 512]
"#;
    a_warm_up_of_more_than_half_the_epochs: "format = 1\n[recipe]\nepochs = 64\n";
    parameters_that_nobody_reads: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
prototypes = 512
beta2 = 0.95
[[axis]]
parameter = "optimizer"
values = ["adamw", "lars"]
[[axis]]
parameter = "trust_coefficient"
values = [0.001, 0.02]
[[axis]]
parameter = "sinkhorn_iterations"
values = [3, 5]
"#;
    batch_sizes_over_a_fixed_number_of_steps: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
[[axis]]
parameter = "batch_size"
values = [128, 512]
"#;
    a_warm_up_longer_than_the_epochs: "format = 1\n[recipe]\nepochs = 20\n";
    exclusions: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
[[axis]]
parameter = "optimizer"
values = ["adamw", "lamb"]
[[exclude]]
optimizer = "sgd"
[[exclude]]
seed = 3
[[exclude]]
"#;
    exclusions_that_leave_nothing: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
[[exclude]]
method = ["mocov3", "byol"]
"#;
    too_many_runs: r#"
format = 1
seeds = 11
[[axis]]
parameter = "base_learning_rate"
log = { from = 1e-5, to = 1e-2, count = 50 }
[[axis]]
parameter = "weight_decay"
linear = { from = 0.0, to = 0.2, count = 20 }
"#;
    far_too_many_runs: r#"
format = 1
[[axis]]
parameter = "base_learning_rate"
log = { from = 1e-5, to = 1e-2, count = 9999 }
[[axis]]
parameter = "weight_decay"
linear = { from = 0.0, to = 0.2, count = 9999 }
"#;
    a_batch_in_pieces_through_batch_norm: r#"
format = 1
[recipe]
preset = "mocov3_resnet50"
micro_batch_size = 64
[[axis]]
parameter = "method"
values = ["mocov3", "byol"]
"#;
    a_frozen_projection_that_the_backbone_lacks: r#"
format = 1
[recipe]
preset = "mocov3_vit_small"
backbone = "vit_conv_small"
frozen_patch_projection = true
"#;
    a_value_that_an_axis_overrides: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
batch_size = 128
[[axis]]
parameter = "batch_size"
values = [64, 256]
"#;
    a_sample_of_more_than_there_is: r#"
format = 1
[recipe]
preset = "mocov3_vit_micro"
[sample]
count = 4
[objective]
metric = "knn_top1"
goal = "up"
"#;
    places_are_counted_in_characters: "format = 1\nname = \"한글\"\n[recipe]\ndataset = \"데이터\" \noptimizer = \"아담\"\n";
}

/// What mends a finding mends it: the same text, edited, is told of it no more, and of nothing new.
#[test]
fn a_fix_mends_its_finding() {
    let micro = "format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\n";
    let table = [
        ("format = 1\nnmae = 'Typo'\n".to_owned(), "did you mean `name`?"),
        ("format = 1\n\"nmae\" = 'Typo'\n".to_owned(), "did you mean `name`?"),
        (format!("{micro}base_learning_rat = 1e-3 # mine\n"), "did you mean `base_learning_rate`?"),
        (format!("{micro}optimizer = 'adam'\n"), "did you mean `adamw`?"),
        (
            format!("{micro}[[axis]]\nparameter = \"optimiser\"\nvalues = [\"lamb\"]\n"),
            "did you mean `optimizer`?",
        ),
        (
            "format = 1\n[recipe]\npreset = \"mocov3_vit_bas\" # 한글\n".to_owned(),
            "did you mean `mocov3_vit_base`?",
        ),
        ("name = \"old\"\n".to_owned(), "begin it with `format = 1`"),
        (format!("{micro}seed = 3\n").replace("[recipe]", "seeds = [1]\n[recipe]"), "keep `seeds`"),
        ("format = 1\nseeds = []\n".to_owned(), "for example `seeds = [0]`"),
        (format!("{micro}dataset = \"unlabelled-photos\"\n"), "set `knn_every = 0` to say so"),
        (
            "format = 1\n[recipe]\npreset = \"mocov3_resnet50\"\nmicro_batch_size = 64\n".to_owned(),
            "leave `micro_batch_size` at 0",
        ),
        (
            format!(
                "{micro}[[axis]]\nparameter = 'weight_decay'\nrange = {{ from = 1e-3, to = 1e-1, count = 3 }}\n"
            ),
            "write `log = { from = 1e-3, to = 1e-1, count = 3 }`",
        ),
        (
            format!(
                "{micro}[[axis]]\nparameter = 'temperature'\nrange = {{ from = 0.1, to = 0.3, step = 0.1 }}\n"
            ),
            "write `linear = { from = 0.1, to = 0.3, count = 3 }`",
        ),
        (
            format!("{micro}[[axis]]\nparameter = 'depth'\nlog = {{ from = 2, to = 6, step = 2 }}\n"),
            "write `range = { from = 2, to = 6, step = 2 }`",
        ),
        (format!("{micro}warmup_epochs = 2\n"), "a tenth of the training is common"),
        ("format = 1\n[recipe]\nwarmup_epochs = 200\n".to_owned(), "a tenth of the training is common"),
        (format!("{micro}prototypes = 512\n"), "leave it out, or choose what reads it"),
        (format!("{micro}lr = 1e-3\n"), "did you mean `base_learning_rate`?"),
        (format!("{micro}optimizer = lamb\n"), "write `\"lamb\"`"),
    ];
    let findings = |text: &str| -> Vec<sweep::Diagnostic> {
        sweep::check(text, "experiments/bad.toml", &facts).findings().collect()
    };
    for (text, hint) in table {
        let before = findings(&text);
        let hinted = |found: &&sweep::Diagnostic| found.hint.as_ref().is_some_and(|said| said.text == hint);
        let found = before.iter().find(hinted).unwrap_or_else(|| panic!("{hint}: {before:?}"));
        let fix = found.fix.clone().unwrap_or_else(|| panic!("no fix beside {hint}"));
        let mended = sweep::edit::apply(&text, &[fix]).unwrap();
        let after = findings(&mended);
        assert!(!after.iter().any(|left| left.said.kind == found.said.kind), "{mended}\n{after:?}");
        assert!(after.len() < before.len(), "{mended}\n{after:?}");
    }
}

#[test]
fn a_setting_that_an_axis_would_override_is_no_fix() {
    let text = "format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\ndataset = \"unlabelled-photos\"\n\
                [[axis]]\nparameter = \"knn_every\"\nvalues = [5, 10]\n";
    let warnings = sweep::check(text, "experiments/bad.toml", &facts).warnings;
    let told: Vec<_> = warnings.iter().filter(|found| found.said.kind == "recipe.unlabelled").collect();
    assert!(!told.is_empty() && told.iter().all(|found| found.fix.is_none()), "{warnings:?}");
}
