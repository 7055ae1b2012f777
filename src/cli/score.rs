//! `zeronas score`: scores for many architectures.

use super::archs::ArchsArgs;
use super::pictures::{PictureArgs, tell};
use super::process::stop_flag;
use super::ranking;
use super::reading::{target_names, targets};
use super::slurm;
use super::space::SpaceArgs;
use crate::Result;
use crate::device::{Device, cores};
use crate::images::Images;
use crate::job::{EngineChoice, ImageOrder, Job, Preset, Progress, Scoring, Settings, Shard};
use crate::report::benchmark::rows;
use crate::space::SearchSpace;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zeronas_proxies::engine::Precision;
use zeronas_proxies::network::Init;
use zeronas_proxies::proxy;

/// Score architectures with zero-cost proxies
///
/// Builds each architecture's network, initialises it, runs one minibatch through it and writes one row per architecture,
/// proxy and seed. Architectures that are the same network are scored once, unless --as-written is given. Scores depend on
/// the settings in the file's manifest and on nothing else: not on threads, shards, order or interruptions.
///
/// Results are saved as they come; a killed run continues with the same command and --resume.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas score --sample 20 --out scores.parquet
  zeronas score --all --images cifar-10-batches-bin --threads 8 --out all.parquet --resume
  zeronas score --space SPACE --archs candidates.txt --seeds 3 --proxies naswot,params --out scores.csv
  zeronas score --sample 100 --classes 100 --images synthetic --out scores.parquet
  zeronas score --network mine.json --proxies all --out mine.parquet
  zeronas score --sample 20 --add-proxies zen,zico --resume --out scores.parquet
  zeronas score --protocol nas-bench-suite-zero --sample 1000 --images cifar-10-batches-bin --out suite.parquet")]
pub struct ScoreArgs {
    #[command(flatten)]
    space: SpaceArgs,

    #[command(flatten)]
    archs: ArchsArgs,

    /// Use the settings of a published comparison on NAS-Bench-201 wherever no flag says otherwise: proxies, images, --augment,
    /// --batch-size, --init, --as-written. A report's --protocol does the rest
    #[arg(long, value_enum)]
    protocol: Option<Preset>,

    /// Proxies or groups of them, separated by commas; `zeronas proxies` lists them [default: naswot,synflow,grad_norm]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    proxies: Option<Vec<String>>,

