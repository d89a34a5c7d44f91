//! Words of a POSIX shell, for scripts that are run and commands that people copy.

/// One word for a shell, whatever is in it.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_gets_back_what_was_quoted() {
        for text in ["plain", "two words", "it's", "$(rm -rf /) `x` \"y\" \\", "*;&|\n", ""] {
            let script = format!("printf %s {}", quoted(text));
            let told = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(told.stdout).unwrap(), text);
        }
    }
}
