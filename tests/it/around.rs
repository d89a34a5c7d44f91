//! What is around the program: environments that are empty or strange, terminals and logs, disks that cannot be written,
//! many commands at once, clusters whose programs answer otherwise or not at all, and somebody who waits for it all.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;
use vitals_fixtures::Frozen;

use crate::support::{Told, Workspace, add_grey, binary, kill, small_sweep, supervisor_pid};

/// Many steps would only take time.
fn grey_sweep(extra: &str) -> String {
    small_sweep(extra, "")
        .replace("\"fashion-mnist\"", "\"grey\"")
        .replace("knn_queries = 100", "knn_queries = 48")
        .replace("knn_bank_size = 256", "knn_bank_size = 96")
}

fn finish(child: Child) -> Told {
    Told::of(child.wait_with_output().expect("it ends"))
}

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("vitals starts")
}

#[test]
fn forty_commands_open_a_new_workspace_at_once() {
    let commands: [&[&str]; 8] = [
        &["runs"],
        &["settings"],
        &["settings", "retry.times=2"],
        &["sweep", "list"],
        &["dataset", "list"],
        &["queue"],
        &["settings", "low_disk_bytes=2GiB"],
        &["--json", "runs"],
    ];
    for round in 0..5 {
        let workspace = Workspace::new();
        let children: Vec<(usize, Child)> = (0..40)
            .map(|number| (number, start(&mut workspace.command(commands[number % commands.len()]))))
            .collect();
        for (number, child) in children {
            let told = finish(child);
            assert_eq!(told.code, 0, "round {round}, {:?}: {told:?}", commands[number % commands.len()]);
            assert!(!told.err.contains("failed") && !told.err.contains("busy"), "{told:?}");
        }
        assert_eq!(workspace.vitals_ok(&["--json", "settings"]).json()["retry"]["times"], 2);
    }
}

#[test]
fn thirty_adds_of_one_sweep_make_one_and_twenty_imports_twenty_runs() {
    let workspace = Workspace::new();
    let sweep = workspace.file("same.toml", &small_sweep("max_steps = 5", ""));
    let table = workspace.file("a.csv", "step,loss\n0,4.5\n1,4.25\n");
    let add = ["sweep", "add", &sweep];
    let import = ["import", "csv", &table];
    let all = std::iter::repeat_n(&add, 30).chain(std::iter::repeat_n(&import, 20));
    let children: Vec<Child> = all.map(|words| start(&mut workspace.command(words))).collect();
    for child in children {
        let told = finish(child);
        assert_eq!(told.code, 0, "{told:?}");
    }
    assert_eq!(workspace.vitals_ok(&["--json", "sweep", "list"]).lines().len(), 1);
    assert_eq!(workspace.runs().len(), 20);
}

/// `vitals sweep list` without a workspace, in an environment of these variables alone.
fn without_workspace(variables: &[(&str, &str)]) -> Told {
    let mut command = Command::new(binary("vitals"));
    command.env_clear().envs(variables.iter().copied()).args(["sweep", "list"]).stdin(Stdio::null());
    Told::of(command.output().expect("vitals starts"))
}

