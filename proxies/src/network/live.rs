//! The part of a network that its logits depend on.

use super::{LayerId, Network, NetworkBuilder, Op};
use crate::Result;

impl Network {
    /// The network without the layers that change no logit (see [`Network::live`]): sums lose terms that are zero, a sum of one
    /// term is that term. Zeros that a concat puts beside other channels stay, with all they are made from. A linear
    /// layer that reads zeros counts as zero, its bias too. Layers keep their names, and so their weights. `None` where no path leads from the images to the logits.
    pub fn live_part(&self) -> Result<Option<Network>> {
        let live = self.live();
        if !live[self.output.0] {
            return Ok(None);
        }
        let kept = self.kept(&live);
        let mut net = NetworkBuilder::new(self.input_shape())?;
        let mut places: Vec<Option<LayerId>> = vec![Some(net.input())];
        for (i, layer) in self.layers.iter().enumerate().skip(1) {
            let inputs = layer.inputs.iter().filter(|input| live[input.0] || !live[i] || is_concat(&layer.op));
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

    /// The live layers, and whatever gives a live concat its zeros.
    fn kept(&self, live: &[bool]) -> Vec<bool> {
        let mut kept = live.to_vec();
        for (i, layer) in self.layers.iter().enumerate().rev() {
            if kept[i] && (is_concat(&layer.op) || !live[i]) {
                layer.inputs.iter().for_each(|input| kept[input.0] = true);
            }
        }
        kept
    }
}

fn is_concat(op: &Op) -> bool {
    matches!(op, Op::Concat(_))
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
