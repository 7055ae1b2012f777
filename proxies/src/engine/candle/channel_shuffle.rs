//! Shuffling channels.

use super::step::{Context, Given, Gradients, Step, Tape};
use crate::network::ChannelShuffle;
use candle_core::{Result, Tensor};

impl Step for ChannelShuffle {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        Ok((dealt(at.inputs[0], self.groups)?, Tape::new()))
    }

    fn backward(&self, _at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        // Dealing the other way round puts every channel back.
        Ok((vec![Some(dealt(gradient, gradient.dim(1)? / self.groups)?)], vec![]))
    }
}

/// The channels of this many groups, interleaved: one of each group in turn.
fn dealt(images: &Tensor, groups: usize) -> Result<Tensor> {
    let (number, channels, height, width) = images.dims4()?;
    let apart = images.reshape((number, groups, channels / groups, height * width))?;
    apart.transpose(1, 2)?.contiguous()?.reshape((number, channels, height, width))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn channels_of_each_group_come_in_turn_and_go_back() {
        let images = Tensor::arange(0f64, 24.0, &Device::Cpu).unwrap().reshape((2, 6, 2, 1)).unwrap();
        let shuffled = dealt(&images, 2).unwrap();
        let first: Vec<f64> = shuffled.narrow(3, 0, 1).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        assert_eq!(first[..12], [0.0, 1.0, 6.0, 7.0, 2.0, 3.0, 8.0, 9.0, 4.0, 5.0, 10.0, 11.0]);
        let back = dealt(&shuffled, 3).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
        assert_eq!(back, images.flatten_all().unwrap().to_vec1::<f64>().unwrap());
    }
}