#[test]
fn an_environment_that_names_no_folder_is_said_and_a_relative_one_is_ignored() {
    let home = tempfile::tempdir().expect("a home");
    let home = home.path().display().to_string();
    let at = format!("{home}/.local/share/vitals/vitals.db");
    for nowhere in [&[][..], &[("HOME", "")], &[("HOME", ""), ("XDG_DATA_HOME", "")], &[("HOME", "relative")]]
    {
        let told = without_workspace(nowhere);
        assert_eq!(told.code, 2, "{nowhere:?}: {told:?}");
        assert!(
            told.err.contains("no workspace is known") && told.err.contains("--workspace DIR"),
            "{}",
            told.err
        );
    }
    let told = without_workspace(&[("HOME", &home), ("XDG_DATA_HOME", "relative"), ("VITALS_WORKSPACE", "")]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(
        told.err.contains("XDG_DATA_HOME is `relative`, no absolute path, and is ignored"),
        "{}",
        told.err
    );
    assert!(Path::new(&at).exists() && !Path::new("relative").exists());
    let told = without_workspace(&[("XDG_DATA_HOME", &format!("{home}/data"))]);
    assert!(told.code == 0 && Path::new(&format!("{home}/data/vitals/vitals.db")).exists(), "{told:?}");
}

/// What a command prints on a terminal of a kind.
fn on_a_terminal(workspace: &Workspace, args: &str, variables: &[(&str, &str)]) -> Option<String> {
    let call =
        format!("'{}' --workspace '{}' {args}", binary("vitals").display(), workspace.path("ws").display());
    let mut command = Command::new("script");
    command.args(["-qec", &call, "/dev/null"]).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"] {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn colour_codes_are_for_terminals_alone() {
    let workspace = Workspace::new();
    add_grey(&workspace);
    let wrong = workspace.file("wrong.toml", &grey_sweep("max_steps = 5\noptimiser = \"adamw\""));
    let piped = |variables: &[(&str, &str)]| {
        let mut command = workspace.command(&["sweep", "check", &wrong]);
        command.env_remove("NO_COLOR").env("TERM", "xterm").envs(variables.iter().copied());
        Told::of(command.output().expect("vitals starts")).err
    };
    assert!(!piped(&[]).contains('\u{1b}'));
    assert!(piped(&[("CLICOLOR_FORCE", "1")]).contains('\u{1b}'), "who insists has it");
    assert!(!piped(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains('\u{1b}'));

    // The logs of a detached supervisor and of its workers, even where somebody insists.
    let good = workspace.file("good.toml", &grey_sweep("max_steps = 5"));
    let mut wait = workspace.command(&["sweep", "run", &good, "--wait"]);
    wait.env("CLICOLOR_FORCE", "1").env("TERM", "xterm").env_remove("NO_COLOR").env("RUST_LOG", "info");
    let told = Told::of(wait.output().expect("vitals starts"));
    assert_eq!(told.code, 0, "{told:?}");
    let id = workspace.runs()[0]["id"].as_str().expect("an id").to_owned();
    let logs =
        [workspace.path("ws/supervisor.log"), workspace.run_folder(&id).join("attempt-0001/worker.log")];
    let said = logs.map(|log| std::fs::read_to_string(&log).expect("a log"));
    assert!(said[0].contains("INFO"), "{}", said[0]);
    assert!(said.iter().all(|log| !log.contains('\u{1b}')), "{said:?}");

    let check = format!("sweep check '{wrong}'");
    let Some(coloured) = on_a_terminal(&workspace, &check, &[("TERM", "xterm")]) else {
        return vitals_fixtures::not_run("there is no `script` to make a terminal with");
    };
    assert!(coloured.contains('\u{1b}') && coloured.contains("optimiser"), "{coloured}");
    for plain in [&[("TERM", "dumb")][..], &[("TERM", "xterm"), ("NO_COLOR", "1")]] {
        let told = on_a_terminal(&workspace, &check, plain).expect("as before");
        assert!(!told.contains('\u{1b}') && told.contains("optimiser"), "{plain:?}: {told}");
    }
}

#[test]
fn a_workspace_that_cannot_be_written_is_read_and_says_why_it_is_not_changed() {
    let workspace = Workspace::new();
    add_grey(&workspace);
    let file =
        workspace.file("two.toml", &grey_sweep("max_steps = 20").replace("seeds = [0]", "seeds = [0, 1]"));
    workspace.vitals_ok(&["--quiet", "sweep", "run", &file, "--wait"]);
    let runs = workspace.runs();
    let ids: Vec<&str> = runs.iter().map(|run| run["id"].as_str().expect("an id")).collect();
    if let Some(pid) = supervisor_pid(&workspace.path("ws")) {
        kill(pid, Signal::TERM);
    }
    workspace.wait_supervisor_gone();
    let out = workspace.path("out");
    let out = out.display().to_string();
    let asked: [&[&str]; 8] = [
        &["--json", "runs"],
        &["--json", "series", ids[0], "loss"],
        &["--json", "events", ids[0]],
        &["--json", "compare", ids[0], ids[1]],
        &["--json", "run", "show", ids[0]],
        &["--json", "sweep", "list"],
        &["--json", "queue"],
        &["--json", "dataset", "list"],
    ];
    let answers = |workspace: &Workspace| asked.map(|args| workspace.vitals_ok(args).out);
    let before = answers(&workspace);
    let Some(frozen) = Frozen::make(&workspace.path("ws")) else { return };
    assert_eq!(answers(&workspace), before, "as it was before");
    workspace.vitals_ok(&["export", ids[0], "--format", "csv", "--out", &out]);
    assert!(std::fs::read_to_string(&out).expect("a table").starts_with("step,"));
    for args in [
        &["settings", "retry.times=2"][..],
        &["run", "note", ids[0], "a note"],
        &["run", "tag", ids[0], "kept"],
        &["run", "remove", ids[0]],
        &["run", "rewind", ids[0], "--to-step", "20"],
        &["sweep", "add", &file],
        &["sweep", "run", &file, "--wait"],
        &["queue", "pause"],
        &["dataset", "remove", "grey"],
        &["supervise"],
    ] {
        let told = workspace.vitals(args);
        assert_ne!(told.code, 0, "{args:?}: {told:?}");
        assert!(
            told.err.contains("cannot be written") && told.err.contains("make the folder writable"),
            "{args:?}: {}",
            told.err
        );
    }
    let doctor = workspace.vitals(&["doctor"]);
    assert!(doctor.out.contains("is not writable"), "{doctor:?}");
    drop(frozen);
    assert_eq!(answers(&workspace), before, "nothing was changed");
    workspace.vitals_ok(&["run", "note", ids[0], "a note"]);
}

/// The stand-ins for Slurm's programs, which a file `PROGRAM.refuses` in `state` makes refuse with its words.
struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    fn new(workspace: &Workspace) -> Self {
        let folder = workspace.path("cluster");
        for inside in ["bin", "state"] {
            std::fs::create_dir_all(folder.join(inside)).expect("a folder");
        }
        for program in ["sbatch", "squeue", "sacct", "scancel"] {
            let stand_in = vitals_fixtures::path("trials/13-slurm/bin").join(program);
            let refusal = format!("$STUB_STATE/{program}.refuses");
            let script = format!(
                "#!/bin/bash\n[ -e {refusal} ] && {{ cat {refusal} >&2; exit 1; }}\nexec {} \"$@\"\n",
                stand_in.display()
            );
            let path = folder.join("bin").join(program);
            std::fs::write(&path, script).expect("a script");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a program");
        }
        Self { folder }
    }

    fn tell(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join("state").join(name), text).expect("a file");
    }

    fn command(&self, workspace: &Workspace, args: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = workspace.command(args);
        command.env("PATH", format!("{}:{path}", self.folder.join("bin").display()));
        command.env("STUB_STATE", self.folder.join("state"));
        command
    }

    fn vitals(&self, workspace: &Workspace, args: &[&str]) -> Told {
        Told::of(self.command(workspace, args).output().expect("vitals starts"))
    }
}

