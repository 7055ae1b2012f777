//! NATS-Bench and NAS-Bench-201 on disk: a folder with a file per architecture, or one long pickle of all of them.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bzip2::read::MultiBzDecoder;

use super::gather::Gather;
use super::record::Record;
use super::{Benchmark, Sink, Wanted, torch};
use crate::pickle::{Far, Fault, Limits, far_references, unpickle};
use crate::{Error, Result};

/// How many missing architectures are reported.
const NAMED: usize = 5;

/// A folder in the "simple" form.
#[derive(Clone, Debug)]
pub(super) struct NatsFolder {
    path: PathBuf,
    /// All architectures of the space in their order.
    architectures: Vec<String>,
}

impl NatsFolder {
    /// Reads the list of all architectures.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let meta = path.join("meta.pickle.pbz2");
        if !meta.is_file() {
            return Err(Error::NotOfficial { path: path.to_owned() });
        }
        let source = PickleSource { path: meta.clone(), form: PickleForm::Bzip2 };
        let architectures = source.with_pickle(Meter::new(&meta)?, |input| {
            let (heap, root) = unpickle(input, &Far::default(), &mut ()).map_err(|fault| source.error(fault))?;
            let list = root.and_then(|root| heap.list(heap.get(root, "meta_archs")?));
            let texts = list.and_then(|list| list.iter().map(|&text| heap.str(text).map(str::to_owned)).collect());
            let texts: Option<Vec<String>> = texts;
            texts.filter(|texts| !texts.is_empty()).ok_or_else(|| {
                Error::damaged(&meta, "its content", "has no list meta_archs of the architectures' texts")
            })
        })?;
        Ok(NatsFolder { path: path.to_owned(), architectures })
    }

    pub(super) fn benchmark(&self) -> Benchmark {
        Benchmark::of_nats(&self.architectures[0])
    }

    /// Reads the files that exist. Returns the number of architectures, and the first ones whose file is missing.
    pub(super) fn read(&self, sink: &mut dyn Sink) -> Result<(Option<u64>, Vec<u64>)> {
        let total = self.architectures.len() as u64;
        let mut missing = Vec::new();
        for index in 0..total {
            if let Some(file) = self.file(index) {
                if sink.record(self.record(&file, index)?)?.is_break() {
                    break;
                }
            } else if missing.len() < NAMED {
                missing.push(index);
            }
            sink.progress(index + 1, total);
        }
        Ok((Some(total), missing))
    }

    pub(super) fn find(&self, wanted: &Wanted) -> Result<Option<Record>> {
        let total = self.architectures.len() as u64;
        let index = match wanted {
            Wanted::Index(index) => Some(*index).filter(|&index| index < total),
            Wanted::Architecture(text) => self.architectures.iter().position(|a| a == text).map(|index| index as u64),
            Wanted::Hash(_) => None,
        };
        let Some(index) = index else { return Ok(None) };
        let file = self.file(index).ok_or_else(|| Error::NoSuchArchitecture {
            path: self.path.clone(),
            asked: wanted.to_string(),
            hint: format!(": it lacks the file {index:06}.pickle.pbz2"),
        })?;
        self.record(&file, index).map(Some)
    }

    fn file(&self, index: u64) -> Option<PathBuf> {
        let names = [format!("{index:06}.pickle.pbz2"), format!("{index}.pickle.pbz2")];
        names.iter().map(|name| self.path.join(name)).find(|path| path.is_file())
    }

    fn record(&self, file: &Path, index: u64) -> Result<Record> {
        let source = PickleSource { path: file.to_owned(), form: PickleForm::Bzip2 };
        let mut found: Option<Record> = None;
        source.scan(
            &Far::default(),
            Meter::new(file)?,
            &mut Gather::new(&mut |record, _| {
                let twice = found.replace(record).is_some();
                if twice {
                    Err(Error::damaged(file, "its content", "has more than one architecture"))
                } else {
                    Ok(true)
                }
            }),
        )?;
        let damaged = |reason| Error::damaged(file, "its content", reason);
        let record = found.ok_or_else(|| damaged("has no architecture's results".to_owned()))?;
        let listed = &self.architectures[index as usize];
        if record.index != Some(index) || record.architecture != *listed {
            let found = record.index.unwrap_or_default();
            let reason =
                format!("is of {} (index {found}); in its place belongs {listed} (index {index})", record.architecture);
            return Err(damaged(reason));
        }
        Ok(record)
    }
}

/// A file that consists of one pickle.
#[derive(Clone, Debug)]
pub(super) struct PickleSource {
    path: PathBuf,
    form: PickleForm,
}

#[derive(Clone, Copy, Debug)]
enum PickleForm {
    Bzip2,
    Torch,
}

