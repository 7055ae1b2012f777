//! Checkpoints: safetensors files with everything that a training needs to go on as if it had never stopped.
//!
//! A checkpoint holds the tensors of the network and of the optimiser ([`State`]). Its metadata holds the manifest, the progress of
//! the training, and a SHA-256 of everything. A new checkpoint is written to another file and moved into place, and the last one is
//! kept as `checkpoint.previous.safetensors`: a kill or a full disk at any moment leaves one of them intact.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Deserialize;
use serde_json::{Value, json};
use zeronas_datasets::sha256_hex;
use zeronas_proxies::network::Network;

use super::state::{Progress, State, Tensor};
use crate::results::{MANIFEST_KEY, replace_after};
use crate::{Error, Result};

/// The key of the checksum in the metadata.
const CHECKSUM_KEY: &str = "sha256";

/// The checkpoints of a training.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

/// What the metadata says.
#[derive(Deserialize)]
struct Described {
    manifest: Value,
    progress: Progress,
}

impl Checkpoints {
    /// The checkpoints in a folder.
    pub fn new(folder: &Path) -> Self {
        Checkpoints { folder: folder.to_owned() }
    }

    /// The last checkpoint.
    pub fn current(&self) -> PathBuf {
        self.folder.join("checkpoint.safetensors")
    }

    /// The one before it.
    pub fn previous(&self) -> PathBuf {
        self.folder.join("checkpoint.previous.safetensors")
    }

    /// The checkpoint to go on from. A kill between the two moves of a write leaves only the previous one.
    pub fn found(&self) -> Option<PathBuf> {
        [self.current(), self.previous()].into_iter().find(|path| path.exists())
    }

    /// Writes a checkpoint.
    ///
    /// # Errors
    /// Names the file that cannot be written; the earlier checkpoints are still there.
    pub fn save(&self, state: &mut State, net: &Network, manifest: &Value) -> Result<()> {
        let described = json!({"manifest": manifest, "progress": state.progress}).to_string();
        let tensors = owned(state.network_tensors(net).into_iter());
        let tensors = tensors.into_iter().chain(owned(state.optimiser_tensors(net).into_iter())).collect();
        write(&self.current(), tensors, described, |path| {
            if path.exists() { fs::rename(path, self.previous()) } else { Ok(()) }
        })
    }

    /// Reads the checkpoint at `path` into `state`, provided that `check` accepts its manifest.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn load(
        &self,
        path: &Path,
        state: &mut State,
        net: &Network,
        check: impl Fn(&Value) -> Result<()>,
    ) -> Result<()> {
        let bytes = fs::read(path).map_err(Error::io(path, "cannot be read"))?;
        let damaged = |reason: String| {
            let other = self.previous();
            let hint = if path != other && other.exists() {
                format!("; the one before it is whole or not, but untouched: put {} in its place", other.display())
            } else {
                String::new()
            };
            Error::file(path, format!("is no sound checkpoint: {reason}{hint}"))
        };
        let unreadable = |error: &dyn std::fmt::Display| damaged(error.to_string());
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| unreadable(&error))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| unreadable(&error))?;
        let entry = |key| metadata.metadata().as_ref().and_then(|entries| entries.get(key)).cloned();
        let described = entry(MANIFEST_KEY).ok_or_else(|| damaged(format!("it has no entry `{MANIFEST_KEY}`")))?;
        let mut names = file.names();
        names.sort_unstable();
        let views = names.iter().filter_map(|&name| Some((name, file.tensor(name).ok()?.data())));
        if entry(CHECKSUM_KEY) != Some(checksum(&described, views)) {
            return Err(damaged("its checksum is not that of its content".into()));
        }
        let described: Described = serde_json::from_str(&described).map_err(|error| unreadable(&error))?;
        check(&described.manifest)?;
        for load in [State::network_tensors, State::optimiser_tensors] {
            for tensor in load(state, net) {
                let view = file.tensor(&tensor.name).map_err(|_| damaged(format!("it lacks `{}`", tensor.name)))?;
                if view.dtype() != Dtype::F32 || view.shape() != tensor.shape {
                    let (name, shape) = (&tensor.name, &tensor.shape);
                    return Err(damaged(format!(
                        "`{name}` is {:?} {:?}, not F32 {shape:?}",
                        view.dtype(),
                        view.shape()
                    )));
                }
                let numbers = view.data().as_chunks::<4>().0;
                tensor.values.iter_mut().zip(numbers).for_each(|(to, &bytes)| *to = f32::from_le_bytes(bytes));
            }
        }
        state.progress = described.progress;
        Ok(())
    }
}

/// Writes the network's tensors alone: the trained weights.
///
/// # Errors
/// Names the file that cannot be written.
pub fn export(path: &Path, state: &mut State, net: &Network, manifest: &Value) -> Result<()> {
    let tensors = owned(state.network_tensors(net).into_iter());
    write(path, tensors, manifest.to_string(), |_| Ok(()))
}

/// A tensor as bytes.
type Bytes = (String, Vec<usize>, Vec<u8>);

fn owned<'a>(tensors: impl Iterator<Item = Tensor<'a>>) -> Vec<Bytes> {
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    tensors.map(|tensor| (tensor.name, tensor.shape, bytes(tensor.values))).collect()
}

