//! Networks for other programs: an ONNX file, or a PyTorch module with its weights in a file next to it.
//!
//! Both compute the network as it is used after training: batch norms normalise with their running statistics. A network that was not
//! trained has its initial weights, and running means of 0 and variances of 1.

pub mod onnx;
mod preparation;
mod request;
pub mod torch;

pub use preparation::Preparation;
pub use request::{ExportRequest, ExportSource};

use crate::results::replace;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use zeronas_proxies::network::{Form, Init, Network, RunningStatistics, Weights};

/// A network with its weights.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its layers.
    pub network: Network,
    /// Its weights.
    pub weights: Weights,
    /// The statistics that its batch norms normalise with.
    pub running: RunningStatistics,
    /// How its images were prepared, and the names of its classes; `None` if it was not trained.
    pub preparation: Option<Preparation>,
    /// What else a user of the model should know, by key.
    pub notes: BTreeMap<String, String>,
}

/// A tensor of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<'a> {
    /// `LAYER.weight`, `LAYER.bias`, `LAYER.running_mean` or `LAYER.running_var`.
    pub name: String,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Its values, row-major.
    pub values: &'a [f32],
}

impl Model {
    /// All tensors: the parameters, then the running statistics.
    pub fn tensors(&self) -> Vec<Tensor<'_>> {
        let parameters = self.network.parameters().iter().zip(self.weights.tensors());
        let parameters = parameters.map(|(parameter, values)| Tensor {
            name: parameter.name.clone(),
            shape: parameter.shape.clone(),
            values,
        });
        let statistics = self.network.ids().filter_map(|id| Some((id, self.running.of_layer(id)?)));
        let statistics = statistics.flat_map(|(id, channels)| {
            [("running_mean", &channels.mean), ("running_var", &channels.variance)].map(|(kind, values)| Tensor {
                name: format!("{}.{kind}", self.network.layer(id).name),
                shape: vec![values.len()],
                values,
            })
        });
        parameters.chain(statistics).collect()
    }

    /// Returns the model's notes and its preparation as texts by key, for a file's metadata.
    pub fn metadata(&self) -> BTreeMap<String, String> {
        let preparation = self.preparation.iter().flat_map(Preparation::entries);
        let notes = self.notes.iter().map(|(key, value)| (key.clone(), value.clone()));
        notes.chain(preparation.map(|(key, value)| (key.to_owned(), value))).collect()
    }
}

/// A file that is part of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFile {
    /// Its file name, next to the others.
    pub name: &'static str,
    /// Its content.
    pub content: Vec<u8>,
}

/// The tensors as a safetensors file.
fn safetensors(tensors: &[Tensor<'_>], notes: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    use ::safetensors::tensor::{Dtype, TensorView};
    let internal = |error: ::safetensors::SafeTensorError| Error::Internal(error.to_string());
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|tensor| tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&bytes).map(|(tensor, bytes)| {
        Ok((tensor.name.as_str(), TensorView::new(Dtype::F32, tensor.shape.clone(), bytes).map_err(internal)?))
    });
    let mut metadata: std::collections::HashMap<String, String> =
        notes.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    metadata.insert("format".into(), "pt".into());
    ::safetensors::serialize(views.collect::<Result<Vec<_>>>()?, Some(metadata)).map_err(internal)
}

/// How initial weights are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Initial {
    /// How the weights are initialised.
    pub init: Init,
    /// The seed of the weights.
    pub seed: u64,
}

impl Model {
    /// A model of an untrained network.
    pub fn initial(name: String, network: Network, Initial { init, seed }: Initial) -> Self {
        let weights = Weights::initialise(&network, init, seed);
        let running = RunningStatistics::new(&network);
        Model { name, network, weights, running, preparation: None, notes: BTreeMap::new() }
    }
}

/// Reads the network of a JSON file, not trained.
///
/// # Errors
/// Names the file at fault, and the layer in it.
pub fn from_json(path: &Path, initial: Initial) -> Result<Model> {
    let (name, network) = read_network(path)?;
    Ok(Model::initial(name, network, initial))
}

