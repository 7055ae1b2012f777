//! Classification of pictures with a trained network; they are prepared like the images it was trained on.

use crate::device::{Device, cores, pool};
use crate::export::{Model, Preparation, from_training};
use crate::results::{check_out, replace, written};
use crate::{Error, Result};
use polars::prelude::*;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use zeronas_datasets::image::{LoosePictures, Normaliser};
use zeronas_proxies::Batch;
use zeronas_proxies::engine::{Engine, FusedSettings, Normalisation, Pass, Precision};
use zeronas_proxies::network::Shape;

/// Pictures held in memory at a time. The number changes no result.
const AT_ONCE: usize = 64;

/// Classifies pictures with a trained network.
#[derive(Clone, Debug)]
pub struct PredictRequest {
    /// The folder of a training.
    pub trained: PathBuf,
    /// A picture, or a folder of pictures; its subfolders are searched, too.
    pub images: PathBuf,
    /// Where to write the table, if at all: CSV if the name ends in `.csv`, otherwise Parquet.
    pub out: Option<PathBuf>,
    /// Threads that work on the network; all cores by default. They change no result.
    pub threads: Option<usize>,
}

/// The outputs of a network for a set of pictures.
#[derive(Clone, Debug)]
pub struct Predictions {
    /// The names of the classes, in the order of the logits.
    pub classes: Vec<String>,
    /// The pictures: their paths relative to the folder, or the one file as it was given.
    pub images: Vec<PathBuf>,
    /// Images x classes, row-major.
    pub logits: Vec<f64>,
    /// What else lies in the folder and was left out, in words.
    pub left_out: Vec<String>,
}

impl PredictRequest {
    /// Runs the network with the running statistics of its batch norms, and writes the table.
    ///
    /// # Errors
    /// Names the file at fault: of the training, a picture, or the table.
    pub fn run(&self) -> Result<Predictions> {
        if self.threads == Some(0) {
            return Err(Error::setting("threads", "must be at least 1"));
        }
        self.out.as_deref().map(check_out).transpose()?;
        let model = from_training(&self.trained)?;
        let preparation = self.preparation(&model)?;
        let LoosePictures { paths, left_out } = LoosePictures::find(&self.images)?;
        let threads = self.threads.unwrap_or_else(cores);
        let logits = pool(threads)?.install(|| logits(&model, preparation, &paths, threads))?;
        let classes = (0..model.network.classes()).map(|class| preparation.class_name(class)).collect();
        let below = |path: PathBuf| match path.strip_prefix(&self.images) {
            Ok(below) if !below.as_os_str().is_empty() => below.to_owned(),
            _ => path,
        };
        let predictions = Predictions { classes, images: paths.into_iter().map(below).collect(), logits, left_out };
        self.out.as_deref().map(|out| predictions.write(out)).transpose()?;
        Ok(predictions)
    }

    fn preparation<'a>(&self, model: &'a Model) -> Result<&'a Preparation> {
        let reason = match &model.preparation {
            Some(preparation) if preparation.takes_pictures() => return Ok(preparation),
            Some(_) => "was trained on arrays of floats, whose scale pictures do not have",
            None => "does not say how its images were prepared; train it again with this version",
        };
        Err(Error::file(&self.trained, reason))
    }
}

/// The logits of these pictures, images x classes.
fn logits(model: &Model, preparation: &Preparation, paths: &[PathBuf], threads: usize) -> Result<Vec<f64>> {
    let Preparation { side, statistics, .. } = *preparation;
    let normaliser = Normaliser::from(statistics);
    let shape = Shape::new(model.network.input_shape().channels, side, side);
    let mut engine = Device::Cpu.open()?.engine(FusedSettings { exact: true, threads });
    let mut logits = Vec::new();
    for paths in paths.chunks(AT_ONCE) {
        let pictures: Vec<Result<Vec<f32>>> =
            paths.par_iter().map(|path| Ok(normaliser.picture(path, side)?)).collect();
        let pixels = pictures.into_iter().collect::<Result<Vec<_>>>()?.concat();
        // The images have no labels; this pass uses none.
        let batch = Batch::new(pixels, vec![0; paths.len()], shape)?;
        logits.extend(logits_of(model, engine.as_mut(), &batch)?);
    }
    Ok(logits)
}

