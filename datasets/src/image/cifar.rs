//! CIFAR in its official binary layout: records of one label byte (CIFAR-100: the coarse label before the fine one) and 32 x 32
//! pixels of the red, the green and the blue plane, row by row.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::about::{About, Normalised};
use super::path::name_of;
use super::pixels::Pixels;
use super::{CHANNELS, ImageSet, Reading, Splits, Statistics};
use crate::{Error, Result, sha256_hex};

const SIDE: usize = 32;
const PIXELS: usize = CHANNELS * SIDE * SIDE;

/// One of the two sets.
#[derive(Debug)]
pub(super) struct Format {
    /// What zeronas calls the set.
    pub name: &'static str,
    pub title: &'static str,
    /// The folder in the official archive.
    pub folder: &'static str,
    /// The files of the training set.
    pub train: &'static [&'static str],
    /// The file of the test set.
    pub test: &'static str,
    /// Bytes before the pixels; the last of them is the label.
    pub head: usize,
    pub classes: usize,
    /// The file with the names of its classes, one per line.
    names: &'static str,
    /// The statistics with which NATS-Bench normalises the set.
    statistics: Statistics,
}

pub(super) const CIFAR10: Format = Format {
    name: "cifar10",
    title: "CIFAR-10",
    folder: "cifar-10-batches-bin",
    train: &["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"],
    test: "test_batch.bin",
    head: 1,
    classes: 10,
    names: "batches.meta.txt",
    statistics: Statistics { mean: [125.3, 123.0, 113.9], std: [63.0, 62.1, 66.7] },
};

pub(super) const CIFAR100: Format = Format {
    name: "cifar100",
    title: "CIFAR-100",
    folder: "cifar-100-binary",
    train: &["train.bin"],
    test: "test.bin",
    head: 2,
    classes: 100,
    names: "fine_label_names.txt",
    statistics: Statistics { mean: [129.3, 124.1, 112.4], std: [68.2, 65.4, 70.4] },
};

const CIFAR10_NAMES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

impl Format {
    /// Reads the set of the records in these files.
    pub fn open(&self, name: &str, about: &Arc<About>, files: &[impl AsRef<Path>]) -> Result<ImageSet> {
        let files = files.iter().map(|file| self.read(file.as_ref())).collect::<Result<Vec<_>>>()?;
        Ok(self.set(name, about, &files))
    }

    /// Builds the set of the records in `files`, each a whole number of valid records.
    pub fn set(&self, name: &str, about: &Arc<About>, files: &[impl AsRef<[u8]>]) -> ImageSet {
        let mut pixels = Vec::with_capacity(files.iter().map(|file| file.as_ref().len()).sum());
        let mut labels = Vec::new();
        for record in files.iter().flat_map(|file| file.as_ref().chunks_exact(self.record())) {
            labels.push(record[self.head - 1].into());
            pixels.extend_from_slice(&record[self.head..]);
        }
        ImageSet {
            name: name.into(),
            side: SIDE,
            classes: self.classes,
            pixels: Arc::new(Pixels::Bytes(pixels)),
            labels,
            statistics: self.statistics,
            fingerprint: sha256_hex(files.iter().map(AsRef::as_ref)),
            about: about.clone(),
        }
    }

    /// Describes the set in this version.
    pub fn about(&self, version: &str, class_names: Vec<String>) -> Arc<About> {
        let own =
            || if self.classes == CIFAR10_NAMES.len() { CIFAR10_NAMES.map(String::from).to_vec() } else { vec![] };
        let class_names = if class_names.len() == self.classes { class_names } else { own() };
        Arc::new(About { format: format!("{}, {version}", self.title), class_names, ..About::default() })
    }

