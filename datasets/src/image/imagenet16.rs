//! ImageNet16 in its official pickled batches, cut down to the first 120 classes as NATS-Bench does: 151,700 training and
//! 6,000 validation images of 16 x 16 pixels. A batch is a dictionary of `data`, an array of images x 768 bytes (the red, the
//! green and the blue plane), and `labels`, a list of classes from 1 to 1000 (Chrabaszcz, Loshchilov & Hutter 2017).

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::{CHANNELS, ImageSet, Statistics};
use crate::pickle::{Far, Fault, Limits, Value, unpickle_within};
use crate::{Error, Result, sha256_hex};

const SIDE: usize = 16;
const PIXELS: usize = CHANNELS * SIDE * SIDE;
/// Classes kept, the first ones.
const CLASSES: i64 = 120;
/// Classes that there are.
const ALL_CLASSES: i64 = 1000;
const TRAIN_BATCHES: usize = 10;

/// What NATS-Bench normalises the set with.
const STATISTICS: Statistics = Statistics { mean: [122.68, 116.66, 104.01], std: [63.22, 61.26, 65.09] };

fn train_batch(number: usize) -> String {
    format!("train_data_batch_{number}")
}

/// Whether a folder holds the set.
pub(super) fn is_in(folder: &Path) -> bool {
    folder.join(train_batch(1)).is_file()
}

/// The training set in `folder`: its ten batches.
pub(super) fn train(folder: &Path) -> Result<ImageSet> {
    let files: Vec<PathBuf> = (1..=TRAIN_BATCHES).map(|number| folder.join(train_batch(number))).collect();
    match files.iter().position(|file| !file.exists()) {
        None => open(&files),
        Some(missing) => Err(Error::MissingBatchFile {
            folder: folder.to_owned(),
            file: train_batch(missing + 1),
            set: "ImageNet16",
            first: train_batch(1),
            last: train_batch(TRAIN_BATCHES),
        }),
    }
}

/// The images with which NATS-Bench validates and tests.
pub(super) fn test(folder: &Path) -> Result<Option<ImageSet>> {
    let file = folder.join("val_data");
    if file.exists() { open(&[file]).map(Some) } else { Ok(None) }
}

fn open(files: &[PathBuf]) -> Result<ImageSet> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for file in files {
        read(file, &mut pixels, &mut labels)?;
    }
    if let (true, Some(path)) = (labels.is_empty(), files.first()) {
        return Err(Error::EmptyImageFile { path: path.clone() });
    }
    let label_bytes: Vec<u8> = labels.iter().flat_map(|label: &u16| label.to_le_bytes()).collect();
    Ok(ImageSet {
        name: "imagenet16-120".into(),
        side: SIDE,
        classes: CLASSES as usize,
        fingerprint: sha256_hex([pixels.as_slice(), &label_bytes]),
        pixels,
        labels,
        statistics: STATISTICS,
    })
}

/// Adds the images of a batch that are of the first 120 classes.
fn read(path: &Path, pixels: &mut Vec<u8>, labels: &mut Vec<u16>) -> Result<()> {
    let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let input = BufReader::with_capacity(1 << 20, file);
    let unpickled = unpickle_within(Limits::IMAGES, input, &Far::default(), &mut ());
    let (heap, root) = unpickled.map_err(|(offset, fault)| match fault {
        Fault::Io(source) => Error::Read { path: path.to_owned(), source },
        Fault::Content(reason) => Error::damaged(path, format!("byte {offset} of its pickle"), reason),
    })?;
    let not_a_batch = |reason: &str| Error::damaged(path, "the pickle", format!("is no batch of ImageNet16: {reason}"));
    let root = root.unwrap_or(Value::None);
    let data = heap.get(root, "data").and_then(|data| heap.array(data)).filter(|(array, bytes)| {
        array.number.is_some_and(|number| number.is_byte())
            && matches!(array.shape[..], [images, columns] if columns == PIXELS as i64 && images as usize * PIXELS == bytes.len())
    });
    let (_, data) = data.ok_or_else(|| not_a_batch("`data` is not an array of images x 768 bytes"))?;
    let found = heap.get(root, "labels").and_then(|labels| heap.list(labels));
    let found = found.ok_or_else(|| not_a_batch("`labels` is not a list"))?;
    if found.len() != data.len() / PIXELS {
        return Err(not_a_batch(&format!("{} labels for {} images", found.len(), data.len() / PIXELS)));
    }
    for (i, (label, image)) in found.iter().zip(data.chunks_exact(PIXELS)).enumerate() {
        match label {
            Value::Int(label @ 1..=CLASSES) => {
                labels.push((label - 1) as u16);
                pixels.extend_from_slice(image);
            }
            Value::Int(1..=ALL_CLASSES) => {}
            _ => return Err(not_a_batch(&format!("the label of image {} is not one of 1 to 1000", i + 1))),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three images of classes 1, 121 and 120, whose pixels are the image's number, as numpy 2.4 and Python 3.11 pickle them
    /// (`images` in `tests/data/imagenet16/make.py`).
    #[test]
    fn the_first_120_classes_of_a_batch_are_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/imagenet16");
        assert!(is_in(&folder));
        let set = open(&[folder.join(train_batch(1))]).unwrap();
        assert_eq!((set.len(), set.side(), set.classes()), (2, 16, 120));
        assert_eq!((set.label(0), set.label(1)), (0, 119));
        assert_eq!((set.image(0), set.image(1)), (&[0; PIXELS][..], &[2; PIXELS][..]));
        let tests = test(&folder).unwrap().unwrap();
        assert_eq!((tests.len(), tests.label(0), tests.image(0)[5]), (1, 4, 200));
    }

    #[test]
    fn what_is_no_batch_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(train_batch(1));
        std::fs::write(&path, b"\x80\x03}.").unwrap();
        let first = || open(std::slice::from_ref(&path)).unwrap_err().to_string();
        let message = first();
        assert!(message.contains("train_data_batch_1") && message.contains("`data`"), "{message}");
        std::fs::write(&path, b"\x80\x03B\xff\xff\xff\xff").unwrap();
        let message = first();
        assert!(message.contains("4294967295"), "{message}");
        let message = train(folder.path()).unwrap_err().to_string();
        assert!(message.contains("has no train_data_batch_2: the ImageNet16 training set is"), "{message}");
    }
}
