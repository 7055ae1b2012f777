//! From pictures to a trained network.

use crate::command::{Notes, recipe, space_of};
use crate::interrupt::interruptible;
use crate::keywords::Keywords;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use zeronas::Result;
use zeronas::find::FindRequest;
use zeronas::listener::Stop;
use zeronas::train::{RecipeChoice, TrainImages};

/// Finds a network, trains and exports it; returns the outcome in words.
#[pyfunction]
pub fn find(py: Python<'_>, images: String, out: PathBuf, keywords: BTreeMap<String, Vec<String>>) -> PyResult<String> {
    let stop = Stop::default();
    interruptible(py, &stop, || Ok(request(&images, out, keywords)?.run(&stop, &Notes)?.text().to_string()))
}

fn request(images: &str, out: PathBuf, keywords: BTreeMap<String, Vec<String>>) -> Result<FindRequest> {
    let mut keywords = Keywords::new(keywords);
    let default = FindRequest::new(images, out);
    let mut space = space_of(&mut keywords)?;
    space.name = space.name.or(default.space.name);
    let named = keywords.one("recipe")?.map(|name: String| recipe("recipe", &name)).transpose()?;
    let rungs = keywords.split("rungs")?;
    let request = FindRequest {
        images: TrainImages {
            skip_damaged: keywords.flag("skip_damaged")?,
            valid_split: keywords.one("valid_split")?,
            ..TrainImages::from(images)
        },
        space,
        limits: keywords.split("limit")?,
        sample: keywords.one("sample")?.unwrap_or(default.sample),
        aggregate: keywords.one("aggregate")?.unwrap_or(default.aggregate),
        top: keywords.one("top")?.unwrap_or(default.top),
        by_chance: keywords.one("by_chance")?,
        rungs: if rungs.is_empty() { default.rungs } else { rungs },
        factor: keywords.one("factor")?.unwrap_or(default.factor),
        seeds: keywords.one("seeds")?.unwrap_or(default.seeds),
        judge: keywords.word("judge")?.unwrap_or(default.judge),
        recipe: RecipeChoice {
            batch_size: keywords.one("train_batch_size")?,
            learning_rate: keywords.one("learning_rate")?,
            seed: keywords.one("seed")?.unwrap_or_default(),
            ..named.map_or(default.recipe, RecipeChoice::from)
        },
        epochs: keywords.one("epochs")?.unwrap_or(default.epochs),
        wall: keywords.one("budget")?,
        batch_size: keywords.one("batch_size")?,
        device: keywords.one("device")?.unwrap_or_default(),
        threads: keywords.one("threads")?,
        out: default.out,
        resume: keywords.flag("resume")?,
    };
    keywords.finish("find")?;
    Ok(request)
}
