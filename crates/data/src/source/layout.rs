//! Which folders are splits and which are classes, for images on disk and in archives alike. Works on names and counts, reads
//! nothing, and refuses what can be read in two ways.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use vitals_recipe::Tells;

use super::shown::shown;
use super::split_name::{SplitName, only_split_of, same_split, some_of, split_of};
use super::tree::Folder;
use crate::error::Refusal;
use crate::findings::{Findings, Said, Why};

/// Of this many images in folders, one that lies beside them is a stray and not a sign that they are no classes.
const PER_STRAY: usize = 20;

/// Where the images of a set lie.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The folder that holds splits or classes, relative to the root.
    pub base: PathBuf,
    /// Its split folders by name; empty where all images are for training.
    pub splits: BTreeMap<SplitName, OsString>,
}

/// Looks for the splits of `root`. A folder that holds all images in two folders or more, itself none, is looked into.
///
/// # Errors
/// The folders can be read in more than one way.
pub(crate) fn plan<T>(root: &Folder<T>) -> Result<Plan, Refusal> {
    let mut base = root;
    loop {
        let holding: Vec<&Folder<T>> = base.holding().collect();
        if let Some(splits) = splits_of(base, &holding)? {
            return Ok(Plan { base: base.path.clone(), splits });
        }
        match holding[..] {
            [only] if base.images.is_empty() && !only.is_flat() && only.images.is_empty() => base = only,
            // A folder of one folder of images is one class, at whatever depth they lie.
            [_] | [] => return Ok(Plan::default()),
            _ => {
                splits_within(&holding)?;
                return Ok(Plan { base: base.path.clone(), splits: BTreeMap::new() });
            }
        }
    }
}

/// Folders by the split that their names say.
type Named<'a, T> = BTreeMap<SplitName, Vec<&'a Folder<T>>>;

/// The split folders among `holding`, the folders of `base` that hold images; `None` where there are none.
fn splits_of<T>(
    base: &Folder<T>,
    holding: &[&Folder<T>],
) -> Result<Option<BTreeMap<SplitName, OsString>>, Refusal> {
    let named = |split: fn(&str) -> Option<SplitName>| {
        let mut named: Named<'_, T> = BTreeMap::new();
        for folder in holding {
            if let Some(split) = split(&folder.label()) {
                named.entry(split).or_default().push(folder);
            }
        }
        named
    };
    let exact = named(only_split_of);
    let splits = if exact.is_empty() {
        // Loose images are a sign of classes.
        Some(named(split_of)).filter(|_| base.images.is_empty()).map(|loose| loosely(loose, holding))
    } else {
        let others =
            holding.iter().filter(|folder| only_split_of(&folder.label()).is_none()).copied().collect();
        Some(exactly(exact, others))
    };
    splits.transpose()?.flatten().map(one_each).transpose()
}

/// Of folders that are called like splits and nothing else, beside `others`: whether they are splits.
fn exactly<'a, T>(named: Named<'a, T>, others: Vec<&Folder<T>>) -> Result<Option<Named<'a, T>>, Refusal> {
    let all: Vec<&Folder<T>> = named.values().flatten().copied().collect();
    let names = |folders: &[&Folder<T>]| some_of(folders.iter().map(|folder| folder.label()));
    let confused = || Err(Refusal::SplitOrClass { name: all[0].label(), beside: names(&others) });
    let are_flat = |folders: &[&Folder<T>]| folders.iter().all(|folder| folder.is_flat());
    match (named.contains_key(&SplitName::Train), others.is_empty()) {
        (false, true) => Err(Refusal::NoTraining { names: names(&all) }),
        (false, false) => confused(),
        (true, false) if named.len() == 1 => match (are_flat(&all), are_flat(&others)) {
            // A class may be called train; a folder of class folders beside flat ones is none.
            (true, true) => Ok(None),
            (false, true) => Ok(Some(named)),
            _ => confused(),
        },
        _ => Ok(Some(named)),
    }
}

/// Of folders whose names say a split and more: `seg_train` and `seg_test` are splits where they hold the same classes; `train
/// station` may be a class.
fn loosely<'a, T>(named: Named<'a, T>, holding: &[&Folder<T>]) -> Result<Option<Named<'a, T>>, Refusal> {
    let Some(trains) = named.get(&SplitName::Train).filter(|_| named.len() > 1) else { return Ok(None) };
    let classes =
        |folder: &Folder<T>| folder.holding().map(|sub| sub.name().to_owned()).collect::<BTreeSet<_>>();
    let later: Vec<&Folder<T>> = named
        .iter()
        .filter(|(split, _)| **split != SplitName::Train)
        .flat_map(|(_, of)| of)
        .copied()
        .collect();
    let is_shared =
        |folder: &&Folder<T>| trains.iter().any(|train| !classes(train).is_disjoint(&classes(folder)));
    if later.iter().all(is_shared) {
        return Ok(Some(named));
    }
    if holding.len() == trains.len() + later.len() {
        let beside = some_of(later.iter().map(|folder| folder.label()));
        return Err(Refusal::SplitOrClass { name: trains[0].label(), beside });
    }
    Ok(None)
}

