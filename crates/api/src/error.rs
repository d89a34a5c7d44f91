//! How failures of the rooms below become the closed set of codes that crosses a door, each with what to do next.

use vitals_recipe::Told;
use vitals_store::StoreError;

use crate::dto::{ApiError, Diagnostic, ErrorCode};
use crate::said::{Advice, Failure, Operation};

/// What nearly everything here returns.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

impl ApiError {
    pub fn new(code: ErrorCode, said: impl Into<Told>) -> Self {
        let told = said.into();
        let message = told.text.clone();
        Self { code, message, hints: Vec::new(), told, hints_told: Vec::new(), diagnostics: Vec::new() }
    }

    pub fn invalid(said: impl Into<Told>) -> Self {
        Self::new(ErrorCode::InvalidInput, said)
    }

    pub fn failed(said: impl Into<Told>) -> Self {
        Self::new(ErrorCode::Failed, said)
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<Told>) -> Self {
        let told = hint.into();
        self.hints.push(told.text.clone());
        self.hints_told.push(told);
        self
    }

    #[must_use]
    pub fn at(mut self, diagnostics: Vec<Diagnostic>) -> Self {
        self.diagnostics = diagnostics;
        self
    }

    /// The command line's exit code: 2 where the input is at fault, else 1.
    pub fn exit_code(&self) -> u8 {
        match self.code {
            ErrorCode::InvalidInput | ErrorCode::NotFound | ErrorCode::Ambiguous | ErrorCode::Workspace => 2,
            ErrorCode::Conflict
            | ErrorCode::WrongState
            | ErrorCode::SupervisorUnavailable
            | ErrorCode::Failed => 1,
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let workspace = |hint: Advice| Self::new(ErrorCode::Workspace, error.told()).hint(hint);
        match error {
            StoreError::NewerVersion { .. } => workspace(Advice::UpdateVitals),
            StoreError::OlderVersion { .. } => workspace(Advice::OpenOnce),
            StoreError::NotVitals { .. } => workspace(Advice::OtherWorkspace).hint(Advice::OwnDatabase),
            StoreError::ForeignMigration { .. } => workspace(Advice::OtherWorkspace),
            StoreError::PathNotText { .. } | StoreError::PathTooLong { .. } => {
                workspace(Advice::OtherWorkspace)
            }
            StoreError::NotPlain { .. } => workspace(Advice::RemoveStrange),
            StoreError::NoRoom { .. } | StoreError::NoBackup { .. } => workspace(Advice::MakeRoom),
            StoreError::Missing { .. } => workspace(Advice::EmptyWorkspace),
            StoreError::NotWritable { .. } | StoreError::ReadOnly => workspace(Advice::MakeWritable),
            StoreError::UnknownRun { .. } => {
                Self::new(ErrorCode::NotFound, error.told()).hint(Advice::ListRuns)
            }
            StoreError::UnknownSweep { .. } => {
                Self::new(ErrorCode::NotFound, error.told()).hint(Advice::ListSweeps)
            }
            StoreError::Ambiguous { .. } => {
                Self::new(ErrorCode::Ambiguous, error.told()).hint(Advice::MoreCharacters)
            }
            StoreError::IllegalTransition { .. } => Self::new(ErrorCode::WrongState, error.told()),
            StoreError::Busy => Self::failed(error.told()).hint(Advice::TryAgain),
            StoreError::Corrupt { .. } => Self::failed(error.told()).hint(Advice::CheckDatabase),
            _ if error.is_full() => Self::failed(error.told()).hint(Advice::MakeRoom),
            _ => Self::failed(error.told()),
        }
    }
}

/// An error with the hint where there is one.
pub(crate) fn hinted(error: ApiError, hint: Option<impl Into<Told>>) -> ApiError {
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// A file or folder that the operating system refused.
pub fn io_error(operation: Operation, path: &std::path::Path, error: &std::io::Error) -> ApiError {
    let code = match error.kind() {
        std::io::ErrorKind::NotFound => ErrorCode::NotFound,
        std::io::ErrorKind::PermissionDenied => ErrorCode::Workspace,
        _ => ErrorCode::Failed,
    };
    ApiError::new(code, Failure::file(operation, path, error))
}

/// A run folder that could not be read or written.
pub(crate) fn journal_error(error: &vitals_journal::JournalError) -> ApiError {
    ApiError::failed(Failure::FailedTo { what: vitals_supervisor::journal_told(error) })
}
