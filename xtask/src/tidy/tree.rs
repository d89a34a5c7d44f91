//! The Rust files of the clone as rules over several files see them: whose they are, which module each is, its words.

use super::code::{Word, words};

/// A file of Rust.
#[derive(Debug)]
pub struct File<'a> {
    /// Within the clone.
    pub path: &'a str,
    /// The folder of the package that it belongs to.
    pub room: &'a str,
    pub words: Vec<Word<'a>>,
}

impl<'a> File<'a> {
    pub fn new(path: &'a str, text: &'a str, room: &'a str) -> Self {
        Self { path, room, words: words(text) }
    }

    /// Its place in the module tree of the package's library or program; none for what is built on its own.
    pub fn module(&self) -> Option<Vec<&'a str>> {
        let inside = self.path.strip_prefix(self.room)?.strip_prefix("/src/")?.strip_suffix(".rs")?;
        let mut path: Vec<&str> = inside.split('/').collect();
        if path[0] == "bin" {
            return None;
        }
        if path.last() == Some(&"mod") || matches!(path.as_slice(), ["lib" | "main"]) {
            path.pop();
        }
        Some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_modules_of_their_package() {
        let module = |path| File::new(path, "", "crates/x").module();
        assert_eq!(module("crates/x/src/lib.rs"), Some(vec![]));
        assert_eq!(module("crates/x/src/a/mod.rs"), Some(vec!["a"]));
        assert_eq!(module("crates/x/src/a/b.rs"), Some(vec!["a", "b"]));
        assert_eq!(module("crates/x/src/bin/tool.rs"), None);
        assert_eq!(module("crates/x/tests/it/main.rs"), None);
    }
}