/// The SHA-256 of a description and of tensors in the order of their names.
fn checksum<'a>(described: &str, tensors: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let tensors = tensors.flat_map(|(name, bytes)| [name.as_bytes(), bytes]);
    sha256_hex(std::iter::once(described.as_bytes()).chain(tensors))
}

/// Writes a new file next to `path`, calls `before(path)` to deal with the old file, and moves the new one into its place.
fn write(
    path: &Path,
    mut tensors: Vec<Bytes>,
    described: String,
    before: impl Fn(&Path) -> std::io::Result<()>,
) -> Result<()> {
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    let checksum = checksum(&described, tensors.iter().map(|(name, _, bytes)| (name.as_str(), bytes.as_slice())));
    let entries = [(MANIFEST_KEY, described), (CHECKSUM_KEY, checksum), ("format", "pt".into())];
    let entries: HashMap<String, String> = entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
    let internal = |error: safetensors::SafeTensorError| Error::Internal(error.to_string());
    let views =
        tensors.iter().map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)));
    let views = views.collect::<std::result::Result<Vec<_>, _>>().map_err(internal)?;
    let bytes = safetensors::serialize(views, Some(entries)).map_err(internal)?;

    let io = || Error::io(path, "cannot be written");
    replace_after(path, |file| file.write_all(&bytes).map_err(io()), || before(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{NatsTss, SearchSpace};
    use crate::train::RecipeName;

    fn network() -> Network {
        let space = NatsTss { channels: 4, cells: 1, classes: 3, resolution: 8 };
        let arch = space.parse("|nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|").unwrap();
        space.network(&arch).unwrap()
    }

    /// A state in which every number is different.
    fn state(net: &Network, seed: u64) -> State {
        let mut state = State::new(net, &RecipeName::find("nb101-108").unwrap().recipe(), seed);
        let mut number = seed as f32;
        for tensors in [State::network_tensors, State::optimiser_tensors] {
            for value in tensors(&mut state, net).into_iter().flat_map(|tensor| tensor.values) {
                number += 0.1;
                *value = number;
            }
        }
        state.progress.steps = 7;
        state.progress.seconds = 0.1 + 0.2;
        state
    }

    #[test]
    fn what_is_saved_is_loaded_bit_for_bit() {
        let (dir, net) = (tempfile::tempdir().unwrap(), network());
        let checkpoints = Checkpoints::new(dir.path());
        assert_eq!(checkpoints.found(), None);
        let manifest = json!({"x": 1});
        let (mut one, mut two) = (state(&net, 1), state(&net, 2));
        checkpoints.save(&mut one, &net, &manifest).unwrap();
        checkpoints.save(&mut two, &net, &manifest).unwrap();
        for (path, saved) in [(checkpoints.current(), &two), (checkpoints.previous(), &one)] {
            let mut loaded = State::new(&net, &RecipeName::find("nb101-108").unwrap().recipe(), 9);
            let check = |found: &Value| if *found == manifest { Ok(()) } else { Err(Error::Internal("other".into())) };
            checkpoints.load(&path, &mut loaded, &net, check).unwrap();
            assert_eq!(&loaded, saved);
        }
        fs::remove_file(checkpoints.current()).unwrap();
        assert_eq!(checkpoints.found(), Some(checkpoints.previous()));
    }

    #[test]
    fn every_kind_of_damage_is_noticed_and_the_one_before_is_named() {
        let (dir, net) = (tempfile::tempdir().unwrap(), network());
        let checkpoints = Checkpoints::new(dir.path());
        let mut state = state(&net, 1);
        checkpoints.save(&mut state, &net, &json!({})).unwrap();
        checkpoints.save(&mut state, &net, &json!({})).unwrap();
        let whole = fs::read(checkpoints.current()).unwrap();
        let mut flipped = whole.clone();
        let last = flipped.len() - 1;
        flipped[last] ^= 1;
        for bytes in [&whole[..whole.len() / 2], &whole[..4], &[], &flipped] {
            fs::write(checkpoints.current(), bytes).unwrap();
            let error = checkpoints.load(&checkpoints.current(), &mut state, &net, |_| Ok(())).unwrap_err();
            let message = error.to_string();
            assert!(message.contains("checkpoint.safetensors: is no sound checkpoint"), "{message}");
            assert!(message.contains("checkpoint.previous.safetensors"), "{message}");
            checkpoints.load(&checkpoints.previous(), &mut state, &net, |_| Ok(())).unwrap();
        }
    }

    #[test]
    fn weights_are_exported_by_their_documented_names() {
        let (dir, net) = (tempfile::tempdir().unwrap(), network());
        let path = dir.path().join("weights.safetensors");
        export(&path, &mut state(&net, 1), &net, &json!({"arch": "a"})).unwrap();
        let bytes = fs::read(&path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.tensor("stem.conv.weight").unwrap().shape(), [4, 3, 3, 3]);
        for name in ["stem.bn.weight", "stem.bn.bias", "stem.bn.running_mean", "stem.bn.running_var"] {
            assert_eq!(file.tensor(name).unwrap().shape(), [4], "{name}");
        }
        assert!(file.names().iter().all(|name| !name.starts_with("optimiser")));
    }
}
