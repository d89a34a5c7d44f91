//! What is to be known of where a workspace was found.

vitals_recipe::sentences! {
    /// What is to be known of how a place was found.
    pub(crate) enum Remark in "place" {
        Relative { name: String, value: String } = "{name} is `{value}`, no absolute path, and is ignored";
        UnlistedFolder { command: String } = "1 run folder is not in the database: `{command}`";
        UnlistedFolders { count: usize, command: String } =
            "{count} run folders are not in the database: `{command}`";
    }
}
