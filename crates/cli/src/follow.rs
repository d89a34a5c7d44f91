//! `vitals runs --follow`: on a terminal one table that changes where it stands, elsewhere a JSON line for every run that
//! changed. Each change is shown once and none between two looks is missed: what was shown is known by its revision.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::time::Duration;

use console::{Term, truncate_str};
use tokio::sync::mpsc;
use vitals_api::dto::{ApiError, ErrorCode, Run, RunsQuery};
use vitals_api::said::Advice;
use vitals_api::{Context, Result, runs, supervisor};

use crate::out::Out;
use crate::runs_table::runs_table;
use crate::said::Refusal;

/// Looked at again after so long, whatever has been noticed.
const AT_LEAST_EVERY: Duration = Duration::from_secs(1);

/// Follows the runs of a query until interrupted or, if so told, until all have ended.
pub async fn follow(context: &Context, query: &RunsQuery, until_ended: bool, out: &Out) -> Result<u8> {
    let (sender, mut notices) = mpsc::channel(16);
    let watching = tokio::spawn(vitals_api::watch(context.clone(), sender));
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    let mut shown = Shown::new(out);
    let code = loop {
        let page = runs::list(context, query).await?;
        shown.show(&page.runs)?;
        if until_ended {
            if page.runs.is_empty() {
                let error = ApiError::new(ErrorCode::NotFound, Refusal::NoRunMatches);
                return Err(error.hint(Advice::ListRuns));
            }
            if page.runs.iter().all(will_not_move) {
                break u8::from(page.runs.iter().any(|run| run.state != "finished"));
            }
            // Whoever waits keeps one alive, as nothing moves without it.
            supervisor::ensure(context).await?;
        }
        tokio::select! {
            _ = &mut interrupted => break crate::INTERRUPTED,
            notice = notices.recv() => if notice.is_none() {
                return Err(ApiError::failed(Refusal::StoreNotWatched));
            },
            () = tokio::time::sleep(AT_LEAST_EVERY) => {}
        }
    };
    watching.abort();
    Ok(code)
}

/// It has ended, or waits for somebody.
fn will_not_move(run: &Run) -> bool {
    matches!(run.state.as_str(), "finished" | "failed" | "cancelled" | "lost" | "paused")
}

/// What stands on the terminal, or was printed of each run.
struct Shown {
    out: Out,
    terminal: Option<Term>,
    lines: usize,
    revisions: HashMap<String, u64>,
}

impl Shown {
    fn new(out: &Out) -> Self {
        // One that cannot move its cursor takes lines, as a pipe does.
        let draws = std::io::stdout().is_terminal() && crate::out::moves_cursor();
        let terminal = (!out.json && draws).then(Term::stdout);
        Self { out: *out, terminal, lines: 0, revisions: HashMap::new() }
    }

    fn show(&mut self, runs: &[Run]) -> Result<()> {
        let moved: Vec<&Run> =
            runs.iter().filter(|run| self.revisions.get(&run.id) != Some(&run.revision)).collect();
        let fewer = self.revisions.len()
            + moved.iter().filter(|run| !self.revisions.contains_key(&run.id)).count()
            > runs.len();
        match &self.terminal {
            None => moved.iter().try_for_each(|run| self.out.document(run))?,
            Some(_) if moved.is_empty() && !fewer && self.lines > 0 => {}
            Some(terminal) => {
                let drawn = draw(terminal, self.lines, runs);
                self.lines = drawn
                    .map_err(|error| ApiError::failed(Refusal::NotDrawn { reason: error.to_string() }))?;
            }
        }
        self.revisions = runs.iter().map(|run| (run.id.clone(), run.revision)).collect();
        Ok(())
    }
}

/// Draws over what was drawn before; returns how many lines stand there now.
fn draw(terminal: &Term, before: usize, runs: &[Run]) -> std::io::Result<usize> {
    let (height, width) = terminal.size();
    let (height, width) = (usize::from(height), usize::from(width));
    let mut lines = fit(runs_table(runs), height, runs.len());
    lines.iter_mut().for_each(|line| *line = truncate_str(line, width, "…").into_owned());
    terminal.clear_last_lines(before)?;
    lines.iter().try_for_each(|line| terminal.write_line(line))?;
    Ok(lines.len())
}

/// As many lines of a table as a terminal of `height` lines shows below its prompt, and how many rows that leaves out.
fn fit(mut lines: Vec<String>, height: usize, rows: usize) -> Vec<String> {
    let room = height.saturating_sub(2).max(2);
    if lines.len() > room {
        lines.truncate(room - 1);
        let left_out = rows - lines.len().saturating_sub(1);
        lines.push(format!("and {left_out} more; --where and --limit choose"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_too_long_says_how_much_is_left_out() {
        let table = || (0..=10).map(|row| row.to_string()).collect::<Vec<String>>();
        assert_eq!(fit(table(), 24, 10), table());
        assert_eq!(fit(table(), 13, 10), table());
        assert_eq!(fit(table(), 6, 10), ["0", "1", "2", "and 8 more; --where and --limit choose"]);
        assert_eq!(fit(table(), 1, 10), ["0", "and 10 more; --where and --limit choose"]);
    }
}
