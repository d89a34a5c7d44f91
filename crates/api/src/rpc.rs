//! The one door for questions and commands: a method's name and its parameters in, JSON or an error out. The table
//! below is the list of methods; the TypeScript of the window is generated from it.

mod forms;

use std::path::PathBuf;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ts_rs::{Config, TS};
use vitals_recipe::Told;
use vitals_recipe::sweep::edit::Edit as SweepEdit;
use vitals_run::Command;

use crate::dto::*;
use crate::error::Result;
use crate::said::Failure;
use crate::{
    Context, alarm_settings, alarms, boundary, compare, datasets, decide, doctor, events, export, figure,
    files, importance, origin, overview, probes, queue_settings, report, run_table, runs, samples, settings,
    stability_map, supervisor, sweeps, table, tabulate,
};

#[derive(Deserialize, TS)]
struct Nothing {}

#[derive(Deserialize, TS)]
struct Id {
    id: String,
}

#[derive(Deserialize, TS)]
struct Ids {
    ids: Vec<String>,
}

#[derive(Deserialize, TS)]
struct RunLog {
    id: String,
    #[ts(optional)]
    lines: Option<u32>,
}

#[derive(Deserialize, TS)]
struct EventsOf {
    id: String,
    /// Kinds; absent means all.
    #[ts(optional)]
    kinds: Option<Vec<String>>,
}

#[derive(Deserialize, TS)]
struct Through {
    /// Id of the newest alarm that was seen.
    through: u64,
}

#[derive(Deserialize, TS)]
struct RunTag {
    ids: Vec<String>,
    add: Vec<String>,
    remove: Vec<String>,
}

#[derive(Deserialize, TS)]
struct RunNote {
    id: String,
    note: String,
}

#[derive(Deserialize, TS)]
struct RunRewind {
    id: String,
    to_step: u64,
}

#[derive(Deserialize, TS)]
struct RunPriority {
    ids: Vec<String>,
    /// Higher starts first; 0 for runs that nobody gave one.
    priority: i32,
}

#[derive(Deserialize, TS)]
struct QueueMove {
    id: String,
    position: u32,
}

#[derive(Deserialize, TS)]
struct File {
    file: String,
}

#[derive(Deserialize, TS)]
struct FileTo {
    file: String,
    to: String,
}

#[derive(Deserialize, TS)]
struct SweepWrite {
    file: String,
    text: String,
    base_hash: Option<String>,
}

#[derive(Deserialize, TS)]
struct SweepCreate {
    file: String,
    preset: String,
    name: String,
}

#[derive(Deserialize, TS)]
struct SweepCheckText {
    text: String,
    #[ts(optional)]
    file: Option<String>,
}

#[derive(Deserialize, TS)]
struct SweepEdits {
    text: String,
    #[ts(optional)]
    file: Option<String>,
    edits: Vec<SweepEdit>,
}

#[derive(serde::Serialize, TS)]
struct SweepEdited {
    text: String,
    check: SweepCheck,
}

#[derive(Deserialize, TS)]
struct Export {
    ids: Vec<String>,
    format: String,
    path: String,
}

#[derive(Deserialize, TS)]
struct FileSave {
    path: String,
    /// What the file holds, in base64.
    content: String,
}

#[derive(serde::Serialize, TS)]
struct Exported {
    paths: Vec<String>,
}

#[derive(Deserialize, TS)]
struct DatasetAdd {
    name: String,
    path: String,
}

#[derive(Deserialize, TS)]
struct Name {
    name: String,
}

/// What became of an action on several runs.
#[derive(serde::Serialize, Deserialize, TS)]
struct ActionResult {
    done: Vec<String>,
    problems: Vec<ActionProblem>,
}

#[derive(serde::Serialize, Deserialize, TS)]
struct ActionProblem {
    id: String,
    /// In English, as `told` says it.
    message: String,
    told: Told,
}

