//! The sample of CIFAR-10 that is part of the program; `data/README.md` describes its origin.

use super::ImageSet;
use super::cifar::CIFAR10;

const RECORDS: &[u8] = include_bytes!("../../data/cifar10_256.bin");

impl ImageSet {
    /// Returns the 256 CIFAR-10 training images that come with this crate, 25 or 26 of each class, as a set named `embedded`.
    pub fn embedded() -> Self {
        CIFAR10.set("embedded", &CIFAR10.about("embedded sample", Vec::new()), &[RECORDS])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_whole_and_balanced() {
        let set = ImageSet::embedded();
        assert_eq!((set.name(), set.len(), set.side(), set.classes()), ("embedded", 256, 32, 10));
        let mut counts = [0; 10];
        set.labels.iter().for_each(|&label| counts[label as usize] += 1);
        assert_eq!(counts, [26, 26, 26, 26, 26, 26, 25, 25, 25, 25]);
        // The checksum that data/README.md states.
        assert_eq!(set.fingerprint(), "37cc2795711bfd25c1d7e6250ecfe25b66cf309dcda6a5a3d470cf9aad973030");
    }
}