    /// Returns the names of the classes, if the folder has them.
    fn names(&self, folder: &Path) -> Vec<String> {
        let text = fs::read_to_string(folder.join(self.names)).unwrap_or_default();
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// Returns the folder with the set's files: `path`, or the archive's folder inside it; `None` if neither has the first file.
    pub fn folder_in(&self, path: &Path) -> Option<PathBuf> {
        [path.to_owned(), path.join(self.folder)].into_iter().find(|folder| folder.join(self.train[0]).exists())
    }

    /// Reads the training set in `folder`.
    fn open_train(&self, about: &Arc<About>, folder: &Path) -> Result<ImageSet> {
        if let Some(file) = self.train.iter().find(|file| !folder.join(file).exists()) {
            return Err(Error::MissingBatchFile {
                folder: folder.to_owned(),
                file: (*file).to_owned(),
                set: self.title,
                first: self.train[0].to_owned(),
                last: self.train[self.train.len() - 1].to_owned(),
            });
        }
        self.open(self.name, about, &self.train.iter().map(|file| folder.join(file)).collect::<Vec<_>>())
    }

    pub fn record(&self) -> usize {
        self.head + PIXELS
    }

    /// Reads a file and checks that it consists of valid records, at least one.
    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let bytes = fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        self.check(&bytes, path)?;
        Ok(bytes)
    }

    /// Whether the bytes are valid records, at least one, with both labels of CIFAR-100 in range.
    fn fits(&self, bytes: &[u8]) -> bool {
        let bounds: &[usize] = if self.head == 2 { &[20, self.classes] } else { &[self.classes] };
        let in_bounds = |record: &[u8]| record.iter().zip(bounds).all(|(&label, &bound)| usize::from(label) < bound);
        !bytes.is_empty()
            && bytes.len().is_multiple_of(self.record())
            && bytes.chunks_exact(self.record()).all(in_bounds)
    }

    pub fn check(&self, bytes: &[u8], path: &Path) -> Result<()> {
        let (path, record_bytes) = (|| path.to_owned(), self.record());
        if bytes.is_empty() {
            return Err(Error::EmptyImageFile { path: path() });
        }
        let over = bytes.len() % record_bytes;
        if over > 0 {
            let record = bytes.len() / record_bytes + 1;
            return Err(Error::TruncatedRecord { path: path(), record, bytes: over, record_bytes });
        }
        let label = |record: &[u8]| record[self.head - 1];
        match bytes
            .chunks_exact(record_bytes)
            .map(label)
            .zip(1..)
            .find(|(label, _)| usize::from(*label) >= self.classes)
        {
            Some((label, record)) => Err(Error::UnknownLabel { path: path(), record, label, classes: self.classes }),
            None => Ok(()),
        }
    }
}

/// Reads the set whose binary version is in a folder, or in the archive's folder inside it.
pub(super) fn folder(path: &Path) -> Result<Option<Splits>> {
    for format in [&CIFAR10, &CIFAR100] {
        if let Some(folder) = format.folder_in(path) {
            let about = format.about("binary version", format.names(&folder));
            let train = format.open_train(&about, &folder)?;
            let test = Some(folder.join(format.test)).filter(|file| file.exists());
            let test = test.map(|file| format.open(format.name, &about, &[file])).transpose()?;
            return Ok(Some(Splits { train, valid: None, test }));
        }
    }
    Ok(None)
}

