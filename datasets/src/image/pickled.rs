//! A pickled batch: a dictionary of `data`, an array of images x (3 x side x side) bytes, and labels, a list or an array of whole
//! numbers.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::numbers::Numbers;
use super::pixels::Pixels;
use crate::pickle::{Fault, Heap, Limits, Value, far_references, unpickle_within};
use crate::{Error, Result};

/// A file that has been unpickled.
pub(super) struct Pickle {
    pub path: PathBuf,
    pub heap: Heap,
    pub root: Value,
}

impl Pickle {
    pub fn read(path: &Path) -> Result<Self> {
        let open = || File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source });
        let failed = |(offset, fault)| match fault {
            Fault::Io(source) => Error::Read { path: path.to_owned(), source },
            Fault::Content(reason) => Error::damaged(path, format!("byte {offset} of its pickle"), reason),
        };
        let far = far_references(Limits::IMAGES, BufReader::with_capacity(1 << 20, open()?)).map_err(failed)?;
        let input = BufReader::with_capacity(1 << 20, open()?);
        let (heap, root) = unpickle_within(Limits::IMAGES, input, &far, &mut ()).map_err(failed)?;
        Ok(Pickle { path: path.to_owned(), heap, root: root.unwrap_or(Value::None) })
    }

    pub fn wrong(&self, reason: impl std::fmt::Display) -> Error {
        Error::damaged(&self.path, "the pickle", format!("is no batch of images: {reason}"))
    }

    pub fn has(&self, key: &str) -> bool {
        self.heap.get(self.root, key).is_some()
    }

    /// Returns the images under `data`, one after the other, and their side.
    pub fn any_images(&self) -> Result<(Vec<u8>, usize)> {
        let no_array = || self.wrong("it has no array of bytes under `data`");
        let data = self.heap.get(self.root, "data").ok_or_else(no_array)?;
        let numbers = self.numbers(data).ok_or_else(no_array)?;
        match numbers.and_then(Numbers::images).map_err(|reason| self.wrong(format!("`data`: {reason}")))? {
            (Pixels::Bytes(pixels), side, _) => Ok((pixels, side)),
            (Pixels::Floats(_), ..) => Err(no_array()),
        }
    }

    /// The same for images that must have this side.
    pub fn images(&self, side: usize) -> Result<Vec<u8>> {
        match self.any_images()? {
            (images, found) if found == side => Ok(images),
            (_, found) => {
                Err(self.wrong(format!("`data` has images of {found} x {found} pixels, not of {side} x {side}")))
            }
        }
    }

    /// Returns the labels under `key`, which must be as many as there are images.
    pub fn labels(&self, key: &str, images: usize) -> Result<Vec<i64>> {
        let value = self.heap.get(self.root, key).ok_or_else(|| self.wrong(format!("it has no `{key}`")))?;
        let labels = match (self.heap.list(value), self.numbers(value)) {
            (Some(list), _) => {
                list.iter().map(|label| if let Value::Int(label) = label { Some(*label) } else { None }).collect()
            }
            (None, Some(numbers)) => numbers.and_then(|numbers| numbers.labels()).ok(),
            (None, None) => None,
        };
        let labels: Vec<i64> = labels.ok_or_else(|| self.wrong(format!("`{key}` is no list of whole numbers")))?;
        if labels.len() != images {
            return Err(self.wrong(format!("{} labels for {images} images", labels.len())));
        }
        Ok(labels)
    }

    fn numbers(&self, value: Value) -> Option<std::result::Result<Numbers, String>> {
        let (array, bytes) = self.heap.array(value)?;
        let shape: Option<Vec<usize>> = array.shape.iter().map(|&side| usize::try_from(side).ok()).collect();
        Some(Numbers::new(shape?, array.number?, array.fortran, bytes.to_vec()))
    }
}
