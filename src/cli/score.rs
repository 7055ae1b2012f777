//! `zeronas score`: scores for many architectures.

use super::archs::ArchsArgs;
use super::limits::LimitArgs;
use super::process::stop_flag;
use super::progress::Bar;
use super::slurm;
use super::space::SpaceArgs;
use super::terminal::{done, print};
use super::words::words;
use clap::ValueEnum;
use std::path::PathBuf;
use std::time::Instant;
use zeronas::Result;
use zeronas::device::Device;
use zeronas::job::{EngineChoice, ImageOrder, Preset, ScoreRequest, Shard, Summary};
use zeronas::memory;
use zeronas::report::ranking::Glance;
use zeronas_proxies::engine::Precision;
use zeronas_proxies::network::Init;

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
    limits: LimitArgs,

    #[command(flatten)]
    archs: ArchsArgs,

    /// Use the settings of a published comparison on NAS-Bench-201 wherever no flag says otherwise: proxies, images, --augment,
    /// --batch-size, --init, --as-written. `zeronas report --protocol` sets the rest
    #[arg(long, value_parser = words::<Preset>())]
    protocol: Option<Preset>,

    /// Proxies or groups of them, separated by commas; `zeronas proxies` lists them, and `default` stands for those of the default aggregate
    /// [default: naswot,synflow,grad_norm]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    proxies: Option<Vec<String>>,

    /// Add these proxies to the finished file at --out: only they are computed. Give the other flags that made the file
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "resume", conflicts_with = "proxies")]
    add_proxies: Vec<String>,

    /// Images: `embedded` (256 of CIFAR-10), `synthetic` (coloured blocks), `noise` (every pixel N(0, 1)), or a path to
    /// CIFAR-10 or CIFAR-100 (binary or Python version), ImageNet16's batches, one file of
    /// such records, a folder of pictures with a folder for each class (directly or in train, val and test), or .npz and .npy
    /// arrays [default: embedded]
    #[arg(long, value_name = "IMAGES", help_heading = "Images")]
    images: Option<String>,

    /// Leave out damaged pictures in --images and say how many, instead of refusing the folder
    #[arg(long, help_heading = "Images", hide_short_help = true)]
    skip_damaged: bool,

    /// Mirror and crop images at random, as for training
    #[arg(long, help_heading = "Images")]
    augment: bool,

    /// How the minibatch takes images from the set
    #[arg(long, value_parser = words::<ImageOrder>(), default_value = "shuffled", help_heading = "Images", hide_short_help = true)]
    image_order: ImageOrder,

    /// Images in the minibatch [default: 64]
    #[arg(long, value_name = "N", help_heading = "Images")]
    batch_size: Option<usize>,

    /// First seed; it decides weights, images and labels
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// Number of seeds, counted up from --seed
    #[arg(long, value_name = "R", default_value_t = 1)]
    seeds: u64,

    /// Initial weights [default: torch-default]
    #[arg(long, value_parser = words::<Init>(), help_heading = "How networks are built")]
    init: Option<Init>,

    /// Floating-point type of the passes on data (the synflow family and epsinas always run in f64)
    #[arg(long, value_parser = words::<Precision>(), default_value = "f32", help_heading = "How networks are built")]
    dtype: Precision,

    /// Where networks run: cpu, or cuda or cuda:N for an NVIDIA GPU
    #[arg(long, value_name = "DEVICE", default_value_t, help_heading = "Run and results")]
    device: Device,

    /// Engine that runs the networks
    #[arg(long, value_enum, default_value_t = EngineArg::Auto, help_heading = "How networks are built")]
    engine: EngineArg,

    /// Fused engine: direct convolutions only, no Winograd; slower, but rounds less
    #[arg(long, help_heading = "How networks are built")]
    exact: bool,

    /// Score networks literally as the benchmark defines them, dead layers included
    #[arg(long, help_heading = "How networks are built")]
    as_written: bool,

    /// Threads: one network each, or several per network when there are fewer networks [default: all cores]
    #[arg(long, value_name = "N", help_heading = "Run and results")]
    threads: Option<usize>,

    /// Most networks to run at a time: fewer save memory, as the threads then share the work of each [default: one per thread]
    #[arg(long, value_name = "N", help_heading = "Run and results", hide_short_help = true)]
    at_once: Option<usize>,

    /// Memory that scoring may take, such as 16GiB: no more networks run at a time than fit, as estimated from their layers; on the CPU
    /// only
    #[arg(long, value_name = "SIZE", value_parser = memory::size, help_heading = "Run and results", hide_short_help = true)]
    memory: Option<u64>,

    /// Score only part I of N (from 1); `zeronas merge` combines the parts [default: in a Slurm job array the task's part,
    /// otherwise everything, which is 1/1]
    #[arg(long, value_name = "I/N", help_heading = "Run and results")]
    shard: Option<Shard>,

    /// Score file: CSV if the name ends in .csv, otherwise Parquet
    #[arg(long, value_name = "FILE", help_heading = "Run and results")]
    out: PathBuf,

    /// Continue what an earlier run left at --out
    #[arg(long, help_heading = "Run and results")]
    resume: bool,

    /// Benchmark table to compare with at the end, or `zeronas-mini`, the one that comes with the program; if no other flag says which
    /// architectures, its own are scored, on networks as it trained them. `zeronas report` gives more detail
    #[arg(long, value_name = "TABLE", help_heading = "Comparison")]
    benchmark: Option<PathBuf>,

    /// Numeric benchmark columns to compare with; may be left out if there is only one, and for zeronas-mini
    #[arg(
        long = "target",
        value_name = "COLUMN",
        value_delimiter = ',',
        requires = "benchmark",
        help_heading = "Comparison"
    )]
    targets: Vec<String>,

    /// Architectures in the ranking printed at the end; 0 prints none
    #[arg(long, value_name = "K", default_value_t = 10, help_heading = "Comparison")]
    top: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EngineArg {
    /// On the CPU, fused for f32 and candle for f64; on a GPU, its own engine
    Auto,
    /// The fast CPU engine
    Fused,
    /// The reference engine, on Candle tensors
    Candle,
}

