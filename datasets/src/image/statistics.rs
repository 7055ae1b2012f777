//! Statistics for the normalisation of pixels.

use serde::{Deserialize, Serialize};

use super::CHANNELS;

/// Mean and standard deviation of each channel, on a scale of 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Means of red, green and blue.
    pub mean: [f64; CHANNELS],
    /// Their standard deviations.
    pub std: [f64; CHANNELS],
}

impl Statistics {
    /// The statistics that leave pixels unchanged.
    pub const NONE: Statistics = Statistics { mean: [0.0; CHANNELS], std: [1.0; CHANNELS] };

    /// Computes the statistics of these pixels: images one after the other, each channel by channel of `plane` pixels. A constant
    /// channel gets a deviation of 1.
    pub(super) fn of(pixels: &[u8], plane: usize) -> Self {
        let mut counts = [[0_u64; 256]; CHANNELS];
        for (place, channel) in pixels.chunks_exact(plane).enumerate() {
            channel.iter().for_each(|&pixel| counts[place % CHANNELS][usize::from(pixel)] += 1);
        }
        let moment = |counts: &[u64; 256], term: &dyn Fn(f64) -> f64| {
            let total: f64 = counts.iter().sum::<u64>() as f64;
            counts.iter().enumerate().map(|(pixel, &count)| count as f64 * term(pixel as f64)).sum::<f64>() / total
        };
        let mean = counts.map(|counts| moment(&counts, &|pixel| pixel));
        let std = std::array::from_fn(|channel| {
            let variance = moment(&counts[channel], &|pixel| (pixel - mean[channel]).powi(2));
            if variance > 0.0 { variance.sqrt() } else { 1.0 }
        });
        Statistics { mean, std }
    }

    /// The same for floats, on their own scale.
    pub(super) fn of_floats(pixels: &[f32], plane: usize) -> Self {
        let channel = |channel: usize| pixels.chunks_exact(plane).skip(channel).step_by(CHANNELS).flatten();
        let count = (pixels.len() / CHANNELS).max(1) as f64;
        let mean = std::array::from_fn(|c| channel(c).map(|&pixel| f64::from(pixel)).sum::<f64>() / count);
        let std = std::array::from_fn(|c| {
            let squares: f64 = channel(c).map(|&pixel| (f64::from(pixel) - mean[c]).powi(2)).sum();
            let std = (squares / count).sqrt();
            if std.is_finite() && std > 0.0 { std } else { 1.0 }
        });
        Statistics { mean, std }
    }

    /// Returns `(pixel - mean) / std` of each channel for each value of a byte, computed in f64 and rounded once.
    pub fn table(&self) -> [[f32; 256]; CHANNELS] {
        std::array::from_fn(|c| std::array::from_fn(|pixel| ((pixel as f64 - self.mean[c]) / self.std[c]) as f32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_taken_by_channel() {
        let pixels = [[10, 20], [0, 0], [255, 255], [30, 40], [0, 0], [255, 253]].concat();
        let found = Statistics::of(&pixels, 2);
        assert_eq!(found.mean, [25.0, 0.0, 254.5]);
        assert_eq!(found.std, [125_f64.sqrt(), 1.0, 0.75_f64.sqrt()]);
        let floats: Vec<f32> = pixels.iter().map(|&pixel| f32::from(pixel)).collect();
        assert_eq!(Statistics::of_floats(&floats, 2), found);
    }
}