    /// Add these proxies to the finished file at --out: they alone are computed. The other flags are those that made the file
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "resume", conflicts_with = "proxies")]
    add_proxies: Vec<String>,

    /// Images: `embedded` (256 of CIFAR-10), `synthetic` (coloured blocks), `noise` (every pixel N(0, 1)), or a path of
    /// CIFAR-10 or CIFAR-100 (binary or Python version), ImageNet16's batches, one file of
    /// such records, a folder of pictures with a folder for each class (directly or in train, val and test), or .npz and .npy
    /// arrays [default: embedded]
    #[arg(long, value_name = "IMAGES")]
    images: Option<String>,

    #[command(flatten)]
    pictures: PictureArgs,

    /// Mirror and crop images at random, as for training
    #[arg(long)]
    augment: bool,

    /// How the minibatch takes images from the set
    #[arg(long, value_enum, default_value_t)]
    image_order: ImageOrder,

    /// Images in the minibatch [default: 64]
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,

    /// First seed; it decides weights, images and labels
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// Number of seeds, counted up from --seed
    #[arg(long, value_name = "R", default_value_t = 1)]
    seeds: u64,

    /// Initial weights [default: torch-default]
    #[arg(long, value_enum)]
    init: Option<InitArg>,

    /// Floating-point numbers of the passes on data (the synflow family always runs in f64)
    #[arg(long, value_enum, default_value_t = DtypeArg::F32)]
    dtype: DtypeArg,

    /// Where networks run: cpu, or cuda or cuda:N for an NVIDIA GPU
    #[arg(long, value_name = "DEVICE", default_value_t)]
    device: Device,

    /// What runs the networks
    #[arg(long, value_enum, default_value_t = EngineArg::Auto)]
    engine: EngineArg,

    /// Fused engine: direct convolutions only, no Winograd; slower, and rounds less
    #[arg(long)]
    exact: bool,

    /// Score networks literally as the benchmark defines them, dead layers included
    #[arg(long)]
    as_written: bool,

    /// Threads: one network each, or several per network when there are fewer networks [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,

    /// Largest number of networks at a time: saves memory, as the threads then share the work of each [default: one per thread]
    #[arg(long, value_name = "N")]
    at_once: Option<usize>,

    /// Score only part I of N (from 1); `zeronas merge` combines the parts [default: in a job array of Slurm the task's part,
    /// otherwise everything, which is 1/1]
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,

    /// Score file: CSV if the name ends in .csv, otherwise Parquet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Continue what an earlier run left at --out
    #[arg(long)]
    resume: bool,

    /// Benchmark table to compare with at the end, or `zeronas-mini`, the one that comes with the program. `zeronas report` says more
    #[arg(long, value_name = "TABLE")]
    benchmark: Option<PathBuf>,

    /// Numeric benchmark columns to compare with; may be left out where there is only one, and for zeronas-mini
    #[arg(long = "target", value_name = "COLUMN", value_delimiter = ',', requires = "benchmark")]
    targets: Vec<String>,

    /// Architectures in the ranking printed at the end; 0 prints none
    #[arg(long, value_name = "K", default_value_t = 10)]
    top: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum InitArg {
    /// Uniform in +-1/sqrt(fan_in), PyTorch's default
    TorchDefault,
    /// Uniform in +-sqrt(6/fan_in)
    KaimingUniform,
    /// N(0, 2/fan_in)
    KaimingNormal,
    /// N(0, 1)
    Gaussian,
    /// Convolutions truncated N(0, 1/fan_in), linear +-sqrt(6/(fan_in + fan_out)): NAS-Bench-101's
    VarianceScaling,
    /// As kaiming-uniform, batch norms off their fixed point
    Perturbed,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EngineArg {
    /// On the CPU fused in f32 and candle in f64; on a GPU its own
    Auto,
    /// The fast CPU engine
    Fused,
    /// The reference engine, on Candle tensors
    Candle,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DtypeArg {
    /// 32 bits
    F32,
    /// 64 bits
    F64,
}

impl From<InitArg> for Init {
    fn from(init: InitArg) -> Self {
        match init {
            InitArg::TorchDefault => Init::TorchDefault,
            InitArg::KaimingUniform => Init::KaimingUniform,
            InitArg::KaimingNormal => Init::KaimingNormal,
            InitArg::Gaussian => Init::Gaussian,
            InitArg::VarianceScaling => Init::VarianceScaling,
            InitArg::Perturbed => Init::Perturbed,
        }
    }
}

impl From<DtypeArg> for Precision {
    fn from(dtype: DtypeArg) -> Self {
        match dtype {
            DtypeArg::F32 => Precision::F32,
            DtypeArg::F64 => Precision::F64,
        }
    }
}

/// Scores and prints a ranking.
pub fn run(args: ScoreArgs) -> Result<()> {
    let top = args.top;
    let benchmark = match &args.benchmark {
        Some(path) => {
            let table = args.archs.column.open(path)?;
            Some((target_names(&table, &args.targets)?, table))
        }
        None => None,
    };
    let added = proxy::find(&args.add_proxies)?;
    let added: Vec<String> = added.iter().map(|proxy| proxy.info().name.to_owned()).collect();
    let job = args.job()?;
    let stop = stop_flag();

    let started = Instant::now();
    let bar = Bar::new();
    let summary = match added.as_slice() {
        [] => job.run(&stop, &|progress| bar.show(progress))?,
        added => job.add(added, &stop, &|progress| bar.show(progress))?,
    };
    bar.finish();
    let seconds = started.elapsed().as_secs_f64();
    eprintln!(
        "{}: {} architectures, {} networks, {} of them scored in {seconds:.1} s",
        job.out.display(),
        summary.archs,
        summary.networks,
        summary.scored,
    );
    if top == 0 && benchmark.is_none() {
        return Ok(());
    }
    let readings = ranking::readings(&job.out)?;
    let targets = match &benchmark {
        Some((names, table)) => {
            let rows = rows(table, &readings.archs, Some(job.scoring.space.as_ref()))?;
            targets(table, names, &readings.archs, &rows)?
        }
        None => Vec::new(),
    };
    if top > 0 {
        crate::print(&ranking::text(&readings, &targets, top))?;
    }
    if targets.is_empty() {
        Ok(())
    } else {
        crate::print(&format!("\n{}", ranking::correlations(&readings, &targets)?))
    }
}

impl ScoreArgs {
    /// The checked job that these arguments ask for.
    fn job(self) -> Result<Job> {
        let preset = self.protocol.map_or_else(Settings::default, Preset::settings);
        let made_up = self.protocol.and_then(Preset::images);
        let name = self.images.as_deref().or(made_up).unwrap_or("embedded");
        let images = Images::find(name, &self.pictures.reading(self.space.classes()))?;
        let space: Arc<dyn SearchSpace> = match self.archs.networks()? {
            Some(networks) => Arc::new(networks),
            None => self.space.space_for(&images)?.into(),
        };
        let (archs, sampler) = self.archs.read(space.as_ref())?;
        let images = images.read(space.as_ref())?;
        tell(&images);
        let images = images.source();
        let threads = self.device.networks(self.threads, cores());
        let proxies = proxy::find(self.proxies.as_ref().unwrap_or(&preset.proxies))?;
        let settings = Settings {
            protocol: self.protocol,
            proxies: proxies.iter().map(|proxy| proxy.info().name.into()).collect(),
            batch_size: self.batch_size.unwrap_or(preset.batch_size),
            augment: self.augment || preset.augment,
            image_order: self.image_order,
            seed: self.seed,
            seeds: self.seeds,
            init: self.init.map_or(preset.init, Init::from),
            dtype: self.dtype.into(),
            device: self.device,
            engine: match self.engine {
                EngineArg::Auto => EngineChoice::of(self.device, self.dtype.into()),
                EngineArg::Fused => EngineChoice::Fused,
                EngineArg::Candle => EngineChoice::Candle,
            },
            exact: self.exact,
            as_written: self.as_written || preset.as_written,
            shard: self.shard.map_or_else(slurm::shard, |shard| Ok(Some(shard)))?,
        };
        let scoring = Scoring { space, images, settings, threads, at_once: self.at_once, own_proxies: Vec::new() };
        Ok(Job { scoring, archs, sampler, out: self.out, resume: self.resume })
    }
}

/// A progress bar on a terminal's stderr; nothing elsewhere.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::no_length();
        let template = "{bar:40} {pos}/{len} networks  {per_sec}  {elapsed} elapsed, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        Bar(bar)
    }

    fn show(&self, progress: Progress) {
        if self.0.length().is_none() {
            // What an earlier run has done does not count for the rate.
            self.0.set_length(progress.total as u64);
            self.0.set_position(progress.done as u64);
            self.0.reset_eta();
        }
        self.0.set_position(progress.done as u64);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}