/// The one folder of each split.
fn one_each<T>(named: Named<'_, T>) -> Result<BTreeMap<SplitName, OsString>, Refusal> {
    let one = |(split, folders): (SplitName, Vec<&Folder<T>>)| match folders[..] {
        [folder] => Ok((split, folder.name().to_owned())),
        _ => Err(same_split(split, folders.iter().map(|folder| folder.label()))),
    };
    named.into_iter().map(one).collect()
}

/// Refuses `CLASS/train`, `CLASS/val`: taken for classes, they would train on validation images.
fn splits_within<T>(classes: &[&Folder<T>]) -> Result<(), Refusal> {
    let holds_splits = |class: &&&Folder<T>| {
        let splits: BTreeSet<_> = class.holding().filter_map(|sub| only_split_of(&sub.label())).collect();
        splits.contains(&SplitName::Train) && splits.len() > 1
    };
    let found: Vec<String> = classes.iter().filter(holds_splits).map(|class| class.label()).collect();
    if found.is_empty() { Ok(()) } else { Err(Refusal::SplitsWithin { folders: some_of(found) }) }
}

/// The folder within `root` that holds images or more than one folder of them.
pub(crate) fn core<T>(mut root: Folder<T>) -> Folder<T> {
    loop {
        let holding: Vec<PathBuf> =
            root.holding().filter(|sub| !sub.is_flat()).map(|sub| PathBuf::from(sub.name())).collect();
        match &holding[..] {
            [only] if root.images.is_empty() && root.holding().count() == 1 => {
                let inner = std::mem::replace(root.at(only), Folder::new(PathBuf::new()));
                root = inner;
            }
            _ => return root,
        }
    }
}

/// Cuts `root` into splits as `plan` says, and notes what lies beside them.
pub(crate) fn cut<T>(
    mut root: Folder<T>,
    plan: &Plan,
    findings: &mut Findings,
    name: &dyn Fn(&T) -> String,
) -> BTreeMap<SplitName, Folder<T>> {
    for part in &plan.base {
        for beside in root.folders.iter().filter(|folder| folder.name() != part) {
            findings.leave(Why::Beside, shown(beside.path.as_os_str()));
        }
        let inner = std::mem::replace(root.at(Path::new(part)), Folder::new(PathBuf::new()));
        root = inner;
    }
    if !plan.base.as_os_str().is_empty() {
        findings.notes.push(Said::Inside { folder: shown(plan.base.as_os_str()) });
    }
    if plan.splits.is_empty() {
        return BTreeMap::from([(SplitName::Train, root)]);
    }
    if let Some(first) = root.images.first() {
        findings.leave_many(Why::ImagesBesideSplits, root.images.len() as u64, 0, name(first));
    }
    let mut cut = BTreeMap::new();
    for folder in root.folders {
        match plan.splits.iter().find(|(_, name)| *name == folder.name()) {
            Some((&split, _)) => {
                cut.insert(split, folder);
            }
            None => {
                let images = folder.total() as u64;
                findings.leave_many(Why::Beside, 1, images, shown(folder.path.as_os_str()));
            }
        }
    }
    cut
}

/// Images of one split with the class folder of each.
type Labelled<T> = Vec<(T, Option<OsString>)>;

/// Images of each split in order, with their labels, and the classes by label.
#[derive(Debug)]
pub(crate) struct Classes<T> {
    pub splits: BTreeMap<SplitName, Vec<(T, Option<u32>)>>,
    pub names: Vec<String>,
}

