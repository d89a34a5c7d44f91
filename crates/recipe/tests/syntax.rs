//! Texts that are not TOML in, what a person reads out: in our words, at the place, with what to do.

use vitals_recipe::{DatasetFacts, sweep};

fn nothing(_: &str) -> Option<DatasetFacts> {
    None
}

macro_rules! diagnostics {
    ($($name:ident: $text:expr;)+) => {$(
        #[test]
        fn $name() {
            let findings: Vec<_> = sweep::check($text, "experiments/bad.toml", &nothing).findings().collect();
            insta::assert_snapshot!(sweep::render(&findings, $text, "experiments/bad.toml", false));
        }
    )+};
}

diagnostics! {
    an_unclosed_list: "format = 1\nseeds = [0, 1\n\n[recipe]\nepochs = 3\n";
    an_unclosed_table: "format = 1\n[[axis]]\nparameter = \"epochs\"\nlog = { from = 1, to = 3\n";
    an_unclosed_heading: "format = 1\n[recipe\nepochs = 3\n";
    a_text_without_quotes: "format = 1\n[recipe]\npreset = mocov3_vit_micro\n";
    a_range_as_a_number: "format = 1\n[[axis]]\nparameter = \"epochs\"\nvalues = [1..3]\n";
    a_number_that_is_none: "format = 1\n[recipe]\nepochs = 1e\n";
    a_key_without_a_value: "format = 1\n[recipe]\nepochs =\n";
    a_key_alone: "format = 1\n[recipe]\nepochs\n";
    a_key_twice: "format = 1\n[recipe]\nepochs = 3\nepochs = 4\n";
    values_side_by_side: "format = 1\nseeds = [0 1]\n";
    a_comma_too_many: "format = 1\nseeds = [0,, 1]\n";
    text_that_is_not_toml: "format = 1\nname = \"half\nseeds = [0, 1\n";
}
