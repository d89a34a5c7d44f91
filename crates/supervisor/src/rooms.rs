//! All rooms that a turn goes through, as one supervisor has them: what obeys, starts and acts is given the whole; what
//! stands in a room is given its neighbours one by one.

use crate::executor::Executors;
use crate::ground::Ground;
use crate::ledger::Ledger;
use crate::queue::line::Line;
use crate::watch::Watched;

pub(crate) struct Rooms {
    pub ground: Ground,
    pub ledger: Ledger,
    pub line: Line,
    pub watched: Watched,
    pub executors: Executors,
}
