//! What files of weights hold, whatever wrote them.

use crate::tensor_file::State;

/// What a file of weights holds.
#[derive(Debug)]
pub(crate) struct Weights {
    /// Names without those that wrappers put before them.
    pub tensors: State,
    /// `arch` where an official script wrote it.
    pub architecture: Option<String>,
    /// `epoch`, the one that comes next.
    pub epoch: Option<i64>,
    /// The keys below which the tensors lie, as `teacher`; none where the file holds them at once.
    pub read_from: Option<String>,
    /// Further keys below which tensors lie, which were not read.
    pub beside: Vec<String>,
    /// Names whose values are of a kind that is not read.
    pub left_out: Vec<String>,
}
