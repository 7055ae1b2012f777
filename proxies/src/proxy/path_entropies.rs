//! The entropy of a network's heaviest paths, stage by stage, from which two static proxies are computed.
//!
//! ```text
//! a stage = the live layers of one resolution; it ends at the last one that leads to another resolution, or to the global average
//! e_s     = largest sum, over all paths from the images to the end of stage s, of ln sqrt(fan-in) of the convolutions on the path
//! ```
//!
//! The fan-in of a convolution is the number of its input channels (of one group) times the area of its kernel.

use super::{Measured, Measurement};
use crate::engine::Observer;
use crate::network::{LayerId, Network, Op, Role};
use crate::score::Status;

/// The end of a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stage {
    /// e_s.
    pub entropy: f64,
    pub channels: usize,
    /// Pixels of a map.
    pub area: usize,
}

/// A score that is known before anything runs, or why there is none.
struct Given(Measured);

impl Observer for Given {}

impl Measurement for Given {
    fn finish(self: Box<Self>) -> Measured {
        self.0
    }
}

/// The sum of `weight * term(stage)`; `last` holds the weights of the last three stages, `before` is that of any earlier stage.
pub(super) fn weighted(
    net: &Network,
    before: f64,
    last: [f64; 3],
    term: impl Fn(&Stage) -> f64,
) -> Box<dyn Measurement> {
    let measured = stages(net).map(|stages| {
        let weight = |from_end: usize| if from_end < 3 { last[2 - from_end] } else { before };
        stages.iter().rev().enumerate().map(|(from_end, stage)| weight(from_end) * term(stage)).sum()
    });
    Box::new(Given(measured))
}

fn stages(net: &Network) -> Result<Vec<Stage>, Status> {
    let live = net.live();
    if !live[net.output().index()] {
        return Err(Status::Disconnected);
    }
    let is_live = |id: LayerId| live[id.index()];
    let mut fan_in = vec![1; net.layers().len()];
    for parameter in net.parameters().iter().filter(|parameter| parameter.role == Role::Weight) {
        fan_in[parameter.layer.index()] = parameter.fan_in();
    }
    // The heaviest path to each live layer, vectors aside.
    let mut heaviest: Vec<Option<f64>> = vec![None; net.layers().len()];
    let mut leads_on = vec![false; net.layers().len()];
    for id in net.ids().filter(|&id| is_live(id)) {
        let layer = net.layer(id);
        let ends = |input: LayerId| {
            let area = |id: LayerId| net.layer(id).shape.area();
            area(input) != area(id) || is_vector(&layer.op)
        };
        layer.inputs.iter().filter(|&&input| ends(input)).for_each(|input| leads_on[input.index()] = true);
        let before = layer.inputs.iter().filter_map(|input| heaviest[input.index()]).reduce(f64::max);
        heaviest[id.index()] = match layer.op {
            Op::Input(_) => Some(0.0),
            _ if is_vector(&layer.op) => None,
            Op::Conv(_) => before.map(|before| before + 0.5 * (fan_in[id.index()] as f64).ln()),
            _ => before,
        };
    }
    let mut stages: Vec<Stage> = Vec::new();
    for id in net.ids().skip(1).filter(|id| leads_on[id.index()]) {
        let (Some(entropy), shape) = (heaviest[id.index()], net.layer(id).shape) else { continue };
        let mut stage = Stage { entropy, channels: shape.channels, area: shape.area() };
        if let Some(same) = stages.pop_if(|last| last.area == stage.area) {
            stage.entropy = entropy.max(same.entropy);
        }
        stages.push(stage);
    }
    if stages.is_empty() { Err(Status::Undefined) } else { Ok(stages) }
}

/// Whether a layer makes a vector.
fn is_vector(op: &Op) -> bool {
    matches!(op, Op::GlobalAverage(_) | Op::GlobalMax(_) | Op::Flatten(_) | Op::Linear(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{AveragePool, Conv, GlobalAverage, Linear, NetworkBuilder, Shape, Zero};

    #[test]
    fn a_stage_has_its_heaviest_path() {
        let mut net = NetworkBuilder::new(Shape::new(3, 8, 8)).unwrap();
        let stem = net.add("stem", Op::Conv(Conv::same(4, 3, 1)), &[net.input()]).unwrap();
        let narrow = net.add("narrow", Op::Conv(Conv::same(4, 1, 1)), &[stem]).unwrap();
        let wide = net.add("wide", Op::Conv(Conv::same(4, 3, 1)), &[stem]).unwrap();
        let cut = net.add("cut", Op::Zero(Zero::default()), &[wide]).unwrap();
        let sum = net.sum("sum", &[narrow, stem, cut]).unwrap();
        let pool = net.add("down", Op::AveragePool(AveragePool::new(2, 2, 0)), &[sum]).unwrap();
        let last = net.add("last", Op::Conv(Conv::same(6, 1, 1)), &[pool]).unwrap();
        let average = net.add("average", Op::GlobalAverage(GlobalAverage), &[last]).unwrap();
        let logits = net.add("fc", Op::Linear(Linear::new(2)), &[average]).unwrap();
        let stages = stages(&net.finish(logits).unwrap()).unwrap();
        let first = 0.5 * 27f64.ln() + 0.5 * 4f64.ln();
        let expected = [(first, 4, 64), (first + 0.5 * 4f64.ln(), 6, 16)];
        assert_eq!(stages.len(), 2);
        for (stage, (entropy, channels, area)) in stages.iter().zip(expected) {
            assert!((stage.entropy - entropy).abs() < 1e-14, "{stage:?}");
            assert_eq!((stage.channels, stage.area), (channels, area));
        }
    }
}
