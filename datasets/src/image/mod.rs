//! Mini-batches of images, either from a set of real images or from the counter-based generator.
//!
//! A mini-batch is a pure function of (seed, index): requesting it again, alone or in another process, yields the same images.

mod about;
mod array;
mod augment;
mod batches;
mod cifar;
mod described;
mod embedded;
mod folder;
mod foreign;
mod found;
mod imagenet16;
mod loose;
mod npy;
mod numbers;
mod path;
mod pickled;
mod picture;
mod pixels;
pub(crate) mod python_shuffle;
mod reading;
mod scaled;
mod set;
mod shown;
mod splits;
mod statistics;
mod synthetic;
mod valid_split;

pub use augment::{Augmentation, Change};
pub use found::Found;
pub use loose::LoosePictures;
pub use pixels::Normaliser;
pub use reading::Reading;
pub use set::ImageSet;
pub use splits::Splits;
pub use statistics::Statistics;
pub use valid_split::ValidSplit;

use crate::{Error, Result};

/// Number of colour planes of every image: red, green, blue.
pub const CHANNELS: usize = 3;

/// The order in which an image set is dealt out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// A random order, fixed by the seed: stream `images.order`.
    #[default]
    Shuffled,
    /// The order of the file, regardless of the seed.
    File,
}

/// How a minibatch is drawn from a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// The order in which images are taken.
    pub order: Order,
    /// How they are augmented, using stream `images.augment.INDEX`.
    pub augmentation: Augmentation,
}

impl From<Order> for Drawing {
    fn from(order: Order) -> Self {
        Drawing { order, ..Drawing::default() }
    }
}

/// Where images come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A set of real images.
    Set(ImageSet),
    /// Images and labels from the counter-based generator, without end.
    Synthetic {
        /// Dimensions of an image.
        dimensions: Dimensions,
        /// Number of classes the labels are drawn from, at least 1.
        classes: usize,
    },
    /// The same, but with every pixel drawn from N(0, 1).
    Noise {
        /// Dimensions of an image.
        dimensions: Dimensions,
        /// Number of classes the labels are drawn from, at least 1.
        classes: usize,
    },
}

/// Channels, height and width of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dimensions {
    /// Number of planes.
    pub channels: usize,
    /// Number of rows of pixels.
    pub height: usize,
    /// Number of columns of pixels.
    pub width: usize,
}

impl Dimensions {
    /// Returns the dimensions of a square picture.
    pub const fn square(side: usize) -> Self {
        Dimensions { channels: CHANNELS, height: side, width: side }
    }

    /// Returns the side if the dimensions are those of a square picture.
    pub fn side(self) -> Option<usize> {
        (self == Dimensions::square(self.height)).then_some(self.height)
    }
}

impl std::fmt::Display for Dimensions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Dimensions { channels, height, width } = self;
        match self.side() {
            Some(side) => write!(f, "{side} x {side}"),
            None => write!(f, "{channels} x {height} x {width}"),
        }
    }
}

/// Some images and their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Minibatch {
    /// Normalised pixels, image by image, channels x height x width.
    pub pixels: Vec<f32>,
    /// Class of each image, from 0.
    pub labels: Vec<u32>,
    /// Number of images.
    pub size: usize,
    /// Dimensions of an image.
    pub dimensions: Dimensions,
}

impl Source {
    /// Returns mini-batch number `index` (from 0) of `size` images under `seed`.
    ///
    /// From a set, it consists of the positions `index * size ..` in the given order, so mini-batches of the same size and seed
    /// are disjoint. Generated images have no order; only those of a set are augmented.
    ///
    /// # Errors
    /// If `size` is 0 or too large for the memory, if the set ends before the mini-batch does, or if synthetic images are
    /// requested without pixels or without classes.
    pub fn minibatch(&self, seed: u64, index: usize, size: usize, drawing: impl Into<Drawing>) -> Result<Minibatch> {
        if size == 0 {
            return Err(Error::EmptyBatch);
        }
        match self {
            Source::Set(set) => set.minibatch(seed, index, size, drawing.into()),
            &Source::Synthetic { dimensions, classes } => synthetic::minibatch(seed, index, size, dimensions, classes),
            &Source::Noise { dimensions, classes } => synthetic::noise(seed, index, size, dimensions, classes),
        }
    }

