//! Why nothing is said of a boundary: one sentence with its numbers.

vitals_recipe::sentences! {
    /// Why runs tell of no boundary.
    pub enum Unbounded in "unbounded" {
        FewRuns { found: u64, needed: u64 } =
            "the boundary needs {needed} runs that tell whether training was stable; {found} here";
        AllStable { count: u64 } = "all {count} runs were stable: the boundary is above their rates, if there is one";
        NoneStable { count: u64 } = "none of the {count} runs was stable: the boundary is below their rates, if there is one";
        OneRate { count: u64 } = "all {count} runs have the same base learning rate: they tell of no boundary";
        NotByRate { count: u64 } = "of the {count} runs those of higher rates were not less stable: no rate parts them";
    }
}
