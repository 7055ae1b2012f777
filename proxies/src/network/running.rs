//! Running statistics of batch norms, with which a trained network normalises in place of those of the batch.

use super::{LayerId, Network, Op};

/// Means and variances of every batch norm of a network, by layer. They start at 0 and 1, as usual.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningStatistics {
    layers: Vec<Option<Channels>>,
}

/// Statistics of one batch norm.
#[derive(Clone, Debug, PartialEq)]
pub struct Channels {
    /// Mean of each channel.
    pub mean: Vec<f32>,
    /// Variance of each channel.
    pub variance: Vec<f32>,
}

impl RunningStatistics {
    /// The initial statistics of a network that has not seen any data.
    pub fn new(net: &Network) -> Self {
        let fresh = |channels| Channels { mean: vec![0.0; channels], variance: vec![1.0; channels] };
        let layers = net.layers().iter().map(|layer| {
            let is_norm = matches!(layer.op, Op::BatchNorm(_));
            is_norm.then(|| fresh(layer.shape.channels))
        });
        RunningStatistics { layers: layers.collect() }
    }

    /// Whether the statistics fit the network: its batch norms and their numbers of channels.
    pub(crate) fn suit(&self, net: &Network) -> bool {
        let suits = |(layer, channels): (&super::Layer, &Option<Channels>)| match channels {
            Some(channels) => {
                let count = layer.shape.channels;
                matches!(layer.op, Op::BatchNorm(_))
                    && [&channels.mean, &channels.variance].iter().all(|v| v.len() == count)
            }
            None => !matches!(layer.op, Op::BatchNorm(_)),
        };
        self.layers.len() == net.layers().len() && net.layers().iter().zip(&self.layers).all(suits)
    }

    /// The statistics of a layer, if it is a batch norm.
    pub fn of_layer(&self, layer: LayerId) -> Option<&Channels> {
        self.layers.get(layer.index())?.as_ref()
    }

    /// The statistics of all batch norms, for modification; their numbers of channels must not change.
    pub fn layers_mut(&mut self) -> impl Iterator<Item = (LayerId, &mut Channels)> {
        self.layers.iter_mut().enumerate().filter_map(|(i, channels)| Some((LayerId(i), channels.as_mut()?)))
    }

    /// Moves a layer's statistics by `momentum` towards those of a batch: the mean and variance of each channel over `count` values.
    /// `variance` is biased, as batch norms use it; running variances are unbiased. Does nothing if the layer is not a batch norm.
    pub fn update(&mut self, layer: LayerId, mean: &[f64], variance: &[f64], count: usize, momentum: f32) {
        let Some(channels) = self.layers.get_mut(layer.index()).and_then(Option::as_mut) else { return };
        let unbiased = count as f64 / (count.max(2) - 1) as f64;
        let momentum = f64::from(momentum);
        let moved = |old: f32, new: f64| ((1.0 - momentum) * f64::from(old) + momentum * new) as f32;
        channels.mean.iter_mut().zip(mean).for_each(|(old, &new)| *old = moved(*old, new));
        channels.variance.iter_mut().zip(variance).for_each(|(old, &new)| *old = moved(*old, new * unbiased));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{BatchNorm, GlobalAverage, NetworkBuilder, Shape};

    #[test]
    fn statistics_move_towards_those_of_a_batch() {
        let mut net = NetworkBuilder::new(Shape::new(2, 4, 4)).unwrap();
        let norm = net.add("bn", Op::BatchNorm(BatchNorm::new()), &[net.input()]).unwrap();
        let pool = net.add("pool", Op::GlobalAverage(GlobalAverage), &[norm]).unwrap();
        let net = net.finish(pool).unwrap();
        let mut running = RunningStatistics::new(&net);
        running.update(norm, &[1.0, -2.0], &[0.5, 3.0], 5, 0.1);
        running.update(pool, &[1.0, -2.0], &[0.5, 3.0], 5, 0.1);
        let channels = running.of_layer(norm).unwrap();
        assert_eq!(channels.mean, [0.1, -0.2]);
        // 0.9 + 0.1 v 5 / 4.
        assert_eq!(channels.variance, [0.9625, 1.275]);
        assert!(running.of_layer(pool).is_none());
    }
}