/// Scores and prints a ranking.
pub fn run(args: ScoreArgs) -> Result<()> {
    let glance = Glance::new(args.benchmark.as_deref(), &args.targets, args.archs.column.arch_column.as_deref())?;
    let top = args.top;
    let request = args.request()?;
    let started = Instant::now();
    let bar = Bar::of("networks");
    let scored = request.run(&stop_flag(), &bar)?;
    drop(bar);
    let (out, seconds) = (request.out.display(), started.elapsed().as_secs_f64());
    let Summary { archs, networks, scored: now, .. } = scored.summary;
    done(
        &format!("{out}: {archs} architectures, {networks} networks, {now} of them scored in {seconds:.1} s"),
        [
            ("out", out.to_string().into()),
            ("architectures", archs.into()),
            ("networks", networks.into()),
            ("scored", now.into()),
            ("seconds", seconds.into()),
        ],
    )?;
    print(&glance.text(&request.out, scored.space.as_ref(), top)?)
}

impl ScoreArgs {
    fn request(self) -> Result<ScoreRequest> {
        Ok(ScoreRequest {
            space: self.space.into(),
            archs: self.archs.choice(self.benchmark.as_deref())?,
            limits: self.limits.limits,
            protocol: self.protocol,
            proxies: self.proxies,
            add_proxies: self.add_proxies,
            images: self.images,
            skip_damaged: self.skip_damaged,
            augment: self.augment,
            image_order: self.image_order,
            batch_size: self.batch_size,
            seed: self.seed,
            seeds: self.seeds,
            init: self.init,
            dtype: self.dtype,
            device: self.device,
            engine: match self.engine {
                EngineArg::Auto => None,
                EngineArg::Fused => Some(EngineChoice::Fused),
                EngineArg::Candle => Some(EngineChoice::Candle),
            },
            exact: self.exact,
            as_written: self.as_written,
            threads: self.threads,
            at_once: self.at_once,
            memory: self.memory,
            shard: self.shard.map_or_else(slurm::shard, |shard| Ok(Some(shard)))?,
            out: self.out,
            resume: self.resume,
        })
    }
}
