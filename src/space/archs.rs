//! Which architectures of a space a request is about: some, a file of them, a sample, all, or the user's own networks.

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

/// The architectures that a request is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Archs {
    /// These, written as in their benchmark, in one of the other notations of their space, or as an `index` or `module_hash` if
    /// [`ArchChoice::from`] has such a column.
    Named(Vec<String>),
    /// Those in a file: a text file with one per line (`#` starts a comment), a table, or `zeronas-mini`, the built-in table.
    File(PathBuf),
    /// Those of a benchmark's table, with the networks that were trained for it: unless others are asked for, the space and the macro
    /// settings are those of the table's manifest.
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
    /// All architectures of the space.
    All,
    /// The user's own networks, one JSON file each, in place of a space.
    Networks(Vec<PathBuf>),
}

/// A choice of architectures, and the table to look them up in.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchChoice {
    /// The architectures.
    pub archs: Archs,
    /// The table in which they are looked up, or from which they are drawn.
    pub from: Option<PathBuf>,
    /// The column of a table that names the architectures, if it has none of the usual names.
    pub arch_column: Option<String>,
}

impl From<Archs> for ArchChoice {
    fn from(archs: Archs) -> Self {
        ArchChoice { archs, from: None, arch_column: None }
    }
}

impl ArchChoice {
    /// The space of the user's own networks, if any are given.
    ///
    /// # Errors
    /// As [`Networks::read`].
    pub fn networks(&self) -> Result<Option<Networks>> {
        match &self.archs {
            Archs::Networks(paths) => Networks::read(paths).map(Some),
            _ => Ok(None),
        }
    }

    /// The space of the architectures: that of the user's own networks, or the chosen one.
    ///
    /// # Errors
    /// As [`Networks::read`] and [`SpaceChoice::space`].
    pub fn space(&self, choice: &SpaceChoice) -> Result<Box<dyn SearchSpace>> {
        match self.networks()? {
            Some(networks) => Ok(Box::new(networks)),
            None => choice.space(),
        }
    }

    /// Reads the architectures; also returns how they were drawn, if they were.
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

/// The names that architectures may have: their benchmark's notation and, if there is a table, an index or hash.
pub struct Names<'a> {
    space: &'a dyn SearchSpace,
    table: Option<(&'a Path, BenchmarkTable)>,
    listener: &'a dyn Listener,
    /// Whether the note that numbers are read as indices has been given.
    noted: Cell<bool>,
}

impl<'a> Names<'a> {
    /// Makes the names of a space and, if given, of a table; `column` is the table's column of architectures, if it has none of the
    /// usual names.
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
    /// If there is none; if the name is written as in another space, the error says which.
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

    /// Reads an architecture; if it is written as in another space, the error says which.
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

    /// Notes, once, that numbers are read as indices, if they are.
    fn note_index(&self, name: &str) {
        let order = self.space.index_order().filter(|_| name.starts_with(|c: char| c.is_ascii_digit()));
        if let Some(order) = order.filter(|_| !name.contains(':') && !self.noted.replace(true)) {
            self.listener.note(&format!("{name} is read as an index, in {order} own order"));
        }
    }

    /// Reads the architectures of a text file or a table. None may occur twice, except in a score file, which has a row per proxy and
    /// seed.
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
