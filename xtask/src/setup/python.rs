//! Python 3, used for two things only: `pip download`, and reading zip files. Nothing is installed into it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::wheel::Part;
use crate::place::LIBTORCH_VERSION;
use crate::run;

/// Whether `python3 -m pip` starts.
pub fn has_pip() -> bool {
    run::succeeds(Command::new("python3").args(["-m", "pip", "--version"]))
}

/// The packages folder of a Python that has torch in the right version, if there is one. Reads its metadata
/// without importing it.
pub fn torch_folder() -> Option<PathBuf> {
    const PROGRAM: &str = "\
import importlib.metadata as m, sys
d = m.distribution('torch')
print(d.version.split('+')[0]); print(d.locate_file(''))";
    let answer = run::read(Command::new("python3").args(["-c", PROGRAM])).ok()?;
    let mut lines = answer.lines();
    (lines.next()? == LIBTORCH_VERSION).then(|| lines.next().map(PathBuf::from))?
}

/// Downloads wheels into a folder, without their dependencies, for this machine's kind: any Python 3 can, as the
/// wheels are for libtorch and not for it.
pub fn download(requirements: &[String], into: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("python3");
    command.args([
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--disable-pip-version-check",
    ]);
    command.args(["--implementation", "cp", "--python-version", "3.11", "--abi", "cp311", "--abi", "none"]);
    for tag in ["manylinux_2_28", "manylinux_2_27", "manylinux_2_25", "manylinux_2_18", "manylinux2014"] {
        command.arg("--platform").arg(format!("{tag}_{}", std::env::consts::ARCH));
    }
    command.arg("--dest").arg(into).args(requirements);
    run::check(&mut command)
}

/// Takes parts out of a wheel.
pub fn unpack(wheel: &Path, parts: &[Part]) -> anyhow::Result<()> {
    const PROGRAM: &str = "\
import os, shutil, sys, zipfile
parts = list(zip(sys.argv[2::3], sys.argv[3::3], sys.argv[4::3]))
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for member in wheel.infolist():
        for start, strip, folder in parts:
            if member.filename.startswith(start) and not member.is_dir():
                path = os.path.join(folder, member.filename[len(strip):])
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with wheel.open(member) as source, open(path, 'wb') as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
                break";
    let mut command = Command::new("python3");
    command.args(["-c", PROGRAM]).arg(wheel);
    for part in parts {
        command.arg(&part.start).arg(&part.strip).arg(&part.folder);
    }
    run::check(&mut command).with_context(|| format!("unpack {}", wheel.display()))
}
