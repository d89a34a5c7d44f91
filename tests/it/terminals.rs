//! Texts of others on a terminal, and streams that take no more: labels, evidence, names, log lines and sweep files cannot move a
//! terminal or forge a line, whatever command shows them; a result that could not be written is no success.

use std::fs::File;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::support::{Told, Workspace, binary, kill, small_sweep, supervisor_pid};

/// A clipboard written, a screen cleared in both spellings, text turned round, a line forged, and what else is no letter.
const HOSTILE: &str =
    "a\u{1b}]52;c;cm0g\u{7}\u{1b}[2J\u{9b}2J\u{202e}b\u{2066}\u{200f}\nFORGED\r\u{7f}\u{8}c";

/// Puts a text wherever the database keeps one for people. Needs python3, whose library speaks to SQLite.
const PLANT: &str = "\
import json, sqlite3, sys
c = sqlite3.connect(sys.argv[1]); t = sys.argv[2] + '\\0'
c.execute('UPDATE runs SET label = ?, note = ?, evidence = ?, evidence_code = NULL', (t, t, t))
c.execute('UPDATE transitions SET evidence = ?, evidence_code = NULL', (t,))
c.execute('UPDATE sweeps SET name = ?', (t,))
for (num,) in c.execute('SELECT num FROM runs').fetchall():
    c.execute('INSERT INTO tags VALUES (?, ?)', (num, t))
    c.execute('INSERT INTO logs (run_num, attempt, level, text) VALUES (?, 1, ?, ?)', (num, t, t))
    c.execute('INSERT INTO events (run_num, attempt, kind, step, injected, details, superseded) VALUES (?, 1, ?, 1, 0, ?, 0)',
              (num, t, json.dumps({'what': t})))
    c.execute('INSERT INTO events (run_num, attempt, kind, step, injected, details, superseded) VALUES (?, 1, ?, 1, 0, ?, 0)',
              (num, 'checkpoint', json.dumps({'path': t})))
c.execute('INSERT OR REPLACE INTO settings VALUES (?, ?)',
          ('slurm', json.dumps({'enabled': True, 'partition': t, 'conf': t, 'extra': [t]})))
c.execute('INSERT INTO datasets VALUES (?, ?, ?, ?, 0, ?, 0)',
          ('grey', t, t, json.dumps({'name': 'grey', 'images': 1, 'classes': 0, 'labelled': False, 'image_size': None}), t))
c.commit()
";

