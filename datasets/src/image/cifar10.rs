//! CIFAR-10 in its official binary layout: records of one label byte and 32 x 32 pixels of the red, the green and the
//! blue plane, row by row.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::{CHANNELS, ImageSet};
use crate::{Error, Result, sha256_hex};

const SIDE: usize = 32;
const CLASSES: usize = 10;
const RECORD: usize = 1 + CHANNELS * SIDE * SIDE;
const BATCH_FILES: usize = 5;
const ARCHIVE_FOLDER: &str = "cifar-10-batches-bin";

// The figures NATS-Bench normalises CIFAR-10 with, on the scale 0 to 255.
const MEAN: [f64; CHANNELS] = [125.3, 123.0, 113.9];
const STD: [f64; CHANNELS] = [63.0, 62.1, 66.7];

/// See [`ImageSet::open`].
pub(super) fn open(path: &Path) -> Result<ImageSet> {
    let kind = fs::metadata(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let files = if kind.is_dir() {
        read_folder(path)?
    } else if kind.is_file() {
        vec![read_file(path)?]
    } else {
        return Err(Error::NotFileOrFolder { path: path.to_owned() });
    };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(from_records(name, &files))
}

/// The set of the records in `files`, each a whole number of valid records.
pub(super) fn from_records(name: String, files: &[impl AsRef<[u8]>]) -> ImageSet {
    let mut pixels = Vec::with_capacity(files.iter().map(|file| file.as_ref().len()).sum());
    let mut labels = Vec::new();
    for record in files.iter().flat_map(|file| file.as_ref().chunks_exact(RECORD)) {
        labels.push(record[0]);
        pixels.extend_from_slice(&record[1..]);
    }
    let fingerprint = sha256_hex(files.iter().map(AsRef::as_ref));
    ImageSet { name, side: SIDE, classes: CLASSES, pixels, labels, mean: MEAN, std: STD, fingerprint }
}

fn read_folder(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let inner = folder.join(ARCHIVE_FOLDER);
    let folder = if inner.is_dir() && !folder.join(batch_file(1)).exists() { inner } else { folder.to_owned() };
    (1..=BATCH_FILES)
        .map(|number| {
            let file = batch_file(number);
            read_file(&folder.join(&file)).map_err(|error| match error {
                Error::Read { source, .. } if source.kind() == ErrorKind::NotFound => {
                    Error::MissingBatchFile { folder: folder.clone(), file }
                }
                other => other,
            })
        })
        .collect()
}

fn batch_file(number: usize) -> String {
    format!("data_batch_{number}.bin")
}

/// The bytes of a file once they are known to be valid records, at least one.
fn read_file(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    check(&bytes, path)?;
    Ok(bytes)
}

fn check(bytes: &[u8], path: &Path) -> Result<()> {
    let path = || path.to_owned();
    if bytes.is_empty() {
        return Err(Error::EmptyImageFile { path: path() });
    }
    let over = bytes.len() % RECORD;
    if over > 0 {
        let record = bytes.len() / RECORD + 1;
        return Err(Error::TruncatedRecord { path: path(), record, bytes: over, record_bytes: RECORD });
    }
    match bytes.chunks_exact(RECORD).position(|record| usize::from(record[0]) >= CLASSES) {
        Some(i) => Err(Error::UnknownLabel { path: path(), record: i + 1, label: bytes[i * RECORD], classes: CLASSES }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Order, Source};

    /// A record of `label` whose pixels are all `pixel`.
    fn record(label: u8, pixel: u8) -> Vec<u8> {
        let mut bytes = vec![pixel; RECORD];
        bytes[0] = label;
        bytes
    }

    fn write_batches(folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for number in 1..=5 {
            let bytes = [record(number, 0), record(number, 255)].concat();
            fs::write(folder.join(batch_file(usize::from(number))), bytes).unwrap();
        }
    }

    fn message(path: &Path) -> String {
        let text = open(path).unwrap_err().to_string();
        text.replace(&path.parent().unwrap().display().to_string(), "DIR")
    }

    #[test]
    fn a_folder_is_its_five_files_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join(ARCHIVE_FOLDER);
        write_batches(&folder);
        let set = open(&folder).unwrap();
        assert_eq!((set.name(), set.len()), (ARCHIVE_FOLDER, 10));
        assert_eq!(set.labels, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);

        let around = open(dir.path()).unwrap();
        assert_eq!(around.fingerprint(), set.fingerprint());

        let batch = Source::Set(set).minibatch(0, 3, 2, Order::File).unwrap();
        assert_eq!(batch.labels, [4, 4]);
        assert_eq!(batch.pixels[..1024], [(-125.3_f64 / 63.0) as f32; 1024]);
        assert_eq!(batch.pixels[5 * 1024..], [(141.1_f64 / 66.7) as f32; 1024]);
    }

    #[test]
    fn a_single_file_is_a_set() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("some.bin");
        fs::write(&path, record(9, 1)).unwrap();
        let set = open(&path).unwrap();
        assert_eq!((set.name(), set.len(), set.classes()), ("some.bin", 1, 10));
        assert_eq!(set.fingerprint(), sha256_hex([record(9, 1).as_slice()]));
    }

    #[test]
    fn broken_files_are_named_with_their_record() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.bin");
        fs::write(&path, []).unwrap();
        assert_eq!(message(&path), "DIR/x.bin is empty: no image record in it");

        fs::write(&path, [record(0, 0), vec![1, 2, 3]].concat()).unwrap();
        let cut = "DIR/x.bin: record 2 is cut off after 3 of 3073 bytes \
                   (the file is 3 bytes over a whole number of records)";
        assert_eq!(message(&path), cut);

        fs::write(&path, [record(9, 0), record(10, 0)].concat()).unwrap();
        assert_eq!(message(&path), "DIR/x.bin: record 2 has label 10, the labels are 0 to 9");

        assert!(message(&dir.path().join("none.bin")).starts_with("cannot read DIR/none.bin: "));
    }

    #[test]
    fn a_missing_batch_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("images");
        write_batches(&folder);
        fs::remove_file(folder.join("data_batch_4.bin")).unwrap();
        let missing =
            "DIR/images has no data_batch_4.bin: the CIFAR-10 training set is data_batch_1.bin to data_batch_5.bin";
        assert_eq!(message(&folder), missing);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_neither_file_nor_folder() {
        assert!(matches!(open(Path::new("/dev/null")), Err(Error::NotFileOrFolder { .. })));
    }
}
