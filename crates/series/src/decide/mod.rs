//! Decisions: what pairs of runs say of a change. Differences and their tests, what corrects them for several arms, several
//! looks and failed runs, how many pairs are missing, and the one word that all this allows.

mod assurance;
mod best;
mod deciding;
mod differences;
mod e_value;
mod failures;
mod flips;
mod holm;
mod looks;
mod mcnemar;
mod normal;
mod power;
mod verdict;

pub use assurance::assurance;
pub use best::best;
pub use deciding::{Look, Together};
pub use differences::Differences;
pub use failures::Failures;
pub use looks::Looks;
pub use verdict::{Answer, Correction, ENOUGH_PAIRS, Outcome, Pair, Question, Reason, Verdict, decide};
