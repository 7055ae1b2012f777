//! Finds the boundaries between the blocks of a network whose builder marked none.
//!
//! Candidates are the feature maps through which every path from the images to the logits passes: the articulation points of the live
//! graph. Candidates with no weights between them are the output of one block in several forms (convolved, then normalised, then
//! rectified), so only one of them is a boundary: the last at which paths meet or part, or else the last of all. A ReLU that opens a
//! block and a pool that changes the resolution belong to the block after them.

use super::{Layer, LayerId, Network, Op};

impl Network {
    /// Finds the boundaries of a network for which none are marked, in order. There are none if no path leads from the images to the
    /// logits.
    pub(super) fn find_boundaries(&self) -> Vec<LayerId> {
        let (layers, live, openers) = (&self.layers, self.live(), self.openers());
        let mut readers = vec![0; layers.len()];
        let mut last_reader = vec![0; layers.len()];
        for (i, layer) in layers.iter().enumerate().filter(|(i, _)| live[*i]) {
            for input in &layer.inputs {
                readers[input.0] += 1;
                last_reader[input.0] = i;
            }
        }
        let is_vector = |layer: &Layer| {
            matches!(layer.op, Op::GlobalAverage(_) | Op::GlobalMax(_) | Op::Flatten(_) | Op::Linear(_))
        };
        let mut boundaries: Vec<LayerId> = Vec::new();
        // The candidates since the last weights, and the furthest layer that reads something from before the current one.
        let (mut group, mut reach): (Vec<usize>, usize) = (Vec::new(), 0);
        for (i, layer) in layers.iter().enumerate().filter(|(i, _)| live[*i]) {
            // Vectors of gates lie beside another path and do not end the feature maps.
            if is_vector(layer) && reach <= i {
                break;
            }
            if is_weighty(&layer.op) {
                boundaries.extend(pick(layers, &live, &readers, &group));
                group.clear();
            }
            let is_images = matches!(layer.op, Op::Input(_));
            if reach <= i && !is_images && !openers.contains(&LayerId(i)) {
                group.push(i);
            }
            reach = reach.max(last_reader[i]);
        }
        boundaries.extend(pick(layers, &live, &readers, &group));
        boundaries
    }

    /// Returns the ReLUs that open a block.
    ///
    /// A ReLU that only convolutions read opens a ReLU-conv-bn block, unless the network consists of conv-bn-ReLU blocks. Such a
    /// network has ReLUs that close a block: they read a convolution's batch norm and are not read by convolutions alone.
    pub(crate) fn openers(&self) -> Vec<LayerId> {
        let mut readers: Vec<Vec<LayerId>> = vec![Vec::new(); self.layers.len()];
        for id in self.ids() {
            self.layer(id).inputs.iter().for_each(|input| readers[input.0].push(id));
        }
        let is_conv = |id: LayerId| matches!(self.layer(id).op, Op::Conv(_));
        let relus = || self.ids().filter(|&id| self.layer(id).op == Op::RELU);
        let opens = |id: LayerId| !readers[id.0].is_empty() && readers[id.0].iter().all(|&id| is_conv(id));
        let follows_block = |id: LayerId| {
            let input = self.layer(self.layer(id).inputs[0]);
            matches!(input.op, Op::BatchNorm(_)) && is_conv(input.inputs[0])
        };
        if relus().any(|id| follows_block(id) && !opens(id)) {
            return Vec::new();
        }
        relus().filter(|&id| opens(id)).collect()
    }
}

/// Whether a layer has weights of its own.
fn is_weighty(op: &Op) -> bool {
    matches!(op, Op::Conv(_) | Op::Linear(_))
}

/// Picks the boundary among candidates with no weights between them.
fn pick(layers: &[Layer], live: &[bool], readers: &[usize], group: &[usize]) -> Option<LayerId> {
    let area = |i: usize| layers[i].shape.area();
    let same = || group.iter().copied().filter(|&i| area(i) == area(group[0]));
    let meets = |i: usize| layers[i].inputs.iter().filter(|input| live[input.0]).count() > 1;
    same().rfind(|&i| meets(i) || readers[i] > 1).or_else(|| same().next_back()).map(LayerId)
}

#[cfg(test)]
mod tests {
    use super::super::{BatchNorm, Conv, GlobalAverage, Linear, MaxPool, NetworkBuilder, Shape, Zero};
    use super::*;

    fn names(net: &Network) -> Vec<&str> {
        net.boundaries().iter().map(|&id| net.layer(id).name.as_str()).collect()
    }

    /// Convolution and batch norm under the names `PREFIX.conv`, `PREFIX.bn`, with a ReLU before them or after.
    fn block(net: &mut NetworkBuilder, prefix: &str, input: LayerId, relu_first: bool) -> LayerId {
        let mut value = input;
        for part in if relu_first { ["relu", "conv", "bn"] } else { ["conv", "bn", "relu"] } {
            let op = match part {
                "relu" => Op::RELU,
                "conv" => Op::Conv(Conv::same(4, 3, 1)),
                _ => Op::BatchNorm(BatchNorm::new()),
            };
            value = net.add(format!("{prefix}.{part}"), op, &[value]).unwrap();
        }
        value
    }

    fn finish(mut net: NetworkBuilder, value: LayerId) -> Network {
        let pooled = net.add("pooled", Op::GlobalAverage(GlobalAverage), &[value]).unwrap();
        let logits = net.add("fc", Op::Linear(Linear::new(2)), &[pooled]).unwrap();
        net.finish(logits).unwrap()
    }

    #[test]
    fn a_chain_has_one_for_each_convolution() {
        let mut net = NetworkBuilder::new(Shape::new(3, 8, 8)).unwrap();
        let images = net.input();
        let one = block(&mut net, "one", images, false);
        let pool = net.add("down", Op::MaxPool(MaxPool::new(2, 2, 0)), &[one]).unwrap();
        let two = block(&mut net, "two", pool, false);
        assert_eq!(names(&finish(net, two)), ["one.relu", "two.relu"]);
    }

    #[test]
    fn branches_have_none_within_and_dead_ones_do_not_hide_any() {
        let mut net = NetworkBuilder::new(Shape::new(3, 8, 8)).unwrap();
        let stem = net.add("stem", Op::Conv(Conv::same(4, 3, 1)), &[net.input()]).unwrap();
        let one = block(&mut net, "one", stem, true);
        let two = block(&mut net, "two", one, true);
        let sum = net.sum("sum", &[stem, two]).unwrap();
        let three = block(&mut net, "three", sum, true);
        let cut = net.add("cut", Op::Zero(Zero::default()), &[stem]).unwrap();
        let last = net.sum("last", &[three, cut]).unwrap();
        let net = finish(net, last);
        assert_eq!(names(&net), ["stem", "sum", "last"]);
        assert_eq!(names(&net.live_part().unwrap().unwrap()), ["stem", "sum", "three.bn"]);
    }

    #[test]
    fn marked_ones_stay() {
        let mut net = NetworkBuilder::new(Shape::new(3, 8, 8)).unwrap();
        let images = net.input();
        let one = block(&mut net, "one", images, false);
        let two = block(&mut net, "two", one, false);
        net.mark_boundary(two);
        assert_eq!(names(&finish(net, two)), ["two.relu"]);
    }
}
