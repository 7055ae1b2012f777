//! Selection of the validation images of a set.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::Value;
use zeronas_random::Stream;

use super::python_shuffle::shuffled;
use super::{ImageSet, Splits};
use crate::{Error, Result};

/// Number of images in CIFAR-10's training set, which NATS-Bench halves.
const NATS_IMAGES: usize = 50_000;
/// The seed that NATS-Bench gives Python's generator for that.
const NATS_SEED: u32 = 1021;

/// Where validation images come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ValidSplit {
    /// The set's own, if it has any; no image is held out.
    #[default]
    Own,
    /// A number of training images, drawn once and for all: the same for every seed.
    Images(usize),
    /// A number of training images from the end, as NAS-Bench-101 holds out the last file of CIFAR-10.
    Last(usize),
    /// Half of the training images, drawn once and for all.
    Half,
    /// The half of CIFAR-10's training images on which NATS-Bench validates in `cifar10-valid`.
    Nats,
    /// Half of the test images, drawn in the same way; the other half becomes the test set.
    TestHalf,
    /// The official lists of a JSON file: `cifar-split.txt` of NATS-Bench (`train` and `valid`, of the training images) or
    /// `cifar100-test-split.txt` and similar files (`xvalid` and `xtest`, of the test images).
    Listed(PathBuf),
}

/// Parses `own`, `half`, `nats`, `test-half`, a number, `last:` and a number, or else the name of a file.
impl FromStr for ValidSplit {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        Ok(match (text, text.parse()) {
            ("own", _) => ValidSplit::Own,
            ("half", _) => ValidSplit::Half,
            ("nats", _) => ValidSplit::Nats,
            ("test-half", _) => ValidSplit::TestHalf,
            (_, Ok(images)) => ValidSplit::Images(images),
            (text, Err(_)) => match text.strip_prefix("last:").and_then(|images| images.parse().ok()) {
                Some(images) => ValidSplit::Last(images),
                None => ValidSplit::Listed(text.into()),
            },
        })
    }
}

impl Splits {
    /// Returns the set with other validation images.
    ///
    /// # Errors
    /// If there are too few images, or if a list does not match the set.
    pub fn with_valid(self, split: &ValidSplit) -> Result<Self> {
        let drawn =
            |set: &ImageSet, images| divided(set, &Stream::new("images.valid", 0).permutation(set.len()), images);
        let train = self.train.len();
        let held = |(valid, train)| Ok(Splits { train, valid: Some(valid), ..self.clone() });
        match split {
            ValidSplit::Own => Ok(self),
            ValidSplit::Images(images) => held(drawn(&self.train, few_enough(*images, train)?)),
            ValidSplit::Half => held(drawn(&self.train, few_enough(train / 2, train)?)),
            ValidSplit::Last(images) => {
                let first = train - few_enough(*images, train)?;
                let places: Vec<usize> = (first..train).chain(0..first).collect();
                held(divided(&self.train, &places, *images))
            }
            ValidSplit::Nats if self.train.name() == "cifar10" && train == NATS_IMAGES => {
                let mut places = shuffled(NATS_IMAGES as u32, NATS_SEED);
                places.rotate_left(NATS_IMAGES / 2);
                held(divided(&self.train, &places, NATS_IMAGES / 2))
            }
            ValidSplit::Nats => {
                let reason = format!(
                    "nats divides the {NATS_IMAGES} images of cifar10, not the {train} of {}",
                    self.train.name()
                );
                Err(Error::ValidSplit { reason })
            }
            ValidSplit::TestHalf => match &self.test {
                Some(test) if test.len() > 1 => {
                    let (valid, test) = drawn(test, test.len() / 2);
                    Ok(Splits { valid: Some(valid), test: Some(test), ..self })
                }
                _ => Err(Error::ValidSplit { reason: "half of the test images: the set has no two of them".into() }),
            },
            ValidSplit::Listed(path) => self.with_lists(path),
        }
    }

