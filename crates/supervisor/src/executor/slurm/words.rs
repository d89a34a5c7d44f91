//! The words that Slurm's programs print, read. Pure text in, values out; what cannot be read is passed over.

use std::collections::BTreeMap;

use super::JobWord;

/// `squeue`'s format: number, name, state, reason, nodes.
pub const SQUEUE_FORMAT: &str = "%i|%j|%T|%r|%N";
/// `sacct`'s columns.
pub const SACCT_COLUMNS: &str = "JobIDRaw,State,Reason,NodeList";

/// A line of `squeue`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: u64,
    pub name: String,
    pub word: JobWord,
}

/// Reads what `squeue` printed in [`SQUEUE_FORMAT`].
pub fn parse_squeue(text: &str) -> Vec<Listed> {
    text.lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.trim().split('|').collect();
            let [id, name, state, reason, nodes] = fields.as_slice() else { return None };
            Some(Listed { id: id.parse().ok()?, name: (*name).to_owned(), word: word(state, reason, nodes) })
        })
        .collect()
}

/// Reads what `sacct --parsable2` printed in [`SACCT_COLUMNS`]: whole jobs, not their steps.
pub fn parse_sacct(text: &str) -> BTreeMap<u64, JobWord> {
    text.lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.trim().split('|').collect();
            let [id, state, reason, nodes] = fields.as_slice() else { return None };
            // `CANCELLED by 1000`
            let state = state.split(' ').next().unwrap_or_default();
            Some((id.parse().ok()?, word(state, reason, nodes)))
        })
        .collect()
}

fn word(state: &str, reason: &str, nodes: &str) -> JobWord {
    let said = |text: &str| if matches!(text, "None" | "None assigned") { "" } else { text }.to_owned();
    JobWord { state: state.to_owned(), reason: said(reason), nodes: said(nodes) }
}

/// The number in the answer of `sbatch --parsable`: `17`, or `17;cluster`.
pub fn parse_sbatch(text: &str) -> Option<u64> {
    text.lines().rev().find_map(|line| line.trim().split(';').next()?.parse().ok())
}

/// One argument for a POSIX shell, whatever is in it.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squeue_lists_jobs() {
        let text = "12|vitals-a-1|PENDING|Resources|\n13|vitals-b-2|TIMEOUT|TimeLimit|n1\nslurm: error\n";
        let listed = parse_squeue(text);
        assert_eq!(listed.len(), 2);
        assert_eq!((listed[0].id, listed[0].word.state.as_str()), (12, "PENDING"));
        assert!(!listed[0].word.has_ended() && listed[1].word.has_ended());
        assert_eq!(listed[1].word.nodes, "n1");
    }

    #[test]
    fn sacct_names_who_cancelled() {
        let jobs =
            parse_sacct("7|CANCELLED by 1000|None|n1\n7.batch|CANCELLED|None|n1\n8|OUT_OF_MEMORY|None|n2\n");
        assert_eq!(jobs.len(), 2);
        assert_eq!((jobs[&7].state.as_str(), jobs[&8].state.as_str()), ("CANCELLED", "OUT_OF_MEMORY"));
    }

    #[test]
    fn sbatch_answers_with_a_number() {
        assert_eq!(parse_sbatch("17\n"), Some(17));
        assert_eq!(parse_sbatch("a remark of a plugin\n18;cluster\n"), Some(18));
        assert_eq!(parse_sbatch("sbatch: error"), None);
    }

    #[test]
    fn a_shell_gets_back_what_was_quoted() {
        for text in ["plain", "two words", "it's", "$(rm -rf /) `x` \"y\" \\", "*;&|\n", ""] {
            let script = format!("printf %s {}", quoted(text));
            let told = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(told.stdout).unwrap(), text);
        }
    }
}
