//! Whole image sets in the parts that training needs: images to train on, to choose by, and to test with.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::Value;
use zeronas_random::Stream;

use super::{ImageSet, cifar, folder, imagenet16};
use crate::{Error, Result, sha256_hex};

/// The parts of an image set.
#[derive(Clone, Debug)]
pub struct Splits {
    /// Images to train on.
    pub train: ImageSet,
    /// Images to choose by, if any have been held out.
    pub valid: Option<ImageSet>,
    /// Images to test with, if the set has any.
    pub test: Option<ImageSet>,
}

/// Where validation images come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ValidSplit {
    /// The set's own, if it has a folder of them; no image is held out.
    #[default]
    Own,
    /// So many training images, drawn once and for all: the same for every seed.
    Images(usize),
    /// Half of the training images, drawn so.
    Half,
    /// Half of the test images, drawn so; the other half is the test set.
    TestHalf,
    /// The official lists of a JSON file: `cifar-split.txt` of NATS-Bench (`train` and `valid`, of the training images) or
    /// `cifar100-test-split.txt` and the like (`xvalid` and `xtest`, of the test images).
    Listed(PathBuf),
}

/// Reads `own`, `half`, `test-half`, a number, or else the name of a file.
impl FromStr for ValidSplit {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        Ok(match (text, text.parse()) {
            ("own", _) => ValidSplit::Own,
            ("half", _) => ValidSplit::Half,
            ("test-half", _) => ValidSplit::TestHalf,
            (_, Ok(images)) => ValidSplit::Images(images),
            (path, Err(_)) => ValidSplit::Listed(path.into()),
        })
    }
}

impl Splits {
    /// Reads an image set: the binary folder of CIFAR-10 or CIFAR-100, the folder of ImageNet16's pickled batches, a folder with
    /// a folder of PNG or JPEG pictures for each class (or `train`, `valid` and `test` with such folders in them), whose pictures
    /// are brought to `side` x `side` pixels, or one file of CIFAR-10 records, which all are to train on.
    ///
    /// # Errors
    /// Names the file, record or picture at fault.
    pub fn open(path: &Path, side: usize) -> Result<Self> {
        let kind = fs::metadata(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        if !kind.is_dir() {
            return ImageSet::open(path).map(Splits::from);
        }
        for (name, format) in [("cifar10", &cifar::CIFAR10), ("cifar100", &cifar::CIFAR100)] {
            if let Some(folder) = format.folder_in(path) {
                let train = format.open_train(name.into(), &folder)?;
                let test = Some(folder.join(format.test)).filter(|file| file.exists());
                let test = test.map(|file| format.open(name.into(), &[file])).transpose()?;
                return Ok(Splits { train, valid: None, test });
            }
        }
        if imagenet16::is_in(path) {
            return Ok(Splits { train: imagenet16::train(path)?, valid: None, test: imagenet16::test(path)? });
        }
        Splits::of_pictures(path, side)
    }

    fn of_pictures(path: &Path, side: usize) -> Result<Self> {
        let part = |name: &str| Some(path.join(name)).filter(|part| part.is_dir());
        let train = part("train").unwrap_or_else(|| path.to_owned());
        let classes = folder::classes(&train)?;
        if classes.is_empty() || side == 0 {
            return Err(Error::NoImageSet { path: path.to_owned() });
        }
        let mut splits = Splits::from(folder::open(&train, &classes, side, None)?);
        if train != path {
            let statistics = splits.train.statistics();
            let open = |part: PathBuf| {
                let found = folder::classes(&part)?;
                if let Some(class) = found.iter().find(|class| !classes.contains(class)) {
                    let reason = format!("has a class `{class}`, which train has not");
                    return Err(Error::UnlikeParts { path: part, reason });
                }
                Ok(Some(folder::open(&part, &classes, side, Some(statistics))?).filter(|set| !set.labels.is_empty()))
            };
            splits.valid = part("valid").or_else(|| part("val")).map_or(Ok(None), open)?;
            splits.test = part("test").map_or(Ok(None), open)?;
        }
        Ok(splits)
    }

    /// The set with other validation images.
    ///
    /// # Errors
    /// Where there are too few images, or a list does not suit the set.
    pub fn with_valid(self, split: &ValidSplit) -> Result<Self> {
        let drawn = |set: &ImageSet, images: usize| {
            let order = Stream::new("images.valid", 0).permutation(set.len());
            let (mut held, mut rest) = (order[..images].to_vec(), order[images..].to_vec());
            held.sort_unstable();
            rest.sort_unstable();
            (set.pick(&held), set.pick(&rest))
        };
        let train = self.train.len();
        match split {
            ValidSplit::Own => Ok(self),
            ValidSplit::Images(images @ 1..) if *images < train => {
                let (valid, train) = drawn(&self.train, *images);
                Ok(Splits { train, valid: Some(valid), ..self })
            }
            ValidSplit::Images(images) => Err(Error::ValidSplit {
                reason: format!("{images} of {train} training images are not at least one, and all but one at most"),
            }),
            ValidSplit::Half => self.with_valid(&ValidSplit::Images(train / 2)),
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
        let pick = |name: &str, set: &ImageSet| Ok::<_, Error>(set.pick(&places(&lists, name, set, path)?));
        match &self.test {
            _ if lists.get("train").is_some() => {
                let (valid, train) = (pick("valid", &self.train)?, pick("train", &self.train)?);
                Ok(Splits { train, valid: Some(valid), ..self })
            }
            Some(test) => {
                let (valid, test) = (pick("xvalid", test)?, pick("xtest", test)?);
                Ok(Splits { valid: Some(valid), test: Some(test), ..self })
            }
            None => Err(Error::ValidSplit { reason: format!("{} has no list `train`", path.display()) }),
        }
    }

    /// Makes sure that every label is below `classes`.
    ///
    /// # Errors
    /// With the first record whose label is not.
    pub fn check_classes(&self, classes: usize) -> Result<()> {
        self.parts().into_iter().try_for_each(|set| set.check_classes(classes))
    }

    /// What identifies the data and its split: the SHA-256 of the parts' fingerprints.
    pub fn fingerprint(&self) -> String {
        let of = |set: &Option<ImageSet>| set.as_ref().map_or(String::new(), |set| set.fingerprint().to_owned());
        let parts = [self.train.fingerprint().to_owned(), of(&self.valid), of(&self.test)];
        sha256_hex([parts.join("\n").as_bytes()])
    }

    fn parts(&self) -> Vec<&ImageSet> {
        [Some(&self.train), self.valid.as_ref(), self.test.as_ref()].into_iter().flatten().collect()
    }
}

/// All images are to train on.
impl From<ImageSet> for Splits {
    fn from(train: ImageSet) -> Self {
        Splits { train, valid: None, test: None }
    }
}

/// The places that a list names: `"NAME": ["int", ["0", "1", ...]]`.
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
        let all: Vec<&[u8]> = (0..200).map(|i| one.train.image(i)).chain((0..56).map(|i| valid.image(i))).collect();
        assert!((0..256).all(|i| all.contains(&splits().train.image(i))), "together they are the whole");
        let halves = splits().with_valid(&ValidSplit::Half).unwrap();
        assert_eq!((halves.train.len(), halves.valid.unwrap().len()), (128, 128));
        let halves = splits().with_valid(&ValidSplit::TestHalf).unwrap();
        assert_eq!((halves.train.len(), halves.valid.unwrap().len(), halves.test.unwrap().len()), (256, 10, 10));
    }

