//! A space with scores and all accuracies, and one calibration on a few of them.

use super::trees::Boosted;
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::path::Path;
use zeronas::calibrate::combination::Fit;
use zeronas::calibrate::{Field, Kind, Label, Settings, Verdict, add_sizes, calibrate, spread};
use zeronas::report::aggregate::Aggregate;
use zeronas::report::average::average;
use zeronas::report::benchmark::{rows, target};
use zeronas::report::chosen::default_aggregate;
use zeronas::report::join::Direction;
use zeronas::report::scores::{Columns, Scores};
use zeronas::report::statistics::kendall;
use zeronas::space::{as_published, guess};
use zeronas_datasets::BenchmarkTable;
use zeronas_random::Stream;

/// The largest number of other architectures that a ranking is judged on.
const JUDGED: usize = 4000;

/// The tau below which a proxy carries no useful signal.
const LITTLE: f64 = 0.1;

/// How close to the best tau a choice must come to be right.
const NEAR: f64 = 0.02;

/// Scores and accuracies of a space.
pub struct Ground {
    /// The name of the score file.
    pub name: String,
    /// The column of the accuracy.
    pub target: String,
    field: Field,
    /// In the order of the field's architectures.
    accuracies: Vec<Option<f64>>,
    keys: Vec<Option<String>>,
}

/// A ranking's tau with the accuracies of all others, and the accuracy of the architecture that it ranks first.
type Worth = (f64, f64);

/// One calibration, and how well its choice ranks all others.
pub struct Drawn {
    /// Whether its verdict is that nothing carries signal.
    pub nothing: bool,
    /// The best tau of all candidates, including the combination.
    pub best: f64,
    /// The ways to rank: its choice, parameters, FLOPs, the aggregate, the combination, ridge regression, boosted trees.
    pub ways: [Option<Worth>; 7],
}

impl Drawn {
    /// Returns one of the ways that always exist.
    pub fn of(&self, way: usize) -> Worth {
        self.ways[way].unwrap_or_default()
    }

    /// Whether the verdict is right: a choice near the best, or nothing if there is little signal.
    pub fn right(&self) -> bool {
        if self.nothing { self.best < LITTLE } else { self.of(0).0 >= self.best - NEAR }
    }
}

fn direction(proxy: &str) -> Direction {
    zeronas_proxies::proxy::find(&[proxy]).map_or(Direction::Higher, |found| found[0].info().direction)
}

