//! How deep a network is, and how much memory its activations take.

use super::{Layer, Network, Op};

impl Network {
    /// Returns the largest number of convolutions and linear layers on any path from the images to the logits.
    pub fn depth(&self) -> usize {
        let mut depths: Vec<usize> = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let before = layer.inputs.iter().map(|input| depths[input.0]).max().unwrap_or(0);
            depths.push(before + usize::from(matches!(layer.op, Op::Conv(_) | Op::Linear(_))));
        }
        depths[self.output.0]
    }

    /// Returns the largest number of activation values kept at a time while one image passes through; weights do not count. The layers
    /// run in order; while one runs, its inputs, its output and everything a later layer still reads are kept. Batch norms, activations,
    /// scales, sums and products are computed in place of an input that no later layer reads, and a flattened map shares the map's
    /// memory. MCUNet (Lin et al. 2020) counts in the same way, apart from its in-place depthwise convolutions.
    pub fn peak_activations(&self) -> u64 {
        let mut last_reader: Vec<usize> = (0..self.layers.len()).collect();
        for (place, layer) in self.layers.iter().enumerate() {
            layer.inputs.iter().for_each(|input| last_reader[input.0] = place);
        }
        last_reader[self.output.0] = self.layers.len();
        let size = |layer: &Layer| layer.shape.len() as u64;
        let (mut kept, mut peak) = (0, 0);
        for (place, layer) in self.layers.iter().enumerate() {
            // Each input counts once: a layer may read the same one twice.
            let mut ending: Vec<usize> =
                layer.inputs.iter().map(|input| input.0).filter(|&input| last_reader[input] == place).collect();
            ending.sort_unstable();
            ending.dedup();
            let taken_over = works_in_place(&layer.op)
                && ending.iter().any(|&input| self.layers[input].shape.len() == layer.shape.len());
            kept += if taken_over { 0 } else { size(layer) };
            peak = peak.max(kept);
            let freed: u64 = ending.iter().map(|&input| size(&self.layers[input])).sum();
            kept -= if taken_over { freed - size(layer) } else { freed };
        }
        peak
    }
}

fn works_in_place(op: &Op) -> bool {
    matches!(op, Op::BatchNorm(_) | Op::Activation(_) | Op::Scale(_) | Op::Sum(_) | Op::Mul(_) | Op::Flatten(_))
}

#[cfg(test)]
mod tests {
    use super::super::{Form, Network};

    fn network(layers: &str) -> Network {
        let text = format!(r#"{{"input": [3, 16, 16], "layers": [{layers}]}}"#);
        serde_json::from_str::<Form>(&text).unwrap().network().unwrap()
    }

    #[test]
    fn a_chain_keeps_what_a_layer_reads_and_makes() {
        let net = network(
            r#"{"name": "c", "op": "conv", "channels": 8, "kernel": 3, "padding": 1}, {"name": "b", "op": "batch_norm"},
               {"name": "r", "op": "relu"}, {"name": "d", "op": "conv", "channels": 4, "kernel": 3, "stride": 2, "padding": 1},
               {"name": "p", "op": "global_average"}, {"name": "f", "op": "linear", "features": 10}"#,
        );
        assert_eq!(net.depth(), 3);
        // The images and the first map, on which the norm and the ReLU work in place; 8 * 256 + 4 * 64 is less.
        assert_eq!(net.peak_activations(), 3 * 256 + 8 * 256);
    }

    /// An inverted residual of MobileNetV2: 16 channels, expanded to 96. The depthwise convolution reads 96 maps and makes 96, while
    /// the block's input is kept for the sum.
    #[test]
    fn an_inverted_residual_keeps_its_input() {
        let net = network(
            r#"{"name": "stem", "op": "conv", "channels": 16, "kernel": 1}, {"name": "stem_bn", "op": "batch_norm"},
               {"name": "e", "op": "conv", "channels": 96, "kernel": 1}, {"name": "e_bn", "op": "batch_norm"},
               {"name": "e_act", "op": "relu6"},
               {"name": "d", "op": "conv", "channels": 96, "kernel": 3, "padding": 1, "groups": 96},
               {"name": "d_bn", "op": "batch_norm"}, {"name": "d_act", "op": "relu6"},
               {"name": "p", "op": "conv", "channels": 16, "kernel": 1}, {"name": "p_bn", "op": "batch_norm"},
               {"name": "sum", "op": "sum", "inputs": ["stem_bn", "p_bn"]},
               {"name": "pool", "op": "global_average"}, {"name": "fc", "op": "linear", "features": 10}"#,
        );
        assert_eq!(net.depth(), 5);
        assert_eq!(net.peak_activations(), (16 + 96 + 96) * 256);
    }

    #[test]
    fn what_is_read_again_is_not_overwritten() {
        let net = network(
            r#"{"name": "c", "op": "conv", "channels": 8, "kernel": 1}, {"name": "r", "op": "relu"},
               {"name": "s", "op": "sum", "inputs": ["c", "r"]}, {"name": "p", "op": "global_average"},
               {"name": "f", "op": "linear", "features": 10}"#,
        );
        assert_eq!(net.peak_activations(), 2 * 8 * 256);
    }
}
