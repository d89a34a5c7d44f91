//! Starts other programs: says what it runs, passes their output through, and turns a bad end into one sentence.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// `program arg arg` as a person would type it.
pub fn line(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let argument = argument.to_string_lossy();
        if argument.is_empty() || argument.contains([' ', '\'', '"', '*', '$']) {
            let _ = write!(text, " '{argument}'");
        } else {
            let _ = write!(text, " {argument}");
        }
    }
    text
}

/// A program in a folder.
pub fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    command
}

/// Runs it to its end with its output shown. Fails when it cannot start or ends badly.
pub fn check(command: &mut Command) -> anyhow::Result<()> {
    let shown = line(command);
    let status = command.status().with_context(|| format!("start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Runs it quietly and returns what it wrote to stdout. The error of a bad end shows both outputs: a benchmark that misses
/// its bar has figures all the same.
pub fn read(command: &mut Command) -> anyhow::Result<String> {
    let shown = line(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("start `{shown}`"))?;
    if !output.status.success() {
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        bail!("`{shown}` ended with {}\n{}", output.status, format!("{stdout}{stderr}").trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether it starts and ends well; its output is thrown away.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs it with both outputs shown as they come, and returns the lines: for runners whose last lines are counted.
pub fn tee(command: &mut Command) -> anyhow::Result<(bool, Vec<String>)> {
    let shown = line(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start `{shown}`"))?;
    let stdout = child.stdout.take().context("the child's stdout is piped")?;
    let stderr = child.stderr.take().context("the child's stderr is piped")?;
    let errors = std::thread::spawn(move || pass_on(stderr, &mut std::io::stderr()));
    let mut lines = pass_on(stdout, &mut std::io::stdout());
    lines.extend(errors.join().unwrap_or_default());
    let status = child.wait().with_context(|| format!("wait for `{shown}`"))?;
    Ok((status.success(), lines))
}

fn pass_on(from: impl std::io::Read, to: &mut impl Write) -> Vec<String> {
    let mut lines = Vec::new();
    let mut reader = BufReader::new(from);
    let mut bytes = Vec::new();
    while matches!(reader.read_until(b'\n', &mut bytes), Ok(read) if read > 0) {
        // A closed stdout (`| head`) must not stop the tests: their end is what counts.
        let _ = to.write_all(&bytes).and_then(|()| to.flush());
        lines.push(String::from_utf8_lossy(&bytes).trim_end().to_owned());
        bytes.clear();
    }
    lines
}

/// Where a program is in `PATH`.
pub fn on_path(program: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
