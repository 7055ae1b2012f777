//! The one door to images: from a word or a path to a search space whose networks take them, and then to the images themselves.

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

/// Images as networks take them.
pub enum Loaded {
    /// Real ones.
    Set {
        /// Their parts.
        splits: Box<Splits>,
        /// What score files call them: the last part of their path.
        name: String,
    },
    /// Made-up ones.
    MadeUp(Source),
}

impl Images {
    /// Images by what the command line calls them: `embedded`, `synthetic`, `noise`, or a path (see [`Found::open`]).
    ///
    /// # Errors
    /// If it is a path at which there is no image set.
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

    /// The classes and the side that they have by themselves; those that are made up have whatever is wanted.
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

    /// The space that is chosen, as [`Images::space`].
    ///
    /// # Errors
    /// As [`Images::space`].
    pub fn space_for(&self, choice: &SpaceChoice) -> Result<Box<dyn SearchSpace>> {
        self.space(choice.name(), &choice.asked())
    }

    /// The space called `name` with the macro settings in `asked`. Where these say nothing else, its networks tell apart the
    /// images' classes and take their size; of pictures the largest that is not above their shortest side and fits the space.
    ///
    /// # Errors
    /// Names the setting, or the size, of which no network can be built.
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

    /// Reads them, as a space's networks take them.
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
    /// What was read, in a line; nothing of those that are made up, or part of the program and as they are.
    pub fn line(&self) -> Option<String> {
        match self {
            Loaded::Set { splits, name } => (name != EMBEDDED || splits.train.is_scaled()).then(|| splits.line()),
            Loaded::MadeUp(_) => None,
        }
    }

    /// Where minibatches come from: the training images.
    pub fn source(&self) -> Source {
        match self {
            Loaded::Set { splits, name } => Source::Set(splits.train.clone().called(name)),
            Loaded::MadeUp(source) => source.clone(),
        }
    }

    /// All of them, to train on.
    ///
    /// # Errors
    /// If they are made up.
    pub fn splits(&self) -> Result<Splits> {
        match self {
            Loaded::Set { splits, .. } => Ok(Splits::clone(splits)),
            Loaded::MadeUp(source) => {
                Err(Error::setting("images", format!("{} images are not to be trained on", source.name())))
            }
        }
    }
}
