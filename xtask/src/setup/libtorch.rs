//! libtorch: found where it already is (`LIBTORCH`, the cache, a Python `torch` of the right version) or unpacked from
//! wheels into the cache, then linked into the clone as `.libtorch`. An interrupted download leaves no half state:
//! everything is unpacked beside its place and renamed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::wheel::{self, Wheel};
use super::{Found, Step, python};
use crate::place::{LIBTORCH_VERSION, Place};

/// What the linker and the worker need, in `lib`.
const NEEDED: &[&str] = &["libc10.so", "libtorch_cpu.so", "libtorch.so"];

pub fn step(place: &Place, cuda: bool) -> Step<'_> {
    Step {
        name: "libtorch",
        look: Box::new(move || {
            Ok(match problem(&place.libtorch_link(), cuda) {
                None => Found::Present(format!(
                    "libtorch {LIBTORCH_VERSION}{}",
                    if cuda { " with CUDA" } else { "" }
                )),
                Some(problem) => Found::Missing(problem),
            })
        }),
        make: Box::new(move || make(place, cuda)),
    }
}

/// Why a folder does not serve as libtorch, or nothing when it does.
fn problem(folder: &Path, cuda: bool) -> Option<String> {
    let header = folder.join("include/torch/headeronly/version.h");
    let Ok(text) = fs::read_to_string(&header) else {
        return Some(format!("no {}", header.display()));
    };
    let version = version(&text);
    if version != LIBTORCH_VERSION {
        return Some(format!("{} holds version {version}, wanted {LIBTORCH_VERSION}", folder.display()));
    }
    let more: &[&str] = if cuda { &["libtorch_cuda.so", "libc10_cuda.so"] } else { &[] };
    let missing = NEEDED.iter().chain(more).find(|name| !folder.join("lib").join(name).exists())?;
    Some(format!("no {}", folder.join("lib").join(missing).display()))
}

/// `2.11.0` from the three numbers of the header.
fn version(header: &str) -> String {
    let number = |name: &str| {
        header
            .lines()
            .find_map(|line| line.strip_prefix("#define ")?.strip_prefix(name)?.split_whitespace().next())
    };
    ["TORCH_VERSION_MAJOR ", "TORCH_VERSION_MINOR ", "TORCH_VERSION_PATCH "]
        .map(|name| number(name).unwrap_or("?"))
        .join(".")
}

fn make(place: &Place, cuda: bool) -> anyhow::Result<()> {
    let folder = match given(place) {
        Some(folder) => {
            if let Some(problem) = problem(&folder, cuda) {
                bail!("LIBTORCH names {}, which does not serve: {problem}", folder.display());
            }
            folder
        }
        None => cached(place, cuda)?,
    };
    link(&folder, &place.libtorch_link())
}

/// The folder that the user names. Cargo itself sets `LIBTORCH` to the clone's link where nobody else does.
fn given(place: &Place) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("LIBTORCH").filter(|value| !value.is_empty())?);
    (folder != place.libtorch_link()).then_some(folder)
}

fn cached(place: &Place, cuda: bool) -> anyhow::Result<PathBuf> {
    let folder = place.cache.join(format!("libtorch-{LIBTORCH_VERSION}"));
    if problem(&folder, cuda).is_none() {
        return Ok(folder);
    }
    if !cuda && let Some(packages) = python::torch_folder() {
        println!("…   using the Python torch in {}", packages.display());
        beside(&folder, |partial| adopt(&packages, partial))?;
    } else {
        let size = if cuda { "about 2.8 GiB" } else { "about 515 MiB" };
        println!("…   downloading libtorch {LIBTORCH_VERSION} ({size}) into {}", place.cache.display());
        beside(&folder, |partial| download(partial, cuda))?;
    }
    match problem(&folder, cuda) {
        None => Ok(folder),
        Some(problem) => bail!("libtorch was unpacked but does not serve: {problem}"),
    }
}

/// Fills a folder beside its place, then renames it: the place holds all of it or nothing.
fn beside(folder: &Path, fill: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    remove_rests(folder)?;
    let partial = suffixed(folder, &format!("partial-{}", std::process::id()));
    let made = fs::create_dir_all(&partial).map_err(anyhow::Error::from).and_then(|()| fill(&partial));
    if let Err(error) = made {
        // The error says what happened; a rest that cannot be removed is found by the next look at the cache.
        let _ = fs::remove_dir_all(&partial);
        return Err(error);
    }
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("remove the incomplete {}", folder.display()))?;
    }
    fs::rename(&partial, folder).with_context(|| format!("put {} in its place", folder.display()))
}

