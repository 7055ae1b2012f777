//! `zeronas query`: what a benchmark knows of one architecture, as its own Python package would answer.

use std::path::PathBuf;

use comfy_table::{Table, presets};
use serde_json::{Map, Value};
use zeronas_datasets::table::official::api::Pick;
use zeronas_datasets::table::official::{Official, Record, Wanted};

use super::reading::ArchColumnArg;
use crate::space;
use crate::space::import::Published;
use crate::space::query::{Part, Question, Reply, Row, answers_of};
use crate::{Error, Result};

/// Ask a benchmark about one architecture
///
/// Answers as the benchmarks' own packages do, from their official files or from a table that `zeronas import` made of
/// them: NATS-Bench's get_more_info (losses, accuracies in percent, seconds per epoch and in total) and get_cost_info (FLOPs and
/// parameters in millions, latency in seconds), NAS-Bench-101's query (accuracies as fractions, training time in seconds).
/// For any other table, all numbers of the row are shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas query --index 284 --dataset cifar100 --epochs 200 NATS-tss-v1_0-3ffb9-simple
  zeronas query --arch 8:8:40:32:40 --seed 777 --json table.parquet
  zeronas query --hash 00005c142e6f48ac74fdcf73e3439874 nasbench_only108.tfrecord")]
pub struct QueryArgs {
    /// Official files (see `zeronas import`), or a table: Parquet or CSV
    #[arg(value_name = "TABLE-OR-OFFICIAL-FILES")]
    source: PathBuf,

    #[arg(long, value_name = "SPACE", help = format!("Refuse files of another search space than this: {}", space::names()))]
    space: Option<String>,

    #[command(flatten)]
    which: Which,

    /// Data set: cifar10-valid (trained on half of the training images), cifar10, cifar100, ImageNet16-120
    #[arg(long, value_name = "D", default_value = "cifar10")]
    dataset: String,

    /// Training schedule by its number of epochs [default: the longest there is]
    #[arg(long, value_name = "E")]
    epochs: Option<u32>,

    /// Which of the repeated trainings: `mean`, a seed (NAS-Bench-101: 0 to 2), or `random`
    #[arg(long, value_name = "SEED", default_value = "mean", value_parser = parse_seed)]
    seed: Seed,

    /// With --seed random: seed of the draw
    #[arg(long, value_name = "K", default_value_t = 0)]
    draw: u64,

    /// NATS-Bench's official files: after this epoch, counted from 0, instead of the last
    #[arg(long, value_name = "I")]
    at_epoch: Option<u32>,

    /// NAS-Bench-101: halfway through the training instead of at its end
    #[arg(long)]
    halfway: bool,

    /// Answer as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    column: ArchColumnArg,
}

/// The architecture; exactly one of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Architecture, as its benchmark writes it; a NAS-Bench-101 cell as BITS;op,op (matrix row by row, inner operations)
    #[arg(long, value_name = "ARCH")]
    arch: Option<String>,

    /// Place in the benchmark's order, from 0
    #[arg(long, value_name = "I")]
    index: Option<u64>,

    /// NAS-Bench-101's module hash
    #[arg(long, value_name = "HASH")]
    hash: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Seed {
    Mean,
    Random,
    Of(u32),
}

fn parse_seed(text: &str) -> std::result::Result<Seed, String> {
    match text {
        "mean" => Ok(Seed::Mean),
        "random" => Ok(Seed::Random),
        number => number.parse().map(Seed::Of).map_err(|_| "expected `mean`, `random` or a number".to_owned()),
    }
}

/// Prints the answer.
///
/// # Errors
/// Names the file, record or flag at fault.
pub fn run(args: &QueryArgs) -> Result<()> {
    let reply = reply(args)?;
    crate::print(&if args.json { json(reply) } else { text(reply) })
}

fn reply(args: &QueryArgs) -> Result<Reply> {
    let wanted = args.which.wanted();
    let pick = match args.seed {
        Seed::Mean => Pick::Mean,
        Seed::Of(seed) => Pick::Seed(seed),
        Seed::Random => Pick::Random(args.draw),
    };
    if Published::is_one(&args.source) {
        return from_published(args, &wanted);
    }
    if !Official::is_official(&args.source) {
        return from_table(args, &wanted, pick);
    }
    let official = Official::open(&args.source)?;
    if let Some(space) = &args.space {
        official.expect(space)?;
    }
    let name = official.benchmark().name();
    let answers = space::benchmark(name).and_then(|benchmark| benchmark.query);
    let answers = answers.ok_or_else(|| Error::file(&args.source, format!("{name} answers no questions")))?;
    let question = args.question(pick);
    answers.check(&question)?;
    let record = official.find(&wanted)?;
    let epochs = args.epochs.map_or_else(|| longest(&record, &args.dataset), Ok)?;
    let mut reply = vec![("architecture", Part::Plain(record.architecture.clone().into()))];
    reply.extend(record.index.map(|index| ("index", Part::Plain(index.into()))));
    reply.extend(record.module_hash.clone().map(|hash| ("module_hash", Part::Plain(hash.into()))));
    reply.extend(args.asked(epochs, seed_of(&record, &args.dataset, epochs, pick)));
    reply.extend(answers.of_record(&record, &question, epochs)?);
    Ok(reply)
}

