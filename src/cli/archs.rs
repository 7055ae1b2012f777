//! The flags that choose architectures: one, a file of them, a sample, all, or the user's own networks.

use super::reading::ArchColumnArg;
use super::space::GROUP;
use super::words::words;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use zeronas::space::{ArchChoice, Archs, Sampler};
use zeronas::{Error, Result};

/// Which architectures, and how a sample of them is drawn.
#[derive(Debug, clap::Args)]
pub struct ArchsArgs {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    pub(super) column: ArchColumnArg,

    /// With --sample: draw from this table's architectures instead of the whole space. With --arch and --archs: an
    /// architecture may be given by its `index` or `module_hash` in this table
    #[arg(long, value_name = "TABLE", conflicts_with_all = ["all", "network"], help_heading = "Architectures")]
    from: Option<PathBuf>,

    /// With --sample: seed of the draw
    #[arg(long, value_name = "K", default_value_t = 0, conflicts_with_all = ["arch", "archs", "all", "network"], help_heading = "Architectures", hide_short_help = true)]
    sample_seed: u64,

    /// With --sample: how to draw
    #[arg(
        long,
        value_parser = words::<Sampler>(),
        default_value = "uniform",
        conflicts_with_all = ["arch", "archs", "all", "network", "from"], help_heading = "Architectures", hide_short_help = true)]
    sampler: Sampler,
}

/// Which architectures; one of these, or a benchmark's.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Which {
    /// One architecture, as its benchmark writes it or in another notation that `zeronas show --help` lists
    #[arg(long, value_name = "ARCH", help_heading = "Architectures")]
    arch: Option<String>,

    /// A text file with one architecture per line (# starts a comment), a table with a column of architectures (see --arch-column), or
    /// `zeronas-mini`
    #[arg(long, value_name = "FILE", help_heading = "Architectures")]
    archs: Option<PathBuf>,

    /// This many architectures, drawn without replacement
    #[arg(long, value_name = "N", help_heading = "Architectures")]
    sample: Option<NonZeroUsize>,

    /// Every architecture of the space
    #[arg(long, help_heading = "Architectures")]
    all: bool,

    /// Networks of your own, one JSON file each (see docs/network.md); they replace --space
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with = GROUP, help_heading = "Architectures")]
    network: Vec<PathBuf>,
}

impl ArchsArgs {
    /// What they come to; `None` where no flag says which architectures.
    pub fn given(self) -> Option<ArchChoice> {
        let (seed, sampler) = (self.sample_seed, self.sampler);
        let archs = match self.which {
            Which { arch: Some(text), .. } => Archs::Named(vec![text]),
            Which { archs: Some(path), .. } => Archs::File(path),
            Which { sample: Some(number), .. } => Archs::Sample { number, seed, sampler },
            Which { all: true, .. } => Archs::All,
            Which { network, .. } if !network.is_empty() => Archs::Networks(network),
            Which { .. } => return None,
        };
        Some(ArchChoice { archs, from: self.from, arch_column: self.column.arch_column })
    }

    /// What they come to, beside a table that scores are compared with: its architectures where no flag says others.
    ///
    /// # Errors
    /// Where nothing says which architectures.
    pub fn choice(self, benchmark: Option<&Path>) -> Result<ArchChoice> {
        let (from, arch_column) = (self.from.clone(), self.column.arch_column.clone());
        let own = benchmark.map(|table| ArchChoice { archs: Archs::Benchmark(table.to_owned()), from, arch_column });
        self.given().or(own).ok_or_else(|| {
            let reason = "one of `arch=`, `archs=`, `sample=`, `all=` and `network=` says which architectures; without \
                          them, `benchmark=` takes its own";
            Error::setting("archs", reason)
        })
    }
}