/// `folder.suffix`; not `with_extension`, which would take the end of a version number for an extension.
fn suffixed(folder: &Path, suffix: &str) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes what a set-up that was killed left behind: partial folders whose process is gone.
fn remove_rests(folder: &Path) -> anyhow::Result<()> {
    let start = suffixed(folder, "partial-");
    let Some(entries) = folder.parent().and_then(|parent| fs::read_dir(parent).ok()) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let process = path.to_string_lossy().strip_prefix(&*start.to_string_lossy()).map(str::to_owned);
        if process.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            fs::remove_dir_all(&path).with_context(|| format!("remove the unfinished {}", path.display()))?;
        }
    }
    Ok(())
}

fn download(partial: &Path, cuda: bool) -> anyhow::Result<()> {
    let wheels = partial.join("wheels");
    let requirements: Vec<String> = wheel::wanted(cuda).map(Wheel::requirement).collect();
    python::download(&requirements, &wheels).with_context(|| {
        format!(
            "download libtorch {LIBTORCH_VERSION}; by hand: unpack libtorch (include/ and lib/) of that version \
             anywhere and run again with LIBTORCH=<that folder>"
        )
    })?;
    for wheel in wheel::wanted(cuda) {
        println!("…   unpacking {}", wheel.requirement());
        python::unpack(&file_of(wheel, &wheels)?, &wheel.parts(cuda, partial))?;
    }
    fs::remove_dir_all(&wheels).context("remove the wheels after unpacking")?;
    name_libtorch(&partial.join("lib"))
}

fn file_of(wheel: &Wheel, folder: &Path) -> anyhow::Result<PathBuf> {
    let start = wheel.file_start();
    for entry in fs::read_dir(folder).context("read the folder of wheels")? {
        let entry = entry.context("read the folder of wheels")?;
        if entry.file_name().to_string_lossy().starts_with(&start) {
            return Ok(entry.path());
        }
    }
    bail!("pip downloaded no file that starts with {start}")
}

/// Links the files of an installed Python torch, in the layout of our own folder.
fn adopt(packages: &Path, partial: &Path) -> anyhow::Result<()> {
    let lib = partial.join("lib");
    fs::create_dir_all(&lib)?;
    symlink(packages.join("torch/include"), partial.join("include"))?;
    for folder in ["torch/lib", "nvidia/cu13/lib"] {
        let Ok(entries) = fs::read_dir(packages.join(folder)) else { continue };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_string_lossy().contains(".so") && name != "libtorch.so" {
                symlink(entry.path(), lib.join(name))?;
            }
        }
    }
    name_libtorch(&lib)
}

/// `-ltorch` must not pull in the stub that needs CUDA: the name leads to the CPU library.
fn name_libtorch(lib: &Path) -> anyhow::Result<()> {
    symlink("libtorch_cpu.so", lib.join("libtorch.so")).context("name libtorch.so")
}

fn link(folder: &Path, link: &Path) -> anyhow::Result<()> {
    let temporary = suffixed(link, &format!("new-{}", std::process::id()));
    symlink(folder, &temporary).with_context(|| format!("link {}", temporary.display()))?;
    fs::rename(&temporary, link).with_context(|| {
        format!("link {} to {}; is it a folder? remove it", link.display(), folder.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_header() {
        let header =
            "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 11\n#define TORCH_VERSION_PATCH 0\n";
        assert_eq!((version(header).as_str(), version("").as_str()), ("2.11.0", "?.?.?"));
    }

    #[test]
    fn a_failed_unpacking_leaves_nothing() {
        let root = std::env::temp_dir().join(format!("vitals-xtask-beside-{}", std::process::id()));
        let folder = root.join("libtorch-1.0");
        let result = beside(&folder, |partial| {
            fs::write(partial.join("half"), "half")?;
            bail!("the network went away")
        });
        assert!(result.is_err());
        assert_eq!(fs::read_dir(&root).unwrap().count(), 0, "nothing half made may stay");
        beside(&folder, |partial| Ok(fs::write(partial.join("whole"), "whole")?)).unwrap();
        assert!(folder.join("whole").exists());
        // A process id that no system gives out stands for one that was killed.
        fs::create_dir(root.join("libtorch-1.0.partial-99999999")).unwrap();
        beside(&folder, |partial| Ok(fs::write(partial.join("again"), "again")?)).unwrap();
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1, "the rest of a killed set-up is removed");
        fs::remove_dir_all(root).unwrap();
    }
}
