//! Where a run's numbers come from: the machine, and the commit that this worker was built of. What is not known is left out.

use std::collections::BTreeMap;

/// Set by the build script, where the sources lie in a repository.
const COMMIT: Option<&str> = option_env!("VITALS_COMMIT");

/// What the job says, and this program's commit.
pub fn versions(mut asked: BTreeMap<String, String>) -> BTreeMap<String, String> {
    if let Some(commit) = COMMIT.filter(|commit| !commit.is_empty()) {
        asked.insert("commit".to_owned(), commit.to_owned());
    }
    asked
}

/// The machine's name.
pub fn host() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_stays_and_a_commit_has_forty_digits() {
        let said = versions(BTreeMap::from([("vitals".to_owned(), "1.2.3".to_owned())]));
        assert_eq!(said["vitals"], "1.2.3");
        if let Some(commit) = said.get("commit") {
            let hash = commit.trim_end_matches("-modified");
            assert!(hash.len() >= 40 && hash.chars().all(|digit| digit.is_ascii_hexdigit()), "{commit}");
        }
    }
}