/// Declares the methods once: the dispatcher and the TypeScript map come from the same lines.
macro_rules! methods {
    ($($name:ident($params:ident) -> $result:ty = |$context:pat_param, $p:pat_param| $body:expr;)*) => {
        /// Answers one method.
        ///
        /// # Errors
        /// `invalid_input` for an unknown method or parameters of another form; else what the method says.
        pub async fn dispatch(context: &Context, method: &str, params: Value) -> Result<Value> {
            match method {
                $(stringify!($name) => {
                    let ($context, $p) = (context, parse::<$params>(method, params)?);
                    let answer: $result = $body;
                    serde_json::to_value(answer)
                        .map_err(|error| ApiError::failed(Failure::json(&error)))
                })*
                _ => Err(ApiError::invalid(Failure::NoMethod { method: method.to_owned() })),
            }
        }

        fn method_types(config: &Config) -> String {
            let mut lines = String::new();
            $(lines.push_str(&format!(
                "  {}: {{ params: {}; result: {} }};\n",
                stringify!($name), $params::inline(config), <$result as TS>::name(config)
            ));)*
            lines
        }
    };
}

methods! {
    app_info(Nothing) -> AppInfo = |c, _| overview::app_info(c).await?;
    overview(Nothing) -> Overview = |c, _| overview::overview(c).await?;
    runs(RunsQuery) -> RunsPage = |c, p| runs::list(c, &p).await?;
    run_table(RunTableBy) -> RunTable = |c, p| run_table::table(c, &p).await?;
    run_names(Nothing) -> Vec<RunName> = |c, _| run_table::names(c).await?;
    run_views(Nothing) -> Vec<SavedView> = |c, _| run_table::views(c).await?;
    run_view_save(SavedView) -> Vec<SavedView> = |c, p| run_table::save_view(c, p).await?;
    run_view_remove(Name) -> Vec<SavedView> = |c, p| run_table::remove_view(c, &p.name).await?;
    run(Id) -> RunDetail = |c, p| runs::detail(c, &p.id).await?;
    run_origin(Id) -> RunOrigin = |c, p| origin::origin(c, &p.id).await?;
    run_log(RunLog) -> Vec<LogLine> = |c, p| runs::log(c, &p.id, p.lines.unwrap_or(500)).await?;
    events(EventsOf) -> RunEvents = |c, p| events::events(c, &p.id, &p.kinds.unwrap_or_default()).await?;
    alarms(AlarmsQuery) -> Alarms = |c, p| alarms::alarms(c, &p).await?;
    alarms_read(Through) -> () = |c, p| alarms::read_through(c, p.through).await?;
    alarm_settings(Nothing) -> AlarmSettings = |c, _| alarm_settings::get(c).await?;
    alarm_settings_set(AlarmSettings) -> AlarmSettings = |c, p| alarm_settings::set(c, p).await?;
    run_pause(Ids) -> ActionResult = |c, p| act(c, Command::Pause, &p.ids).await?;
    run_resume(Ids) -> ActionResult = |c, p| act(c, Command::Resume, &p.ids).await?;
    run_cancel(Ids) -> ActionResult = |c, p| act(c, Command::Cancel, &p.ids).await?;
    run_retry(Ids) -> ActionResult = |c, p| act(c, Command::Retry, &p.ids).await?;
    run_checkpoint(Ids) -> ActionResult = |c, p| act(c, Command::Checkpoint, &p.ids).await?;
    run_remove(Ids) -> ActionResult = |c, p| act(c, Command::Remove, &p.ids).await?;
    run_rewind(RunRewind) -> ActionResult = |c, p| {
        let arguments = serde_json::json!({ "to_step": p.to_step });
        result(runs::request(c, Command::Rewind, &[p.id], &arguments).await?)?
    };
    probe_preview(ProbeStart) -> ProbePreview = |c, p| probes::preview(c, &p).await?;
    probe_start(ProbeStart) -> Run = |c, p| probes::start(c, &p).await?;
    run_tag(RunTag) -> () = |c, p| runs::tag(c, &p.ids, &p.add, &p.remove).await?;
    run_note(RunNote) -> () = |c, p| {
        let id = runs::resolve(c, &p.id).await?;
        c.store().set_note(id, &p.note).await?;
    };
    run_priority(RunPriority) -> () = |c, p| runs::set_priority(c, &p.ids, p.priority).await?;
    queue(Nothing) -> Vec<Run> = |c, _| overview::queued(c).await?;
    queue_pause(Nothing) -> () = |c, _| sweeps::queue_request(c, Command::PauseQueue).await?;
    queue_resume(Nothing) -> () = |c, _| sweeps::queue_request(c, Command::ResumeQueue).await?;
    queue_move(QueueMove) -> () = |c, p| {
        let id = runs::resolve(c, &p.id).await?;
        c.store().move_in_queue(id, p.position as usize).await?;
    };
    sweeps(Nothing) -> Vec<SweepFile> = |c, _| sweeps::list(c).await?;
    sweep_read(File) -> SweepText = |c, p| files::read(c, &p.file)?;
    sweep_write(SweepWrite) -> SweepText = |c, p| files::write(c, &p.file, &p.text, p.base_hash.as_deref())?;
    sweep_create(SweepCreate) -> SweepText = |c, p| sweeps::create(c, &p.file, &p.preset, &p.name)?;
    sweep_delete(File) -> () = |c, p| files::delete(c, &p.file)?;
    sweep_rename(FileTo) -> () = |c, p| files::rename(c, &p.file, &p.to)?;
    sweep_duplicate(FileTo) -> SweepText = |c, p| {
        let text = files::read(c, &p.file)?.text;
        files::write(c, &p.to, &text, None)?
    };
    sweep_check(SweepCheckText) -> SweepCheck = |c, p| sweeps::check(c, &p.text, file_name(p.file.as_deref())).await?;
    sweep_edit(SweepEdits) -> SweepEdited = |c, p| {
        let text = sweeps::edit_text(&p.text, &p.edits)?;
        let check = sweeps::check(c, &text, file_name(p.file.as_deref())).await?;
        SweepEdited { text, check }
    };
    sweep_start(File) -> SweepStarted = |c, p| {
        let text = files::read(c, &p.file)?;
        let (id, ..) = sweeps::add(c, &text.text, &p.file).await?;
        sweeps::start(c, id).await?
    };
    sweep_pause(Id) -> ActionResult = |c, p| result(sweeps::ask(c, Command::Pause, &p.id).await?)?;
    sweep_resume(Id) -> ActionResult = |c, p| result(sweeps::ask(c, Command::Resume, &p.id).await?)?;
    sweep_cancel(Id) -> ActionResult = |c, p| result(sweeps::ask(c, Command::Cancel, &p.id).await?)?;
    sweep_retry(Id) -> ActionResult = |c, p| result(sweeps::ask(c, Command::Retry, &p.id).await?)?;
    parameters(Nothing) -> Vec<ParameterInfo> = |_, _| table::parameters();
    presets(Nothing) -> Vec<PresetInfo> = |_, _| table::presets();
    compare(Ids) -> Comparison = |c, p| compare::compare(c, &p.ids).await?;
    stability_map(MapBy) -> StabilityMap = |c, p| stability_map::map(c, &p).await?;
    map_text(MapTextBy) -> SheetText = |c, p| stability_map::text(c, &p).await?;
    boundaries(BoundariesBy) -> Boundaries = |c, p| boundary::boundaries(c, &p).await?;
    boundary_queue(BoundaryRuns) -> Vec<String> = |c, p| boundary::queue(c, &p).await?;
    importance(ImportanceBy) -> ImportanceOf = |c, p| importance::importance(c, &p).await?;
    importance_stop(Nothing) -> () = |c, _| importance::stop(c);
    decide(DecideBy) -> Decision = |c, p| decide::decide(c, &p).await?;
    sensitivity(SensitivityBy) -> SensitivityOfRates = |c, p| decide::sensitivity(c, &p).await?;
    sheet(SheetBy) -> Sheet = |c, p| tabulate::sheet(c, &p).await?;
    sheet_text(SheetTextBy) -> SheetText = |c, p| {
        SheetText { text: tabulate::write(&tabulate::sheet(c, &p.of).await?, &p.format)? }
    };
    pairs_more(MorePairs) -> MoreRuns = |c, p| decide::pairs_more(c, &p).await?;
    seeds_more(MoreSeeds) -> MoreRuns = |c, p| {
        let sweep = c.store().resolve_sweep(&p.sweep).await?;
        decide::seeds_more(c, sweep, p.seeds, &p.filter, p.dry).await?
    };
    export(Export) -> Exported = |c, p| {
        let written = export::export(c, &p.ids, &p.format, &PathBuf::from(p.path)).await?;
        Exported { paths: written.paths.into_iter().map(|path| path.display().to_string()).collect() }
    };
    figure_save(FigureSave) -> Exported = |c, p| {
        figure::save(c, &p).await?;
        Exported { paths: vec![p.path] }
    };
    report_draft(ReportBy) -> ReportDraft = |c, p| report::draft(c, &p).await?;
    report_save(ReportSave) -> ReportWritten = |c, p| report::save(c, &p.of, &PathBuf::from(p.path)).await?;
    file_save(FileSave) -> Exported = |_, p| {
        export::save(&PathBuf::from(&p.path), &p.content)?;
        Exported { paths: vec![p.path] }
    };
    datasets(Nothing) -> Vec<DatasetInfo> = |c, _| datasets::list(c).await?;
    dataset_add(DatasetAdd) -> DatasetInfo = |c, p| datasets::add(c, &p.name, &PathBuf::from(p.path)).await?;
    dataset_check(Name) -> DatasetInfo = |c, p| datasets::check(c, &p.name).await?;
    dataset_samples(DatasetSamplesQuery) -> DatasetSamples = |c, p| samples::samples(c, p).await?;
    dataset_remove(Name) -> () = |c, p| datasets::remove(c, &p.name).await?;
    settings(Nothing) -> Settings = |c, _| settings::get(c).await?;
    settings_set(Settings) -> Settings = |c, p| settings::set(c, p).await?;
    queue_settings(Nothing) -> QueueSettings = |c, _| queue_settings::get(c).await?;
    queue_settings_set(QueueSettings) -> QueueSettings = |c, p| queue_settings::set(c, p).await?;
    queue_settings_confirm(QueueSettings) -> QueueSettings = |c, p| queue_settings::confirm(c, &p).await?;
    queue_settings_unconfirmed(Nothing) -> Option<Told> = |c, _| queue_settings::unconfirmed(c).await?;
    doctor(Nothing) -> Vec<DoctorLine> = |c, _| doctor::doctor(c).await?;
    supervisor_start(Nothing) -> SupervisorStatus = |c, _| {
        supervisor::ensure(c).await?;
        supervisor::status(c, &supervisor::seen(c).await?)
    };
}

