//! The network as inference runs it: batch norms folded into the layers before them.

use super::{Conv, LayerId, Linear, Network, NetworkBuilder, Op};
use crate::Result;

impl Network {
    /// The network without the batch norms that follow a convolution or linear layer which nothing else reads: with running statistics such a
    /// norm is a factor and a shift for each channel, which the layer's weights and bias take in. Those layers have a bias. Marked boundaries
    /// are not kept.
    ///
    /// # Errors
    /// None that a network which was built can come to.
    pub fn folded(&self) -> Result<Network> {
        let readers = self.readers();
        let mut net = NetworkBuilder::new(self.input_shape())?;
        let mut places = vec![net.input()];
        for (i, layer) in self.layers.iter().enumerate().skip(1) {
            let inputs: Vec<LayerId> = layer.inputs.iter().map(|input| places[input.0]).collect();
            let only_reader = match readers[i][..] {
                [reader] if i != self.output.0 => Some(&self.layers[reader].op),
                _ => None,
            };
            let takes_norm = matches!(only_reader, Some(Op::BatchNorm(_)));
            places.push(match &layer.op {
                Op::Conv(conv) if takes_norm => {
                    net.add(layer.name.clone(), Op::Conv(Conv { bias: true, ..*conv }), &inputs)?
                }
                Op::Linear(linear) if takes_norm => {
                    net.add(layer.name.clone(), Op::Linear(Linear { bias: true, ..*linear }), &inputs)?
                }
                Op::BatchNorm(_) if self.is_folded_into(layer.inputs[0], &readers) => inputs[0],
                op => net.add(layer.name.clone(), op.clone(), &inputs)?,
            });
        }
        net.finish(places[self.output.0])
    }

    /// The layers that read each layer.
    pub(crate) fn readers(&self) -> Vec<Vec<usize>> {
        let mut readers = vec![Vec::new(); self.layers.len()];
        for (i, layer) in self.layers.iter().enumerate() {
            layer.inputs.iter().for_each(|input| readers[input.0].push(i));
        }
        readers
    }

    /// Whether the batch norm that reads this layer is folded into it.
    fn is_folded_into(&self, layer: LayerId, readers: &[Vec<usize>]) -> bool {
        let takes = matches!(self.layers[layer.0].op, Op::Conv(_) | Op::Linear(_));
        takes && readers[layer.0].len() == 1 && layer != self.output
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
        // What reads `b` itself would see it changed.
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