impl PickleSource {
    /// Recognises a file of all architectures by its name.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let form = match () {
            () if name.ends_with(".pickle.pbz2") => PickleForm::Bzip2,
            () if name.ends_with(".pth") => PickleForm::Torch,
            () => return None,
        };
        Some(PickleSource { path: path.to_owned(), form })
    }

    /// Determines the benchmark from the first architecture.
    pub(super) fn benchmark(&self) -> Result<Benchmark> {
        let mut found = None;
        self.scan(
            &Far::default(),
            Meter::new(&self.path)?,
            &mut Gather::new(&mut |record, _| {
                found = Some(Benchmark::of_nats(&record.architecture));
                Ok(false)
            }),
        )?;
        found.ok_or_else(|| Error::damaged(&self.path, "its content", "has no architecture's results"))
    }

    /// Reads all architectures, which takes two passes over the file (see [`crate::pickle`]).
    pub(super) fn read(&self, sink: &mut dyn Sink) -> Result<()> {
        let far = self.far_references(&mut |done, total| sink.progress(done, 2 * total))?;
        let meter = Meter::new(&self.path)?;
        let (done, total) = (Rc::clone(&meter.done), meter.total);
        self.scan(
            &far,
            meter,
            &mut Gather::new(&mut |record, _| {
                sink.progress(total + done.get(), 2 * total);
                Ok(sink.record(record)?.is_continue())
            }),
        )
    }

    pub(super) fn find(&self, wanted: &Wanted) -> Result<Option<Record>> {
        let far = self.far_references(&mut |_, _| ())?;
        let mut found = None;
        self.scan(
            &far,
            Meter::new(&self.path)?,
            &mut Gather::new(&mut |record, index| {
                let is_it = match wanted {
                    Wanted::Index(wanted) => index == *wanted,
                    Wanted::Architecture(text) => record.architecture == *text,
                    Wanted::Hash(_) => false,
                };
                if is_it {
                    found = Some(record);
                }
                Ok(!is_it)
            }),
        )?;
        Ok(found)
    }

    fn far_references(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Far> {
        let mut meter = Meter::new(&self.path)?;
        meter.told = Some(progress);
        self.with_pickle(meter, |input| {
            let far = far_references(Limits::RECORDS, &mut *input).map_err(|fault| self.error(fault))?;
            self.drain(input)?;
            Ok(far)
        })
    }

    /// Hands the architectures of the pickle to `gather`.
    fn scan(&self, far: &Far, meter: Meter<'_>, gather: &mut Gather<'_>) -> Result<()> {
        self.with_pickle(meter, |input| {
            let ran = unpickle(&mut *input, far, gather);
            gather.failure()?;
            let (_, end) = ran.map_err(|fault| self.error(fault))?;
            if end.is_some() {
                self.drain(input)?;
                gather.finish()?;
            }
            Ok(())
        })
    }

    /// Reads on to the end, which holds the last checksum of a compressed file.
    fn drain(&self, input: &mut dyn Read) -> Result<()> {
        io::copy(input, &mut io::sink()).map(|_| ()).map_err(|error| {
            let reason = error.to_string();
            Error::damaged(&self.path, "behind the pickle", reason)
        })
    }

    fn with_pickle<T>(&self, meter: Meter<'_>, read: impl FnOnce(&mut dyn Read) -> Result<T>) -> Result<T> {
        match self.form {
            PickleForm::Bzip2 => {
                let compressed = BufReader::with_capacity(1 << 16, meter);
                read(&mut BufReader::with_capacity(1 << 16, MultiBzDecoder::new(compressed)))
            }
            PickleForm::Torch => torch::with_pickle(&self.path, meter, read),
        }
    }

    fn error(&self, fault: (u64, Fault)) -> Error {
        torch::pickle_error(&self.path, fault)
    }
}

/// A file that counts how much of it has been read, and reports it.
pub(super) struct Meter<'a> {
    file: File,
    done: Rc<Cell<u64>>,
    total: u64,
    told: Option<&'a mut dyn FnMut(u64, u64)>,
}

impl Meter<'_> {
    fn new(path: &Path) -> Result<Self> {
        let open = || -> io::Result<Self> {
            let file = File::open(path)?;
            let total = file.metadata()?.len();
            Ok(Meter { file, done: Rc::default(), total, told: None })
        };
        open().map_err(|source| Error::Read { path: path.to_owned(), source })
    }
}

impl Read for Meter<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.done.set(self.total.min(self.done.get() + read as u64));
        if let Some(told) = &mut self.told {
            told(self.done.get(), self.total);
        }
        Ok(read)
    }
}

impl Seek for Meter<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
