//! The network as inference runs it: batch norms folded into the layers before them.

use super::{Conv, Layer, LayerId, Linear, Network, NetworkBuilder, Op};
use crate::Result;

impl Network {
    /// Returns the network without the batch norms that follow a convolution or linear layer whose output nothing else reads. With
    /// running statistics, such a norm is a factor and a shift for each channel, which the layer's weights and bias absorb, so these
    /// layers get a bias. Marked boundaries are not kept.
    ///
    /// # Errors
    /// None in practice: any network that has been built can be folded.
    pub fn folded(&self) -> Result<Network> {
        let readers = self.readers();
        let takes_norms = |layer: &Layer| matches!(layer.op, Op::Conv(_) | Op::Linear(_));
        // The layer that each batch norm is folded into.
        let folded = |layer: &Layer| match (&layer.op, &layer.inputs[..]) {
            (Op::BatchNorm(_), [input]) if readers[input.0] == 1 && takes_norms(self.layer(*input)) => Some(*input),
            _ => None,
        };
        let mut takes_one = vec![false; self.layers.len()];
        self.layers.iter().filter_map(folded).for_each(|layer| takes_one[layer.0] = true);
        let mut net = NetworkBuilder::new(self.input_shape())?;
        let mut places = vec![net.input()];
        for (i, layer) in self.layers.iter().enumerate().skip(1) {
            if let Some(input) = folded(layer) {
                places.push(places[input.0]);
                continue;
            }
            let op = match &layer.op {
                Op::Conv(conv) if takes_one[i] => Op::Conv(Conv { bias: true, ..*conv }),
                Op::Linear(linear) if takes_one[i] => Op::Linear(Linear { bias: true, ..*linear }),
                op => op.clone(),
            };
            let inputs: Vec<LayerId> = layer.inputs.iter().map(|input| places[input.0]).collect();
            places.push(net.add(layer.name.clone(), op, &inputs)?);
        }
        net.finish(places[self.output.0])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Form, Network, Op};

    fn network(layers: &str) -> Network {
        let text = format!(r#"{{"input": [3, 8, 8], "layers": [{layers}]}}"#);
        serde_json::from_str::<Form>(&text).unwrap().network().unwrap()
    }

    #[test]
    fn norms_after_convolutions_go_and_others_stay() {
        let net = network(
            r#"{"name": "a", "op": "conv", "channels": 4, "kernel": 1}, {"name": "a_bn", "op": "batch_norm"},
               {"name": "b", "op": "conv", "channels": 4, "kernel": 1}, {"name": "b_bn", "op": "batch_norm"},
               {"name": "sum", "op": "sum", "inputs": ["b", "b_bn"]}, {"name": "sum_bn", "op": "batch_norm"},
               {"name": "pool", "op": "global_average"}, {"name": "fc", "op": "linear", "features": 2, "bias": false},
               {"name": "fc_bn", "op": "batch_norm"}"#,
        );
        let folded = net.folded().unwrap();
        let names: Vec<&str> = folded.layers().iter().map(|layer| layer.name.as_str()).collect();
        // Folding into `b` would change what `sum` reads.
        assert_eq!(names, ["input", "a", "b", "b_bn", "sum", "sum_bn", "pool", "fc"]);
        let has_bias = |name: &str| match &folded.layers().iter().find(|layer| layer.name == name).unwrap().op {
            Op::Conv(conv) => conv.bias,
            Op::Linear(linear) => linear.bias,
            _ => unreachable!(),
        };
        assert_eq!(["a", "b", "fc"].map(has_bias), [true, false, true]);
        assert_eq!(folded.layer(folded.output()).name, "fc");
        assert_eq!(folded.folded().unwrap(), folded);
    }
}
