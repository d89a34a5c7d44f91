//! `vitals ingest RUN_DIR`: (re)builds a run from its folder, after the database was deleted or when the folder came
//! from another machine. Reads every journal from where the store stands; done again, it changes nothing.

use std::path::Path;

use serde::Serialize;
use serde_json::json;
use vitals_journal::{JournalError, ReadOutcome, Reader, Record, RunFolder};
use vitals_recipe::point_id;
use vitals_run::{
    Evidence, IMPORT_FORMAT, ImportRecord, Imported, Job, JobSweep, RunState, Source, parse_rfc3339,
};
use vitals_store::{
    EndOfAttempt, MetricChoice, NewImport, NewRun, NewSweep, Probed, RunId, RunSelection, Store, StoreError,
    SweepId, UnixMillis,
};

use super::batch::{Stop, Stretch, read_batch};
use crate::attempt::holder::is_held;
use crate::attempt::known::what_is_known;
use crate::attempt::verdict::verdict;
use crate::error::{Result, SupervisorError};

/// As many losses are told of a folder.
const MOST_LOSSES: usize = 100;

/// What an ingest came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IngestedFolder {
    pub run: RunId,
    /// The run was not in the store.
    pub added: bool,
    pub attempts: u32,
    /// New to the store.
    pub rows: u64,
    pub values: u64,
    pub state: RunState,
    /// What journals have lost, each with its place: what is left out was not read, all else was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<String>,
}

impl IngestedFolder {
    /// Before anything was read of it.
    fn new(run: RunId, added: bool, state: RunState) -> Self {
        Self { run, added, attempts: 0, rows: 0, values: 0, state, losses: Vec::new() }
    }
}

