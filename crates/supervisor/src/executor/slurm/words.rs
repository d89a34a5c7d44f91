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

/// The number in what `sbatch` printed when it ended with 0: `17`, `17;cluster`, `Submitted batch job 17`, with or without
/// ` on cluster NAME` behind it, wherever a site's banners and remarks leave it. `None` where no line has that form, and
/// where two differ: a number that is guessed may be another job's.
pub fn parse_sbatch(text: &str) -> Option<u64> {
    only(text.lines().filter_map(submitted)).or_else(|| only(text.lines().filter_map(bare_number)))
}

/// The one number there is, however often.
fn only(mut numbers: impl Iterator<Item = u64>) -> Option<u64> {
    let first = numbers.next()?;
    numbers.all(|number| number == first).then_some(first)
}

/// Without `--parsable`, as wrappers call it.
fn submitted(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once("Submitted batch job ")?;
    rest.split_whitespace().next()?.parse().ok()
}

fn bare_number(line: &str) -> Option<u64> {
    line.trim().split(';').next()?.trim().parse().ok()
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
        for (told, number) in [
            ("17\n", Some(17)),
            ("a remark of a plugin\n18;cluster\n", Some(18)),
            ("Submitted batch job 19\n", Some(19)),
            ("Submitted batch job 20 on cluster slaking\n", Some(20)),
            ("sbatch: Submitted batch job 21\r\n", Some(21)),
            (
                "-----\n  Welcome\n-----\n\n--> Checking available allocation (TG-AST090040)...OK\n22\n",
                Some(22),
            ),
            ("23\n23\n", Some(23)),
            // A remark that is a number by itself is told apart from the job's only by words around that.
            ("Your hours left:\n42\nSubmitted batch job 24\n", Some(24)),
            ("25\nYour account has 42 hours left\n7\n", None),
            ("sbatch: error", None),
            ("", None),
        ] {
            assert_eq!(parse_sbatch(told), number, "{told:?}");
        }
    }
}