impl Ground {
    /// Reads `SCORES@TABLE@TARGET[@AGGREGATE]`.
    pub fn read(words: &str) -> Result<Ground, Box<dyn Error>> {
        let parts: Vec<&str> = words.split('@').collect();
        let [scores, table, column, aggregate @ ..] = &parts[..] else { return Err(words.into()) };
        let benchmark = BenchmarkTable::open(table.as_ref())?;
        let read = Scores::read(&[scores], &Columns::default())?;
        let mut readings = average(&read)?;
        let named = read.said_space().and_then(|name| as_published(name).ok());
        let space = named.or_else(|| guess(readings.archs.first()?));
        add_sizes(&mut readings, space.as_deref())?;
        let default = match aggregate {
            [] => default_aggregate(space.as_ref().map(|space| space.name())),
            [text, ..] => text.parse::<Aggregate>()?,
        };
        let scored = default.members.iter().all(|member| readings.numbers(member).is_some());
        let rows = rows(&benchmark, &readings.archs, space.as_deref())?;
        let values = target(&benchmark, column, &readings.archs, &rows)?.values;
        let field = Field::new(&readings, Some(&default).filter(|_| scored), &direction)?;
        let keys: HashMap<&String, &Option<String>> = readings.archs.iter().zip(&readings.keys).collect();
        let file = Path::new(scores).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Ground {
            name: file,
            target: (*column).to_owned(),
            accuracies: field.archs.iter().map(|arch| values.get(arch).copied()).collect(),
            keys: field.archs.iter().map(|arch| keys[arch].clone()).collect(),
            field,
        })
    }

    /// Returns the number of architectures with an accuracy.
    pub fn labelled(&self) -> usize {
        self.accuracies.iter().flatten().count()
    }

    /// Runs one calibration on this many networks.
    pub fn draw(&self, networks: usize, seed: u64) -> Result<Drawn, zeronas::Error> {
        let Ground { field, accuracies, keys, .. } = self;
        let mut seen = HashSet::new();
        let take = |place: usize| {
            let another = match &keys[place] {
                Some(key) => !key.is_empty() && seen.insert(key),
                None => true,
            };
            Ok(accuracies[place].is_some() && another)
        };
        let places = spread(&field.mean_ranks(), networks, seed, take)?;
        let labels: Vec<Label> = places
            .iter()
            .filter_map(|&place| Some(Label { place, value: accuracies[place]?, trainings: Vec::new() }))
            .collect();
        let values: Vec<f64> = labels.iter().map(|label| label.value).collect();
        let found = calibrate(field, &labels, &Settings { draws: 200, shuffles: 200, step: networks, seed });

        let few: HashSet<usize> = places.iter().copied().collect();
        let order = Stream::new("replay", seed).permutation(field.archs.len());
        let others = order.into_iter().filter(|place| accuracies[*place].is_some() && !few.contains(place));
        let others: Vec<usize> = others.take(JUDGED).collect();
        let worth = |standing: &dyn Fn(usize) -> f64| {
            let pairs: Vec<(f64, f64)> =
                others.iter().filter_map(|&place| Some((standing(place), accuracies[place]?))).collect();
            let top = pairs.iter().map(|pair| pair.0).fold(f64::NEG_INFINITY, f64::max);
            let best: Vec<f64> = pairs.iter().filter(|pair| pair.0 == top).map(|pair| pair.1).collect();
            (kendall(&pairs).unwrap_or(0.0), best.iter().sum::<f64>() / best.len() as f64)
        };
        let of = |kind: Kind| {
            let one = field.candidates.iter().find(|one| one.kind == kind)?;
            Some(worth(&|place| one.standings[place]))
        };
        let fit = Fit::new(field, &places, &values);
        let combination = worth(&|place| fit.value(field, place).unwrap_or(0.0));
        let row = |place: usize| field.candidates.iter().map(|one| one.input()[place]).collect::<Vec<f64>>();
        let features: Vec<Vec<f64>> = places.iter().map(|&place| row(place)).collect();
        let ridge = ridge(&features, &values);
        let trees = Boosted::new(&features, &values);
        let choice = match &found.verdict {
            Verdict::Train => of(Kind::Params),
            Verdict::Use { kind: Kind::Combination, .. } => Some(combination),
            Verdict::Use { kind, .. } => of(*kind),
        };
        let taus = field.candidates.iter().map(|one| worth(&|place| one.standings[place]).0);
        Ok(Drawn {
            nothing: found.verdict == Verdict::Train,
            best: taus.fold(combination.0, f64::max),
            ways: [
                choice,
                of(Kind::Params),
                of(Kind::Flops),
                of(Kind::Default),
                Some(combination),
                Some(worth(&|place| row(place).iter().zip(&ridge).map(|(value, weight)| value * weight).sum())),
                Some(worth(&|place| trees.value(&row(place)))),
            ],
        })
    }
}

/// Weights of a ridge regression of standardised targets with a penalty of 1, by conjugate gradients, which in exact arithmetic end after
/// at most as many steps as there are columns. The intercept is left out.
fn ridge(rows: &[Vec<f64>], targets: &[f64]) -> Vec<f64> {
    let columns = rows[0].len();
    let count = rows.len() as f64;
    let centre = |of: &dyn Fn(usize) -> f64| (0..rows.len()).map(of).sum::<f64>() / count;
    let means: Vec<f64> = (0..columns).map(|column| centre(&|row| rows[row][column])).collect();
    let mean = centre(&|row| targets[row]);
    let scale = centre(&|row| (targets[row] - mean).powi(2)).sqrt().max(1e-12);
    let said = |weights: &[f64], row: &[f64]| -> f64 {
        row.iter().zip(&means).zip(weights).map(|((value, mean), weight)| (value - mean) * weight).sum()
    };
    // The gradient's sum over rows: columns times one number per row.
    let spread = |of: &dyn Fn(usize) -> f64| {
        let numbers: Vec<f64> = (0..rows.len()).map(of).collect();
        let sum = |column: usize| {
            rows.iter().zip(&numbers).map(|(row, number)| (row[column] - means[column]) * number).sum::<f64>()
        };
        (0..columns).map(sum).collect::<Vec<f64>>()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut weights = vec![0.0; columns];
    let mut residual = spread(&|row| (targets[row] - mean) / scale);
    let mut way = residual.clone();
    for _ in 0..4 * columns {
        let now = dot(&residual, &residual);
        if now < 1e-18 {
            break;
        }
        let mut image = spread(&|row| said(&way, &rows[row]));
        image.iter_mut().zip(&way).for_each(|(image, way)| *image += way);
        let step = now / dot(&way, &image);
        weights.iter_mut().zip(&way).for_each(|(weight, way)| *weight += step * way);
        residual.iter_mut().zip(&image).for_each(|(residual, image)| *residual -= step * image);
        let next = dot(&residual, &residual) / now;
        way = residual.iter().zip(&way).map(|(residual, way)| residual + next * way).collect();
    }
    weights
}