/// Ingests a run folder; `now` is the time.
///
/// # Errors
/// No readable `job.json` or `import.json`; a journal of another run or attempt; a run that is alive, which its supervisor ingests; a
/// store or a journal that cannot be used.
pub async fn ingest_folder(store: &Store, run_dir: &Path, now: UnixMillis) -> Result<IngestedFolder> {
    let folder = RunFolder::new(run_dir);
    let asked = Asked::read(&folder)?;
    let run = asked.run(&folder)?;
    let newest = folder.attempts().unwrap_or_default().last().copied();
    if is_held(&folder, newest)? {
        let what = "the run is alive: its supervisor ingests it".to_owned();
        return Err(SupervisorError::BadJob { path: folder.job(), what });
    }
    // Before anything is added: a folder of which a part is another run's is taken in whole or not at all.
    for attempt in folder.attempts().unwrap_or_default() {
        check_whose(&folder, run, attempt)?;
    }
    let added = match &asked {
        Asked::Trained(job) => add_run(store, &folder, job, run, now).await?,
        Asked::Imported(import) => add_import(store, import, run, now).await?,
    };
    let attempts = folder.attempts()?;
    let mut ingested = IngestedFolder::new(run, added, RunState::Lost);
    ingested.attempts = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
    let mut last_end = None;
    for attempt in &attempts {
        last_end = ingest_attempt(store, &folder, run, *attempt, &mut ingested).await?;
        if let Some(exit) = folder.read_exit(*attempt)? {
            let record = serde_json::to_value(&exit)
                .map_err(|source| StoreError::Json { what: "an exit record", source })?;
            let at = parse_rfc3339(&exit.ended_at).unwrap_or(now);
            match store.set_exit_record(run, *attempt, &record, at).await {
                // Its journal has no header: the attempt recorded nothing.
                Ok(()) | Err(StoreError::UnknownAttempt { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    if let Asked::Imported(import) = &asked
        && last_end.is_none()
    {
        let path = import.imported.source.path.clone().unwrap_or_else(|| import.label.clone());
        let state = ingested.state;
        match store.set_state(run, state, Evidence::ImportUnfinished { path }, now).await {
            // Settled before its folder was damaged.
            Ok(_) | Err(StoreError::IllegalTransition { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        return Ok(ingested);
    }
    ingested.state = settle(store, &folder, run, attempts.last().copied(), last_end, now).await?;
    Ok(ingested)
}

/// A journal says itself whose it is; one whose header is damaged or not there says nothing.
fn check_whose(folder: &RunFolder, run: RunId, attempt: u32) -> Result<()> {
    let path = folder.journal(attempt);
    let Some(mut reader) = open_journal(&path, 0)? else { return Ok(()) };
    let ReadOutcome::Record { record: Record::Header(header), .. } = reader.finish()? else { return Ok(()) };
    if header.run.parse() == Ok(run) && header.attempt == attempt {
        return Ok(());
    }
    let what = format!(
        "this is the journal of attempt {} of run {}, and belongs into that run's folder",
        header.attempt, header.run
    );
    Err(SupervisorError::BadJob { path, what })
}

/// `None`: the attempt has no journal.
fn open_journal(path: &Path, offset: u64) -> Result<Option<Reader>> {
    match Reader::open(path, offset) {
        Ok(reader) => Ok(Some(reader)),
        Err(JournalError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What a folder says that its run is.
enum Asked {
    Trained(Box<Job>),
    Imported(ImportRecord),
}

impl Asked {
    fn read(folder: &RunFolder) -> Result<Self> {
        let import = folder.import();
        if import.exists() {
            return Ok(Self::Imported(ImportRecord::read(&import)?));
        }
        let job = Job::read(&folder.job())?;
        Ok(match imported_before(&job) {
            Some(import) => Self::Imported(import),
            None => Self::Trained(Box::new(job)),
        })
    }

    fn run(&self, folder: &RunFolder) -> Result<RunId> {
        let (text, path) = match self {
            Self::Trained(job) => (&job.run, folder.job()),
            Self::Imported(import) => (&import.run, folder.import()),
        };
        let what = format!("`{text}` is no run id");
        text.parse().map_err(|_| SupervisorError::BadJob { path, what })
    }
}

/// What a version before `import.json` wrote of an imported run: a job with the parameters of a preset, but without device,
/// images and versions, which every job that was trained has.
fn imported_before(job: &Job) -> Option<ImportRecord> {
    let was_trained = !job.device.is_empty()
        || !job.dataset.path.is_empty()
        || !job.dataset.fingerprint.is_empty()
        || !job.versions.is_empty()
        || job.sweep.is_some()
        || job.probed.is_some();
    let source = Source { kind: "csv".to_owned(), ..Source::default() };
    (!was_trained).then(|| ImportRecord {
        format: IMPORT_FORMAT,
        run: job.run.clone(),
        label: job.label.clone(),
        // The number of images stood for the number of steps.
        steps: job.dataset.facts.images,
        imported: Imported { source, ..Imported::default() },
    })
}

async fn add_import(store: &Store, import: &ImportRecord, run: RunId, now: UnixMillis) -> Result<bool> {
    let new = NewImport {
        id: Some(run),
        label: import.label.clone(),
        steps: import.steps,
        imported: import.imported.clone(),
        state: RunState::Lost,
        evidence: Evidence::ReadFromFolder.with(json!({})),
    };
    Ok(store.insert_import(&new, now).await?.is_new)
}

/// Brings a living run back into a store that lacks it: the run, and all attempts but the last, which its tail reads.
pub(crate) async fn restore_living(store: &Store, folder: &RunFolder, now: UnixMillis) -> Result<()> {
    let job = Job::read(&folder.job())?;
    let run: RunId = job.run.parse().map_err(|_| SupervisorError::BadJob {
        path: folder.job(),
        what: format!("`{}` is no run id", job.run),
    })?;
    add_run(store, folder, &job, run, now).await?;
    let attempts = folder.attempts()?;
    let mut ingested = IngestedFolder::new(run, true, RunState::Running);
    for attempt in attempts.iter().take(attempts.len().saturating_sub(1)) {
        ingest_attempt(store, folder, run, *attempt, &mut ingested).await?;
    }
    Ok(())
}

/// Adds the run where the store lacks it, as the job describes it: with its sweep, which comes back too.
async fn add_run(store: &Store, folder: &RunFolder, job: &Job, run: RunId, now: UnixMillis) -> Result<bool> {
    let recipe =
        serde_json::to_value(&job.recipe).map_err(|source| StoreError::Json { what: "a recipe", source })?;
    let label = match job.label.as_str() {
        // A job of a version that did not write it.
        "" => format!("run {}", &run.to_string()[..8]),
        label => label.to_owned(),
    };
    let probed = match &job.probed {
        Some(probed) => Some(Probed {
            run: probed.run.parse().map_err(|_| SupervisorError::BadJob {
                path: folder.job(),
                what: format!("`{}` is no run id", probed.run),
            })?,
            step: probed.step,
        }),
        None => None,
    };
    let new = NewRun {
        id: Some(run),
        point: point_id(&job.recipe),
        seed: job.recipe.seed,
        recipe,
        probed,
        axes: job.axes.clone(),
        label,
        priority: 0,
        total_steps: Some(job.recipe.schedule(job.dataset.facts.images).total_steps),
        state: RunState::Lost,
        evidence: Evidence::ReadFromFolder.with(json!({ "attempt": job.attempt })),
    };
    let sweep = match &job.sweep {
        Some(sweep) => restore_sweep(store, sweep, now).await?,
        None => None,
    };
    let inserted = store.insert_runs(sweep, std::slice::from_ref(&new), now).await?;
    if inserted.existing.iter().all(|existing| *existing == run) {
        return Ok(!inserted.added.is_empty());
    }
    // The sweep was started again before this folder was read, and has another run of this point and seed.
    Ok(!store.insert_runs(None, &[new], now).await?.added.is_empty())
}

async fn restore_sweep(store: &Store, sweep: &JobSweep, now: UnixMillis) -> Result<Option<(SweepId, u32)>> {
    let Ok(id) = sweep.id.parse() else { return Ok(None) };
    let text = NewSweep {
        source: sweep.source.clone(),
        name: sweep.name.clone(),
        text: sweep.text.clone(),
        hash: sweep.hash.clone(),
    };
    Ok(Some(store.restore_sweep(id, sweep.revision, &text, now).await?))
}

/// Reads one journal from where the store stands to its end.
async fn ingest_attempt(
    store: &Store,
    folder: &RunFolder,
    run: RunId,
    attempt: u32,
    ingested: &mut IngestedFolder,
) -> Result<Option<EndOfAttempt>> {
    let known = store.attempts(run).await?.into_iter().find(|known| known.number == attempt);
    let offset = known.as_ref().map_or(0, |known| known.journal_offset);
    let mut end = known.and_then(|known| known.end);
    let Some(mut reader) = open_journal(&folder.journal(attempt), offset)? else { return Ok(end) };
    let mut took_rows = false;
    loop {
        let Stretch { batch, stop, losses } = read_batch(&mut reader, folder, true)?;
        let room = MOST_LOSSES.saturating_sub(ingested.losses.len());
        ingested.losses.extend(losses.iter().take(room).map(|loss| format!("attempt {attempt}: {loss}")));
        // Words alone about a journal that was read before were told then.
        if batch.offset_to > batch.offset_from || (took_rows && !batch.logs.is_empty()) {
            took_rows = true;
            let took = store.ingest(run, attempt, &batch).await?;
            ingested.rows += took.rows;
            ingested.values += took.values;
        }
        end = batch.end.or(end);
        if stop != Stop::Full {
            return Ok(end);
        }
    }
}

/// The run's state by what its last attempt left; a state that a supervisor gave before stays where it says the same.
async fn settle(
    store: &Store,
    folder: &RunFolder,
    run: RunId,
    attempt: Option<u32>,
    end: Option<EndOfAttempt>,
    now: UnixMillis,
) -> Result<RunState> {
    let rows = store.runs(&RunSelection::Ids(vec![run]), &MetricChoice::None).await?;
    let state = rows.first().map_or(RunState::Lost, |row| row.state);
    let Some(attempt) = attempt else { return Ok(state) };
    let (told, grounds) = verdict(&what_is_known(folder, attempt, end)?);
    if told == state {
        return Ok(state);
    }
    match store.set_state(run, told, grounds, now).await {
        Ok(_) => Ok(told),
        // Queued for another attempt, or the like: what was decided since is newer than the folder.
        Err(StoreError::IllegalTransition { .. }) => Ok(state),
        Err(error) => Err(error.into()),
    }
}
