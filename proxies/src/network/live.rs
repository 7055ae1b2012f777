//! The part of a network that its logits depend on.

use super::{LayerId, Network, NetworkBuilder, Op};
use crate::Result;

/// What comes out of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Something that depends on the images.
    Images,
    /// The same for all images, but not zero, such as a sigmoid of zeros.
    Constant,
    /// Zeros. What norms and biases add to zeros counts as zero.
    Nothing,
}

/// What comes out of each layer.
pub(super) fn flow(net: &Network) -> Vec<Flow> {
    let mut flow: Vec<Flow> = Vec::with_capacity(net.layers.len());
    for layer in &net.layers {
        let inputs = || layer.inputs.iter().map(|input| flow[input.0]);
        let most = |one: Flow, two: Flow| match (one, two) {
            (Flow::Images, _) | (_, Flow::Images) => Flow::Images,
            (Flow::Constant, _) | (_, Flow::Constant) => Flow::Constant,
            _ => Flow::Nothing,
        };
        let any = inputs().fold(Flow::Nothing, most);
        flow.push(match &layer.op {
            Op::Input(_) => Flow::Images,
            Op::Zero(_) => Flow::Nothing,
            Op::Mul(_) if inputs().any(|input| input == Flow::Nothing) => Flow::Nothing,
            Op::Activation(kind) if any == Flow::Nothing && kind.value(0.0) != 0.0 => Flow::Constant,
            _ => any,
        });
    }
    flow
}

/// Which layers lie on a path from the images to the logits.
pub(super) fn of(net: &Network, flow: &[Flow]) -> Vec<bool> {
    let fed = |i: usize| flow[i] == Flow::Images;
    let mut live = vec![false; net.layers.len()];
    live[net.output.0] = fed(net.output.0);
    for (i, layer) in net.layers.iter().enumerate().rev() {
        if live[i] {
            layer.inputs.iter().for_each(|input| live[input.0] = fed(input.0));
        }
    }
    live
}

impl Network {
    /// Returns the network without the layers that change no logit (see [`Network::live`]). Sums lose terms that are zero, and a sum of
    /// one term is replaced by that term. Zeros that a concat puts beside other channels stay, as do constants that a sum adds or a
    /// product multiplies by, with everything they are computed from. A linear layer that reads zeros counts as zero, including its
    /// bias. Layers keep their names and therefore their weights. `None` if no path leads from the images to the logits.
    pub fn live_part(&self) -> Result<Option<Network>> {
        let flow = flow(self);
        let live = of(self, &flow);
        if !live[self.output.0] {
            return Ok(None);
        }
        let kept = self.kept(&live, &flow);
        let mut net = NetworkBuilder::new(self.input_shape())?;
        let mut places: Vec<Option<LayerId>> = vec![Some(net.input())];
        for (i, layer) in self.layers.iter().enumerate().skip(1) {
            let inputs = layer.inputs.iter().filter(|input| !live[i] || is_read(&layer.op, flow[input.0]));
            let inputs: Vec<LayerId> = inputs.filter_map(|input| places[input.0]).collect();
            places.push(match (&layer.op, kept[i]) {
                (_, false) => None,
                (Op::Sum(_), true) => Some(net.sum(layer.name.clone(), &inputs)?),
                (op, true) => Some(net.add(layer.name.clone(), op.clone(), &inputs)?),
            });
        }
        for boundary in self.boundaries.iter().filter(|boundary| live[boundary.0]) {
            places[boundary.0].into_iter().for_each(|place| net.mark_boundary(place));
        }
        places[self.output.0].map(|output| net.finish(output)).transpose()
    }

    /// The live layers, and the layers that supply their constants and the zeros of live concats.
    fn kept(&self, live: &[bool], flow: &[Flow]) -> Vec<bool> {
        let mut kept = live.to_vec();
        for (i, layer) in self.layers.iter().enumerate().rev() {
            if kept[i] {
                let read = layer.inputs.iter().filter(|input| !live[i] || is_read(&layer.op, flow[input.0]));
                read.for_each(|input| kept[input.0] = true);
            }
        }
        kept
    }
}

/// Whether a live layer needs an input that yields `flow`.
fn is_read(op: &Op, flow: Flow) -> bool {
    flow != Flow::Nothing || matches!(op, Op::Concat(_))
}

#[cfg(test)]
mod tests {
    use super::super::{Concat, Conv, GlobalAverage, Linear, Shape, Zero};
    use super::*;

    #[test]
    fn what_changes_no_logit_goes_and_zeros_beside_channels_stay() {
        let mut net = NetworkBuilder::new(Shape::new(3, 8, 8)).unwrap();
        let images = net.input();
        let cut = net.add("cut", Op::Zero(Zero::new()), &[images]).unwrap();
        let behind = net.add("behind", Op::Conv(Conv::same(3, 3, 1)), &[cut]).unwrap();
        net.add("dangling", Op::RELU, &[images]).unwrap();
        let live = net.add("live", Op::Conv(Conv::same(3, 3, 1)), &[images]).unwrap();
        let sum = net.sum("sum", &[behind, live]).unwrap();
        net.mark_boundary(behind);
        net.mark_boundary(sum);
        let zeros = net.add("zeros", Op::Zero(Zero::new()), &[images]).unwrap();
        let both = net.add("both", Op::Concat(Concat), &[sum, zeros]).unwrap();
        let pool = net.add("pool", Op::GlobalAverage(GlobalAverage), &[both]).unwrap();
        let logits = net.add("fc", Op::Linear(Linear::new(2)), &[pool]).unwrap();
        let net = net.finish(logits).unwrap();
        let part = net.live_part().unwrap().unwrap();
        let names: Vec<&str> = part.layers().iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, ["input", "live", "zeros", "both", "pool", "fc"]);
        assert_eq!(part.boundaries(), [LayerId(1)]);
        assert_eq!(part.layer(part.output()).shape, net.layer(net.output()).shape);
        assert_eq!(part.live_part().unwrap(), Some(part));
    }

    #[test]
    fn a_network_that_is_cut_off_has_no_live_part() {
        let mut net = NetworkBuilder::new(Shape::new(3, 8, 8)).unwrap();
        let cut = net.add("cut", Op::Zero(Zero::new()), &[net.input()]).unwrap();
        let pool = net.add("pool", Op::GlobalAverage(GlobalAverage), &[cut]).unwrap();
        assert_eq!(net.finish(pool).unwrap().live_part().unwrap(), None);
    }
}
