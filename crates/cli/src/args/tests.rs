//! What `--help` says: something about every word, and a command's own options first.

use clap::CommandFactory;

use super::*;

fn without_words(command: &clap::Command, path: &str, found: &mut Vec<String>) {
    for argument in command.get_arguments().filter(|one| !one.is_hide_set()) {
        if argument.get_help().is_none() {
            found.push(format!("{path} {}", argument.get_id()));
        }
    }
    for inner in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        if inner.get_about().is_none() {
            found.push(format!("{path} {}", inner.get_name()));
        }
        without_words(inner, &format!("{path} {}", inner.get_name()), found);
    }
}

#[test]
fn every_command_and_argument_says_what_it_is() {
    let mut found = Vec::new();
    without_words(&Cli::command(), "vitals", &mut found);
    assert!(found.is_empty(), "no help: {found:#?}");
}

#[test]
fn the_options_of_a_command_come_before_those_of_all() {
    let mut whole = Cli::command();
    whole.build();
    let runs = whole.find_subcommand_mut("runs").unwrap().render_help().to_string();
    let place = |words: &str| runs.find(words).unwrap_or_else(|| panic!("{words} in {runs}"));
    assert!(place("--where") < place(GLOBAL) && place(GLOBAL) < place("--workspace"), "{runs}");
}

#[test]
fn arms_are_corrected_as_the_window_offers_it_and_in_no_other_way() {
    let asked = |words: &[&str]| {
        let words = ["vitals", "compare"].iter().chain(words).copied();
        match Cli::try_parse_from(words).map(|cli| cli.command) {
            Ok(Command::Compare(args)) => Ok(args.correction),
            Ok(_) => panic!("another command"),
            Err(error) => Err((error.exit_code(), error.to_string())),
        }
    };
    let by = |correction| asked(&["--by", "optimizer", "--correction", correction]);
    assert_eq!(asked(&["--by", "optimizer"]), Ok(None));
    let all = ["usual", "holm", "none"].map(|name| by(name).unwrap());
    assert_eq!(all.map(Option::unwrap), [ArmCorrection::Usual, ArmCorrection::Holm, ArmCorrection::None]);
    let (code, said) = by("bonferroni").unwrap_err();
    assert_eq!(code, 2);
    assert!(said.contains("bonferroni") && said.contains("usual, holm, none"), "{said}");
    // Beside runs that are named, nothing that is asked of arms may be passed over.
    for of_arms in [
        ["--correction", "holm"],
        ["--metric", "any"],
        ["--where", "seed = 0"],
        ["--smallest-effect", "1"],
        ["--baseline", "true"],
    ] {
        let (code, said) = asked(&[&of_arms[..], &["a", "b"]].concat()).unwrap_err();
        assert_eq!(code, 2, "{of_arms:?}: {said}");
    }
}
