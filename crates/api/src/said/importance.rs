//! Why nothing is said of what an outcome depends on: one sentence with its numbers.

vitals_recipe::sentences! {
    /// Why no parameters are ranked.
    pub enum Unranked in "unranked" {
        FewRuns { needed: u64, found: u64 } = "what an outcome depends on needs {needed} runs that have it; {found} here";
        NothingVaries = "these runs differ in no parameter";
        OneOutcome = "the outcome of all of these runs is the same";
        /// Of the share that a forest foretells.
        Unexplained { explained: f64, least: f64 } =
            "a forest on these parameters foretells too little of runs that it has not seen: R² {explained}, and {least} is the least";
        /// Another question was asked, or nobody waits for the answer any more.
        Stopped = "another question was asked meanwhile";
    }
}
