//! The table of commands in TypeScript, so that the window offers what applies.

use vitals_run::{Command, Meaning, RunState};

/// What each command does with a run in each state.
pub(crate) fn typescript() -> String {
    let states = RunState::ALL.map(|state| {
        let does = Command::ALL.into_iter().filter(|command| !command.is_for_all()).filter_map(|command| {
            let Meaning::Does(deed) = command.meaning(state) else { return None };
            let deed = serde_json::to_string(&deed).expect("a deed is a word").replace('"', "'");
            Some(format!("{}: {deed}", command.as_str()))
        });
        format!("  {state}: {{ {} }},\n", does.collect::<Vec<_>>().join(", "))
    });
    format!(
        "/** What a command does with a run, by the run's state; nothing where it is absent. */\n\
         export const DEEDS = {{\n{}}} as const satisfies Record<RunState, Partial<Record<Command, Deed>>>;\n",
        states.concat()
    )
}
