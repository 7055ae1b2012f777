//! Whole image sets in the parts that training needs: training, validation and test images.

use super::ImageSet;
use crate::{Result, sha256_hex};

/// The parts of an image set.
#[derive(Clone, Debug)]
pub struct Splits {
    /// Training images.
    pub train: ImageSet,
    /// Validation images, if any have been held out.
    pub valid: Option<ImageSet>,
    /// Test images, if the set has any.
    pub test: Option<ImageSet>,
}

impl Splits {
    /// Checks that every label is below `classes`.
    ///
    /// # Errors
    /// Names the first record whose label is not.
    pub fn check_classes(&self, classes: usize) -> Result<()> {
        self.parts().into_iter().try_for_each(|set| set.check_classes(classes))
    }

    /// Returns what identifies the data and its split: the SHA-256 of the parts' fingerprints.
    pub fn fingerprint(&self) -> String {
        let of = |set: &Option<ImageSet>| set.as_ref().map_or(String::new(), |set| set.fingerprint().to_owned());
        let parts = [self.train.fingerprint().to_owned(), of(&self.valid), of(&self.test)];
        sha256_hex([parts.join("\n").as_bytes()])
    }

    fn parts(&self) -> Vec<&ImageSet> {
        [Some(&self.train), self.valid.as_ref(), self.test.as_ref()].into_iter().flatten().collect()
    }
}

/// Uses all images for training.
impl From<ImageSet> for Splits {
    fn from(train: ImageSet) -> Self {
        Splits { train, valid: None, test: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use std::fs;
    use std::path::Path;

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
