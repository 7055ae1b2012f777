//! From evaluations to one reading per architecture and proxy: the mean over seeds, taken before anything is ranked.
//!
//! A proxy is on a log scale when its rows carry `ln_score`, and is then averaged and reported on that scale. Its score
//! of exactly 0 is ln 0: it ranks below every positive value, whatever the other seeds gave, and is not a number.

use super::error::{Error, Result};
use super::scores::{Outcome, Row, Scores};

/// What a proxy says about an architecture over all its seeds.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// The mean over seeds, of the score or of its logarithm; finite.
    Value(f64),
    /// On a log scale, a score of 0 under some seed.
    LnZero,
    /// No number under some seed; holds the status of the lowest such seed.
    Bad(String),
}

/// One proxy's readings.
#[derive(Clone, Debug)]
pub struct ProxyReadings {
    /// The proxy.
    pub proxy: String,
    /// Whether the values are natural logarithms of the score.
    pub ln: bool,
    /// One reading per architecture, in the order of [`Readings::archs`]; `None` where the proxy was not evaluated.
    pub readings: Vec<Option<Reading>>,
    /// Wall times, per architecture.
    pub took: Vec<Took>,
}

impl ProxyReadings {
    /// Returns the name of the proxy with its scale, for display.
    pub fn label(&self) -> String {
        if self.ln { format!("ln {}", self.proxy) } else { self.proxy.clone() }
    }
}

/// How long the evaluations of an architecture took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Took {
    /// Wall seconds of the timed evaluations, in total.
    pub seconds: f64,
    /// Number of timed evaluations.
    pub timed: usize,
    /// Wall seconds of all evaluations, over all seeds; `None` where one is not timed.
    pub whole: Option<f64>,
}

impl Took {
    fn of(seeds: &[Row]) -> Self {
        let times = seeds.iter().filter_map(|row| row.seconds);
        let (seconds, timed) = times.fold((0.0, 0), |(sum, count), seconds| (sum + seconds, count + 1));
        Took { seconds, timed, whole: (timed == seeds.len()).then_some(seconds) }
    }
}

/// The score files, averaged over seeds.
#[derive(Clone, Debug)]
pub struct Readings {
    /// Architectures in the order of their text, so that no result depends on the order of rows or files.
    pub archs: Vec<String>,
    /// The canonical key of each, as in [`Scores::keys`].
    pub keys: Vec<Option<String>>,
    /// Proxies in order of first appearance.
    pub proxies: Vec<ProxyReadings>,
}

impl Readings {
    /// Keeps the architectures for which `keep` is true, in their order.
    pub fn subset(&self, keep: &[bool]) -> Readings {
        fn kept<T: Clone>(all: &[T], keep: &[bool]) -> Vec<T> {
            all.iter().zip(keep).filter(|(_, keep)| **keep).map(|(one, _)| one.clone()).collect()
        }
        let proxies = self.proxies.iter().map(|proxy| ProxyReadings {
            proxy: proxy.proxy.clone(),
            ln: proxy.ln,
            readings: kept(&proxy.readings, keep),
            took: kept(&proxy.took, keep),
        });
        Readings { archs: kept(&self.archs, keep), keys: kept(&self.keys, keep), proxies: proxies.collect() }
    }

    /// The numbers a proxy gave; `None` where there is no such proxy.
    pub fn numbers(&self, proxy: &str) -> Option<Vec<Option<f64>>> {
        let proxy = self.proxies.iter().find(|found| found.proxy == proxy)?;
        let number = |reading: &Option<Reading>| match reading {
            Some(Reading::Value(value)) => Some(*value),
            _ => None,
        };
        Some(proxy.readings.iter().map(number).collect())
    }
}

/// Averages over seeds.
///
/// # Errors
/// [`Error::Cell`] where an `ok` row of a proxy on a log scale has neither `ln_score` nor a score of 0, or where a row of
/// a proxy on a linear scale has no `score`.
pub fn average(scores: &Scores) -> Result<Readings> {
    let mut order: Vec<usize> = (0..scores.archs.len()).collect();
    order.sort_unstable_by(|&a, &b| scores.archs[a].cmp(&scores.archs[b]));
    let mut place = vec![0; order.len()];
    order.iter().enumerate().for_each(|(position, &arch)| place[arch] = position);

    let mut proxies: Vec<ProxyReadings> = Vec::with_capacity(scores.proxies.len());
    for rows in scores.rows.chunk_by(|a, b| a.proxy == b.proxy) {
        let ln = is_ln(rows);
        let mut one = ProxyReadings {
            proxy: scores.proxies[rows[0].proxy].clone(),
            ln,
            readings: vec![None; order.len()],
            took: vec![Took::default(); order.len()],
        };
        for seeds in rows.chunk_by(|a, b| a.arch == b.arch) {
            let arch = place[seeds[0].arch];
            one.readings[arch] = Some(over_seeds(scores, seeds, ln)?);
            one.took[arch] = Took::of(seeds);
        }
        proxies.push(one);
    }
    let (archs, keys) = order.iter().map(|&arch| (scores.archs[arch].clone(), scores.keys[arch].clone())).unzip();
    Ok(Readings { archs, keys, proxies })
}

