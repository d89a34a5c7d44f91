//! How failures of the rooms below become the closed set of codes that crosses a door, each with what to do next.

use vitals_store::StoreError;

use crate::dto::{ApiError, Diagnostic, ErrorCode};

/// What nearly everything here returns.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

impl ApiError {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hints: Vec::new(), diagnostics: Vec::new() }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidInput, message)
    }

    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Failed, message)
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
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
        let message = error.to_string();
        let workspace = |hint: &str| Self::new(ErrorCode::Workspace, message.clone()).hint(hint);
        match error {
            StoreError::NewerVersion { .. } => {
                workspace("update Vitals, or choose another workspace with --workspace")
            }
            StoreError::OlderVersion { .. } => {
                workspace("open the workspace once with a command that writes")
            }
            StoreError::NotVitals { .. } | StoreError::ForeignMigration { .. } => {
                workspace("choose another workspace with --workspace; nothing was changed in this one")
            }
            StoreError::Missing { .. } => {
                workspace("nothing was stored in this workspace yet; `vitals sweep add` begins")
            }
            StoreError::NotWritable { .. } | StoreError::ReadOnly => {
                workspace("make the folder writable, or choose another workspace with --workspace")
            }
            StoreError::UnknownRun { .. } => {
                Self::new(ErrorCode::NotFound, message).hint("`vitals runs` lists the runs")
            }
            StoreError::UnknownSweep { .. } => {
                Self::new(ErrorCode::NotFound, message).hint("`vitals sweep list` lists the sweeps")
            }
            StoreError::Ambiguous { .. } => {
                Self::new(ErrorCode::Ambiguous, message).hint("give more characters of the id")
            }
            StoreError::IllegalTransition { .. } => Self::new(ErrorCode::WrongState, message),
            StoreError::Busy => Self::failed(message).hint("try again; nothing was changed"),
            StoreError::Corrupt { .. } => Self::failed(message).hint("`vitals doctor` checks the database"),
            _ => Self::failed(message),
        }
    }
}

/// Completes "failed to …" with a path and the operating system's reason.
pub fn io_error(operation: &str, path: &std::path::Path, error: &std::io::Error) -> ApiError {
    let code = match error.kind() {
        std::io::ErrorKind::NotFound => ErrorCode::NotFound,
        std::io::ErrorKind::PermissionDenied => ErrorCode::Workspace,
        _ => ErrorCode::Failed,
    };
    ApiError::new(code, format!("failed to {operation} {}: {error}", path.display()))
}