/// Returns the logits of a batch, computed with the running statistics of batch norms.
pub(crate) fn logits_of(model: &Model, engine: &mut dyn Engine, batch: &Batch) -> Result<Vec<f64>> {
    let normalisation = Normalisation::Running(&model.running);
    let pass = Pass { batch, normalisation, precision: Precision::F32 };
    Ok(engine.run(&model.network, &model.weights, &pass, &mut [])?.logits)
}

/// Returns the class of an image's largest logit, the earlier one if several are equal, and the probabilities of all classes.
pub(crate) fn likeliest(logits: &[f64]) -> (usize, Vec<f64>) {
    let first = |best: usize, i: usize| if logits[i] > logits[best] { i } else { best };
    let best = (0..logits.len()).fold(0, first);
    let shares: Vec<f64> = logits.iter().map(|logit| (logit - logits[best]).exp()).collect();
    let total: f64 = shares.iter().sum();
    (best, shares.into_iter().map(|share| share / total).collect())
}

impl Predictions {
    /// For each picture, the class of the largest logit, the earlier one if several are equal, and the probabilities of all classes.
    pub fn rows(&self) -> impl Iterator<Item = (usize, Vec<f64>)> {
        self.logits.chunks_exact(self.classes.len()).map(likeliest)
    }

    /// One row per picture: `image`, `class`, its `probability`, and `probability_CLASS` of every class.
    ///
    /// # Errors
    /// If polars cannot make it.
    pub fn table(&self) -> PolarsResult<DataFrame> {
        let (best, shares): (Vec<usize>, Vec<Vec<f64>>) = self.rows().unzip();
        let images: Vec<String> = self.images.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let classes: Vec<&str> = best.iter().map(|&class| self.classes[class].as_str()).collect();
        let largest: Vec<f64> = shares.iter().zip(&best).map(|(shares, &class)| shares[class]).collect();
        let mut columns = vec![Column::new("image".into(), images), Column::new("class".into(), classes)];
        columns.push(Column::new("probability".into(), largest));
        for (class, name) in self.classes.iter().enumerate() {
            let of_class: Vec<f64> = shares.iter().map(|shares| shares[class]).collect();
            columns.push(Column::new(format!("probability_{name}").into(), of_class));
        }
        DataFrame::new(best.len(), columns)
    }

    /// Writes the table: CSV if the name ends in `.csv`, otherwise Parquet.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, out: &Path) -> Result<()> {
        let (csv, mut table) = (check_out(out)?, self.table()?);
        replace(out, |file| {
            let result = match csv {
                true => CsvWriter::new(file).finish(&mut table),
                false => ParquetWriter::new(file).finish(&mut table).map(drop),
            };
            written(out, result)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_likeliest_class_and_all_probabilities() {
        let predictions = Predictions {
            classes: vec!["cat".into(), "dog".into(), "2".into()],
            images: vec!["a.png".into(), "b/c.png".into()],
            logits: vec![0.0, 1000.0, 1000.0, 3_f64.ln(), 0.0, 0.0],
            left_out: Vec::new(),
        };
        let table = predictions.table().unwrap();
        let names: Vec<&str> = table.get_column_names().into_iter().map(|name| name.as_str()).collect();
        assert_eq!(names, ["image", "class", "probability", "probability_cat", "probability_dog", "probability_2"]);
        let rows: Vec<(usize, Vec<f64>)> = predictions.rows().collect();
        assert_eq!(rows[0], (1, vec![0.0, 0.5, 0.5]));
        assert!(rows[1].0 == 0 && (rows[1].1[0] - 0.6).abs() < 1e-15);
    }
}
