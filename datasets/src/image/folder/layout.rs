//! Decides which folder is a part of a set, which is a class, and which is neither.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::about::counted;
use super::super::path::name_of;
use super::Picture;
use super::listing::{Listing, Tally};
use crate::{Error, Result};

const TRAIN: [&str; 2] = ["train", "training"];
const VALID: [&str; 3] = ["val", "valid", "validation"];
const TEST: [&str; 2] = ["test", "testing"];
/// Maximum number of nested folders around the set.
const MOST_AROUND: usize = 4;

/// The classes of a set and its pictures.
pub(super) struct Layout {
    pub classes: Vec<String>,
    /// Training, validation and test pictures.
    pub parts: [Vec<Picture>; 3],
}

/// Determines how a folder organises its pictures.
pub(super) fn find(folder: &Path) -> Result<(Layout, Tally)> {
    let mut tally = Tally::default();
    let mut root = folder.to_owned();
    for _ in 0..MOST_AROUND {
        let listing = Listing::of(&root)?;
        if let Some(layout) = of_parts(&root, &listing, &mut tally)? {
            return Ok((layout, tally));
        }
        match &listing.folders[..] {
            [only] if listing.pictures.is_empty() && is_around(only)? => {
                listing.count(&mut tally);
                root = only.clone();
            }
            _ => return Ok((of_classes(&root, listing, &mut tally)?, tally)),
        }
    }
    Err(Error::NoImageSet { path: folder.to_owned() })
}

/// Whether the only subfolder of a folder encloses the set rather than being a class: it has no pictures itself, but several
/// folders of pictures, parts of a set, or again only one folder, without pictures.
fn is_around(folder: &Path) -> Result<bool> {
    let listing = Listing::of(folder)?;
    if !listing.pictures.is_empty() {
        return Ok(false);
    }
    let with_pictures = listing.folders.iter().map(|folder| has_pictures(folder)).collect::<Result<Vec<_>>>()?;
    let is_deeper = listing.folders.len() == 1 && !with_pictures[0];
    Ok(is_deeper || named(&listing, &TRAIN).is_some() || with_pictures.iter().filter(|&&there| there).count() > 1)
}

/// Returns the set if the folder has parts: a folder for training that contains folders of classes.
fn of_parts(root: &Path, listing: &Listing, tally: &mut Tally) -> Result<Option<Layout>> {
    let [train, valid, test] = [&TRAIN[..], &VALID, &TEST].map(|names| named(listing, names));
    let Some(train) = train else {
        // Classes may have these names too; then they contain pictures directly.
        for part in [valid, test].into_iter().flatten() {
            if listing.folders.len() <= 2 && class_folders(&Listing::of(part)?)?.len() > 1 {
                return Err(Error::images(root, format!("has a folder `{}` of classes and no `train`", name_of(part))));
            }
        }
        return Ok(None);
    };
    let inside = Listing::of(train)?;
    let classes = class_folders(&inside)?;
    if classes.is_empty() || !inside.pictures.is_empty() || (classes.len() == 1 && valid.is_none() && test.is_none()) {
        return Ok(None);
    }
    for folder in listing.folders.iter().filter(|&folder| ![Some(train), valid, test].contains(&Some(folder))) {
        tally.notes.push(format!("folder {} left out", name_of(folder)));
    }
    listing.count(tally);
    note_loose(listing, tally);
    let train = of_classes(train, inside, tally)?;
    let valid = valid.map(|part| of_part(part, &train.classes, tally)).transpose()?.unwrap_or_default();
    let test = test.map(|part| of_part(part, &train.classes, tally)).transpose()?.unwrap_or_default();
    let [train_pictures, ..] = train.parts;
    Ok(Some(Layout { classes: train.classes, parts: [train_pictures, valid, test] }))
}

/// Reads a folder that has a folder for each class.
fn of_classes(root: &Path, listing: Listing, tally: &mut Tally) -> Result<Layout> {
    let folders = class_folders(&listing)?;
    if folders.is_empty() {
        return Err(match listing.pictures.len() {
            0 => Error::NoImageSet { path: root.to_owned() },
            count => {
                let count = counted(count, "picture", "pictures");
                Error::images(root, format!("has {count} and no folder for each class; put each class into a folder"))
            }
        });
    }
    if folders.len() > usize::from(u16::MAX) {
        return Err(Error::images(root, format!("has {} classes, more than {}", folders.len(), u16::MAX)));
    }
    for folder in listing.folders.iter().filter(|folder| !folders.contains(folder)) {
        tally.notes.push(format!("folder {} has no picture", name_of(folder)));
    }
    listing.count(tally);
    note_loose(&listing, tally);
    let mut pictures = Vec::new();
    for (class, folder) in (0..).zip(&folders) {
        add_pictures(folder, class, tally, &mut pictures)?;
    }
    let classes = folders.iter().map(|folder| name_of(folder)).collect();
    Ok(Layout { classes, parts: [pictures, Vec::new(), Vec::new()] })
}

