//! The benchmarks' official files: NAS-Bench-101's `.tfrecord`, NATS-Bench's folders and `.pickle.pbz2`, NAS-Bench-201's `.pth`.
//! They are read one architecture at a time and never held in memory as a whole.
//!
//! - NAS-Bench-101 (`nasbench_full.tfrecord`, `nasbench_only108.tfrecord`): TFRecords of JSON of Protocol Buffers. The
//!   accuracies are fractions.
//! - NATS-Bench (`NATS-tss-v1_0-3ffb9-simple/`, `NATS-sss-v1_0-50262-simple/`): one bzip2-compressed pickle per architecture, and
//!   `meta.pickle.pbz2` with the list of all; or all in one pickle. The accuracies are percentages.
//! - NAS-Bench-201 (`NAS-Bench-201-v1_1-096897.pth`): the same content as NATS-Bench's single pickle, written by `torch.save`.
//!
//! [`Official::read_into`] goes through all architectures, [`Official::find`] returns one; [`api`] answers as the benchmarks' own
//! Python packages do, and [`sheet`] converts to rows of a Parquet file.

pub mod api;
mod files;
mod gather;
mod nats;
mod nb101;
pub mod published;
mod record;
pub mod sheet;
mod tfrecord;
mod torch;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

pub(super) use nb101::OPERATIONS;
pub use record::{Curve, Point, Record, Run};

use crate::{Error, Result};
use files::{NatsFolder, PickleSource};

/// A benchmark whose official files can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Benchmark {
    /// NAS-Bench-101.
    Nb101,
    /// NATS-Bench's topology space, which is NAS-Bench-201.
    NatsTss,
    /// NATS-Bench's size space.
    NatsSss,
}

impl Benchmark {
    /// Returns the name of its search space.
    pub fn name(self) -> &'static str {
        match self {
            Benchmark::Nb101 => "nb101",
            Benchmark::NatsTss => "nats-tss",
            Benchmark::NatsSss => "nats-sss",
        }
    }

    /// Returns the trainings as published, longest first; none for NAS-Bench-101, whose files differ in them.
    fn groups(self) -> Vec<Group> {
        let schedules: &[(u32, &[u32])] = match self {
            Benchmark::Nb101 => &[],
            Benchmark::NatsTss => &[(200, &[777, 888, 999]), (12, &[111, 777])],
            Benchmark::NatsSss => &[(90, &[777]), (12, &[777, 888, 999]), (1, &[777])],
        };
        let group =
            |dataset: &str, epochs, seeds: &[u32]| Group { dataset: dataset.to_owned(), epochs, seeds: seeds.to_vec() };
        let datasets = ["cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"];
        let all = datasets.iter().flat_map(|d| schedules.iter().map(move |&(epochs, seeds)| group(d, epochs, seeds)));
        all.collect()
    }

    /// Returns the NATS-Bench space of an architecture, judging by its notation.
    fn of_nats(architecture: &str) -> Self {
        if architecture.starts_with('|') { Benchmark::NatsTss } else { Benchmark::NatsSss }
    }
}

/// Trainings that the architectures of a benchmark have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// As in [`Run::dataset`].
    pub dataset: String,
    /// As in [`Run::epochs`].
    pub epochs: u32,
    /// The available seeds, which not every architecture has.
    pub seeds: Vec<u32>,
}

/// Receives the architectures of official files, and the progress of reading.
pub trait Sink {
    /// Receives the benchmark's trainings before the first architecture.
    fn begin(&mut self, groups: &[Group]) {
        let _ = groups;
    }

    /// Receives an architecture; breaking ends the reading.
    ///
    /// # Errors
    /// The receiver's own.
    fn record(&mut self, record: Record) -> Result<ControlFlow<()>>;

    /// Called when `done` of `total` bytes or files have been read.
    fn progress(&mut self, done: u64, total: u64) {
        let _ = (done, total);
    }
}

/// The requested architecture.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// By its text, exactly as in [`Record::architecture`].
    Architecture(String),
    /// By its place in the benchmark's order, from 0.
    Index(u64),
    /// By NAS-Bench-101's module hash.
    Hash(String),
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Wanted::Architecture(text) => write!(f, "{text}"),
            Wanted::Index(index) => write!(f, "of index {index}"),
            Wanted::Hash(hash) => write!(f, "of module hash {hash}"),
        }
    }
}

/// How much of a benchmark was present.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// Architectures read.
    pub found: u64,
    /// Number of architectures in the benchmark, if the files tell.
    pub expected: Option<u64>,
    /// The indices of the first few that are missing.
    pub missing: Vec<u64>,
}

