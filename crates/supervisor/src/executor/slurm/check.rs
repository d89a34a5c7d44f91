//! Whether Slurm's settings are well formed: for whoever writes them, and again for the supervisor that reads them, as a workspace may
//! come from anybody. Whether the cluster has such a partition or account is the cluster's word,
//! which a run's evidence quotes.

use std::path::Path;

use vitals_recipe::{Told, sentences};

use crate::settings::SlurmSettings;

sentences! {
    /// Why a setting of the cluster is refused.
    pub enum Mistake in "setting" {
        OutOfRange { name: String, found: u32, least: u32, most: u32 } =
            "{name} is {found}; it must be {least} to {most}";
        IdleGpus { name: String, found: u32 } =
            "{name} is {found}; a run uses one GPU and the others would be reserved for nothing: it must be 0 or 1";
        NoName { name: String, found: String } = "{name} is `{found}`; that is not a valid name";
        NoTime { name: String, found: String } = "{name} is `{found}`; that is not a time limit";
        RelativePath { name: String, found: String } = "{name} is `{found}`; it must be an absolute path";
        NoFile { name: String, found: String } = "{name} is {found}, and there is no such file";
        Option { name: String, option: String, what: Told } = "{name} has `{option}`; {what}";
    }
}

sentences! {
    /// Why an option for sbatch was refused.
    pub(crate) enum SbatchOption in "option" {
        LineOfItsOwn = "each option stands on a line of its own";
        Dash = "an option of sbatch begins with a dash, such as --mem=8G";
        Own = "Vitals sets that itself";
        SettingOfItsOwn { name: String } = "it has a setting of its own, {name}";
    }
}

/// A run uses one: more would stand idle beside it.
const MOST_GPUS: u32 = 1;
const MOST_AT_ONCE: u32 = 100_000;

/// Options that Vitals gives itself: a second one would undo what it relies on.
const OWN: [&str; 14] = [
    "--array",
    "-a",
    "--chdir",
    "-D",
    "--job-name",
    "-J",
    "--output",
    "-o",
    "--open-mode",
    "--parsable",
    "--requeue",
    "--no-requeue",
    "--wait",
    "--wrap",
];

/// Looks at every setting.
///
/// # Errors
/// The first that is wrong.
pub fn check(slurm: &SlurmSettings) -> Result<(), Mistake> {
    for (name, value) in [("partition", &slurm.partition), ("account", &slurm.account)] {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ',' | '+' | '@');
        if value.starts_with('-') || !value.chars().all(plain) {
            return Err(Mistake::NoName { name: format!("slurm.{name}"), found: value.clone() });
        }
    }
    if !is_time(&slurm.time) {
        return Err(Mistake::NoTime { name: "slurm.time".to_owned(), found: slurm.time.clone() });
    }
    if slurm.gpus > MOST_GPUS {
        return Err(Mistake::IdleGpus { name: "slurm.gpus".to_owned(), found: slurm.gpus });
    }
    if !(1..=MOST_AT_ONCE).contains(&slurm.at_once) {
        return Err(out_of_range("slurm.at_once", slurm.at_once, 1, MOST_AT_ONCE));
    }
    let conf = || ("slurm.conf".to_owned(), slurm.conf.clone());
    if !slurm.conf.is_empty() && !Path::new(&slurm.conf).is_absolute() {
        let (name, found) = conf();
        return Err(Mistake::RelativePath { name, found });
    }
    if slurm.enabled && !slurm.conf.is_empty() && !Path::new(&slurm.conf).is_file() {
        let (name, found) = conf();
        return Err(Mistake::NoFile { name, found });
    }
    slurm.extra.iter().try_for_each(|option| check_option(option))
}

fn out_of_range(name: &str, found: u32, least: u32, most: u32) -> Mistake {
    Mistake::OutOfRange { name: name.to_owned(), found, least, most }
}

fn check_option(option: &str) -> Result<(), Mistake> {
    let wrong = |what: SbatchOption| {
        let name = "slurm.extra".to_owned();
        Err(Mistake::Option { name, option: option.to_owned(), what: what.into() })
    };
    let bare = option.trim().trim_start_matches("#SBATCH").trim();
    if bare.contains(['\n', '\r']) {
        return wrong(SbatchOption::LineOfItsOwn);
    }
    if !bare.starts_with('-') || bare.trim_start_matches('-').is_empty() {
        return wrong(SbatchOption::Dash);
    }
    let name = bare.split(['=', ' ']).next().unwrap_or(bare);
    if OWN.contains(&name) {
        return wrong(SbatchOption::Own);
    }
    let own_fields = [("--partition", "-p"), ("--account", "-A"), ("--time", "-t"), ("--gpus", "-G")];
    match own_fields.iter().find(|(long, short)| *long == name || *short == name) {
        Some((long, _)) => {
            wrong(SbatchOption::SettingOfItsOwn { name: format!("slurm.{}", long.trim_start_matches('-')) })
        }
        None => Ok(()),
    }
}

/// The forms of `sbatch --time`: M, M:S, H:M:S, D-H, D-H:M, D-H:M:S, above zero; or none, or without a limit.
fn is_time(text: &str) -> bool {
    if text.is_empty() || matches!(text.to_ascii_uppercase().as_str(), "UNLIMITED" | "INFINITE") {
        return true;
    }
    let number = |part: &str| {
        let digits = !part.is_empty() && part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u64>().ok()).flatten()
    };
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (Some(number(days)), rest),
        None => (None, text),
    };
    let parts: Vec<Option<u64>> = rest.split(':').map(number).collect();
    let all: Option<Vec<u64>> = days.into_iter().chain(parts.iter().copied()).collect();
    // Seconds, and minutes behind hours, are those of a clock.
    let clock = match (days.is_some(), parts.len()) {
        (false, 1) => 0,
        (false, 2) => 1,
        (false, 3) => 2,
        (true, behind @ 1..=3) => behind - 1,
        _ => return false,
    };
    all.is_some_and(|all| {
        all.iter().any(|part| *part > 0) && all.iter().rev().take(clock).all(|part| *part < 60)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_that_a_run_would_not_use_are_not_reserved() {
        let with = |gpus| SlurmSettings { gpus, ..SlurmSettings::default() };
        assert!(check(&with(0)).is_ok() && check(&with(1)).is_ok());
        let refused = check(&with(8)).unwrap_err().to_string();
        assert!(refused.starts_with("slurm.gpus is 8; a run uses one GPU"), "{refused}");
    }

    #[test]
    fn times_as_sbatch_takes_them() {
        for good in [
            "",
            "90",
            "90:30",
            "12:00:00",
            "100:00:00",
            "2-00",
            "2-12:30",
            "2-12:30:59",
            "unlimited",
            "INFINITE",
        ] {
            assert!(is_time(good), "{good}");
        }
        for bad in [
            "0", "0:00:00", "12h", "1:2:3:4", "-1", "2-", "-", ":", "1:", "12:61:00", "12:00:60", "1 00",
            "２",
        ] {
            assert!(!is_time(bad), "{bad}");
        }
    }
}
