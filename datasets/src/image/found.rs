//! The only entry point to image sets: determines what is at a path, reports its classes and size, and then reads it.

use std::fs;
use std::path::Path;

use super::folder::Pictures;
use super::path::head;
use super::{ImageSet, Reading, Splits, array, batches, cifar, foreign, imagenet16};
use crate::{Error, Result};

/// An image set that has been found but not read in full; for pictures, only the sizes are known.
#[derive(Debug)]
pub struct Found(Kind);

#[derive(Debug)]
enum Kind {
    Read(Box<Splits>),
    Pictures(Box<Pictures>),
}

impl Found {
    /// Finds the set at `path`; its content determines the kind:
    ///
    /// - a folder of CIFAR-10 or CIFAR-100, in the binary or the Python version, or the folder around it;
    /// - the folder of ImageNet16's pickled batches, of which the first 120 classes are used;
    /// - one file of records in CIFAR's binary layout, or one pickled batch of these sets;
    /// - `.npz` or `.npy` arrays of images with their labels, or a folder of such;
    /// - a folder with a folder of pictures for each class, or with `train`, `val` and `test` that contain such folders.
    ///
    /// # Errors
    /// Names the file, record or picture at fault. For files that are not image sets but can be turned into one, such as
    /// archives, the error says how.
    pub fn open(path: &Path, reading: &Reading) -> Result<Self> {
        let kind = fs::metadata(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let read = |splits| Ok(Found(Kind::Read(Box::new(splits))));
        if kind.is_file() {
            return read(file(path, reading)?);
        }
        if !kind.is_dir() {
            return Err(Error::NotFileOrFolder { path: path.to_owned() });
        }
        for set in [cifar::folder, batches::folder, imagenet16::folder, array::folder] {
            if let Some(splits) = set(path)? {
                return read(splits);
            }
        }
        Ok(Found(Kind::Pictures(Box::new(Pictures::find(path, reading.skip_damaged)?))))
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> usize {
        match &self.0 {
            Kind::Read(splits) => splits.train.classes(),
            Kind::Pictures(pictures) => pictures.classes(),
        }
    }

    /// Returns the number of training images.
    pub fn training_images(&self) -> usize {
        match &self.0 {
            Kind::Read(splits) => splits.train.len(),
            Kind::Pictures(pictures) => pictures.training_images(),
        }
    }

    /// Returns the height and width of the images before scaling; for pictures, the shortest side of any.
    pub fn side(&self) -> usize {
        match &self.0 {
            Kind::Read(splits) => splits.train.side(),
            Kind::Pictures(pictures) => pictures.side(),
        }
    }

    /// Returns the picture with the shortest side if the images are pictures, which can be of any size; `None` if all have the
    /// same size.
    pub fn smallest(&self) -> Option<(&Path, (u32, u32))> {
        match &self.0 {
            Kind::Read(_) => None,
            Kind::Pictures(pictures) => Some(pictures.smallest()),
        }
    }

    /// Reads the set with its images scaled to `side` x `side`; pictures are first cropped to their central square.
    ///
    /// # Errors
    /// Names the picture at fault, or why the set cannot be scaled.
    pub fn read(self, side: usize) -> Result<Splits> {
        match self.0 {
            Kind::Read(splits) => splits.scaled(side),
            Kind::Pictures(pictures) => pictures.read(side),
        }
    }
}

/// Reads the set that consists of one file.
fn file(path: &Path, reading: &Reading) -> Result<Splits> {
    let head = head(path)?;
    if head.starts_with(b"\x80") && matches!(head.get(1), Some(2..=5)) {
        return batches::file(path, reading);
    }
    if head.starts_with(b"\x93NUMPY") {
        return array::npy(path);
    }
    if head.starts_with(b"PK\x03\x04") {
        return array::npz(path);
    }
    if let Some(error) = foreign::refused(path, &head) {
        return Err(error);
    }
    cifar::file(path, reading)
}

impl ImageSet {
    /// Opens the training images at `path`, with pictures at their own size: see [`Found::open`].
    ///
    /// # Errors
    /// Names the file, record or picture at fault.
    pub fn open(path: &Path) -> Result<Self> {
        let found = Found::open(path, &Reading::default())?;
        let side = found.side();
        Ok(found.read(side)?.train)
    }
}

impl Splits {
    /// Opens the image set at `path`: see [`Found::open`]. Images are scaled to `side` x `side` pixels.
    ///
    /// # Errors
    /// Names the file, record or picture at fault.
    pub fn open(path: &Path, side: usize) -> Result<Self> {
        Found::open(path, &Reading::default())?.read(side)
    }
}
