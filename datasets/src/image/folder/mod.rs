//! Folders of pictures: a folder for each class, directly or in the parts `train`, `val` and `test`. The pictures of a class lie
//! in its folder or one folder deeper.

mod layout;
mod listing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::about::{About, Normalised, Taken};
use super::path::name_of;
use super::pixels::Pixels;
use super::{CHANNELS, ImageSet, Splits, Statistics, picture};
use crate::{Error, Result, sha256_hex};
pub(super) use listing::{Listing, Tally};

/// The pictures found in a folder; only their sizes have been read so far.
#[derive(Debug)]
pub(super) struct Pictures {
    name: String,
    /// Names of the classes, which are those of their folders, in order.
    classes: Vec<String>,
    /// Training, validation and test pictures, with their classes.
    parts: [Vec<Picture>; 3],
    tally: Tally,
    /// The picture with the shortest side, and its size.
    smallest: (PathBuf, (u32, u32)),
    skip_damaged: bool,
}

/// The file of a picture, its class, and its size once known.
#[derive(Debug)]
pub(super) struct Picture {
    path: PathBuf,
    class: u32,
    size: (u32, u32),
}

impl Picture {
    fn new(path: PathBuf, class: u32) -> Self {
        Picture { path, class, size: (0, 0) }
    }

    fn short(&self) -> u32 {
        self.size.0.min(self.size.1)
    }
}

/// Pictures that were read: their pixels one after the other, and the pictures that were intact.
type Images = (Vec<u8>, Vec<Picture>);

impl Pictures {
    /// Finds the pictures in a folder.
    ///
    /// # Errors
    /// If there is no picture, if one is damaged and damaged ones are not to be skipped, or if the class of one cannot be determined.
    pub fn find(folder: &Path, skip_damaged: bool) -> Result<Self> {
        let (mut found, mut tally) = layout::find(folder)?;
        for part in &mut found.parts {
            let sizes: Vec<_> = part.par_iter().map(|picture| picture::size(&picture.path)).collect();
            let mut kept = Vec::with_capacity(part.len());
            for (mut picture, size) in part.drain(..).zip(sizes) {
                match size {
                    Ok(size) => {
                        picture.size = size;
                        kept.push(picture);
                    }
                    Err(Error::Picture { .. }) if skip_damaged => tally.damaged.push(picture.path),
                    Err(error) => return Err(error),
                }
            }
            *part = kept;
        }
        let Some(smallest) = found.parts.iter().flatten().min_by_key(|picture| picture.short()) else {
            return Err(Error::images(folder, "has no picture that is not damaged"));
        };
        let smallest = (smallest.path.clone(), smallest.size);
        Ok(Pictures {
            name: name_of(folder),
            classes: found.classes,
            parts: found.parts,
            tally,
            smallest,
            skip_damaged,
        })
    }

    pub fn classes(&self) -> usize {
        self.classes.len()
    }

    pub fn training_images(&self) -> usize {
        self.parts[0].len()
    }

    /// Returns the shortest side of any picture.
    pub fn side(&self) -> usize {
        let (_, (width, height)) = self.smallest;
        width.min(height) as usize
    }

    /// Returns the picture with that side.
    pub fn smallest(&self) -> (&Path, (u32, u32)) {
        (&self.smallest.0, self.smallest.1)
    }

    /// Reads the pictures as images of `side` x `side`, all normalised by the statistics of the training pictures.
    pub fn read(mut self, side: usize) -> Result<Splits> {
        let [train, valid, test] = std::mem::take(&mut self.parts);
        let [train, valid, test] = [self.images(train, side)?, self.images(valid, side)?, self.images(test, side)?];
        self.check_every_class_is_there(&train.1)?;
        let statistics = Statistics::of(&train.0, side * side);
        let all = || [&train, &valid, &test].into_iter().flat_map(|(_, pictures)| pictures);
        let extremes = [
            all().min_by_key(|picture| picture.short()),
            all().max_by_key(|picture| (picture.short(), picture.size.0.max(picture.size.1))),
        ];
        let sizes = extremes.map(|picture| picture.map_or(self.smallest.1, |picture| picture.size));
        let is_square = all().all(|picture| picture.size.0 == picture.size.1);
        let about = Arc::new(About {
            format: "pictures".into(),
            pictures: true,
            class_names: self.classes.clone(),
            sizes: Some(sizes),
            taken: Taken::of(sizes, is_square, side),
            normalised: Normalised::Own,
            left_out: self.tally.words(),
        });
        let set = |(pixels, pictures): Images| {
            let labels: Vec<u32> = pictures.iter().map(|picture| picture.class).collect();
            let label_bytes: Vec<u8> = labels.iter().flat_map(|&label| (label as u16).to_le_bytes()).collect();
            ImageSet {
                name: self.name.clone(),
                side,
                classes: self.classes.len(),
                fingerprint: sha256_hex([self.classes.join("\n").as_bytes(), &label_bytes, &pixels]),
                pixels: Arc::new(Pixels::Bytes(pixels)),
                labels,
                statistics,
                about: about.clone(),
            }
        };
        let [valid, test] = [valid, test].map(|part| Some(part).filter(|(_, pictures)| !pictures.is_empty()).map(set));
        Ok(Splits { train: set(train), valid, test })
    }

    /// Reads the images of these pictures; damaged ones are left out and noted, or cause an error.
    fn images(&mut self, pictures: Vec<Picture>, side: usize) -> Result<Images> {
        let read: Vec<Result<Vec<u8>>> =
            pictures.par_iter().map(|picture| picture::planes(&picture.path, side)).collect();
        let mut pixels = Vec::with_capacity(pictures.len() * CHANNELS * side * side);
        let mut kept = Vec::with_capacity(pictures.len());
        for (picture, planes) in pictures.into_iter().zip(read) {
            match planes {
                Ok(planes) => {
                    pixels.extend(planes);
                    kept.push(picture);
                }
                Err(Error::Picture { .. }) if self.skip_damaged => self.tally.damaged.push(picture.path),
                Err(error) => return Err(error),
            }
        }
        Ok((pixels, kept))
    }

    fn check_every_class_is_there(&self, pictures: &[Picture]) -> Result<()> {
        let mut is_there = vec![false; self.classes.len()];
        pictures.iter().for_each(|picture| is_there[picture.class as usize] = true);
        match is_there.iter().position(|&there| !there) {
            Some(class) => Err(Error::images(
                Path::new(&self.name),
                format!("every picture of class `{}` is damaged", self.classes[class]),
            )),
            None => Ok(()),
        }
    }
}