/// The first trial: the queue cannot be asked at all.
#[test]
fn waiting_ends_with_the_run_where_squeue_refuses_and_everything_says_what_it_said() {
    let workspace = Workspace::new();
    add_grey(&workspace);
    let cluster = Cluster::new(&workspace);
    cluster.tell("squeue.refuses", "squeue: error: ask qview instead");
    cluster.tell("style", "classic");
    workspace.vitals_ok(&["slurm", "--on"]);
    let file = workspace.file("small.toml", &grey_sweep("max_steps = 20"));
    let told = cluster.vitals(&workspace, &["sweep", "run", &file, "--wait"]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(
        told.err.contains("squeue cannot be asked") && told.err.contains("ask qview instead"),
        "{}",
        told.err
    );
    let run = &workspace.runs()[0];
    assert_eq!(
        (run["state"].as_str(), run["evidence"].as_str()),
        (Some("finished"), Some("exit 0")),
        "{run}"
    );
    let queue = cluster.vitals(&workspace, &["queue"]);
    assert!(queue.err.contains("ask qview instead"), "{queue:?}");
    let doctor = cluster.vitals(&workspace, &["doctor"]);
    assert!(
        doctor.out.contains("squeue cannot be asked: squeue: error: ask qview instead"),
        "{}",
        doctor.out
    );
}

/// The second: `sbatch` answers as it does without `--parsable`, and `squeue` is of a version without `--me`.
#[test]
fn an_older_slurm_runs_a_sweep_to_its_end() {
    let workspace = Workspace::new();
    add_grey(&workspace);
    let cluster = Cluster::new(&workspace);
    cluster.tell("style", "classic");
    cluster.tell("oldsqueue", "1");
    workspace.vitals_ok(&["slurm", "--on"]);
    let file = workspace.file("small.toml", &grey_sweep("max_steps = 20"));
    let told = cluster.vitals(&workspace, &["sweep", "run", &file, "--wait"]);
    assert_eq!((told.code, told.err.contains("cannot be asked")), (0, false), "{told:?}");
    let id = workspace.runs()[0]["id"].as_str().expect("an id").to_owned();
    let history = workspace.run(&id)["transitions"].to_string();
    assert!(history.contains("exit 0") && !history.contains("not started"), "{history}");
}

#[test]
fn waiting_says_once_why_nothing_moves_and_ctrl_c_leaves_the_runs_alone() {
    let workspace = Workspace::new();
    add_grey(&workspace);
    workspace.vitals_ok(&["queue", "pause"]);
    let file = workspace.file("long.toml", &grey_sweep("max_steps = 100000"));
    let log = workspace.path("waiting.err");
    let errors = std::fs::File::create(&log).expect("a file");
    let mut command = workspace.command(&["sweep", "run", &file, "--wait"]);
    let waiting = command.stdout(Stdio::null()).stderr(errors).spawn().expect("vitals starts");
    let said = || std::fs::read_to_string(&log).expect("what it says");
    let paused = "the queue is paused; `vitals queue resume` lets it go on";
    workspace.wait_for("it to say that the queue is paused", || {
        if said().contains(paused) { Ok(()) } else { Err(said()) }
    });
    workspace.vitals_ok(&["queue", "resume"]);
    let id = workspace.runs()[0]["id"].as_str().expect("an id").to_owned();
    workspace.wait_state(&id, "running");
    kill(i32::try_from(waiting.id()).expect("a process"), Signal::INT);
    let ended = finish(waiting);
    assert_eq!(ended.code, 130, "{}", said());
    assert_eq!(said().matches(paused).count(), 1, "once: {}", said());
    assert!(said().contains("the runs go on"), "{}", said());
    assert_eq!(workspace.run(&id)["state"], "running");

    // Whoever waits again is told how it ended, and the exit code says that not all finished.
    let mut again = workspace.command(&["sweep", "run", &file, "--wait"]);
    let waiting = start(&mut again);
    workspace.vitals_ok(&["run", "cancel", &id]);
    let told = finish(waiting);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.err.contains("cancelled · as you asked, checkpoint at step "), "{}", told.err);
}