/// Reads the set of one file of records, named after the file. If `reading` asks for fewer than 10 classes, or for more and some
/// label needs them, the file is a custom set in CIFAR-10's layout, normalised by its own statistics.
pub(super) fn file(path: &Path, reading: &Reading) -> Result<Splits> {
    let bytes = fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let name = name_of(path);
    if CIFAR100.fits(&bytes) && !(CIFAR10.fits(&bytes) && reading.classes.is_none_or(|classes| classes == 10)) {
        return Ok(CIFAR100.set(&name, &CIFAR100.about("binary records", vec![]), &[bytes]).into());
    }
    let is_whole = |format: &Format| bytes.len().is_multiple_of(format.record());
    if is_whole(&CIFAR100) && !is_whole(&CIFAR10) {
        CIFAR100.check(&bytes, path)?;
    }
    let highest = bytes.chunks(CIFAR10.record()).map(|record| usize::from(record[0])).max().unwrap_or_default();
    let classes = reading.classes.filter(|&classes| classes < 10 || highest >= 10).unwrap_or(10);
    let format = Format { classes, ..CIFAR10 };
    format.check(&bytes, path)?;
    if classes == 10 {
        return Ok(format.set(&name, &format.about("binary records", vec![]), &[bytes]).into());
    }
    let about =
        About { format: "records in CIFAR-10's layout".into(), normalised: Normalised::Own, ..About::default() };
    let set = format.set(&name, &Arc::new(about), &[bytes]);
    Ok(ImageSet { statistics: set.pixels.statistics(SIDE * SIDE), ..set }.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Found;
    use crate::{Order, Source};

    /// A record of `label` whose pixels are all `pixel`.
    fn record(label: u8, pixel: u8) -> Vec<u8> {
        let mut bytes = vec![pixel; 1 + PIXELS];
        bytes[0] = label;
        bytes
    }

    fn write_batches(folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for (number, file) in (1..).zip(CIFAR10.train) {
            fs::write(folder.join(file), [record(number, 0), record(number, 255)].concat()).unwrap();
        }
    }

    fn open(path: &Path) -> Result<ImageSet> {
        ImageSet::open(path)
    }

    fn message(path: &Path) -> String {
        let text = open(path).unwrap_err().to_string();
        text.replace(&path.parent().unwrap().display().to_string(), "DIR")
    }

    #[test]
    fn a_folder_is_its_five_files_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join(CIFAR10.folder);
        write_batches(&folder);
        let set = open(&folder).unwrap();
        assert_eq!((set.name(), set.len()), ("cifar10", 10));
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
        let beyond = "DIR/x.bin: record 2 has label 10, the labels are 0 to 9";
        assert!(message(&path).starts_with(beyond), "{}", message(&path));

        assert!(message(&dir.path().join("none.bin")).starts_with("cannot read DIR/none.bin"));
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

    #[test]
    fn the_fine_label_of_cifar_100_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("train.bin");
        let record = |coarse: u8, fine: u8| [vec![coarse, fine], vec![7; PIXELS]].concat();
        fs::write(&path, [record(19, 99), record(0, 3)].concat()).unwrap();
        let set = open(&path).unwrap();
        assert_eq!((set.len(), set.classes(), set.label(0), set.label(1)), (2, 100, 99, 3));
        assert_eq!(set.bytes(1).unwrap(), [7; PIXELS]);
        let folder = dir.path().join("cifar-100-binary");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("train.bin"), record(0, 100)).unwrap();
        let message = open(&folder).unwrap_err().to_string();
        assert!(message.contains("record 1 has label 100, the labels are 0 to 99"), "{message}");
    }

    #[test]
    fn records_of_other_classes_are_a_set_of_its_own_figures() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("signs.bin");
        fs::write(&path, [record(42, 10), record(3, 30)].concat()).unwrap();
        let open = |classes| Found::open(&path, &Reading { classes, ..Reading::default() });
        let message = open(None).unwrap_err().to_string();
        assert!(message.contains("record 1 has label 42, the labels are 0 to 9"), "{message}");
        assert!(message.contains("classes"), "{message}");
        let set = open(Some(43)).unwrap().read(32).unwrap();
        assert_eq!((set.train.classes(), set.train.statistics().mean), (43, [20.0; 3]));
        assert!(set.line().contains("43 classes") && set.line().contains("own mean"), "{}", set.line());
        let message = open(Some(42)).unwrap_err().to_string();
        assert!(message.contains("record 1 has label 42, the labels are 0 to 41"), "{message}");
        // CIFAR-10 itself may also be classified by a network with more classes.
        fs::write(&path, record(3, 30)).unwrap();
        assert_eq!(open(Some(100)).unwrap().read(32).unwrap().train.statistics(), CIFAR10.statistics);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_neither_file_nor_folder() {
        assert!(matches!(open(Path::new("/dev/null")), Err(Error::NotFileOrFolder { .. })));
    }
}