/// Official files of a benchmark.
#[derive(Clone, Debug)]
pub struct Official {
    path: PathBuf,
    benchmark: Benchmark,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    TfRecord,
    Folder(NatsFolder),
    Pickle(PickleSource),
}

impl Official {
    /// Whether a path looks like official files, judging by its name alone.
    pub fn is_official(path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        (path.is_dir() && path.join("meta.pickle.pbz2").exists())
            || [".tfrecord", ".pickle.pbz2", ".pth"].iter().any(|end| name.ends_with(end))
    }

    /// Recognises official files and reads enough to know their benchmark.
    ///
    /// # Errors
    /// If the path is not one of the official files, or their beginning is damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if !path.exists() {
            let source = std::io::ErrorKind::NotFound.into();
            return Err(Error::Read { path: path.to_owned(), source });
        }
        let (benchmark, form) = if path.is_dir() {
            let folder = NatsFolder::open(path)?;
            (folder.benchmark(), Form::Folder(folder))
        } else if name.ends_with(".tfrecord") {
            (Benchmark::Nb101, Form::TfRecord)
        } else if let Some(source) = PickleSource::of(path) {
            (source.benchmark()?, Form::Pickle(source))
        } else {
            return Err(Error::NotOfficial { path: path.to_owned() });
        };
        Ok(Official { path: path.to_owned(), benchmark, form })
    }

    /// Returns the benchmark that the files belong to.
    pub fn benchmark(&self) -> Benchmark {
        self.benchmark
    }

    /// Checks that the files belong to the search space `asked`.
    ///
    /// # Errors
    /// If they belong to another.
    pub fn expect(&self, asked: &str) -> Result<()> {
        if self.benchmark.name() == asked {
            return Ok(());
        }
        Err(Error::OtherBenchmark { path: self.path.clone(), found: self.benchmark.name(), asked: asked.to_owned() })
    }

    /// Reads all architectures that are present into `sink`: in the order of a folder's indices, else in the order in which the
    /// file completes them.
    ///
    /// # Errors
    /// The first damaged record, or the sink's own error.
    pub fn read_into(&self, sink: &mut dyn Sink) -> Result<Coverage> {
        let mut counted = Counted { sink, found: 0 };
        if self.benchmark != Benchmark::Nb101 {
            counted.begin(&self.benchmark.groups());
        }
        let (expected, missing) = match &self.form {
            Form::TfRecord => nb101::read(&self.path, &mut counted).map(|()| (None, Vec::new()))?,
            Form::Folder(folder) => folder.read(&mut counted)?,
            Form::Pickle(source) => source.read(&mut counted).map(|()| (None, Vec::new()))?,
        };
        if counted.found == 0 {
            return Err(Error::NoArchitecture { path: self.path.clone() });
        }
        Ok(Coverage { found: counted.found, expected, missing })
    }

    /// Finds one architecture. In a folder this reads a single file; the other forms are scanned from the start.
    ///
    /// # Errors
    /// If the files have no such architecture, or are damaged.
    pub fn find(&self, wanted: &Wanted) -> Result<Record> {
        let found = match &self.form {
            Form::TfRecord => nb101::find(&self.path, wanted)?,
            Form::Folder(folder) => folder.find(wanted)?,
            Form::Pickle(source) => source.find(wanted)?,
        };
        found.ok_or_else(|| {
            let hint = match (self.benchmark, wanted) {
                (Benchmark::Nb101, Wanted::Index(_)) => "; NAS-Bench-101's files have no index, ask by hash or cell",
                (Benchmark::Nb101, Wanted::Architecture(_)) => {
                    "; cells are found as the file writes them, BITS;op,op; isomorphic ones by their module hash"
                }
                (Benchmark::NatsTss | Benchmark::NatsSss, Wanted::Hash(_)) => "; only NAS-Bench-101 has module hashes",
                _ => "",
            };
            Error::NoSuchArchitecture { path: self.path.clone(), asked: wanted.to_string(), hint: hint.to_owned() }
        })
    }
}

/// Counts the architectures that pass through.
struct Counted<'a> {
    sink: &'a mut dyn Sink,
    found: u64,
}

impl Sink for Counted<'_> {
    fn begin(&mut self, groups: &[Group]) {
        self.sink.begin(groups);
    }

    fn record(&mut self, record: Record) -> Result<ControlFlow<()>> {
        self.found += 1;
        self.sink.record(record)
    }

    fn progress(&mut self, done: u64, total: u64) {
        self.sink.progress(done, total);
    }
}
