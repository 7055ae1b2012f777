//! Arrays of images with their labels, in numpy's `.npy` and `.npz` files.
//!
//! Images are N x 3 x side x side, N x side x side x 3, or rows of 3 x side x side numbers. Images with one channel are grey, and
//! the channel is repeated three times. Whole numbers are bytes, from 0 to 255; floats may have any scale. Both are normalised by
//! the set's own mean and standard deviation.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::about::{About, Normalised, counted};
use super::npy::{self, Archive};
use super::numbers::{Checked, Numbers};
use super::path::name_of;
use super::pixels::Pixels;
use super::{CHANNELS, ImageSet, Splits};
use crate::{Error, Result, sha256_hex};

/// Builds a set of images with their labels, normalised by its own statistics. The number of classes is `classes` if given, else
/// one more than the highest label.
pub(super) fn set(pixels: Pixels, labels: &[i64], side: usize, classes: Option<usize>) -> Checked<ImageSet> {
    let images = pixels.len() / (CHANNELS * side * side);
    if labels.len() != images {
        return Err(format!("{} for {}", counted(labels.len(), "label", "labels"), counted(images, "image", "images")));
    }
    let label = |(i, &label): (usize, &i64)| {
        let most = classes.map_or(u64::from(u16::MAX) + 1, |classes| classes as u64);
        let label = u32::try_from(label).ok().filter(|&label| u64::from(label) < most);
        label.ok_or_else(|| format!("image {} has label {}, the labels are 0 to {}", i + 1, labels[i], most - 1))
    };
    let labels = labels.iter().enumerate().map(label).collect::<Checked<Vec<u32>>>()?;
    let classes = classes.or(labels.iter().max().map(|&label| label as usize + 1)).ok_or("has no image")?;
    let label_bytes: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
    Ok(ImageSet {
        name: String::new(),
        side,
        classes,
        fingerprint: sha256_hex([&pixels.to_bytes(), &label_bytes[..]]),
        statistics: pixels.statistics(side * side),
        pixels: Arc::new(pixels),
        labels,
        about: Arc::new(About { format: "arrays".into(), normalised: Normalised::Own, ..About::default() }),
    })
}

/// Names of the arrays of images and labels of a part; `{}` stands for the name of the part.
const PAIRS: [[&str; 2]; 5] = [
    ["{}_images", "{}_labels"],
    ["x_{}", "y_{}"],
    ["{}_x", "{}_y"],
    ["{}_data", "{}_labels"],
    ["images_{}", "labels_{}"],
];
/// The same for files with only one part.
const PLAIN: [[&str; 2]; 6] = [
    ["images", "labels"],
    ["x", "y"],
    ["data", "labels"],
    ["images", "targets"],
    ["data", "targets"],
    ["arr_0", "arr_1"],
];
const TRAIN: [&str; 2] = ["train", "training"];
const VALID: [&str; 3] = ["val", "valid", "validation"];
const TEST: [&str; 1] = ["test"];

/// Reads the set of a `.npz` file.
pub(super) fn npz(path: &Path) -> Result<Splits> {
    let Some(archive) = Archive::open(path)? else { return Err(super::foreign::zip(path)) };
    named(path, archive.names(), &|name| archive.read(name))
}

/// Reads the set of the `.npy` files in a folder, or of the only `.npz` file if there are none.
pub(super) fn folder(path: &Path) -> Result<Option<Splits>> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let files: Vec<PathBuf> = fs::read_dir(path)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect::<Result<_>>()?;
    let ends = |file: &&PathBuf, ending: &str| file.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    let mut arrays: Vec<&PathBuf> = files.iter().filter(|file| ends(file, "npy") && file.is_file()).collect();
    arrays.sort();
    if arrays.is_empty() {
        let mut archives = files.iter().filter(|file| ends(file, "npz"));
        return match (archives.next(), archives.next(), files.iter().any(|file| file.is_dir())) {
            (Some(one), None, false) => npz(one).map(Some),
            _ => Ok(None),
        };
    }
    let stem = |file: &Path| file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let read = |name: &str| {
        let file = arrays.iter().find(|file| stem(file) == name);
        npy::read(file.map_or(path, |file| file.as_path()))
    };
    named(path, arrays.iter().map(|file| stem(file)).collect(), &read).map(Some)
}

