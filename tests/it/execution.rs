//! Settings by which runs are sent off, written by somebody else: nothing of a cluster is called before this user has confirmed
//! them, and the queue says why it waits. And whose a workspace is, before anything is started in it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::support::{Told, Workspace, small_sweep};

/// A user with a record of their own, for whom the cluster's programs are scripts that note that they were called.
struct User<'a> {
    workspace: &'a Workspace,
    name: &'static str,
}

impl User<'_> {
    fn vitals(&self, args: &[&str]) -> Told {
        let mut command = self.workspace.command(args);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.workspace.path("cluster").display()));
        command.env("XDG_STATE_HOME", self.workspace.path(self.name));
        Told::of(command.output().unwrap())
    }
}

/// Which programs of the cluster were called, and with which configuration.
fn calls(workspace: &Workspace) -> String {
    std::fs::read_to_string(workspace.path("calls")).unwrap_or_default()
}

fn cluster(workspace: &Workspace) -> PathBuf {
    let folder = workspace.path("cluster");
    std::fs::create_dir(&folder).unwrap();
    let calls = workspace.path("calls");
    for program in ["sbatch", "squeue", "sacct", "scancel"] {
        let script = format!("#!/bin/sh\necho \"{program} $SLURM_CONF\" >> '{}'\nexit 1\n", calls.display());
        std::fs::write(folder.join(program), script).unwrap();
        std::fs::set_permissions(folder.join(program), Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

#[test]
fn nothing_is_sent_off_by_settings_that_this_user_did_not_confirm() {
    let workspace = Workspace::new();
    cluster(&workspace);
    let (they, me) =
        (User { workspace: &workspace, name: "they" }, User { workspace: &workspace, name: "me" });
    let conf = workspace.file("slurm.conf", "");
    let sweep = workspace.file("sweep.toml", &small_sweep("max_steps = 5", ""));
    let written = they.vitals(&[
        "settings",
        "slurm.enabled=true",
        &format!("slurm.conf={conf}"),
        "slurm.partition=gpu",
    ]);
    assert_eq!(written.code, 0, "{written:?}");

    // Whatever I ask, and whatever else I set.
    let why = format!("slurm.enabled = true, slurm.partition = gpu, slurm.conf = {conf}");
    let how = "confirm it under Settings or with `vitals settings --trust`";
    let started = me.vitals(&["sweep", "run", &sweep]);
    assert!(started.code == 0 && started.err.contains(&why) && started.err.contains(how), "{started:?}");
    assert_eq!(me.vitals(&["settings", "low_disk_bytes=0"]).code, 0);
    let queue = workspace.wait_for("the supervisor to say why", || {
        let queue = me.vitals(&["queue"]);
        if queue.err.contains(&why) { Ok(queue) } else { Err(format!("{queue:?}")) }
    });
    assert!(queue.err.contains("nothing is started") && queue.err.contains(how), "{queue:?}");
    assert!(me.vitals(&["settings"]).err.contains(how));
    let doctor = me.vitals(&["doctor"]);
    assert!(doctor.out.contains(how), "{doctor:?}");
    assert_eq!(calls(&workspace), "", "nothing of the cluster was called");
    assert_eq!(workspace.runs()[0]["state"], "queued");

    let confirmed = me.vitals(&["settings", "--trust"]);
    assert!(confirmed.code == 0 && confirmed.out.contains("slurm.partition = gpu"), "{confirmed:?}");
    workspace.wait_for("the job to be handed in", || {
        let calls = calls(&workspace);
        if calls.contains(&format!("sbatch {conf}")) { Ok(()) } else { Err(calls) }
    });

    // What they change has to be confirmed again, what I change does not.
    let changed = they.vitals(&["settings", "slurm.partition=other"]);
    assert_eq!(changed.code, 0, "{changed:?}");
    assert!(me.vitals(&["settings"]).err.contains("slurm.partition = other"));
    assert_eq!(me.vitals(&["settings", "slurm.enabled=false"]).code, 0);
    assert_eq!(me.vitals(&["settings", "slurm.enabled=true"]).err, "");
}

#[test]
fn a_workspace_that_others_may_write_is_told_before_anything_is_started() {
    let workspace = Workspace::new();
    let sweep = workspace.file("sweep.toml", &small_sweep("max_steps = 1", ""));
    workspace.vitals_ok(&["sweep", "add", &sweep]);
    let set = |mode| std::fs::set_permissions(workspace.path("ws"), Permissions::from_mode(mode)).unwrap();
    let said = |told: &Told| told.err.contains("can be written by others") && told.err.contains("chmod go-w");
    set(0o755);
    let quiet = workspace.vitals_ok(&["queue", "resume"]);
    assert!(!said(&quiet), "{quiet:?}");
    set(0o777);
    let told = workspace.vitals_ok(&["queue", "resume"]);
    assert!(said(&told), "{told:?}");
    let listed = workspace.vitals_ok(&["runs"]);
    assert!(!said(&listed), "who only looks is left alone: {listed:?}");
    set(0o755);
}
