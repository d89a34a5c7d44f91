//! Whether a run that ended badly is tried again without being asked: as often as the setting says, for the causes it
//! names, and never for what another try cannot mend (bad input, a non-finite loss). Pure.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vitals_run::{Evidence, ExitCode, Grounds, RunState};

use crate::attempt::known::Known;

/// What ended a run, as far as another try may mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A signal from outside, or a crash of the program.
    Signal,
    /// The kernel's memory killer.
    MemoryKiller,
    /// Out of device memory: another run may have held it.
    DeviceMemory,
    /// The machine was started again.
    Reboot,
    /// No evidence can be had.
    Lost,
    /// An exit code that no known cause has.
    Error,
}

impl Cause {
    pub const ALL: [Self; 6] =
        [Self::Signal, Self::MemoryKiller, Self::DeviceMemory, Self::Reboot, Self::Lost, Self::Error];

    /// Its word in the setting.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::MemoryKiller => "memory_killer",
            Self::DeviceMemory => "device_memory",
            Self::Reboot => "reboot",
            Self::Lost => "lost",
            Self::Error => "error",
        }
    }

    /// The cause that bears this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

/// The setting `retry`: `{"times": 2, "causes": ["signal", "reboot"]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetrySettings {
    /// At most so often in a row; asking for a retry begins anew.
    pub times: u32,
    pub causes: Vec<Cause>,
}

impl Default for RetrySettings {
    /// Never; once `times` is set, after what came from outside.
    fn default() -> Self {
        Self { times: 0, causes: vec![Cause::Signal, Cause::MemoryKiller, Cause::Reboot, Cause::Lost] }
    }
}

/// Evidence data of a retry that nobody asked for: its number.
const RETRY: &str = "retry";

/// How many retries in a row the last step into the queue was; `queued` is that step's evidence data.
pub(crate) fn retries(queued: Option<&Value>) -> u64 {
    queued.and_then(|data| data.get(RETRY)?.as_u64()).unwrap_or(0)
}

/// What queueing a run again rests on after `state`, or `None`: it stays as it is.
pub(crate) fn retry(
    settings: &RetrySettings,
    state: RunState,
    known: &Known,
    retries: u64,
) -> Option<Grounds> {
    let cause = cause(state, known)?;
    let next = retries + 1;
    if next > u64::from(settings.times) || !settings.causes.contains(&cause) {
        return None;
    }
    let retried = Evidence::RetriedBySetting { number: next, times: settings.times };
    Some(retried.with(json!({ RETRY: next, "cause": cause })))
}

fn cause(state: RunState, known: &Known) -> Option<Cause> {
    // Without its folder it would begin from nothing.
    if known.folder_missing {
        return None;
    }
    let exit = known.exit.as_ref();
    let code = exit.map_or_else(|| known.end.as_ref()?.exit_code, |exit| exit.code);
    match state {
        RunState::Lost => Some(Cause::Lost),
        RunState::Failed => match (exit.and_then(|exit| exit.signal), code.map(ExitCode)) {
            (Some(9), _) if exit.is_some_and(|exit| exit.oom_kills.unwrap_or(0) > 0) => {
                Some(Cause::MemoryKiller)
            }
            (Some(_), _) => Some(Cause::Signal),
            (None, Some(ExitCode::OUT_OF_MEMORY)) => Some(Cause::DeviceMemory),
            (None, Some(ExitCode::ERROR | ExitCode::PANICKED)) => Some(Cause::Error),
            (None, None) if known.rebooted => Some(Cause::Reboot),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use vitals_journal::ExitRecord;

    use super::*;

    fn exit(code: Option<i32>, signal: Option<i32>) -> Known {
        Known { exit: Some(ExitRecord { code, signal, ..ExitRecord::default() }), ..Known::default() }
    }

    #[test]
    fn by_cause_and_count() {
        use Cause::{DeviceMemory, Error, Lost, MemoryKiller, Reboot, Signal};
        let all = vec![Signal, MemoryKiller, DeviceMemory, Reboot, Lost, Error];
        let check = |known: &Known, state: RunState, expected: Option<Cause>| {
            for times in 0..3_u32 {
                for retries in 0..4 {
                    let may = u64::from(times) > retries;
                    let found = retry(&RetrySettings { times, causes: all.clone() }, state, known, retries);
                    let told = found.as_ref().map(|evidence| evidence.data["cause"].clone());
                    let wanted = expected.filter(|_| may).map(|cause| json!(cause));
                    assert_eq!(told, wanted, "{known:?}");
                    assert_eq!(
                        super::retries(found.as_ref().map(|e| &e.data)),
                        if told.is_some() { retries + 1 } else { 0 }
                    );
                }
            }
            let others = all.iter().copied().filter(|cause| Some(*cause) != expected).collect();
            let others = RetrySettings { times: 9, causes: others };
            assert_eq!(retry(&others, state, known, 0), None, "not for this cause: {known:?}");
        };
        check(&exit(None, Some(9)), RunState::Failed, Some(Signal));
        check(&exit(None, Some(11)), RunState::Failed, Some(Signal));
        check(&exit(None, Some(15)), RunState::Cancelled, None);
        let mut killer = exit(None, Some(9));
        if let Some(exit) = &mut killer.exit {
            exit.oom_kills = Some(1);
        }
        check(&killer, RunState::Failed, Some(MemoryKiller));
        check(&exit(Some(5), None), RunState::Failed, Some(DeviceMemory));
        for code in [1, 101] {
            check(&exit(Some(code), None), RunState::Failed, Some(Error));
        }
        for bad_input in [2, 4, 6, 7, 127] {
            check(&exit(Some(bad_input), None), RunState::Failed, None);
        }
        check(&exit(Some(3), None), RunState::Paused, None);
        check(&exit(Some(0), None), RunState::Finished, None);
        check(&Known { rebooted: true, ..Known::default() }, RunState::Failed, Some(Reboot));
        check(&Known::default(), RunState::Lost, Some(Lost));
        check(&Known { folder_missing: true, ..Known::default() }, RunState::Lost, None);
    }

    #[test]
    fn a_cause_s_word_is_that_of_the_setting() {
        for cause in Cause::ALL {
            assert_eq!(json!(cause), json!(cause.as_str()));
            assert_eq!(Cause::parse(cause.as_str()), Some(cause));
        }
        assert_eq!(Cause::parse("bad_input"), None);
    }

    #[test]
    fn never_unless_it_is_set() {
        let settings: RetrySettings = serde_json::from_value(json!({})).unwrap();
        assert_eq!(settings, RetrySettings::default());
        assert_eq!(retry(&settings, RunState::Failed, &exit(None, Some(9)), 0), None);
        let settings: RetrySettings = serde_json::from_value(json!({ "times": 1 })).unwrap();
        assert!(retry(&settings, RunState::Failed, &exit(None, Some(9)), 0).is_some());
    }
}
