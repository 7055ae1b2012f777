//! `meco_opt`: `meco` on eight channels of each map.
//!
//! ```text
//! P_l   = Pearson correlations of 8 channels of map l (of all where there are fewer), see `meco`
//! score = sum over maps l of C_l / 8 times the least eigenvalue of P_l
//! ```
//!
//! The channels are the first eight in a random order that is the same for all maps of C_l channels and changes with the seed. It costs
//! less than `meco` and ranks wider networks higher instead of lower. Otherwise as `meco`.

use super::maps::maps;
use super::meco::{least, one_image};
use super::{Cost, Direction, Measured, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, View};
use crate::network::{LayerId, Network};
use std::collections::BTreeMap;
use zeronas_random::Stream;

/// Least eigenvalues of the correlations between a few channels.
pub struct MecoOpt;

/// Number of channels used.
const CHANNELS: usize = 8;

struct Eigenvalues {
    maps: Vec<bool>,
    seed: u64,
    /// The channels used, by the number of channels of a map.
    picked: BTreeMap<usize, Vec<usize>>,
    total: f64,
}

impl Proxy for MecoOpt {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "meco_opt",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::OneImage,
            summary: "meco of eight channels of each map, times channels / 8",
            source: "Jiang et al. 2023, MeCo",
        }
    }

    fn needs(&self) -> Needs {
        one_image()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Eigenvalues { maps: maps(net), seed: 0, picked: BTreeMap::new(), total: 0.0 })
    }
}

impl Observer for Eigenvalues {
    fn output(&mut self, layer: LayerId, value: &View<'_>) {
        if !self.maps[layer.index()] {
            return;
        }
        let (channels, pixels) = (value.shape().channels, value.shape().area());
        let picked = self.picked.entry(channels).or_insert_with(|| {
            let order = Stream::new(&format!("meco.channels.{channels}"), self.seed).permutation(channels);
            order.into_iter().take(CHANNELS).collect()
        });
        let all = value.image(0);
        let rows = picked.iter().flat_map(|&c| &all[c * pixels..(c + 1) * pixels]).copied().collect();
        self.total += least(rows, pixels) * channels as f64 / picked.len() as f64;
    }
}

impl Measurement for Eigenvalues {
    fn seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    fn finish(self: Box<Self>) -> Measured {
        Ok(self.total)
    }
}