fn note_loose(listing: &Listing, tally: &mut Tally) {
    if !listing.pictures.is_empty() {
        let count = counted(listing.pictures.len(), "picture", "pictures");
        tally.notes.push(format!("{count} outside of the folders of classes left out"));
    }
}

/// Adds the pictures of a class: first those in its folder, then those one folder deeper.
fn add_pictures(folder: &Path, class: u32, tally: &mut Tally, to: &mut Vec<Picture>) -> Result<()> {
    let listing = Listing::of(folder)?;
    listing.count(tally);
    to.extend(listing.pictures.into_iter().map(|path| Picture::new(path, class)));
    for deeper in &listing.folders {
        let listing = Listing::of(deeper)?;
        listing.count(tally);
        to.extend(listing.pictures.into_iter().map(|path| Picture::new(path, class)));
        for folder in &listing.folders {
            if has_pictures(folder)? {
                let reason = "has pictures more than a folder below their class; move them up, or name the folder of the classes";
                return Err(Error::images(folder, reason));
            }
        }
    }
    Ok(())
}

/// Returns the pictures of a part, with the classes of the training part. If the part has no folders of classes, a list may
/// assign the classes; without one, its pictures are left out.
fn of_part(part: &Path, classes: &[String], tally: &mut Tally) -> Result<Vec<Picture>> {
    let listing = Listing::of(part)?;
    let folders = class_folders(&listing)?;
    let loose = match &folders[..] {
        [] => Some(listing.pictures.clone()),
        [only] if !classes.contains(&name_of(only)) && listing.pictures.is_empty() && name_of(only) == "images" => {
            Some(Listing::of(only)?.pictures)
        }
        _ => None,
    };
    let mut pictures = Vec::new();
    if let Some(loose) = loose {
        let list = part.join("val_annotations.txt");
        if list.is_file() {
            pictures = listed(&list, loose, classes)?;
        } else if !loose.is_empty() {
            let count = counted(loose.len(), "picture", "pictures");
            tally.notes.push(format!("{count} in {} without a class left out", name_of(part)));
        }
        return Ok(pictures);
    }
    listing.count(tally);
    note_loose(&listing, tally);
    for folder in &folders {
        let name = name_of(folder);
        let Some(class) = classes.iter().position(|class| *class == name) else {
            return Err(Error::images(part, format!("has a class `{name}`, which train has not")));
        };
        add_pictures(folder, class as u32, tally, &mut pictures)?;
    }
    Ok(pictures)
}

/// Assigns classes to pictures by a list with one line for each: file name, tab, class (as in tiny-imagenet's validation part).
fn listed(list: &Path, pictures: Vec<PathBuf>, classes: &[String]) -> Result<Vec<Picture>> {
    let text = fs::read_to_string(list).map_err(|source| Error::Read { path: list.to_owned(), source })?;
    let numbers: HashMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
    let mut lines = HashMap::new();
    for (line, number) in text.lines().zip(1..) {
        let mut fields = line.split('\t').map(str::trim);
        let (Some(name), Some(class)) = (fields.next(), fields.next()) else { continue };
        let Some(&class) = numbers.get(class) else {
            return Err(Error::images(list, format!("line {number} has the class `{class}`, which train has not")));
        };
        lines.insert(name, class);
    }
    let picture = |path: PathBuf| match lines.get(name_of(&path).as_str()) {
        Some(&class) => Ok(Picture::new(path, class)),
        None => Err(Error::images(&path, format!("has no class in {}", list.display()))),
    };
    pictures.into_iter().map(picture).collect()
}

/// Returns the folder with one of these names, ignoring case.
fn named<'a>(listing: &'a Listing, names: &[&str]) -> Option<&'a PathBuf> {
    names.iter().find_map(|name| listing.folders.iter().find(|folder| name_of(folder).eq_ignore_ascii_case(name)))
}

/// Returns the folders that hold pictures, directly or one folder deeper.
fn class_folders(listing: &Listing) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for folder in &listing.folders {
        if has_pictures(folder)? {
            folders.push(folder.clone());
        }
    }
    Ok(folders)
}

fn has_pictures(folder: &Path) -> Result<bool> {
    let listing = Listing::of(folder)?;
    if !listing.pictures.is_empty() {
        return Ok(true);
    }
    for folder in &listing.folders {
        if !Listing::of(folder)?.pictures.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