/// Reads the results of `zeronas train` from a folder: `network.json` and `weights.safetensors`.
///
/// # Errors
/// Names the file at fault, and what is missing from it.
pub fn from_training(folder: &Path) -> Result<Model> {
    let (name, network) = read_network(&folder.join(NETWORK_FILE))?;
    let path = folder.join(WEIGHTS_FILE);
    let bytes = fs::read(&path).map_err(Error::io(&path, "cannot be read"))?;
    let unreadable = |error: ::safetensors::SafeTensorError| Error::file(&path, format!("cannot be read: {error}"));
    let stored = ::safetensors::SafeTensors::deserialize(&bytes).map_err(unreadable)?;
    let numbers = |name: &str| -> Option<Vec<f32>> {
        let data = stored.tensor(name).ok()?.data();
        Some(data.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
    };
    let weights = Weights::from_lookup(&network, |parameter| numbers(&parameter.name))
        .map_err(|error| Error::file(&path, error.to_string()))?;
    let mut running = RunningStatistics::new(&network);
    for (layer, channels) in running.layers_mut() {
        for (kind, values) in [("running_mean", &mut channels.mean), ("running_var", &mut channels.variance)] {
            let name = format!("{}.{kind}", network.layer(layer).name);
            match numbers(&name) {
                Some(found) if found.len() == values.len() => *values = found,
                _ => return Err(Error::file(&path, format!("has no `{name}` of {} numbers", values.len()))),
            }
        }
    }
    let (_, metadata) = ::safetensors::SafeTensors::read_metadata(&bytes).map_err(unreadable)?;
    let described = metadata.metadata().as_ref().and_then(|entries| entries.get(crate::results::MANIFEST_KEY));
    let preparation = described.map(|manifest| Preparation::of_training(manifest)).transpose();
    let preparation = preparation.map_err(|reason| Error::file(&path, reason))?.flatten();
    let notes = described.map(|manifest| ("zeronas_training".to_owned(), manifest.clone()));
    Ok(Model { name, network, weights, running, preparation, notes: notes.into_iter().collect() })
}

/// File names in the folder of a training: the network, and its final weights.
pub(crate) const NETWORK_FILE: &str = "network.json";
const WEIGHTS_FILE: &str = "weights.safetensors";

fn read_network(path: &Path) -> Result<(String, Network)> {
    let text = fs::read(path).map_err(Error::io(path, "cannot be read"))?;
    let form: Form =
        serde_json::from_slice(&text).map_err(|error| Error::file(path, format!("is no network: {error}")))?;
    let network = form.network().map_err(|error| Error::file(path, error.to_string()))?;
    let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok((form.name.unwrap_or_else(stem), network))
}

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One ONNX file.
    Onnx,
    /// A folder with `model.py` and `model.safetensors`.
    Torch,
}

/// The result of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The files that were written.
    pub files: Vec<PathBuf>,
    /// Number of the network's trainable parameters.
    pub parameters: u64,
}

/// Writes a model: a file, or for PyTorch a folder.
///
/// # Errors
/// Names the file that cannot be written, or the layer that the format cannot express.
pub fn write(model: &Model, format: Format, out: &Path) -> Result<Exported> {
    let files = match format {
        Format::Onnx => vec![(out.to_owned(), onnx::file(model)?)],
        Format::Torch => {
            fs::create_dir_all(out).map_err(Error::io(out, "cannot be made"))?;
            torch::files(model)?.into_iter().map(|file| (out.join(file.name), file.content)).collect()
        }
    };
    for (path, content) in &files {
        replace(path, |file| file.write_all(content).map_err(Error::io(path, "cannot be written")))?;
    }
    let files = files.into_iter().map(|(path, _)| path).collect();
    Ok(Exported { files, parameters: model.network.parameter_count() })
}
