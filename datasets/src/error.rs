//! Errors of files and of requests for images. Records and rows count from 1, as a human reader counts them.

use crate::image::Dimensions;
use std::path::{Path, PathBuf};

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, with the file, record, row or column at fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused to read a file or folder.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },

    /// A file could not be written.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },

    /// A file that was to be written already exists.
    #[error("{} is there already; it is not replaced", path.display())]
    AlreadyThere {
        /// The file.
        path: PathBuf,
    },

    // Image sets
    /// The path of an image set is neither a file nor a folder, but a device, a socket or the like.
    #[error("{} is neither a file nor a folder", path.display())]
    NotFileOrFolder {
        /// The path.
        path: PathBuf,
    },
    /// The numbers of pixels and labels do not make up whole images.
    #[error("{pixels} pixels and {labels} labels are no images of 3 x {side} x {side}")]
    ArrayShape {
        /// Pixels given.
        pixels: usize,
        /// Labels given.
        labels: usize,
        /// Height and width asked for.
        side: usize,
    },
    /// A pixel is not finite.
    #[error("image {image} has a pixel that is {pixel}")]
    ArrayPixel {
        /// Number of the image.
        image: usize,
        /// The pixel.
        pixel: f32,
    },
    /// A folder lacks one of a set's training files.
    #[error("{} has no {file}: the {set} training set is {first} to {last}", folder.display())]
    MissingBatchFile {
        /// The folder.
        folder: PathBuf,
        /// The name of the file it lacks.
        file: String,
        /// The set.
        set: &'static str,
        /// Its first training file.
        first: String,
        /// Its last one.
        last: String,
    },
    /// A file of image records has no bytes.
    #[error("{} is empty: no image record in it", path.display())]
    EmptyImageFile {
        /// The file.
        path: PathBuf,
    },
    /// A file of image records ends in the middle of one.
    #[error(
        "{}: record {record} is cut off after {bytes} of {record_bytes} bytes \
         (the file is {bytes} bytes over a whole number of records)", path.display()
    )]
    TruncatedRecord {
        /// The file.
        path: PathBuf,
        /// Number of the incomplete record.
        record: usize,
        /// Bytes of it that are present.
        bytes: usize,
        /// Bytes of a whole record.
        record_bytes: usize,
    },
    /// An image record has a label that its format does not know.
    #[error(
        "{}: record {record} has label {label}, the labels are 0 to {}; for one file of records of other classes, `classes=` \
         says how many", path.display(), classes - 1
    )]
    UnknownLabel {
        /// The file.
        path: PathBuf,
        /// Number of the record.
        record: usize,
        /// Its label.
        label: u8,
        /// Number of classes of the format.
        classes: usize,
    },
    /// An image has a label outside the classes that the network distinguishes.
    #[error("image set {set}: record {record} has label {label}, too high for {classes} classes")]
    LabelBeyondClasses {
        /// Name of the set.
        set: String,
        /// Number of the first such record.
        record: usize,
        /// Its label.
        label: u32,
        /// Number of classes asked for.
        classes: usize,
    },
    /// Synthetic labels are drawn from more classes than the network distinguishes.
    #[error("synthetic images are drawn from {drawn} classes, more than the {classes} to tell apart")]
    TooManySyntheticClasses {
        /// Number of classes of the synthetic images.
        drawn: usize,
        /// Number of classes asked for.
        classes: usize,
    },
    /// Synthetic images were requested without pixels.
    #[error("synthetic images need at least one pixel, not {dimensions}")]
    NoSyntheticPixel {
        /// What was asked for.
        dimensions: Dimensions,
    },
    /// Synthetic images were requested without classes.
    #[error("synthetic images need at least one class")]
    NoSyntheticClass,
    /// A folder is not an image set.
    #[error(
        "{} is no image set: those are folders of CIFAR-10, CIFAR-100 or ImageNet16, .npz and .npy arrays, and folders with a \
         folder of pictures (PNG, JPEG, WebP, BMP, TIFF, GIF) for each class", path.display()
    )]
    NoImageSet {
        /// The folder.
        path: PathBuf,
    },
    /// A picture cannot be decoded.
    #[error("{} is no readable picture: {reason} (`skip_damaged=` leaves damaged pictures out)", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// The decoder's reason.
        reason: String,
    },
    /// A picture has a format that is not supported.
    #[error(
        "{} is a picture of the format {format}, which is not read: PNG, JPEG, WebP, BMP, TIFF and GIF are; convert it, or take \
         it out of the folder", path.display()
    )]
    PictureFormat {
        /// The file.
        path: PathBuf,
        /// The format.
        format: String,
    },
    /// A file or folder cannot be read as an image set as it stands.
    #[error("{}: {reason}", path.display())]
    Images {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The requested validation images cannot be held out.
    #[error("validation images: {reason}")]
    ValidSplit {
        /// Why not.
        reason: String,
    },
    /// A mini-batch without images was requested.
    #[error("a mini-batch needs at least one image (batch size 0)")]
    EmptyBatch,
    /// A mini-batch does not fit into memory.
    #[error("a mini-batch of {size} images of {dimensions} pixels does not fit into memory")]
    BatchTooLarge {
        /// Images asked for.
        size: usize,
        /// Dimensions of each of them.
        dimensions: Dimensions,
    },
    /// Images given as floats, which are not scaled, do not have the requested side.
    #[error(
        "the images of {set} are {found} x {found} floats, which are not scaled to {side} x {side}; scale them before"
    )]
    Unscaled {
        /// Name of the set.
        set: String,
        /// Their side.
        found: usize,
        /// The side requested.
        side: usize,
    },
    /// A mini-batch reaches beyond the end of its set.
    #[error(
        "mini-batch {index} of {size} images reaches beyond the {images} images of {set}; set a smaller batch size"
    )]
    TooFewImages {
        /// Name of the set.
        set: String,
        /// Images in a mini-batch.
        size: usize,
        /// Index of the mini-batch, from 0.
        index: usize,
        /// Images in the set.
        images: usize,
    },

    // Benchmark tables
    /// A table's content could not be decoded.
    #[error("{} is not a readable table: {reason}", path.display())]
    CorruptTable {
        /// The file.
        path: PathBuf,
        /// The decoder's reason.
        reason: String,
    },
    /// A table has no rows.
    #[error("{} has no rows", path.display())]
    EmptyTable {
        /// The file.
        path: PathBuf,
    },
    /// A table has no column that names the architectures.
    #[error(
        "{} has no column that names architectures (arch, arch_str, architecture, net, net_str, edge_bits and ops, module_hash, hash, \
         or index); name it by `arch_column=`; its columns: {}", path.display(), listed(columns)
    )]
    NoArchitectureColumn {
        /// The file.
        path: PathBuf,
        /// The columns it has.
        columns: Vec<String>,
    },
    /// A list contains no architecture.
    #[error("{} holds no architecture", path.display())]
    NoArchitecture {
        /// The file.
        path: PathBuf,
    },
    /// A table lacks a column that it must have.
    #[error("{} has no column `{column}`{}; its columns: {}", path.display(), meant(hint), listed(columns))]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// A column with a similar name.
        hint: Option<String>,
        /// The columns it has.
        columns: Vec<String>,
    },
    /// A column of a table holds neither text nor numbers.
    #[error("{}: column `{column}` holds {found}, neither text nor numbers", path.display())]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What it holds, in words.
        found: &'static str,
    },
    /// One cell of a table is wrong.
    #[error("{}, row {row}, column `{column}`: {problem}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// Number of the row, not counting the header.
        row: usize,
        /// The column.
        column: String,
        /// What is wrong, with the value.
        problem: String,
    },
    /// Two rows of a table name the same architecture.
    #[error("{}: architecture {architecture} stands in row {first} and again in row {second}", path.display())]
    DuplicateArchitecture {
        /// The file.
        path: PathBuf,
        /// The architecture.
        architecture: String,
        /// Number of its first row, not counting the header.
        first: usize,
        /// Number of its second row.
        second: usize,
    },
    /// A table has no numeric column.
    #[error("{} has no numeric column; its columns: {}", path.display(), listed(columns))]
    NoNumericColumn {
        /// The file.
        path: PathBuf,
        /// The columns it has.
        columns: Vec<String>,
    },
    /// The table lacks a column, or the column is not numeric.
    #[error("{} has no numeric column {column}{}; it has: {}", path.display(), meant(hint), listed(numeric))]
    UnknownColumn {
        /// The file.
        path: PathBuf,
        /// The column asked for.
        column: String,
        /// A column with a similar name.
        hint: Option<String>,
        /// The numeric columns there are.
        numeric: Vec<String>,
    },

    // Official benchmark files
    /// The content of an official file does not follow its format.
    #[error("{}: {place}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The record or the byte at fault.
        place: String,
        /// What is wrong there.
        reason: String,
    },
    /// A path is not one of the official files.
    #[error(
        "{} is no official benchmark file: those are NAS-Bench-101's .tfrecord, NATS-Bench's folder with a \
         meta.pickle.pbz2 or its single .pickle.pbz2, and NAS-Bench-201's .pth", path.display()
    )]
    NotOfficial {
        /// The file or folder.
        path: PathBuf,
    },
    /// The files belong to a benchmark other than the one requested.
    #[error("{} holds {found} architectures, not {asked}", path.display())]
    OtherBenchmark {
        /// The file or folder.
        path: PathBuf,
        /// The search space they belong to.
        found: &'static str,
        /// The search space asked for.
        asked: String,
    },
    /// Official files have no entry for the requested architecture.
    #[error("{} has no architecture {asked}{hint}", path.display())]
    NoSuchArchitecture {
        /// The file or folder.
        path: PathBuf,
        /// The architecture, index or hash asked for.
        asked: String,
        /// The probable reason, or nothing.
        hint: String,
    },
    /// An architecture has no entry for the requested data set, number of epochs or seed.
    #[error("architecture {architecture} has no {asked}; it has: {}", known.join(", "))]
    NoSuchRun {
        /// The architecture.
        architecture: String,
        /// The data set, number of epochs or seed asked for.
        asked: String,
        /// Those that exist.
        known: Vec<String>,
    },
}

