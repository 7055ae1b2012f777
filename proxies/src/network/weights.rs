//! The values of a network's parameters.

use super::{Init, LayerId, Network, Parameter, Role};
use crate::{Error, Result};

/// One f32 tensor for each of a network's parameters, in the order of [`Network::parameters`].
#[derive(Clone, Debug)]
pub struct Weights {
    tensors: Vec<Vec<f32>>,
    /// For each layer, where its tensors start.
    starts: Vec<usize>,
    /// How the values were generated, if they can be generated again from this.
    origin: Option<Origin>,
}

/// How weights were generated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub init: Init,
    pub seed: u64,
    /// Whether they were replaced by their absolute values.
    pub absolute: bool,
}

impl PartialEq for Weights {
    fn eq(&self, other: &Self) -> bool {
        (&self.tensors, &self.starts) == (&other.tensors, &other.starts)
    }
}

impl Weights {
    /// Draws the network's weights with an initialiser and a seed.
    pub fn initialise(net: &Network, init: Init, seed: u64) -> Self {
        let tensors = net.parameters().iter().map(|parameter| init.values(parameter, seed)).collect();
        Weights { tensors, starts: starts(net), origin: Some(Origin { init, seed, absolute: false }) }
    }

    /// Returns weights for the network in which all weights of convolutions and linear layers and all scales are `weight`, and all biases
    /// and shifts are 0.
    pub fn constant(net: &Network, weight: f32) -> Self {
        let tensors = net.parameters().iter().map(|parameter| {
            let value = if matches!(parameter.role, Role::Weight | Role::Scale { .. }) { weight } else { 0.0 };
            vec![value; parameter.len()]
        });
        Weights { tensors: tensors.collect(), starts: starts(net), origin: None }
    }

    /// Weights for what only asks how a network runs: without values.
    pub(crate) fn absent(net: &Network) -> Self {
        Weights { tensors: Vec::new(), starts: vec![0; net.layers().len() + 1], origin: None }
    }

    /// Takes the values that `lookup` finds for each parameter. Fails if it finds none or a different number of values.
    pub fn from_lookup(net: &Network, mut lookup: impl FnMut(&Parameter) -> Option<Vec<f32>>) -> Result<Self> {
        let tensors = net.parameters().iter().map(|parameter| match lookup(parameter) {
            Some(values) if values.len() == parameter.len() => Ok(values),
            Some(values) => Err(Error::Parameter {
                name: parameter.name.clone(),
                reason: format!("has {} values, the network needs {:?}", values.len(), parameter.shape),
            }),
            None => Err(Error::Parameter { name: parameter.name.clone(), reason: "is missing".into() }),
        });
        Ok(Weights { tensors: tensors.collect::<Result<_>>()?, starts: starts(net), origin: None })
    }

    /// The tensors, in the order of [`Network::parameters`].
    pub fn tensors(&self) -> &[Vec<f32>] {
        &self.tensors
    }

    /// The tensors, for modification in place; their lengths are fixed.
    pub fn tensors_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.origin = None;
        self.tensors.iter_mut().map(Vec::as_mut_slice)
    }

    /// How the values were generated, if they can be generated again from this.
    pub(crate) fn origin(&self) -> Option<Origin> {
        self.origin
    }

    /// The tensors of one layer with their positions in [`Network::parameters`].
    pub fn of_layer(&self, layer: LayerId) -> impl Iterator<Item = (usize, &[f32])> {
        let range = self.starts[layer.index()]..self.starts[layer.index() + 1];
        range.map(|i| (i, self.tensors[i].as_slice()))
    }

    /// Returns the absolute values of these weights.
    pub fn absolute(&self) -> Self {
        let tensors = self.tensors.iter().map(|tensor| tensor.iter().map(|w| w.abs()).collect()).collect();
        let origin = self.origin.map(|origin| Origin { absolute: true, ..origin });
        Weights { tensors, starts: self.starts.clone(), origin }
    }
}

/// The position of each layer's first parameter, and one past the last layer's. Parameters are in layer order.
fn starts(net: &Network) -> Vec<usize> {
    let mut starts = vec![0; net.layers().len() + 1];
    for parameter in net.parameters() {
        starts[parameter.layer.index() + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    starts
}