    fn with_lists(self, path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let lists: Value = serde_json::from_str(&text).map_err(|error| Error::damaged(path, "the file", error))?;
        let pick = |valid: &str, rest: &str, set: &ImageSet| {
            let (held, rest) = (places(&lists, valid, set, path)?, places(&lists, rest, set, path)?);
            let mut seen = HashSet::new();
            match held.iter().chain(&rest).find(|place| !seen.insert(**place)) {
                None => Ok((set.pick(&held), set.pick(&rest))),
                Some(twice) => Err(Error::damaged(path, "its lists", format!("have image {twice} twice"))),
            }
        };
        match &self.test {
            _ if lists.get("train").is_some() => {
                let (valid, train) = pick("valid", "train", &self.train)?;
                Ok(Splits { train, valid: Some(valid), ..self })
            }
            Some(test) => {
                let (valid, test) = pick("xvalid", "xtest", test)?;
                Ok(Splits { valid: Some(valid), test: Some(test), ..self })
            }
            None => Err(Error::ValidSplit { reason: format!("{} has no list `train`", path.display()) }),
        }
    }
}

/// Checks that some images are held out and some remain.
fn few_enough(images: usize, all: usize) -> Result<usize> {
    let reason = || format!("{images} of {all} training images are not at least one, and all but one at most");
    if (1..all).contains(&images) { Ok(images) } else { Err(Error::ValidSplit { reason: reason() }) }
}

/// Returns the images at the first `held` of `places`, and the others; both in the set's order.
fn divided(set: &ImageSet, places: &[usize], held: usize) -> (ImageSet, ImageSet) {
    let pick = |places: &[usize]| {
        let mut places = places.to_vec();
        places.sort_unstable();
        set.pick(&places)
    };
    (pick(&places[..held]), pick(&places[held..]))
}

