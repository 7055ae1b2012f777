//! The flags that choose architectures: one, a file of them, a sample, all, or networks of one's own.

use super::space::GROUP;
use crate::space::{self, Arch, Networks, Sampler, SearchSpace};
use crate::{Error, Result};
use std::cell::Cell;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use zeronas_datasets::BenchmarkTable;
use zeronas_datasets::table::mini;

/// Which architectures, and how a sample of them is drawn.
#[derive(Debug, clap::Args)]
pub struct ArchsArgs {
    #[command(flatten)]
    which: Which,

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

    /// A text file, one architecture a line and # before comments, or a table (.csv, .parquet, or `zeronas-mini`) with a
    /// column `arch` or `arch_str`
    #[arg(long, value_name = "FILE")]
    archs: Option<PathBuf>,

    /// This many architectures, drawn without replacement
    #[arg(long, value_name = "N")]
    sample: Option<NonZeroUsize>,

    /// Every architecture of the space
    #[arg(long)]
    all: bool,

    /// Networks of your own, a JSON file each (docs/network.md says how they are written); they take the place of --space
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
                Ok((vec![Names::new(space, table.as_deref())?.arch(text)?], None))
            }
            (Which { archs: Some(path), .. }, table) => {
                Ok((read_archs(&Names::new(space, table.as_deref())?, path)?, None))
            }
            (Which { sample: Some(n), .. }, Some(table)) => {
                let archs = table_archs(space, table)?;
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
    pub fn new(space: &'a dyn SearchSpace, table: Option<&'a Path>) -> Result<Self> {
        let table = table.map(|path| Ok::<_, Error>((path, BenchmarkTable::open(path)?))).transpose()?;
        Ok(Names { space, table, noted: Cell::new(false) })
    }

    /// The architecture of this name.
    pub fn arch(&self, name: &str) -> Result<Arch> {
        let name = space::bare(name);
        let Some((path, table)) = &self.table else {
            self.note_index(name);
            return self.space.parse(name);
        };
        let is_hash = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let row = match name.parse() {
            Ok(index) => table.row_of_index(index),
            Err(_) if is_hash => table.row_of_hash(name),
            Err(_) => return self.space.parse(name),
        };
        let text = row.and_then(|row| table.architectures().nth(row));
        let text = text.ok_or_else(|| Error::file(*path, format!("has no architecture of index or hash `{name}`")))?;
        self.space.parse(text)
    }
}

impl Names<'_> {
    /// Says once that numbers are read as indices, where they are.
    fn note_index(&self, name: &str) {
        let order = self.space.index_order().filter(|_| name.starts_with(|c: char| c.is_ascii_digit()));
        if let Some(order) = order.filter(|_| !name.contains(':') && !self.noted.replace(true)) {
            eprintln!("{name} is read as an index, in {order} own order");
        }
    }
}

/// The architectures of a text file or a table.
fn read_archs(names: &Names<'_>, path: &Path) -> Result<Vec<Arch>> {
    let is_table = path == Path::new(mini::NAME)
        || path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv") || e.eq_ignore_ascii_case("parquet"));
    if is_table {
        return table_archs(names.space, path);
    }
    let text = std::fs::read_to_string(path).map_err(Error::io(path, "cannot be read"))?;
    let mut lines: HashMap<Arch, usize> = HashMap::new();
    let mut archs = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.split_once('#').map_or(line, |(before, _)| before).trim();
        if line.is_empty() {
            continue;
        }
        let arch = names.arch(line).map_err(|error| Error::file(path, format!("line {}: {error}", i + 1)))?;
        if let Some(first) = lines.insert(arch.clone(), i + 1) {
            return Err(Error::file(path, format!("line {}: `{arch}` stands on line {first} already", i + 1)));
        }
        archs.push(arch);
    }
    if archs.is_empty() {
        return Err(Error::file(path, "holds no architecture"));
    }
    Ok(archs)
}

fn table_archs(space: &dyn SearchSpace, path: &Path) -> Result<Vec<Arch>> {
    let table = BenchmarkTable::open(path)?;
    let parsed = table
        .architectures()
        .enumerate()
        .map(|(row, text)| space.parse(text).map_err(|error| Error::file(path, format!("row {}: {error}", row + 1))));
    parsed.collect()
}