    #[test]
    fn too_few_images_are_an_error() {
        for split in [ValidSplit::Images(0), ValidSplit::Images(256)] {
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
        assert_eq!((set.train.len(), set.valid.unwrap().image(0)), (2, splits().train.image(7)));
        assert_eq!(set.train.image(0), splits().train.image(3));
        let set = listed(r#"{"xvalid": ["int", ["2"]], "xtest": ["int", ["0", "1"]]}"#).unwrap();
        assert_eq!((set.train.len(), set.valid.unwrap().len(), set.test.unwrap().len()), (256, 1, 2));
        let message = listed(r#"{"train": ["int", ["256"]], "valid": ["int", ["7"]]}"#).unwrap_err().to_string();
        assert!(message.contains("the list `train`: has \"256\"") && message.contains("0 to 255"), "{message}");
        assert!(listed("{").unwrap_err().to_string().contains("split.txt"));
    }

    #[test]
    fn words_numbers_and_files_say_where_validation_images_come_from() {
        let read = |text: &str| text.parse::<ValidSplit>().unwrap();
        assert_eq!(
            (read("own"), read("half"), read("test-half")),
            (ValidSplit::Own, ValidSplit::Half, ValidSplit::TestHalf)
        );
        assert_eq!((read("5000"), read("a.txt")), (ValidSplit::Images(5000), ValidSplit::Listed("a.txt".into())));
    }

    #[test]
    fn the_official_folders_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("cifar-100-binary");
        fs::create_dir(&folder).unwrap();
        let record = |fine: u8| [vec![0, fine], vec![fine; 3072]].concat();
        fs::write(folder.join("train.bin"), [record(1), record(2)].concat()).unwrap();
        fs::write(folder.join("test.bin"), record(3)).unwrap();
        let set = Splits::open(dir.path(), 32).unwrap();
        assert_eq!((set.train.name(), set.train.len(), set.test.unwrap().label(0)), ("cifar100", 2, 3));
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(Splits::open(empty.path(), 32), Err(Error::NoImageSet { .. })));
        let message = Splits::open(Path::new("absent"), 32).unwrap_err().to_string();
        assert!(message.contains("cannot read absent"), "{message}");
    }
}