/// Nothing that a terminal obeys but the ends of our own lines, none of which is forged.
fn assert_legible(what: &str, text: &str) {
    let obeyed = |c: char| {
        c != '\n' && c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let found: Vec<char> = text.chars().filter(|c| obeyed(*c)).collect();
    assert!(found.is_empty(), "{what}: {found:?} in {text:?}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("FORGED")), "{what}: {text}");
}

/// Without the codes that colour words and do nothing else.
fn uncoloured(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('m') {
            Some((code, text)) if code.chars().all(|c| c.is_ascii_digit() || c == ';') => rest.push_str(text),
            _ => rest.push_str(&format!("\u{1b}[{part}")),
        }
    }
    rest
}

#[test]
fn no_text_of_others_moves_a_terminal_or_forges_a_line() {
    let workspace = Workspace::new();
    let steps: String = (0..20).map(|step| format!("{step},{},2\n", 4.5 - f64::from(step) / 10.0)).collect();
    let file = workspace.file("theirs.csv", &format!("step,loss,\"x\u{1b}[2J\u{202e}y\"\n{steps}"));
    let config = workspace.file("config.json", &serde_json::json!({ HOSTILE: HOSTILE }).to_string());
    for _ in 0..2 {
        workspace.vitals_ok(&["import", "csv", "--config", &config, &file]);
    }
    let ids: Vec<String> =
        workspace.runs().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect();
    let sweep = workspace.file("sweep.toml", &small_sweep("max_steps = 5", ""));
    workspace.vitals_ok(&["--quiet", "sweep", "run", &sweep, "--wait"]);
    let sweeps = workspace.vitals_ok(&["--json", "sweep", "list"]).lines();
    let sweep_id = sweeps[0]["id"].as_str().unwrap().to_owned();
    kill(supervisor_pid(&workspace.path("ws")).unwrap(), Signal::TERM);
    workspace.wait_supervisor_gone();
    let mut plant = Command::new("python3");
    plant.args(["-c", PLANT]).arg(workspace.path("ws/vitals.db")).arg(HOSTILE);
    let Ok(planted) = plant.output() else {
        return vitals_fixtures::not_run("there is no python3 here");
    };
    assert!(planted.status.success(), "{planted:?}");
    let broken = workspace.file("broken.toml", "name = \"a\"\n# \u{202e}\u{9b}2J\nseeds = [ \u{1b}[2J\r\n");
    let wrong = workspace.file("wrong.toml", &small_sweep("opti\u{202e}miser = \"a\u{9b}2J\"", ""));
    let spelt = small_sweep("max_steps = 5\n\"opti\\u001b[2J\\nFORGED\" = \"a\\u001b[2J\"", "");
    let spelt = workspace.file("spelt.toml", &spelt.replace("Small", "Sm\\u001b[2J\\nFORGED"));

    let (a, b) = (ids[0].as_str(), ids[1].as_str());
    let hostile_name = format!("{}/{HOSTILE}.toml", workspace.root().display());
    let commands: &[&[&str]] = &[
        &["runs"],
        &["run", "show", a],
        &["run", "log", a],
        &["series", a],
        &["series", a, "loss", "x\u{1b}[2J\u{202e}y"],
        &["series", a, HOSTILE],
        &["events", a],
        &["compare", a, b],
        &["compare", "--all", a, b],
        &["probe", a],
        &["queue"],
        &["queue", "list"],
        &["table"],
        &["table", "--by", "label"],
        &["report", HOSTILE, "--out", "report.html"],
        &["report", "--where", HOSTILE, "--out", "report.html"],
        &["report", &sweep_id, "--title", HOSTILE, "--out", HOSTILE],
        &["sweep", "run", &sweep, "--wait"],
        &["slurm"],
        &["sweep", "list"],
        &["sweep", "show", &sweep_id],
        &["sweep", "check", &broken],
        &["sweep", "check", &wrong],
        &["sweep", "check", &spelt],
        &["sweep", "add", &spelt],
        &["sweep", "check", &hostile_name],
        &["dataset", "list"],
        &["dataset", "check", "grey"],
        &["dataset", "remove", HOSTILE],
        &["runs", "--where", HOSTILE],
        &["runs", "--sort", HOSTILE],
        &["run", "show", HOSTILE],
        &["run", "retry", a, b],
        &["parameters"],
        &["parameters", HOSTILE],
        &["settings", HOSTILE],
        &["import", "csv", &hostile_name],
        &["ingest", &hostile_name],
        &["journal", "check", &hostile_name],
        &["export", HOSTILE, "--format", "csv", "--out", "-"],
        &["export", a, "--format", HOSTILE, "--out", "-"],
        &[HOSTILE],
        &["doctor"],
    ];
    let mut shown = 0;
    for &command in commands {
        let told = workspace.vitals(command);
        assert!((0..=2).contains(&told.code), "{command:?}: {told:?}");
        for text in [&told.out, &told.err] {
            assert_legible(&format!("{command:?}"), text);
            shown += usize::from(text.contains("\\x1b"));
        }
        let coloured = workspace.command(command).env("CLICOLOR_FORCE", "1").output().unwrap();
        let coloured = Told::of(coloured);
        assert_legible(&format!("{command:?} in colour"), &uncoloured(&(coloured.out + &coloured.err)));
    }
    assert!(shown > 20, "it is shown as what it is, in {shown} texts");
    // What follows on a terminal moves it by itself, but not as it is told by others.
    let mut terminal = Command::new("python3");
    terminal
        .args(["-c", "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"]);
    let follow = workspace.command(&["runs", "--follow", "--until-ended"]);
    terminal.arg(follow.get_program()).args(follow.get_args()).stdin(Stdio::null());
    let told = told(&mut terminal);
    assert!(told.code == 0 && told.out.contains("\\x1b]52"), "{told:?}");
    for obeyed in ["\u{1b}]52", "\u{7}", "\u{9b}", "\u{202e}", "\nFORGED", "\rFORGED"] {
        assert!(!told.out.contains(obeyed), "{obeyed:?} in {told:?}");
    }
    // What is for programs and for files stays as it is.
    assert!(workspace.runs()[0]["label"].as_str().unwrap().starts_with(HOSTILE));
}

#[test]
fn a_log_line_stays_one_line() {
    let workspace = Workspace::new();
    let folder = workspace.path(HOSTILE);
    std::fs::create_dir(&folder).unwrap();
    let worker = Command::new(binary("vitals-worker")).arg("train").arg(&folder).output().unwrap();
    let told = Told::of(worker);
    assert!(told.code != 0 && told.err.contains("\\x1b]52"), "{told:?}");
    assert_legible("vitals-worker train", &told.err);
    let inspect =
        Command::new(binary("vitals-worker")).arg("inspect").arg(folder.join("no")).output().unwrap();
    let told = Told::of(inspect);
    assert!(told.err.contains("\\x1b]52"), "{told:?}");
    assert_legible("vitals-worker inspect", &told.err);

    // A supervisor in a workspace of that name, whose log is read by people.
    let mut supervise = Command::new(binary("vitals"));
    supervise.arg("--workspace").arg(&folder).args(["supervise", "--until-idle"]).env("RUST_LOG", "debug");
    let told = Told::of(supervise.output().unwrap());
    assert!(told.code == 0 && told.err.contains("\\x1b]52"), "{told:?}");
    assert_legible("vitals supervise", &told.err);
    let guard = Command::new(binary("vitals")).args(["guard", "--speed", HOSTILE]).output().unwrap();
    assert_legible("vitals guard", &Told::of(guard).err);
}

/// A program with a full device, or a pipe that nobody reads, in the place of one of its streams.
fn told(command: &mut Command) -> Told {
    Told::of(command.stdin(Stdio::null()).output().unwrap())
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

#[test]
fn a_result_that_cannot_be_written_is_no_success() {
    let workspace = Workspace::new();
    let file = workspace.file("a.csv", "step,loss\n0,1\n1,2\n");
    let run = workspace.vitals_ok(&["import", "csv", &file]).out.trim().to_owned();
    let said = "failed to write to standard output: No space left on device";
    for args in [
        &["runs"][..],
        &["--json", "runs"],
        &["--json", "series", &run, "loss"],
        &["run", "show", &run],
        &["export", &run, "--format", "csv", "--out", "-"],
        &["parameters"],
        &["--help"],
        &["--version"],
    ] {
        let mut command = workspace.command(args);
        let output = command.stdout(full()).output().unwrap();
        let told = Told::of(output);
        assert!(told.code == 1 && told.err.contains(said), "{args:?}: {told:?}");
        // A reader that went away has what it wanted.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let told = Told::of(workspace.command(args).stdout(writer).output().unwrap());
        assert!(told.code == 0 && told.err.is_empty(), "{args:?}: {told:?}");
    }
    let sweep = workspace.file("sweep.toml", &small_sweep("max_steps = 5", ""));
    let mut waiting = workspace.command(&["sweep", "run", &sweep, "--wait"]);
    let waiting = told(waiting.stdout(full()));
    assert!(waiting.code == 1 && waiting.err.contains(said), "{waiting:?}");
    let mut devices = Command::new(binary("vitals-worker"));
    let devices = told(devices.arg("devices").stdout(full()));
    assert!(devices.code == 1 && devices.err.contains("failed to write to standard output"), "{devices:?}");
}

/// C8: a device is no place for a file, and is there afterwards.
#[test]
fn an_export_takes_no_device_for_a_file() {
    use std::os::unix::fs::FileTypeExt as _;

    let workspace = Workspace::new();
    let file = workspace.file("a.csv", "step,loss\n0,1\n1,2\n");
    let run = workspace.vitals_ok(&["import", "csv", &file]).out.trim().to_owned();
    let link = workspace.path("link.csv");
    std::os::unix::fs::symlink("/dev/full", &link).unwrap();
    for out in ["/dev/full", &link.display().to_string()] {
        for format in ["csv", "svg"] {
            let told = workspace.vitals(&["export", &run, "--format", format, "--out", out]);
            assert!(told.code == 2 && told.err.contains("device"), "{out}, {format}: {told:?}");
        }
        let told = workspace.vitals(&["report", "--where", "label", "--out", out]);
        assert_eq!(told.code, 2, "{told:?}");
    }
    assert!(std::fs::metadata("/dev/full").unwrap().file_type().is_char_device());
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn a_full_standard_error_ends_nobody() {
    let workspace = Workspace::new();
    let empty = workspace.path("set/empty");
    std::fs::create_dir_all(&empty).unwrap();
    let set = workspace.path("set").display().to_string();
    let file = workspace.file("wrong.toml", "nonsense = 1\n");
    for (args, code) in [
        (&["dataset", "add", "x", &set][..], 2),
        (&["sweep", "check", &file], 2),
        (&["run", "show", "nobody"], 2),
        (&["--json", "run", "show", "nobody"], 2),
        (&["nonsense"], 2),
        (&["supervise", "--until-idle"], 0),
        (&["guard", "--speed", "1"], 2),
    ] {
        let output = workspace.command(args).stderr(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
    }
    let mut train = Command::new(binary("vitals-worker"));
    let code = told(train.arg("train").arg(workspace.path("nowhere")).stderr(full())).code;
    assert!((1..101).contains(&code), "{code}");
}