/// Returns the places in a list: `"NAME": ["int", ["0", "1", ...]]`.
fn places(lists: &Value, name: &str, set: &ImageSet, path: &Path) -> Result<Vec<usize>> {
    let wrong = |reason: String| Error::damaged(path, format!("the list `{name}`"), reason);
    let list = lists.pointer(&format!("/{name}/1")).and_then(Value::as_array);
    let list = list.ok_or_else(|| wrong("is not there, as [\"int\", [numbers]]".into()))?;
    if list.is_empty() {
        return Err(wrong("is empty".into()));
    }
    let place = |value: &Value| {
        let place = value.as_str().map_or_else(|| value.as_u64().map(|place| place as usize), |text| text.parse().ok());
        place.filter(|&place| place < set.len()).ok_or_else(|| {
            wrong(format!("has {value}, which is no image of {}: they are 0 to {}", set.name(), set.len() - 1))
        })
    };
    list.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::pixels::Pixels;
    use std::sync::Arc;

    fn splits() -> Splits {
        let set = ImageSet::embedded();
        let places: Vec<usize> = (0..20).collect();
        Splits { test: Some(set.pick(&places)), ..Splits::from(set) }
    }

    #[test]
    fn validation_images_are_held_out_and_the_same_every_time() {
        let split = || splits().with_valid(&ValidSplit::Images(56)).unwrap();
        let (one, two) = (split(), split());
        assert_eq!((one.train.len(), one.valid.as_ref().unwrap().len()), (200, 56));
        assert_eq!(one.fingerprint(), two.fingerprint());
        assert_ne!(one.fingerprint(), splits().fingerprint());
        let valid = one.valid.unwrap();
        let all: Vec<Option<&[u8]>> =
            (0..200).map(|i| one.train.bytes(i)).chain((0..56).map(|i| valid.bytes(i))).collect();
        assert!((0..256).all(|i| all.contains(&splits().train.bytes(i))), "together they are the whole");
        let halves = splits().with_valid(&ValidSplit::Half).unwrap();
        assert_eq!((halves.train.len(), halves.valid.unwrap().len()), (128, 128));
        let halves = splits().with_valid(&ValidSplit::TestHalf).unwrap();
        assert_eq!((halves.train.len(), halves.valid.unwrap().len(), halves.test.unwrap().len()), (256, 10, 10));
        let last = splits().with_valid(&ValidSplit::Last(6)).unwrap();
        let (valid, all) = (last.valid.unwrap(), splits().train);
        assert_eq!((last.train.len(), last.train.bytes(249), valid.bytes(0)), (250, all.bytes(249), all.bytes(250)));
    }

    /// The values that the script behind NATS-Bench's data asserts of its halves: places 0, 10 and 111 of each. (Both lists were
    /// also compared in full with `cifar-split.txt`.)
    #[test]
    fn nats_bench_halves_cifar10_as_python_shuffles() {
        let set = ImageSet { name: "cifar10".into(), side: 1, classes: 10, ..numbered(NATS_IMAGES) };
        let halves = Splits::from(set).with_valid(&ValidSplit::Nats).unwrap();
        let number = |set: &ImageSet, place: usize| {
            let pixels = set.bytes(place).unwrap();
            usize::from(pixels[0]) * 65536 + usize::from(pixels[1]) * 256 + usize::from(pixels[2])
        };
        let valid = halves.valid.unwrap();
        assert_eq!([0, 10, 111].map(|place| number(&halves.train, place)), [0, 26, 203]);
        assert_eq!([0, 10, 111].map(|place| number(&valid, place)), [1, 18, 242]);
        assert_eq!((halves.train.len(), valid.len()), (25_000, 25_000));
        let message = splits().with_valid(&ValidSplit::Nats).unwrap_err().to_string();
        assert!(message.contains("not the 256 of"), "{message}");
    }

    /// Images of one pixel that encodes their place.
    fn numbered(images: usize) -> ImageSet {
        let pixels = (0..images).flat_map(|place| [(place >> 16) as u8, (place >> 8) as u8, place as u8]).collect();
        ImageSet { pixels: Arc::new(Pixels::Bytes(pixels)), labels: vec![0; images], ..ImageSet::embedded() }
    }

    #[test]
    fn too_few_images_are_an_error() {
        for split in [ValidSplit::Images(0), ValidSplit::Images(256), ValidSplit::Last(0), ValidSplit::Last(256)] {
            assert!(matches!(splits().with_valid(&split), Err(Error::ValidSplit { .. })));
        }
        let without = Splits::from(ImageSet::embedded());
        assert!(matches!(without.with_valid(&ValidSplit::TestHalf), Err(Error::ValidSplit { .. })));
    }

    #[test]
    fn official_lists_say_which() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("split.txt");
        let listed = |text: &str| {
            fs::write(&path, text).unwrap();
            splits().with_valid(&ValidSplit::Listed(path.clone()))
        };
        let set = listed(r#"{"train": ["int", ["3", "1"]], "valid": ["int", ["7"]]}"#).unwrap();
        assert_eq!((set.train.len(), set.valid.unwrap().bytes(0)), (2, splits().train.bytes(7)));
        assert_eq!(set.train.bytes(0), splits().train.bytes(3));
        let set = listed(r#"{"xvalid": ["int", ["2"]], "xtest": ["int", ["0", "1"]]}"#).unwrap();
        assert_eq!((set.train.len(), set.valid.unwrap().len(), set.test.unwrap().len()), (256, 1, 2));
        let message = listed(r#"{"train": ["int", ["256"]], "valid": ["int", ["7"]]}"#).unwrap_err().to_string();
        assert!(message.contains("the list `train`: has \"256\"") && message.contains("0 to 255"), "{message}");
        let message = listed(r#"{"train": ["int", ["7"]], "valid": ["int", ["7"]]}"#).unwrap_err().to_string();
        assert!(message.contains("have image 7 twice"), "{message}");
        assert!(listed("{").unwrap_err().to_string().contains("split.txt"));
    }

    #[test]
    fn words_numbers_and_files_say_where_validation_images_come_from() {
        let read = |text: &str| text.parse::<ValidSplit>().unwrap();
        assert_eq!(
            (read("own"), read("half"), read("test-half"), read("nats")),
            (ValidSplit::Own, ValidSplit::Half, ValidSplit::TestHalf, ValidSplit::Nats)
        );
        assert_eq!((read("last:7"), read("last:x")), (ValidSplit::Last(7), ValidSplit::Listed("last:x".into())));
        assert_eq!((read("5000"), read("a.txt")), (ValidSplit::Images(5000), ValidSplit::Listed("a.txt".into())));
    }
}
