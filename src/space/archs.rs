//! Which architectures of a space a request is about: some, a file of them, a sample, all, or networks of one's own.

use super::{Arch, Networks, Sampler, SearchSpace, SpaceChoice, bare, enumerate, guess, sample, sample_places};
use crate::listener::Listener;
use crate::{Error, Result};
use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use zeronas_datasets::BenchmarkTable;
use zeronas_datasets::table::file::TableFile;
use zeronas_datasets::table::list;

/// Which architectures.
#[derive(Clone, Debug, PartialEq)]
pub enum Archs {
    /// These: as their benchmark writes them, in one of the other notations of their space, or by `index` or `module_hash` where
    /// [`ArchChoice::from`] has such a column.
    Named(Vec<String>),
    /// Those in a file: text with one a line and `#` before comments, or a table; or `zeronas-mini`, the table in the program.
    File(PathBuf),
    /// Those of a benchmark's table, on the networks that were trained for it: of the space and the macro settings that its manifest
    /// says, where nothing else is asked for.
    Benchmark(PathBuf),
    /// This many, drawn without replacement from the space, or from the table at [`ArchChoice::from`].
    Sample {
        /// How many.
        number: NonZeroUsize,
        /// Seed of the draw.
        seed: u64,
        /// How the space is drawn from.
        sampler: Sampler,
    },
    /// Every one of the space.
    All,
    /// Networks of one's own, one JSON file each, in place of a space.
    Networks(Vec<PathBuf>),
}

/// Which architectures, and the table that knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchChoice {
    /// Which.
    pub archs: Archs,
    /// The table in which they are looked up, or from which they are drawn.
    pub from: Option<PathBuf>,
    /// In tables, the column that names the architectures, where it has none of the usual names.
    pub arch_column: Option<String>,
}

impl From<Archs> for ArchChoice {
    fn from(archs: Archs) -> Self {
        ArchChoice { archs, from: None, arch_column: None }
    }
}

impl ArchChoice {
    /// The space that is made of one's own networks, if any are given.
    ///
    /// # Errors
    /// As [`Networks::read`].
    pub fn networks(&self) -> Result<Option<Networks>> {
        match &self.archs {
            Archs::Networks(paths) => Networks::read(paths).map(Some),
            _ => Ok(None),
        }
    }

    /// The space that they are of: that of one's own networks, or the one that is chosen.
    ///
    /// # Errors
    /// As [`Networks::read`] and [`SpaceChoice::space`].
    pub fn space(&self, choice: &SpaceChoice) -> Result<Box<dyn SearchSpace>> {
        match self.networks()? {
            Some(networks) => Ok(Box::new(networks)),
            None => choice.space(),
        }
    }

    /// The architectures, and how they were drawn if they were.
    ///
    /// # Errors
    /// Names the architecture, or the file and the place in it, at fault.
    pub fn read(&self, space: &dyn SearchSpace, listener: &dyn Listener) -> Result<(Vec<Arch>, Option<Sampler>)> {
        let column = self.arch_column.as_deref();
        let names = |table| Names::new(space, table, column, listener);
        match (&self.archs, &self.from) {
            (Archs::Named(texts), table) => {
                let names = names(table.as_deref())?;
                Ok((texts.iter().map(|text| names.arch(text)).collect::<Result<_>>()?, None))
            }
            (Archs::Benchmark(path), _) => Ok((names(None)?.read(path, column)?, None)),
            (Archs::File(path), table) => Ok((names(table.as_deref())?.read(path, column)?, None)),
            (Archs::Sample { number, seed, .. }, Some(table)) => {
                let archs = names(None)?.read(table, column)?;
                let places = sample_places(archs.len(), number.get(), *seed)?;
                Ok((places.into_iter().map(|i| archs[i].clone()).collect(), Some(Sampler::Uniform)))
            }
            (Archs::Sample { number, seed, sampler }, None) => {
                Ok((sample(space, *sampler, number.get(), *seed)?, Some(*sampler)))
            }
            (Archs::All | Archs::Networks(_), _) => Ok((enumerate(space)?.collect(), None)),
        }
    }
}

/// What architectures may be called: as their benchmark writes them, and by index or hash where a table is at hand.
pub struct Names<'a> {
    space: &'a dyn SearchSpace,
    table: Option<(&'a Path, BenchmarkTable)>,
    listener: &'a dyn Listener,
    /// Whether it has been said that numbers are indices.
    noted: Cell<bool>,
}

impl<'a> Names<'a> {
    /// The names of a space, and those of a table if there is one; `column` names its architectures, where it has none of the usual
    /// names.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub fn new(
        space: &'a dyn SearchSpace,
        table: Option<&'a Path>,
        column: Option<&str>,
        listener: &'a dyn Listener,
    ) -> Result<Self> {
        let open = |path| Ok::<_, Error>((path, BenchmarkTable::open_by(path, column)?));
        Ok(Names { space, table: table.map(open).transpose()?, listener, noted: Cell::new(false) })
    }

    /// The architecture of this name.
    ///
    /// # Errors
    /// Where there is none; that for one of another space says which.
    pub fn arch(&self, name: &str) -> Result<Arch> {
        let name = bare(name);
        let Some((path, table)) = &self.table else {
            self.note_index(name);
            return self.parse(name);
        };
        let is_hash = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let row = match name.parse() {
            Ok(index) => table.row_of_index(index),
            Err(_) if is_hash => table.row_of_hash(name),
            Err(_) => return self.parse(name),
        };
        let text = row.and_then(|row| table.architectures().nth(row));
        let text = text.ok_or_else(|| Error::file(*path, format!("has no architecture of index or hash `{name}`")))?;
        self.space.parse(text)
    }

    /// The architecture of a text; one of another space is pointed there.
    fn parse(&self, text: &str) -> Result<Arch> {
        self.space.parse(text).map_err(|error| match (error, guess(text)) {
            (Error::Architecture { text, reason }, Some(other)) if other.name() != self.space.name() => {
                let (own, other) = (self.space.name(), other.name());
                let reason = format!("{reason}; it is not written as in {own} but as in {other}: `space=` {other}");
                Error::Architecture { text, reason }
            }
            (error, _) => error,
        })
    }

    /// Says once that numbers are read as indices, where they are.
    fn note_index(&self, name: &str) {
        let order = self.space.index_order().filter(|_| name.starts_with(|c: char| c.is_ascii_digit()));
        if let Some(order) = order.filter(|_| !name.contains(':') && !self.noted.replace(true)) {
            self.listener.note(&format!("{name} is read as an index, in {order} own order"));
        }
    }

    /// The architectures of a text file or a table, each once. Those of a score file have a row per proxy and seed.
    fn read(&self, path: &Path, column: Option<&str>) -> Result<Vec<Arch>> {
        let listed = list(path, column)?;
        let mut places: HashMap<Arch, &str> = HashMap::with_capacity(listed.len());
        let mut archs = Vec::with_capacity(listed.len());
        let is_scores = OnceCell::new();
        for one in &listed {
            let arch = self.arch(&one.text).map_err(|error| Error::file(path, format!("{}: {error}", one.place)))?;
            if let Some(first) = places.insert(arch.clone(), &one.place) {
                if *is_scores.get_or_init(|| TableFile::open(path).is_ok_and(|table| table.has("proxy"))) {
                    continue;
                }
                return Err(Error::file(path, format!("{}: `{arch}` stands in {first} already", one.place)));
            }
            archs.push(arch);
        }
        Ok(archs)
    }
}