/// The reading of each of these rows of one proxy by itself.
pub(super) fn one_seed<'a>(scores: &'a Scores, rows: &'a [Row]) -> impl Iterator<Item = Result<Reading>> + 'a {
    let ln = is_ln(rows);
    rows.iter().map(move |row| over_seeds(scores, std::slice::from_ref(row), ln))
}

fn is_ln(rows: &[Row]) -> bool {
    rows.iter().any(|row| matches!(row.outcome, Outcome::Ok { ln_score: Some(_), .. }))
}

fn over_seeds(scores: &Scores, seeds: &[Row], ln: bool) -> Result<Reading> {
    let mut sum = 0.0;
    let mut zero = false;
    for row in seeds {
        let (score, ln_score) = match &row.outcome {
            Outcome::Bad(status) => return Ok(Reading::Bad(status.clone())),
            Outcome::Ok { score, ln_score } => (*score, *ln_score),
        };
        match (ln, score, ln_score) {
            (true, _, Some(value)) | (false, Some(value), _) => sum += value / seeds.len() as f64,
            (true, Some(0.0), None) => zero = true,
            _ => {
                let proxy = &scores.proxies[row.proxy];
                let (column, problem) = match score {
                    Some(score) => {
                        ("ln_score", format!("{proxy} is on a log scale in other rows, and its score here is {score}"))
                    }
                    None => ("score", format!("{proxy} has no score")),
                };
                let file = scores.files[row.file].path.clone();
                return Err(Error::Cell { file, row: row.line, column: column.into(), problem });
            }
        }
    }
    Ok(if zero { Reading::LnZero } else { Reading::Value(sum) })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::scores;
    use super::*;

    #[test]
    fn seeds_are_averaged_and_architectures_sorted() {
        let found = average(&scores(
            "b,naswot,0,1.0,,ok,0.5\n\
             b,naswot,1,4.0,,ok,1.5\n\
             a,naswot,0,7.0,,ok,\n",
        ))
        .unwrap();
        assert_eq!(found.archs, ["a", "b"]);
        assert_eq!(found.proxies[0].readings, [Some(Reading::Value(7.0)), Some(Reading::Value(2.5))]);
        let took = |seconds, timed, whole| Took { seconds, timed, whole };
        assert_eq!(found.proxies[0].took, [took(0.0, 0, None), took(2.0, 2, Some(2.0))]);
        assert!(!found.proxies[0].ln);
    }

    #[test]
    fn one_bad_seed_makes_the_architecture_bad() {
        let found = average(&scores(
            "a,naswot,0,1.0,,ok,1\n\
             a,naswot,2,,,singular,1\n\
             a,naswot,1,,,constant,1\n",
        ))
        .unwrap();
        assert_eq!(found.proxies[0].readings, [Some(Reading::Bad("constant".into()))]);
    }

    #[test]
    fn a_log_scale_is_averaged_in_logarithms_and_zero_outweighs_other_seeds() {
        let found = average(&scores(
            "a,synflow,0,1e300,690,ok,1\n\
             a,synflow,1,1e100,230,ok,1\n\
             b,synflow,0,1e100,230,ok,1\n\
             b,synflow,1,0,,ok,1\n\
             c,synflow,0,,800,ok,1\n\
             c,naswot,0,3,,ok,1\n",
        ))
        .unwrap();
        let synflow = &found.proxies[0];
        assert!(synflow.ln);
        assert_eq!(synflow.readings, [Some(Reading::Value(460.0)), Some(Reading::LnZero), Some(Reading::Value(800.0))]);
        assert_eq!(found.proxies[1].readings, [None, None, Some(Reading::Value(3.0))]);
    }

    #[test]
    fn a_missing_logarithm_is_an_error_that_names_the_row() {
        let error = average(&scores("a,synflow,0,2,0.69,ok,1\nb,synflow,0,2,,ok,1\n")).unwrap_err();
        assert!(matches!(&error, Error::Cell { row: 2, column, .. } if column == "ln_score"), "{error}");
    }
}