#[test]
fn what_is_printed_can_be_pasted_back() {
    let workspace = Workspace::new();
    add_grey(&workspace);
    let file = workspace.file("small.toml", &grey_sweep("max_steps = 20\nbase_learning_rate = 1.5e-4"));
    workspace.vitals_ok(&["--quiet", "sweep", "run", &file, "--wait"]);
    let run = workspace.runs()[0].clone();
    let id = run["id"].as_str().expect("an id");
    let table = workspace.vitals_ok(&["runs"]).out;
    assert!(table.is_ascii() || !table.contains(['\u{2212}', '\u{202f}', '\u{a0}']), "{table}");
    let short =
        table.lines().nth(1).and_then(|line| line.split_whitespace().next()).expect("a row").to_owned();
    assert_eq!(workspace.run(&short)["id"], id);
    let found = |filter: &str| {
        workspace.vitals_ok(&["--json", "runs", "--where", filter, "--limit", "1,000"]).lines().len()
    };
    let rate = run["effective_learning_rate"].as_f64().expect("a rate");
    let shown = workspace.vitals_ok(&["run", "show", id]).out;
    let shown =
        shown.lines().find_map(|line| line.strip_prefix("effective lr ")).expect("its rate").to_owned();
    assert!((shown.parse::<f64>().expect("a plain number") - rate).abs() <= rate * 5e-3, "{shown}");
    for filter in [
        format!("id = {short}"),
        "base_learning_rate = 1.5e\u{2212}4".to_owned(),
        "batch_size < 1,024 and seed = 0".to_owned(),
        "total_steps < 2\u{202f}000".to_owned(),
        "knn_top1.last >= 3 %".to_owned(),
        "loss.last > \u{2212}1,000.5".to_owned(),
    ] {
        assert_eq!(found(&filter), 1, "{filter}");
    }
    let pasted =
        workspace.file("pasted.toml", &grey_sweep("max_steps = 20\nbase_learning_rate = 1.5e\u{2212}4"));
    let told = workspace.vitals(&["sweep", "check", &pasted]);
    assert!(told.code == 2 && told.err.contains("TOML has it as `1.5e-4`"), "{told:?}");
    let series = workspace
        .vitals_ok(&["--json", "series", id, "loss", "--from", "1\u{a0}000", "--to", "2,000"])
        .json();
    assert_eq!(series["steps"], serde_json::json!([]));
}