impl Error {
    pub(crate) fn images(path: &Path, reason: impl ToString) -> Self {
        Error::Images { path: path.to_owned(), reason: reason.to_string() }
    }

    pub(crate) fn damaged(path: &Path, place: impl ToString, reason: impl ToString) -> Self {
        Error::Damaged { path: path.to_owned(), place: place.to_string(), reason: reason.to_string() }
    }

    /// Returns the error for a table that cannot be decoded.
    pub(crate) fn corrupt(path: &Path, reason: impl Into<String>) -> Self {
        Error::CorruptTable { path: path.to_owned(), reason: reason.into() }
    }

    /// Returns the error for a column that a table lacks.
    pub(crate) fn no_column(path: &Path, column: &str, columns: Vec<String>) -> Self {
        let hint = crate::nearest(column, &columns);
        Error::NoColumn { path: path.to_owned(), column: column.to_owned(), hint, columns }
    }

    /// Returns the error for a cell that is wrong; `row` counts from 0 here.
    pub(crate) fn cell(path: &Path, row: usize, column: &str, problem: &str) -> Self {
        Error::Cell { path: path.to_owned(), row: row + 1, column: column.to_owned(), problem: problem.to_owned() }
    }
}

/// The suggestion to use a similar name, in words.
fn meant(hint: &Option<String>) -> String {
    hint.as_ref().map(|hint| format!(" (did you mean `{hint}`?)")).unwrap_or_default()
}

/// The names of columns, with unnamed ones marked as such.
fn listed(columns: &[String]) -> String {
    let said = |name: &String| if name.is_empty() { "(one without a name)".to_owned() } else { name.clone() };
    columns.iter().map(said).collect::<Vec<_>>().join(", ")
}