/// Reads the set of one `.npy` file of images; the labels come from a file beside it with a matching name.
pub(super) fn npy(path: &Path) -> Result<Splits> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let files: Vec<PathBuf> = labels_of(&stem).iter().map(|name| path.with_file_name(format!("{name}.npy"))).collect();
    let Some(labels) = files.iter().find(|file| file.is_file()) else {
        let tried: Vec<String> = files.iter().map(|file| name_of(file)).collect();
        let reason = format!("its labels are in no file beside it; looked for {}", tried.join(", "));
        return Err(Error::images(path, reason));
    };
    let set = part(path, npy::read(path)?, npy::read(labels)?, None)?;
    let about = About { format: format!("array, labels of {}", name_of(labels)), ..(*set.about).clone() };
    Ok(ImageSet { about: Arc::new(about), ..set }.into())
}

/// Possible names of the labels that belong to images of this name.
fn labels_of(stem: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (images, labels) in [("images", "labels"), ("image", "label"), ("data", "labels"), ("data", "targets")] {
        if stem.contains(images) {
            names.push(stem.replacen(images, labels, 1));
        }
    }
    for (x, y) in [("x", "y"), ("X", "y"), ("X", "Y")] {
        let rest = stem.strip_prefix(x).filter(|rest| rest.is_empty() || rest.starts_with('_'));
        names.extend(rest.map(|rest| format!("{y}{rest}")));
        names.extend(stem.strip_suffix(x).filter(|rest| rest.ends_with('_')).map(|rest| format!("{rest}{y}")));
    }
    names.extend([format!("{stem}_labels"), "labels".into(), "y".into(), "targets".into()]);
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| name != stem && seen.insert(name.clone()));
    names
}

/// Reads the set that consists of arrays of these names.
fn named(path: &Path, names: Vec<String>, read: &dyn Fn(&str) -> Result<Numbers>) -> Result<Splits> {
    let find = |wanted: &str| names.iter().find(|name| name.eq_ignore_ascii_case(wanted));
    let pair = |words: &[&str]| {
        let named = |form: &str, word: &str| find(&form.replace("{}", word));
        words.iter().flat_map(|word| PAIRS.map(|[x, y]| Some([named(x, word)?, named(y, word)?]))).flatten().next()
    };
    let plain = || PLAIN.into_iter().find_map(|[x, y]| Some([find(x)?, find(y)?]));
    let Some(train) = pair(&TRAIN).or_else(plain) else {
        let reason = format!(
            "has the arrays {}; images and labels are called images and labels, x and y, or train_images and train_labels and \
             the like, with val and test beside",
            names.join(", ")
        );
        return Err(Error::images(path, reason));
    };
    let (valid, test) = (pair(&VALID), pair(&TEST));
    let open = |[images, labels]: [&String; 2], classes| part(path, read(images)?, read(labels)?, classes);
    let set = open(train, None)?;
    let used: Vec<&String> = [Some(train), valid, test].into_iter().flatten().flatten().collect();
    let mut about = (*set.about).clone();
    let left = names.iter().filter(|name| !used.contains(name));
    about.left_out.extend(left.map(|name| format!("array {name} left out")));
    let about = Arc::new(about);
    let train = ImageSet { about: about.clone(), ..set };
    let (classes, side, statistics) = (train.classes, train.side, train.statistics);
    let other = |names: [&String; 2]| {
        let set = open(names, Some(classes))?;
        if set.side != side {
            let reason = format!("{} are {2} x {2}, the training images {1} x {1}", names[0], side, set.side);
            return Err(Error::images(path, reason));
        }
        Ok(ImageSet { statistics, about: about.clone(), ..set })
    };
    Ok(Splits { valid: valid.map(other).transpose()?, test: test.map(other).transpose()?, train })
}

fn part(path: &Path, images: Numbers, labels: Numbers, classes: Option<usize>) -> Result<ImageSet> {
    let wrong = |what: &str, reason: String| Error::images(path, format!("{what} {reason}"));
    let labels = labels.labels().map_err(|reason| wrong("the array of labels", reason))?;
    let (pixels, side, grey) = images.images().map_err(|reason| wrong("the array of images", reason))?;
    let set = set(pixels, &labels, side, classes).map_err(|reason| Error::images(path, reason))?;
    let left_out = match set.labels.iter().min() {
        Some(&least) if least > 0 => vec![format!("labels begin at {least}, so that no image is of class 0")],
        _ => Vec::new(),
    };
    let format = if grey { "grey arrays, as three equal channels" } else { "arrays" };
    let about = Arc::new(About { format: format.into(), left_out, ..(*set.about).clone() });
    Ok(ImageSet { about, ..set }.called(name_of(path)))
}
