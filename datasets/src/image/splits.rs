//! Whole image sets in the parts that training needs: images to train on, to choose by, and to test with.

use std::fs;
use std::path::{Path, PathBuf};

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

#[cfg(test)]
mod tests {
    use super::*;

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
