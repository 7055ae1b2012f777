//! Searches, calibrations and reports.

use crate::interrupt::interruptible;
use crate::keywords::Keywords;
use crate::space::Space;
use pyo3::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use zeronas::calibrate::{CalibrateRequest, Labelling, Settings};
use zeronas::listener::{Listener, Stop};
use zeronas::report::ReportRequest;
use zeronas::report::chosen::AskedAggregate;
use zeronas::report::reading::ReadAs;
use zeronas::report::view::ViewRequest;
use zeronas::search::{Method, SearchRequest};
use zeronas::space::{self, SpaceChoice, Values};
use zeronas::strategy::{self, NAMES};
use zeronas::train::{RecipeChoice, RecipeName, TrainImages, TrainPlace};
use zeronas::{Error, Result, with_settings};

/// Runs a search, in this space if one is given; returns the outcome in words.
#[pyfunction]
pub fn search(
    py: Python<'_>,
    out: PathBuf,
    keywords: BTreeMap<String, Vec<String>>,
    space: Option<&Space>,
) -> PyResult<String> {
    let stop = Stop::default();
    interruptible(py, &stop, || {
        let request = search_request(out, keywords)?;
        let searched = match space {
            Some(space) => request.run_in(space.space.clone(), &stop, &Notes)?,
            None => request.run(&stop, &Notes)?,
        };
        Ok(searched.text.to_string())
    })
}

/// Runs a calibration; returns the outcome in words.
#[pyfunction]
pub fn calibrate(
    py: Python<'_>,
    scores: Vec<PathBuf>,
    out: PathBuf,
    keywords: BTreeMap<String, Vec<String>>,
) -> PyResult<String> {
    let stop = Stop::default();
    interruptible(py, &stop, || Ok(calibrate_request(scores, out, keywords)?.run(&stop, &Notes)?.text().to_string()))
}

/// Writes a report; returns its summary.
#[pyfunction]
pub fn report(
    py: Python<'_>,
    scores: Vec<PathBuf>,
    benchmark: PathBuf,
    out: PathBuf,
    keywords: BTreeMap<String, Vec<String>>,
) -> PyResult<String> {
    interruptible(py, &Stop::default(), || {
        Ok(report_request(scores, benchmark, out, keywords)?.run(&Notes)?.text.to_string() + "\n")
    })
}

/// Writes a page of score files.
#[pyfunction]
pub fn view(
    py: Python<'_>,
    scores: Vec<PathBuf>,
    out: PathBuf,
    keywords: BTreeMap<String, Vec<String>>,
) -> PyResult<()> {
    interruptible(py, &Stop::default(), || {
        let mut keywords = Keywords::new(keywords);
        let (space, read) = (keywords.one("space")?, read_as(&mut keywords)?);
        keywords.finish("page of scores")?;
        ViewRequest { scores, out: Some(out), space, read }.run(&Notes).map(drop)
    })
}

/// Shows notes on stderr.
pub(crate) struct Notes;

impl Listener for Notes {
    fn note(&self, note: &str) {
        eprintln!("{}", with_settings(note, crate::error::keyword));
    }
}

fn report_request(
    scores: Vec<PathBuf>,
    benchmark: PathBuf,
    out: PathBuf,
    keywords: BTreeMap<String, Vec<String>>,
) -> Result<ReportRequest> {
    let mut keywords = Keywords::new(keywords);
    let default = ReportRequest::new(scores, benchmark, out);
    let (subset, top) = (keywords.split("subset")?, keywords.split("top")?);
    let request = ReportRequest {
        targets: keywords.split("target")?,
        subset: (!subset.is_empty()).then_some(subset),
        aggregates: keywords.all("aggregate")?,
        given: keywords.one("given")?,
        read: read_as(&mut keywords)?,
        space: keywords.one("space")?,
        bad: keywords.word("bad")?,
        protocol: keywords.word("protocol")?,
        bootstrap: keywords.one("bootstrap")?.unwrap_or(default.bootstrap),
        seed: keywords.one("seed")?.unwrap_or(default.seed),
        top: if top.is_empty() { default.top.clone() } else { top },
        ..default
    };
    keywords.finish("report")?;
    Ok(request)
}

fn calibrate_request(
    scores: Vec<PathBuf>,
    out: PathBuf,
    keywords: BTreeMap<String, Vec<String>>,
) -> Result<CalibrateRequest> {
    let mut keywords = Keywords::new(keywords);
    let labels = match keywords.one("benchmark")? {
        Some(benchmark) => {
            let (target, repeats) = (keywords.one("target")?, keywords.split("repeats")?);
            Labelling::Table { benchmark, target, repeats }
        }
        None => trainings(&mut keywords)?,
    };
    let default = CalibrateRequest::new(scores, labels, out);
    let draws = keywords.one("draws")?.unwrap_or(default.settings.draws);
    let request = CalibrateRequest {
        space: space_of(&mut keywords)?,
        networks: keywords.one("networks")?.unwrap_or(default.networks),
        aggregate: keywords.one("aggregate")?.unwrap_or(AskedAggregate::Default),
        read: read_as(&mut keywords)?,
        settings: Settings {
            draws,
            shuffles: draws,
            seed: keywords.one("draw_seed")?.unwrap_or_default(),
            ..default.settings
        },
        place: TrainPlace {
            device: keywords.one("device")?.unwrap_or_default(),
            threads: keywords.one("threads")?,
            resume: keywords.flag("resume")?,
            ..default.place
        },
        ..default
    };
    keywords.finish("calibration")?;
    Ok(request)
}