fn parse<T: DeserializeOwned>(method: &str, params: Value) -> Result<T> {
    let params = if params.is_null() { Value::Object(serde_json::Map::new()) } else { params };
    serde_json::from_value(params)
        .map_err(|error| Failure::Parameters { method: method.to_owned(), reason: error.to_string() })
        .map_err(ApiError::invalid)
}

/// The name in the messages about a text that has no file yet.
fn file_name(file: Option<&str>) -> &str {
    file.unwrap_or("sweep.toml")
}

async fn act(context: &Context, command: Command, ids: &[String]) -> Result<ActionResult> {
    result(runs::request(context, command, ids, &Value::Null).await?)
}

fn result(value: Value) -> Result<ActionResult> {
    serde_json::from_value(value).map_err(|error| ApiError::failed(Failure::json(&error)))
}

/// The window's types: every form that crosses a door, and the map of methods.
pub fn typescript() -> String {
    let config = Config::new().with_large_int("number");
    let mut types = forms::types(&config);
    let json = "export type JsonValue = number | string | boolean | null | JsonValue[] | { [key: string]: JsonValue };";
    types.extend(crate::metric_table::types(&config));
    let declarations: Vec<String> = types.into_values().map(|text| format!("export {text}")).collect();
    let formats: Vec<String> = export::FORMATS
        .iter()
        .map(|format| format!("{{ name: '{}', holds: '{}' }}", format.name, format.holds()))
        .collect();
    let formats = format!(
        "/** What runs can be written as, by the host. */\nexport const EXPORT_FORMATS = [{}] as const;",
        formats.join(", ")
    );
    format!(
        "// Generated by cargo xtask codegen. Do not edit.\n\n{json}\n\n{formats}\n\n{}\n\n{}\n/** Every method of the `rpc` door. */\n\
         export type Methods = {{\n{}}};\n\n{}",
        declarations.join("\n\n"),
        crate::metric_table::typescript(),
        method_types(&config),
        crate::deeds::typescript()
    )
}
