//! The one door to image sets: looks what is at a path, tells its classes and size, and then reads it.

use std::fs;
use std::path::Path;

use super::folder::Pictures;
use super::path::head;
use super::{ImageSet, Reading, Splits, array, batches, cifar, foreign, imagenet16};
use crate::{Error, Result};

/// An image set that has been found and is not read yet, or not whole: of pictures only the sizes are known.
#[derive(Debug)]
pub struct Found(Kind);

#[derive(Debug)]
enum Kind {
    Read(Box<Splits>),
    Pictures(Box<Pictures>),
}

impl Found {
    /// Finds the set at `path`, whose content says what it is:
    ///
    /// - a folder of CIFAR-10 or CIFAR-100, in the binary or the Python version, or the folder around it;
    /// - the folder of ImageNet16's pickled batches, of which the first 120 classes are taken;
    /// - one file of records in CIFAR's binary layout, or one pickled batch of these sets;
    /// - `.npz` or `.npy` arrays of images with their labels, or a folder of such;
    /// - a folder with a folder of pictures for each class, or `train`, `val` and `test` with such folders in them.
    ///
    /// # Errors
    /// Names the file, record or picture at fault; of what is no image set but can become one, such as an archive, how.
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

    /// Number of classes.
    pub fn classes(&self) -> usize {
        match &self.0 {
            Kind::Read(splits) => splits.train.classes(),
            Kind::Pictures(pictures) => pictures.classes(),
        }
    }

    /// Height and width that its images have by themselves: of pictures the shortest side of any.
    pub fn side(&self) -> usize {
        match &self.0 {
            Kind::Read(splits) => splits.train.side(),
            Kind::Pictures(pictures) => pictures.side(),
        }
    }

    /// The picture with the shortest side, where images can be brought to any size; `None` where they have one.
    pub fn smallest(&self) -> Option<(&Path, (u32, u32))> {
        match &self.0 {
            Kind::Read(_) => None,
            Kind::Pictures(pictures) => Some(pictures.smallest()),
        }
    }

    /// The set, its images scaled to `side` x `side`; of pictures the square in their middle.
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

/// The set that one file is.
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
    /// The training images at `path`, pictures at their own size: see [`Found::open`].
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
    /// The image set at `path`: see [`Found::open`]. Images are brought to `side` x `side` pixels.
    ///
    /// # Errors
    /// Names the file, record or picture at fault.
    pub fn open(path: &Path, side: usize) -> Result<Self> {
        Found::open(path, &Reading::default())?.read(side)
    }
}