fn trainings(keywords: &mut Keywords) -> Result<Labelling> {
    let needed = |name: &str| Error::setting(name, "must be given, or `benchmark=`");
    let images: String = keywords.one("images")?.ok_or_else(|| needed("images"))?;
    let name: String = keywords.one("recipe")?.ok_or_else(|| needed("recipe"))?;
    let images = TrainImages {
        skip_damaged: keywords.flag("skip_damaged")?,
        valid_split: keywords.one("valid_split")?,
        ..TrainImages::from(&*images)
    };
    let recipe = RecipeChoice {
        batch_size: keywords.one("batch_size")?,
        learning_rate: keywords.one("learning_rate")?,
        seed: keywords.one("seed")?.unwrap_or_default(),
        as_written: keywords.flag("as_written")?,
        exact: keywords.flag("exact")?,
        ..recipe("recipe", &name)?.into()
    };
    let (seeds, repeated) = (keywords.one("seeds")?.unwrap_or(3), keywords.one("repeated")?.unwrap_or(5));
    Ok(Labelling::Trainings { images, recipe, epochs: keywords.one("epochs")?, seeds, repeated })
}

fn search_request(out: PathBuf, keywords: BTreeMap<String, Vec<String>>) -> Result<SearchRequest> {
    let mut keywords = Keywords::new(keywords);
    let needed = |name: &str| Error::setting(name, "must be given");
    let strategy: String = keywords.one("strategy")?.ok_or_else(|| needed("strategy"))?;
    let evaluate: Method = keywords.one("evaluate")?.ok_or_else(|| needed("evaluate"))?;
    let default = SearchRequest::new(&strategy, evaluate, out);
    let request = SearchRequest {
        space: space_of(&mut keywords)?,
        strategy_settings: strategy_settings(&mut keywords)?,
        tables: keywords.all("table")?,
        feedback: keywords.one("feedback")?,
        train: keywords.one("train")?.map(|name: String| recipe("train", &name)).transpose()?,
        epochs: keywords.one("epochs")?,
        cost: keywords.one("cost")?,
        finals: keywords.split("final")?,
        minimise: keywords.split("minimise")?,
        maximise: keywords.split("maximise")?,
        scores: keywords.all("scores")?,
        read: read_as(&mut keywords)?,
        images: keywords.one("images")?.unwrap_or(default.images),
        skip_damaged: keywords.flag("skip_damaged")?,
        batch_size: keywords.one("batch_size")?,
        device: keywords.one("device")?.unwrap_or_default(),
        limits: keywords.split("limit")?,
        warmup: keywords.one("warmup")?,
        moves: keywords.flag("moves")?,
        random_moves: keywords.one("random_moves")?.unwrap_or(default.random_moves),
        guide: keywords.one("guide")?.unwrap_or(default.guide),
        budget: keywords.split("budget")?,
        runs: keywords.one("runs")?,
        seed: keywords.one("seed")?.unwrap_or(default.seed),
        threads: keywords.one("threads")?,
        resume: keywords.flag("resume")?,
        ..default
    };
    keywords.finish("search")?;
    Ok(request)
}

fn read_as(keywords: &mut Keywords) -> Result<ReadAs> {
    Ok(ReadAs {
        proxy_columns: keywords.split("proxy_columns")?,
        arch_column: keywords.one("arch_column")?,
        lower_is_better: keywords.split("lower_is_better")?,
    })
}

pub(crate) fn recipe(setting: &str, name: &str) -> Result<RecipeName> {
    let unknown = || {
        let known: Vec<&str> = RecipeName::all().map(RecipeName::name).collect();
        Error::setting(setting, format!("`{name}` is not a recipe; there are {}", known.join(", ")))
    };
    RecipeName::find(name).ok_or_else(unknown)
}

/// Returns the space, with any space's macro settings taken from the keywords.
pub(crate) fn space_of(keywords: &mut Keywords) -> Result<SpaceChoice> {
    let mut choice = SpaceChoice { name: keywords.one("space")?, ..SpaceChoice::default() };
    for setting in space::all().flat_map(|benchmark| benchmark.macro_settings) {
        let value = match setting.values {
            Values::Numbers => keywords.one::<u64>(setting.name)?.map(Value::from),
            Values::Words(_) => keywords.one::<String>(setting.name)?.map(Value::from),
        };
        choice.settings.extend(value.map(|value| (setting.name.to_owned(), value)));
    }
    Ok(choice)
}

/// Returns the settings of any strategy.
fn strategy_settings(keywords: &mut Keywords) -> Result<BTreeMap<String, Value>> {
    let mut settings = BTreeMap::new();
    for strategy in NAMES {
        for (name, default) in strategy::find(strategy, &[])?.settings() {
            let name = name.replace('-', "_");
            let value = match default.is_u64() {
                true => keywords.one::<u64>(&name)?.map(Value::from),
                false => keywords.one::<f64>(&name)?.map(Value::from),
            };
            settings.extend(value.map(|value| (name, value)));
        }
    }
    Ok(settings)
}