/// Gives the images of each split the number of their class. `listed` knows the class of an image that lies in no class folder.
///
/// # Errors
/// Loose images beside class folders that are too many for strays, or splits without a common class.
pub(crate) fn label<T>(
    splits: BTreeMap<SplitName, Folder<T>>,
    findings: &mut Findings,
    name: &dyn Fn(&T) -> String,
    listed: &mut dyn FnMut(SplitName, &T) -> Option<OsString>,
) -> Result<Classes<T>, Refusal> {
    let mut all: BTreeMap<SplitName, Labelled<T>> = BTreeMap::new();
    let mut classes: Vec<OsString> = Vec::new();
    for (split, folder) in splits {
        let known: BTreeSet<&OsStr> = classes.iter().map(OsString::as_os_str).collect();
        let only = foreign_folder(&folder, &known).filter(|_| split != SplitName::Train);
        let images = match class_folders(folder, only.is_some(), findings, name)? {
            Kind::Classes(images) => images,
            Kind::Flat(images) if known.is_empty() => images.into_iter().map(|image| (image, None)).collect(),
            Kind::Flat(images) => {
                let with_class = |image| {
                    let class = listed(split, &image);
                    (image, class)
                };
                images.into_iter().map(with_class).collect()
            }
        };
        if let Some(folder) = only.filter(|_| images.iter().all(|(_, class)| class.is_none())) {
            findings.notes.push(Said::FolderIsNoClass { split: split.word().told(), folder });
        }
        let own: BTreeSet<&OsStr> = images.iter().filter_map(|(_, class)| class.as_deref()).collect();
        let new: Vec<OsString> = own.difference(&known).map(|class| (*class).to_owned()).collect();
        if !known.is_empty() && !new.is_empty() {
            let labels = |classes: &BTreeSet<&OsStr>| some_of(classes.iter().map(|class| shown(class)));
            if own.is_disjoint(&known) {
                let split = split.word().told();
                return Err(Refusal::NoCommonClass { split, classes: labels(&own), train: labels(&known) });
            }
            let beyond = some_of(new.iter().map(|class| shown(class)));
            findings.notes.push(Said::ClassesBeyondTraining { split: split.word().told(), classes: beyond });
        }
        // Train comes first: classes that only a later split has get labels after all of train's.
        classes.extend(new);
        all.insert(split, images);
    }
    let numbers: BTreeMap<&OsStr, u32> = classes.iter().map(OsString::as_os_str).zip(0u32..).collect();
    let numbered = |images: Labelled<T>| {
        let number = |(image, class): (T, Option<OsString>)| {
            (image, class.and_then(|class| numbers.get(class.as_os_str()).copied()))
        };
        images.into_iter().map(number).collect()
    };
    let splits = all.into_iter().map(|(split, images)| (split, numbered(images))).collect();
    Ok(Classes { splits, names: classes.iter().map(|class| shown(class)).collect() })
}

/// Images of a split by class, or without classes.
enum Kind<T> {
    Classes(Labelled<T>),
    Flat(Vec<T>),
}

/// The only folder of a later split, where it is none of the `known` classes: `test/images`.
fn foreign_folder<T>(folder: &Folder<T>, known: &BTreeSet<&OsStr>) -> Option<String> {
    let mut holding = folder.holding();
    let only = holding.next().filter(|only| !known.is_empty() && !known.contains(only.name()))?;
    (holding.next().is_none() && folder.images.is_empty()).then(|| shown(only.path.as_os_str()))
}

/// Class folders where at most strays lie beside them; else, or where the only folder `is_foreign`, all images without labels.
fn class_folders<T>(
    folder: Folder<T>,
    is_foreign: bool,
    findings: &mut Findings,
    name: &dyn Fn(&T) -> String,
) -> Result<Kind<T>, Refusal> {
    let (loose, total) = (folder.images.len(), folder.total());
    let holding: Vec<&Folder<T>> = folder.holding().collect();
    let few = loose == 1 || loose * PER_STRAY <= total;
    let is_flat = match holding[..] {
        [] => true,
        [_] => loose > 0 || is_foreign,
        _ if few && loose < total - loose => false,
        _ if loose * 2 > total => true,
        _ => {
            let path = shown(folder.path.as_os_str());
            let folder = if path.is_empty() { ".".to_owned() } else { path };
            return Err(Refusal::LooseOrClasses {
                folder,
                loose: loose as u64,
                inside: (total - loose) as u64,
            });
        }
    };
    if is_flat {
        return Ok(Kind::Flat(folder.into_images()));
    }
    if let Some(first) = folder.images.first() {
        findings.leave_many(Why::ImagesBesideClasses, loose as u64, 0, name(first));
    }
    let nested = holding.iter().find(|class| class.holding().count() > 1);
    if let Some(class) = nested {
        findings.notes.push(Said::ClassesHoldFolders { class: shown(class.path.as_os_str()) });
    }
    let mut images = Vec::with_capacity(total - loose);
    for class in folder.folders {
        if class.total() == 0 {
            findings.leave(Why::EmptyClass, shown(class.path.as_os_str()));
            continue;
        }
        let label = class.name().to_owned();
        images.extend(class.into_images().into_iter().map(|image| (image, Some(label.clone()))));
    }
    Ok(Kind::Classes(images))
}
