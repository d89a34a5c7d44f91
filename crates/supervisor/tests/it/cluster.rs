//! A cluster of stand-ins: the scheduler's programs of the fixtures, which run what they are given on this machine, and
//! answer, or do not, as a test tells them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use vitals_supervisor::settings::{self, SlurmSettings};

use crate::harness::World;

/// Stand-ins for Slurm, and a folder by which a test tells them how to answer.
pub struct Cluster {
    folder: tempfile::TempDir,
}

impl Cluster {
    pub fn new() -> Self {
        let cluster = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(cluster.state()).unwrap();
        let bin = cluster.folder.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        for program in ["sbatch", "squeue", "sacct", "scancel"] {
            let stand_in = vitals_fixtures::path("trials/13-slurm/bin").join(program);
            // Beyond what the fixtures' stand-ins do: `PROGRAM.refuses` holds the words of a refusal, and
            // `PROGRAM.fails_late` those of a wrapper that fails when all is done.
            let script = format!(
                "#!/bin/bash\nif [ -e $STUB_STATE/{program}.refuses ]; then cat $STUB_STATE/{program}.refuses >&2; exit 1; fi\n\
                 {} \"$@\" || exit $?\n\
                 if [ -e $STUB_STATE/{program}.fails_late ]; then cat $STUB_STATE/{program}.fails_late >&2; exit 1; fi\n",
                stand_in.display()
            );
            let path = bin.join(program);
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        cluster
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Until it is forgotten, the stand-ins find this file with this text.
    pub fn tell(&self, name: &str, text: &str) {
        std::fs::write(self.state().join(name), text).unwrap();
    }

    pub fn forget(&self, name: &str) {
        std::fs::remove_file(self.state().join(name)).unwrap();
    }

    pub async fn world(&self) -> World {
        self.of(World::new(1).await).await
    }

    /// A workspace whose runs become jobs of this cluster.
    pub async fn of(&self, world: World) -> World {
        let path = std::env::var("PATH").unwrap_or_default();
        let world = world
            .with_variable("PATH", format!("{}:{path}", self.folder.path().join("bin").display()))
            .with_variable("STUB_STATE", self.state());
        let slurm = SlurmSettings { enabled: true, ..SlurmSettings::default() };
        world.store.set_setting(settings::SLURM, &slurm).await.unwrap();
        world
    }
}