/// All that is published of the architecture beside the official files.
fn from_published(args: &QueryArgs, wanted: &Wanted) -> Result<Reply> {
    let Wanted::Architecture(text) = wanted else {
        return Err(Error::flag("--arch", "these files know architectures by their notation only"));
    };
    let (benchmark, sheet) = Published::open(&args.source)?.table(args.space.as_deref())?;
    let space = space::as_published(benchmark.name)?;
    let arch = space.parse(text)?;
    let Some(row) = sheet.find(space.as_ref(), &arch)? else {
        return Err(Error::file(&args.source, format!("has no architecture `{arch}`")));
    };
    Ok(vec![("architecture", Part::Plain(arch.as_str().into())), ("columns", Part::numbers(row))])
}

fn from_table(args: &QueryArgs, wanted: &Wanted, pick: Pick) -> Result<Reply> {
    if args.at_epoch.is_some() {
        return Err(Error::flag("--at-epoch", "a table has only the last epoch; ask the official files"));
    }
    let table = args.column.open(&args.source)?;
    let row = Row::find(&table, &args.source, wanted)?;
    if let Some(space) = &args.space {
        row.expect(space, &args.source)?;
    }
    let mut reply = vec![("architecture", Part::Plain(row.architecture().into()))];
    reply.extend(row.value("index").map(|index| ("index", Part::Plain((index as u64).into()))));
    let (answers, epochs) = (answers_of(row.columns()), row.longest(&args.dataset, args.epochs));
    let (Some(answers), Some(epochs)) = (answers, epochs) else {
        if args.epochs.is_some() || args.dataset != "cifar10" || !matches!(args.seed, Seed::Mean) {
            let asked = args.epochs.map(|epochs| format!(" with {epochs} epochs")).unwrap_or_default();
            let reason = format!("has no columns of trainings on {}{asked}", args.dataset);
            return Err(Error::file(&args.source, format!("{reason}, as `zeronas import` makes them")));
        }
        reply.push(("columns", Part::numbers(row.all())));
        return Ok(reply);
    };
    let question = args.question(pick);
    answers.check(&question)?;
    let seed = row.seed(&args.dataset, epochs, pick, answers.repetition())?;
    reply.extend(args.asked(epochs, seed));
    reply.extend(answers.of_row(&row, &question, epochs, seed));
    Ok(reply)
}

impl QueryArgs {
    fn question(&self, pick: Pick) -> Question<'_> {
        Question { dataset: &self.dataset, pick, at_epoch: self.at_epoch, halfway: self.halfway }
    }

    /// What was asked for.
    fn asked(&self, epochs: u32, seed: Option<u32>) -> [(&'static str, Part); 3] {
        let seed = seed.map_or(Value::from("mean"), Value::from);
        [("dataset", Value::from(self.dataset.as_str())), ("epochs", epochs.into()), ("seed", seed)]
            .map(|(name, value)| (name, Part::Plain(value)))
    }
}

impl Which {
    fn wanted(&self) -> Wanted {
        match self {
            Which { arch: Some(text), .. } => Wanted::Architecture(text.clone()),
            Which { hash: Some(hash), .. } => Wanted::Hash(hash.clone()),
            Which { index, .. } => Wanted::Index(index.unwrap_or_default()),
        }
    }
}

/// The longest training schedule on a data set.
fn longest(record: &Record, dataset: &str) -> Result<u32> {
    let longest = record.runs.iter().filter(|run| run.dataset == dataset).map(|run| run.epochs).max();
    longest.ok_or_else(|| {
        let mut known: Vec<String> = record.runs.iter().map(|run| run.dataset.clone()).collect();
        known.dedup();
        let (architecture, asked) = (record.architecture.clone(), format!("training on {dataset}"));
        zeronas_datasets::Error::NoSuchRun { architecture, asked, known }.into()
    })
}

fn seed_of(record: &Record, dataset: &str, epochs: u32, pick: Pick) -> Option<u32> {
    pick.draw(&record.runs_of(dataset, epochs).iter().map(|run| run.seed).collect::<Vec<_>>())
}

/// The units of the packages' numbers, by the end of their names.
const UNITS: [(&str, &str); 7] = [
    ("-accuracy", "%"),
    ("_accuracy", "fraction"),
    ("-time", "s"),
    ("_time", "s"),
    ("flops", "millions"),
    ("params", "millions"),
    ("latency", "s"),
];

fn json(reply: Reply) -> String {
    let value = |part| match part {
        Part::Plain(value) => value,
        Part::Numbers(numbers) => Value::Object(numbers.into_iter().collect()),
    };
    let object: Map<String, Value> = reply.into_iter().map(|(name, part)| (name.to_owned(), value(part))).collect();
    format!("{:#}\n", Value::Object(object))
}

/// The reply as a table for the terminal.
fn text(reply: Reply) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let plain = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (name, part) in reply {
        match part {
            Part::Plain(value) => drop(table.add_row([name.to_owned(), plain(value)])),
            Part::Numbers(numbers) => {
                for (field, value) in numbers {
                    // The columns of a table say their units themselves.
                    let unit = if name == "columns" { "" } else { unit(&field) };
                    table.add_row([field, plain(value), unit.to_owned()]);
                }
            }
        }
    }
    format!("{table}\n")
}

fn unit(field: &str) -> &'static str {
    let known = UNITS.iter().find(|(end, _)| field.ends_with(end));
    known.map_or(if field.starts_with("T-") { "s" } else { "" }, |(_, unit)| unit)
}
