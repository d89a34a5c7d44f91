//! A report: one file that answers a question about arms and shows on what. Title and paragraph are proposed from the verdicts and
//! can be written anew; what is judged, how sure it is and over how many is Decide's, and nothing here says more.

mod answer;
mod curves;
mod differs;
mod document;
mod drawn;
mod facts;
mod forest;
mod happened;
mod html;
mod markdown;
mod names;
mod read;
mod results;

use std::path::Path;

use vitals_recipe::Bytes;
use vitals_run::RunState;

use crate::Context;
use crate::digits::grouped;
use crate::dto::{ApiError, ReportBy, ReportDraft, ReportWritten};
use crate::error::Result;
use crate::export;
use crate::said::{Advice, Failure, Report};
use answer::Answer;
use document::{Document, Span, emphasised};
use read::Material;

/// What mails take; of 60 runs a report stays below.
const LARGE: usize = 3_000_000;
/// Letters of an id that people shorten it to.
const ID: usize = 8;

/// How a report is written.
type Write = fn(&Document) -> String;

/// Title and paragraph as the verdicts propose them, with what stands for their fields.
///
/// # Errors
/// As `decide`: `invalid_input` with a sentence where nothing can be said; `not_found` for an unknown sweep.
pub async fn draft(context: &Context, asked: &ReportBy) -> Result<ReportDraft> {
    let material = Material::read(context, asked).await?;
    let Answer { title, paragraph, fields } = answer::proposed(&material);
    Ok(ReportDraft { title, paragraph, fields, runs: material.rows.len() as u64 })
}

/// Writes a report to a file, whose ending says the form.
///
/// # Errors
/// As [`draft`]; `invalid_input` for an ending that says no form, for a field that there is not, and where no file can be; `failed`
/// where it cannot be written.
pub async fn save(context: &Context, asked: &ReportBy, path: &Path) -> Result<ReportWritten> {
    let written = form(path)?;
    let mut document = document(context, asked).await?;
    let mut text = written(&document);
    let mut large = None;
    if text.len() > LARGE
        && let Some((part, of)) = document.largest()
    {
        let [size, of] = [text.len(), of].map(|bytes| Bytes(bytes as u64).to_string());
        let said = asked.language.say(&Report::Large { size, part, of });
        document.end.push(said.clone());
        text = written(&document);
        large = Some(said);
    }
    let made = export::put(path, text.as_bytes())?;
    let made = made.map(|folder| folder.display().to_string());
    Ok(ReportWritten { path: path.display().to_string(), bytes: text.len() as u64, made, large })
}

fn form(path: &Path) -> Result<Write> {
    match path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("html" | "htm") => Ok(html::html),
        Some("md" | "markdown") => Ok(markdown::markdown),
        _ => {
            let path = path.display().to_string();
            Err(ApiError::invalid(Failure::ReportEnding { path }).hint(Advice::ReportEnding))
        }
    }
}

async fn document(context: &Context, asked: &ReportBy) -> Result<Document> {
    let material = Material::read(context, asked).await?;
    let proposed = answer::proposed(&material);
    let title = chosen(asked.title.as_deref(), &proposed.title, Failure::ReportTitle)?;
    let paragraph = chosen(asked.paragraph.as_deref(), &proposed.paragraph, Failure::ReportParagraph)?;
    let paragraph = answer::with_numbers(&paragraph, &proposed.fields)?;
    let mut sections = vec![
        curves::section(context, &material, 1).await?,
        forest::section(context, &material, 2).await?,
        results::section(context, &material).await?,
    ];
    sections.extend(happened::largest(context, &material, 3).await?);
    sections.push(happened::section(&material));
    sections.push(differs::section(context, &material).await?);
    sections.push(differs::again(&material));
    Ok(Document {
        language: asked.language,
        about: about(&material),
        written: when(&material),
        title: answer::with_numbers(&title, &proposed.fields)?,
        paragraph: emphasised(&paragraph),
        notices: notices(&material),
        facts: facts::facts(&material),
        sections,
        end: vec![asked.language.say(&Report::End)],
    })
}

/// What somebody wrote, on one line.
fn chosen(asked: Option<&str>, proposed: &str, empty: Failure) -> Result<String> {
    let Some(text) = asked else { return Ok(proposed.to_owned()) };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.is_empty() {
        true => Err(ApiError::invalid(empty)),
        false => Ok(text),
    }
}

/// Of which runs it is, by what a reader can ask the workspace for.
fn about(material: &Material) -> Vec<Span> {
    let language = material.language;
    let mut told = vec![Span::text(language.say(&Report::Name))];
    let condition = &material.condition;
    match material.texts.as_slice() {
        [(sweep, text)] => {
            let id = sweep.simple().to_string();
            let id = id.get(id.len() - ID..).unwrap_or(&id).to_owned();
            let revision = language.say(&Report::Revision { number: text.number.to_string() });
            told.extend([
                Span::Quiet(format!(" {} ", language.say(&Report::OfSweep))),
                Span::Code(id),
                Span::Quiet(format!(", {revision}")),
            ]);
        }
        _ if condition.is_empty() && !material.is_of_sweep => {
            told.push(Span::Quiet(format!(" {}", language.say(&Report::AllRuns))));
        }
        _ => {}
    }
    if !condition.is_empty() {
        told.push(Span::Quiet(format!(" {} ", language.say(&Report::OfRuns))));
        told.push(Span::Code(condition.clone()));
    }
    told
}

fn when(material: &Material) -> Vec<Span> {
    let at = vitals_run::rfc3339(material.now);
    let at = at.get(..16).unwrap_or(&at).replace('T', " ");
    let language = material.language;
    let said = [language.say(&Report::Written { at }), language.say(&Report::OneFile)];
    vec![Span::Quiet(said.join(" · "))]
}

fn notices(material: &Material) -> Vec<Vec<Span>> {
    let Material { language, rows, unread, .. } = material;
    let say = |word: Report| vec![Span::text(language.say(&word))];
    let mut told = Vec::new();
    let is_living = |state: RunState| !matches!(state, RunState::Finished | RunState::Failed);
    let living: Vec<u64> =
        rows.values().filter(|row| is_living(row.state)).map(|row| row.steps_done).collect();
    if let Some(step) = living.iter().max() {
        told.push(say(Report::AsOf {
            living: living.len().to_string(),
            runs: grouped(rows.len() as u64),
            step: grouped(*step),
        }));
    }
    if material.gone > 0 {
        told.push(say(Report::LeftOutRuns { count: material.gone.to_string() }));
    }
    if !unread.is_empty() {
        told.push(say(Report::Unread { runs: unread.join(", ") }));
    }
    told
}
