//! Tests that end early for lack of something that is no part of the repository. Each adds a line, `name<TAB>why`, to a
//! file that they are told of (`vitals_fixtures::not_run`); without it a runner takes them for passed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

/// Names the file to the tests.
const VARIABLE: &str = "VITALS_NOT_RUN";

/// The names of tests, under what they lack.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct NotRun(BTreeMap<String, BTreeSet<String>>);

impl NotRun {
    /// Starts tests that write to `file`, and reads what they wrote.
    pub fn of<T>(
        command: &mut Command,
        file: &Path,
        start: impl FnOnce(&mut Command) -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Self)> {
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).context("make the target folder")?;
        std::fs::write(file, "").with_context(|| format!("write {}", file.display()))?;
        let outcome = start(command.env(VARIABLE, file))?;
        let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        Ok((outcome, Self::read(&text)))
    }

    fn read(text: &str) -> Self {
        let mut found = Self::default();
        for (name, why) in text.lines().filter_map(|line| line.split_once('\t')) {
            found.0.entry(why.to_owned()).or_default().insert(name.to_owned());
        }
        found
    }

    pub fn join(&mut self, other: &Self) {
        for (why, names) in &other.0 {
            self.0.entry(why.clone()).or_default().extend(names.iter().cloned());
        }
    }

    /// Each test once, whatever it lacks.
    pub fn count(&self) -> u64 {
        self.0.values().flatten().collect::<BTreeSet<_>>().len() as u64
    }
}

/// A line for each thing that was lacking.
impl fmt::Display for NotRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (why, names) in &self.0 {
            let listed: Vec<&str> = names.iter().map(String::as_str).collect();
            writeln!(formatter, "{} not run: {why}: {}", names.len(), listed.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_named_under_what_they_lack_and_counted_once() {
        let folder = std::env::temp_dir().join(format!("vitals-not-run-{}", std::process::id()));
        let file = folder.join("not-run.txt");
        let lines =
            "b\timages are absent\na\timages are absent\na\timages are absent\nc\tno timm\nhalf a line\n";
        let write = |command: &mut Command| {
            let told = command.get_envs().find(|(name, _)| *name == VARIABLE).and_then(|(_, path)| path);
            std::fs::write(told.context("the variable is set")?, lines).context("write")
        };
        let ((), found) = NotRun::of(&mut Command::new("tests"), &file, write).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found.count(), 3);
        assert_eq!(found.to_string(), "2 not run: images are absent: a, b\n1 not run: no timm: c\n");
        let mut both = NotRun::read("d\tno timm\n");
        both.join(&found);
        assert_eq!(both.to_string().lines().last(), Some("2 not run: no timm: c, d"));
    }
}
