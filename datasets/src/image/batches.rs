//! Pickled batches: the Python version of CIFAR-10 and CIFAR-100; batches of ImageNet16 are passed on to `imagenet16`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::about::About;
use super::cifar::{CIFAR10, CIFAR100, Format};
use super::path::name_of;
use super::pickled::Pickle;
use super::pixels::Pixels;
use super::{ImageSet, Reading, Splits, imagenet16};
use crate::pickle::Value;
use crate::{Error, Result};

/// The Python version of one of the two sets.
struct Version {
    format: &'static Format,
    folder: &'static str,
    train: &'static [&'static str],
    test: &'static str,
    /// The pickle file with the names of the classes, and their key in it.
    names: (&'static str, &'static str),
    /// The keys of the labels, in the order of the binary version.
    labels: &'static [&'static str],
}

const VERSIONS: [Version; 2] = [
    Version {
        format: &CIFAR10,
        folder: "cifar-10-batches-py",
        train: &["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"],
        test: "test_batch",
        names: ("batches.meta", "label_names"),
        labels: &["labels"],
    },
    Version {
        format: &CIFAR100,
        folder: "cifar-100-python",
        train: &["train"],
        test: "test",
        names: ("meta", "fine_label_names"),
        labels: &["coarse_labels", "fine_labels"],
    },
];

impl Version {
    fn about(&self, class_names: Vec<String>) -> Arc<About> {
        self.format.about("Python version", class_names)
    }

    /// Returns the names of the classes, if the folder has them.
    fn names(&self, folder: &Path) -> Vec<String> {
        let (file, key) = self.names;
        let read = || -> Option<Vec<String>> {
            let Pickle { heap, root, .. } = Pickle::read(&folder.join(file)).ok()?;
            let text = |name: &Value| Some(heap.str(*name)?.to_owned());
            heap.list(heap.get(root, key)?)?.iter().map(text).collect()
        };
        read().unwrap_or_default()
    }

    /// Converts the batch to records of the binary version.
    fn records(&self, pickle: &Pickle) -> Result<Vec<u8>> {
        let images = pickle.images(32)?;
        let labels =
            self.labels.iter().map(|key| pickle.labels(key, images.len() / 3072)).collect::<Result<Vec<_>>>()?;
        let mut records = Vec::with_capacity(images.len() / 3072 * self.format.record());
        for (i, image) in images.chunks_exact(3072).enumerate() {
            for labels in &labels {
                let label = u8::try_from(labels[i])
                    .map_err(|_| pickle.wrong(format!("image {} has label {}, which is no class", i + 1, labels[i])))?;
                records.push(label);
            }
            records.extend_from_slice(image);
        }
        self.format.check(&records, &pickle.path)?;
        Ok(records)
    }

    fn set(&self, about: &Arc<About>, files: &[PathBuf]) -> Result<ImageSet> {
        let records = files.iter().map(|file| self.records(&Pickle::read(file)?)).collect::<Result<Vec<_>>>()?;
        Ok(self.format.set(self.format.name, about, &records))
    }
}

/// Reads the set whose Python version is in a folder, or in the archive's folder inside it.
pub(super) fn folder(path: &Path) -> Result<Option<Splits>> {
    for version in &VERSIONS {
        let folders = [path.to_owned(), path.join(version.folder)];
        let Some(folder) = folders.into_iter().find(|folder| folder.join(version.train[0]).is_file()) else { continue };
        // A folder of pictures may also hold a file `train`; only together with another file of the set is it CIFAR-100.
        if version.train.len() == 1 && !folder.join(version.test).is_file() && !folder.join(version.names.0).is_file() {
            continue;
        }
        if let Some(file) = version.train.iter().find(|file| !folder.join(file).exists()) {
            return Err(Error::MissingBatchFile {
                folder,
                file: (*file).to_owned(),
                set: version.format.title,
                first: version.train[0].to_owned(),
                last: version.train[version.train.len() - 1].to_owned(),
            });
        }
        let about = version.about(version.names(&folder));
        let train = version.set(&about, &version.train.iter().map(|file| folder.join(file)).collect::<Vec<_>>())?;
        let test = Some(folder.join(version.test)).filter(|file| file.exists());
        let test = test.map(|file| version.set(&about, &[file])).transpose()?;
        return Ok(Some(Splits { train, valid: None, test }));
    }
    Ok(None)
}

/// Reads the set of one pickled batch, named after the file. The size of the images and the keys of the labels tell which set it
/// belongs to.
pub(super) fn file(path: &Path, reading: &Reading) -> Result<Splits> {
    let pickle = Pickle::read(path)?;
    if pickle.has(VERSIONS[1].labels[1]) {
        let records = VERSIONS[1].records(&pickle)?;
        return Ok(CIFAR100.set(&name_of(path), &VERSIONS[1].about(vec![]), &[records]).into());
    }
    let (images, side) = pickle.any_images()?;
    if side == imagenet16::SIDE {
        return Ok(imagenet16::of(&pickle)?.called(name_of(path)).into());
    }
    let labels = pickle.labels("labels", images.len() / (3 * side * side))?;
    let is_cifar10 = side == 32 && labels.iter().all(|&label| (0..10).contains(&label));
    if is_cifar10 && reading.classes.is_none_or(|classes| classes >= 10) {
        let records = VERSIONS[0].records(&pickle)?;
        return Ok(CIFAR10.set(&name_of(path), &VERSIONS[0].about(vec![]), &[records]).into());
    }
    let Some(classes) = reading.classes else {
        let reason = format!(
            "its images of {side} x {side} and labels are of no known set; `classes=` says how many classes it has"
        );
        return Err(pickle.wrong(reason));
    };
    let set =
        super::array::set(Pixels::Bytes(images), &labels, side, Some(classes)).map_err(|why| pickle.wrong(why))?;
    Ok(set.called(name_of(path)).into())
}
