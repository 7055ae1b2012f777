//! The single entry point to images: from a word or a path to a search space whose networks take them, and then to the images themselves.

use crate::listener::Listener;
use crate::space::{SearchSpace, SpaceChoice, check_takes_pictures, find};
use crate::{Error, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use zeronas_datasets::image::{Dimensions, Found, Reading};
use zeronas_datasets::{ImageSet, Source, Splits};
use zeronas_proxies::network::Shape;

/// The word for the images that are part of the program.
const EMBEDDED: &str = "embedded";

/// Images that have been found and are not yet read.
pub struct Images(Kind);

enum Kind {
    Embedded,
    Synthetic,
    Noise,
    Found { path: PathBuf, found: Box<Found> },
}

/// Images in the shape that networks take.
pub enum Loaded {
    /// Real images.
    Set {
        /// Their parts.
        splits: Box<Splits>,
        /// Their name in score files: the last part of their path.
        name: String,
    },
    /// Generated images.
    MadeUp(Source),
}

impl Images {
    /// Finds images by their name on the command line: `embedded`, `synthetic`, `noise`, or a path (see [`Found::open`]).
    ///
    /// # Errors
    /// If `name` is a path and there is no image set at it.
    pub fn find(name: &str, reading: &Reading) -> Result<Self> {
        Ok(Images(match name {
            EMBEDDED => Kind::Embedded,
            "synthetic" => Kind::Synthetic,
            "noise" => Kind::Noise,
            path => {
                let found = Box::new(Found::open(Path::new(path), reading)?);
                Kind::Found { path: path.into(), found }
            }
        }))
    }

    /// The images' own number of classes and side; `None` for generated images, which can have any.
    fn classes_and_side(&self) -> Option<(usize, usize)> {
        match &self.0 {
            Kind::Embedded => {
                let set = ImageSet::embedded();
                Some((set.classes(), set.side()))
            }
            Kind::Found { found, .. } => Some((found.classes(), found.side())),
            Kind::Synthetic | Kind::Noise => None,
        }
    }

    /// Returns the number of training images; `None` for generated images.
    pub fn training_images(&self) -> Option<usize> {
        match &self.0 {
            Kind::Embedded => Some(ImageSet::embedded().len()),
            Kind::Found { found, .. } => Some(found.training_images()),
            Kind::Synthetic | Kind::Noise => None,
        }
    }

    /// Returns the chosen space, as [`Images::space`] does.
    ///
    /// # Errors
    /// As [`Images::space`].
    pub fn space_for(&self, choice: &SpaceChoice) -> Result<Box<dyn SearchSpace>> {
        self.space(choice.name(), &choice.asked())
    }

    /// Returns the space called `name` with the macro settings in `asked`. Unless these say otherwise, its networks distinguish the
    /// images' classes and take the images' size; for pictures, the largest size that the space allows up to their shortest side.
    ///
    /// # Errors
    /// Names the setting, or the size, for which no network can be built.
    pub fn space(&self, name: &str, asked: &[(&str, Value)]) -> Result<Box<dyn SearchSpace>> {
        let Some((classes, side)) = self.classes_and_side() else { return find(name, asked) };
        let is_open = |setting: &str| asked.iter().all(|(other, _)| *other != setting);
        let mut all = asked.to_vec();
        if is_open("classes") {
            all.push(("classes", classes.into()));
        }
        if !is_open("resolution") {
            return find(name, &all);
        }
        let of_side = |side: usize| find(name, &[&all[..], &[("resolution", side.into())]].concat());
        let smallest = match &self.0 {
            Kind::Found { found, .. } => found.smallest(),
            _ => None,
        };
        match (of_side(side), smallest) {
            (Err(Error::Setting { setting, reason }), Some((path, (width, height)))) if setting == "resolution" => {
                let fitting = (1..side).rev().take(63).find_map(|side| of_side(side).ok());
                fitting.ok_or_else(|| {
                    let picture = format!("{} is {width} x {height}", path.display());
                    Error::setting(setting, format!("{reason}: {picture}; say at which size pictures are to be taken"))
                })
            }
            (space, _) => space,
        }
    }

    /// Reads them as [`Images::read`], and says what was read.
    ///
    /// # Errors
    /// As [`Images::read`].
    pub fn read_noted(self, space: &dyn SearchSpace, listener: &dyn Listener) -> Result<Loaded> {
        let loaded = self.read(space)?;
        if let Some(line) = loaded.line() {
            listener.note(&format!("images: {line}"));
        }
        Ok(loaded)
    }

    /// Reads them in the shape that the space's networks take.
    ///
    /// # Errors
    /// Names the file, record or picture at fault.
    pub fn read(self, space: &dyn SearchSpace) -> Result<Loaded> {
        let (Shape { channels, height, width }, classes) = (space.input(), space.classes());
        let dimensions = Dimensions { channels, height, width };
        Ok(match self.0 {
            Kind::Embedded => {
                check_takes_pictures(space)?;
                let set = ImageSet::embedded();
                let name = set.name().into();
                Loaded::Set { name, splits: Box::new(Splits::from(set).scaled(space.resolution())?) }
            }
            Kind::Synthetic => Loaded::MadeUp(Source::Synthetic { dimensions, classes }),
            Kind::Noise => Loaded::MadeUp(Source::Noise { dimensions, classes }),
            Kind::Found { path, found } => {
                check_takes_pictures(space)?;
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
                Loaded::Set { splits: Box::new(found.read(space.resolution())?), name }
            }
        })
    }
}

impl Loaded {
    /// Returns a line that says what was read; `None` for generated images, and for those of the program unless they were rescaled.
    pub fn line(&self) -> Option<String> {
        match self {
            Loaded::Set { splits, name } => (name != EMBEDDED || splits.train.is_scaled()).then(|| splits.line()),
            Loaded::MadeUp(_) => None,
        }
    }

    /// Returns the source of minibatches: the training images.
    pub fn source(&self) -> Source {
        match self {
            Loaded::Set { splits, name } => Source::Set(splits.train.clone().called(name)),
            Loaded::MadeUp(source) => source.clone(),
        }
    }

    /// All of them, to train on.
    ///
    /// # Errors
    /// If they are generated.
    pub fn splits(&self) -> Result<Splits> {
        match self {
            Loaded::Set { splits, .. } => Ok(Splits::clone(splits)),
            Loaded::MadeUp(source) => {
                Err(Error::setting("images", format!("{} images are not to be trained on", source.name())))
            }
        }
    }
}
