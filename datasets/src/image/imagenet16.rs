//! ImageNet16 in its official pickled batches, reduced to the first 120 classes as in NATS-Bench: 151,700 training and 6,000
//! validation images of 16 x 16 pixels. A batch is a dictionary of `data`, an array of images x 768 bytes (the red, the green and
//! the blue plane), and `labels`, classes from 1 to 1000 (Chrabaszcz, Loshchilov & Hutter 2017).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::about::About;
use super::pickled::Pickle;
use super::pixels::Pixels;
use super::{CHANNELS, ImageSet, Splits, Statistics};
use crate::{Error, Result, sha256_hex};

pub(super) const SIDE: usize = 16;
const PIXELS: usize = CHANNELS * SIDE * SIDE;
/// Number of classes kept, which are the first ones.
const CLASSES: i64 = 120;
/// Number of classes in ImageNet16.
const ALL_CLASSES: i64 = 1000;
const TRAIN_BATCHES: usize = 10;

/// The statistics with which NATS-Bench normalises the set.
const STATISTICS: Statistics = Statistics { mean: [122.68, 116.66, 104.01], std: [63.22, 61.26, 65.09] };

fn train_batch(number: usize) -> String {
    format!("train_data_batch_{number}")
}

/// Reads the set in a folder, or in `ImageNet16` inside it: its ten batches for training, and the images on which NATS-Bench
/// validates and tests.
pub(super) fn folder(path: &Path) -> Result<Option<Splits>> {
    let folders = [path.to_owned(), path.join("ImageNet16")];
    let Some(folder) = folders.into_iter().find(|folder| folder.join(train_batch(1)).is_file()) else {
        return Ok(None);
    };
    let files: Vec<PathBuf> = (1..=TRAIN_BATCHES).map(|number| folder.join(train_batch(number))).collect();
    if let Some(missing) = files.iter().position(|file| !file.exists()) {
        return Err(Error::MissingBatchFile {
            folder,
            file: train_batch(missing + 1),
            set: "ImageNet16",
            first: train_batch(1),
            last: train_batch(TRAIN_BATCHES),
        });
    }
    let test = Some(folder.join("val_data")).filter(|file| file.exists());
    Ok(Some(Splits { train: open(&files)?, valid: None, test: test.map(|file| open(&[file])).transpose()? }))
}

fn open(files: &[PathBuf]) -> Result<ImageSet> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for file in files {
        read(&Pickle::read(file)?, &mut pixels, &mut labels)?;
    }
    set(files.first().map_or(Path::new(""), PathBuf::as_path), pixels, labels)
}

/// Reads the set of one batch.
pub(super) fn of(batch: &Pickle) -> Result<ImageSet> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    read(batch, &mut pixels, &mut labels)?;
    set(&batch.path, pixels, labels)
}

fn set(path: &Path, pixels: Vec<u8>, labels: Vec<u32>) -> Result<ImageSet> {
    if labels.is_empty() {
        return Err(Error::images(path, "has no image of ImageNet16's first 120 classes"));
    }
    let label_bytes: Vec<u8> = labels.iter().flat_map(|&label| (label as u16).to_le_bytes()).collect();
    Ok(ImageSet {
        name: "imagenet16-120".into(),
        side: SIDE,
        classes: CLASSES as usize,
        fingerprint: sha256_hex([pixels.as_slice(), &label_bytes]),
        pixels: Arc::new(Pixels::Bytes(pixels)),
        labels,
        statistics: STATISTICS,
        about: Arc::new(About { format: "ImageNet16-120, pickled batches".into(), ..About::default() }),
    })
}

/// Adds the images of a batch that belong to the first 120 classes.
fn read(batch: &Pickle, pixels: &mut Vec<u8>, labels: &mut Vec<u32>) -> Result<()> {
    let images = batch.images(SIDE)?;
    let found = batch.labels("labels", images.len() / PIXELS)?;
    for (i, (label, image)) in found.into_iter().zip(images.chunks_exact(PIXELS)).enumerate() {
        match label {
            1..=CLASSES => {
                labels.push((label - 1) as u32);
                pixels.extend_from_slice(image);
            }
            label if (1..=ALL_CLASSES).contains(&label) => {}
            _ => return Err(batch.wrong(format!("the label of image {} is {label}, not one of 1 to 1000", i + 1))),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three images of classes 1, 121 and 120, whose pixels are the image's number, as numpy 2.4 and Python 3.11 pickle them
    /// (`images` in `tests/data/imagenet16/make.py`).
    #[test]
    fn the_first_120_classes_of_a_batch_are_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/imagenet16");
        let set = open(&[folder.join(train_batch(1))]).unwrap();
        assert_eq!((set.len(), set.side(), set.classes()), (2, 16, 120));
        assert_eq!((set.label(0), set.label(1)), (0, 119));
        assert_eq!((set.bytes(0), set.bytes(1)), (Some(&[0; PIXELS][..]), Some(&[2; PIXELS][..])));
        let tests = open(&[folder.join("val_data")]).unwrap();
        assert_eq!((tests.len(), tests.label(0), tests.bytes(0).unwrap()[5]), (1, 4, 200));
    }

    #[test]
    fn what_is_no_batch_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(train_batch(1));
        std::fs::write(&path, b"\x80\x03}.").unwrap();
        let first = || open(std::slice::from_ref(&path)).unwrap_err().to_string();
        let message = first();
        assert!(message.contains("train_data_batch_1") && message.contains("`data`"), "{message}");
        std::fs::write(&path, b"\x80\x03B\xff\xff\xff\xff").unwrap();
        let message = first();
        assert!(message.contains("4294967295"), "{message}");
        let message = super::folder(folder.path()).unwrap_err().to_string();
        assert!(message.contains("has no train_data_batch_2: the ImageNet16 training set is"), "{message}");
    }
}