    /// Returns the set's name, `synthetic` or `noise`.
    pub fn name(&self) -> &str {
        match self {
            Source::Set(set) => set.name(),
            Source::Synthetic { .. } => "synthetic",
            Source::Noise { .. } => "noise",
        }
    }

    /// Returns the dimensions of an image.
    pub fn dimensions(&self) -> Dimensions {
        match self {
            Source::Set(set) => Dimensions::square(set.side()),
            Source::Synthetic { dimensions, .. } | Source::Noise { dimensions, .. } => *dimensions,
        }
    }

    /// Returns what identifies the data: the SHA-256 of a set's records or numbers, or `NAME-SIDE-CLASSES` for generated images,
    /// with the dimensions in place of the side if they are not square pictures.
    pub fn fingerprint(&self) -> String {
        match self {
            Source::Set(set) => set.fingerprint().to_owned(),
            Source::Synthetic { dimensions, classes } | Source::Noise { dimensions, classes } => {
                let Dimensions { channels, height, width } = dimensions;
                let size = match dimensions.side() {
                    Some(side) => side.to_string(),
                    None => format!("{channels}x{height}x{width}"),
                };
                format!("{}-{size}-{classes}", self.name())
            }
        }
    }

    /// Describes a set and how it is prepared, for manifests; `None` if images are generated.
    pub fn described(&self) -> Option<serde_json::Value> {
        match self {
            Source::Set(set) => Some(set.described()),
            Source::Synthetic { .. } | Source::Noise { .. } => None,
        }
    }

    /// Checks that every label is below `classes`.
    ///
    /// # Errors
    /// Names the first record whose label is not, or the number of classes that synthetic labels are drawn from.
    pub fn check_classes(&self, classes: usize) -> Result<()> {
        match self {
            Source::Set(set) => set.check_classes(classes),
            &Source::Synthetic { classes: drawn, .. } | &Source::Noise { classes: drawn, .. } if drawn > classes => {
                Err(Error::TooManySyntheticClasses { drawn, classes })
            }
            Source::Synthetic { .. } | Source::Noise { .. } => Ok(()),
        }
    }
}

/// Allocates room for the pixels of `size` images, or returns the error that they do not fit into memory.
fn pixel_buffer(size: usize, dimensions: Dimensions) -> Result<Vec<f32>> {
    let too_large = || Error::BatchTooLarge { size, dimensions };
    let Dimensions { channels, height, width } = dimensions;
    let length = [channels, height, width].into_iter().try_fold(size, usize::checked_mul).ok_or_else(too_large)?;
    let mut pixels = Vec::new();
    pixels.try_reserve_exact(length).map_err(|_| too_large())?;
    Ok(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_nothing_is_an_error() {
        let synthetic = Source::Synthetic { dimensions: Dimensions::square(32), classes: 10 };
        for source in [Source::Set(ImageSet::embedded()), synthetic] {
            assert!(matches!(source.minibatch(0, 0, 0, Order::File), Err(Error::EmptyBatch)));
        }
    }

    #[test]
    fn labels_beyond_the_classes_are_named() {
        let set = Source::Set(ImageSet::embedded());
        set.check_classes(10).unwrap();
        let message = set.check_classes(9).unwrap_err().to_string();
        assert_eq!(message, "image set embedded: record 2 has label 9, too high for 9 classes");

        let synthetic = Source::Synthetic { dimensions: Dimensions::square(32), classes: 100 };
        synthetic.check_classes(100).unwrap();
        let message = synthetic.check_classes(10).unwrap_err().to_string();
        assert_eq!(message, "synthetic images are drawn from 100 classes, more than the 10 to tell apart");
    }

    #[test]
    fn fingerprints_tell_sources_apart() {
        let fingerprint =
            |side, classes| Source::Synthetic { dimensions: Dimensions::square(side), classes }.fingerprint();
        let dimensions = Dimensions { channels: 1, height: 40, width: 101 };
        assert_eq!(Source::Noise { dimensions, classes: 12 }.fingerprint(), "noise-1x40x101-12");
        assert_eq!(fingerprint(32, 10), "synthetic-32-10");
        assert_ne!(fingerprint(32, 10), fingerprint(16, 10));
        assert_ne!(fingerprint(32, 10), fingerprint(32, 100));
        assert_eq!(Source::Set(ImageSet::embedded()).fingerprint().len(), 64);
    }
}
