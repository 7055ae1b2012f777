//! The flags that choose architectures: one, a file of them, a sample, all, or networks of one's own.

use super::reading::ArchColumnArg;
use super::space::GROUP;
use crate::space::{self, Arch, Networks, Sampler, SearchSpace};
use crate::{Error, Result};
use std::cell::Cell;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use zeronas_datasets::BenchmarkTable;
use zeronas_datasets::table::list;

/// Which architectures, and how a sample of them is drawn.
#[derive(Debug, clap::Args)]
pub struct ArchsArgs {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    pub column: ArchColumnArg,

    /// With --sample: draw from this table's architectures instead of the whole space. With --arch and --archs: an
    /// architecture may be given by its `index` or `module_hash` in this table
    #[arg(long, value_name = "TABLE", conflicts_with_all = ["all", "network"])]
    from: Option<PathBuf>,

    /// With --sample: seed of the draw
    #[arg(long, value_name = "K", default_value_t = 0, conflicts_with_all = ["arch", "archs", "all", "network"])]
    sample_seed: u64,

    /// With --sample: how to draw
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["arch", "archs", "all", "network", "from"])]
    sampler: Sampler,
}

/// Which architectures; exactly one of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// One architecture, as its benchmark writes it or as one of the other notations that `zeronas show --help` lists
    #[arg(long, value_name = "ARCH")]
    arch: Option<String>,

    /// A text file, one architecture per line and # before comments, or a table with a column of architectures (see --arch-column),
    /// or `zeronas-mini`
    #[arg(long, value_name = "FILE")]
    archs: Option<PathBuf>,

    /// This many architectures, drawn without replacement
    #[arg(long, value_name = "N")]
    sample: Option<NonZeroUsize>,

    /// Every architecture of the space
    #[arg(long)]
    all: bool,

    /// Networks of your own, one JSON file each (see docs/network.md); they take the place of --space
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with = GROUP
    )]
    network: Vec<PathBuf>,
}

impl ArchsArgs {
    /// The space that is made of one's own networks, if any are given.
    pub fn networks(&self) -> Result<Option<Networks>> {
        match self.which.network.as_slice() {
            [] => Ok(None),
            paths => Networks::read(paths).map(Some),
        }
    }

    /// The architectures asked for, and how they were drawn if they were.
    pub fn read(&self, space: &dyn SearchSpace) -> Result<(Vec<Arch>, Option<Sampler>)> {
        match (&self.which, &self.from) {
            (Which { arch: Some(text), .. }, table) => {
                Ok((vec![Names::new(space, table.as_deref(), &self.column)?.arch(text)?], None))
            }
            (Which { archs: Some(path), .. }, table) => {
                Ok((read_archs(&Names::new(space, table.as_deref(), &self.column)?, path, &self.column)?, None))
            }
            (Which { sample: Some(n), .. }, Some(table)) => {
                let archs = read_archs(&Names { space, table: None, noted: Cell::new(false) }, table, &self.column)?;
                let places = space::sample_places(archs.len(), n.get(), self.sample_seed)?;
                Ok((places.into_iter().map(|i| archs[i].clone()).collect(), Some(Sampler::Uniform)))
            }
            (Which { sample: Some(n), .. }, None) => {
                let archs = space::sample(space, self.sampler, n.get(), self.sample_seed)?;
                Ok((archs, Some(self.sampler)))
            }
            (Which { .. }, _) => Ok((space::enumerate(space)?.collect(), None)),
        }
    }
}

/// What architectures may be called: as their benchmark writes them, and by index or hash where a table is at hand.
pub(super) struct Names<'a> {
    space: &'a dyn SearchSpace,
    table: Option<(&'a Path, BenchmarkTable)>,
    /// Whether it has been said that numbers are indices.
    noted: Cell<bool>,
}

impl<'a> Names<'a> {
    /// The names of a space, and those of a table if there is one.
    pub fn new(space: &'a dyn SearchSpace, table: Option<&'a Path>, column: &ArchColumnArg) -> Result<Self> {
        let table = table.map(|path| Ok::<_, Error>((path, column.open(path)?))).transpose()?;
        Ok(Names { space, table, noted: Cell::new(false) })
    }

    /// The architecture of this name; the error for one of another space says which.
    pub fn arch(&self, name: &str) -> Result<Arch> {
        let name = space::bare(name);
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
}

impl Names<'_> {
    /// The architecture of a text; one of another space is pointed there.
    fn parse(&self, text: &str) -> Result<Arch> {
        self.space.parse(text).map_err(|error| match (error, space::guess(text)) {
            (Error::Architecture { text, reason }, Some(other)) if other.name() != self.space.name() => {
                let (own, other) = (self.space.name(), other.name());
                let reason = format!("{reason}; it is not written as in {own} but as in {other}: --space {other}");
                Error::Architecture { text, reason }
            }
            (error, _) => error,
        })
    }

    /// Says once that numbers are read as indices, where they are.
    fn note_index(&self, name: &str) {
        let order = self.space.index_order().filter(|_| name.starts_with(|c: char| c.is_ascii_digit()));
        if let Some(order) = order.filter(|_| !name.contains(':') && !self.noted.replace(true)) {
            eprintln!("{name} is read as an index, in {order} own order");
        }
    }
}

/// The architectures of a text file or a table, each once.
fn read_archs(names: &Names<'_>, path: &Path, column: &ArchColumnArg) -> Result<Vec<Arch>> {
    let listed = list(path, column.arch_column.as_deref())?;
    let mut places: HashMap<Arch, &str> = HashMap::with_capacity(listed.len());
    let mut archs = Vec::with_capacity(listed.len());
    for one in &listed {
        let arch = names.arch(&one.text).map_err(|error| Error::file(path, format!("{}: {error}", one.place)))?;
        if let Some(first) = places.insert(arch.clone(), &one.place) {
            return Err(Error::file(path, format!("{}: `{arch}` stands in {first} already", one.place)));
        }
        archs.push(arch);
    }
    Ok(archs)
}
