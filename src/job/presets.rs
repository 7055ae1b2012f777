//! The settings of published protocols.

use super::{Preset, Settings};
use zeronas_proxies::network::Init;

impl Preset {
    /// The settings of a job under this protocol. Networks are scored as the benchmark writes them, dead layers included.
    pub fn settings(self) -> Settings {
        let (proxies, batch_size, init): (&[&str], _, _) = match self {
            Preset::ZeroCostNas => {
                (&["grad_norm", "snip", "grasp", "fisher", "synflow_reduce_bn", "jacob_cov"], 64, Init::TorchDefault)
            }
            Preset::Naswot => (&["naswot_bayeswatch"], 128, Init::TorchDefault),
            Preset::NasBenchSuiteZero => (&["suite-zero"], 64, Init::TorchDefault),
            Preset::AzNas => {
                (&["az_expressivity", "az_progressivity", "az_trainability", "flops"], 64, Init::KaimingNormal)
            }
            Preset::Zico => (&["zico"], 64, Init::KaimingNormal),
            Preset::Vkdnw => (
                &["vkdnw_dim", "vkdnw", "flops", "az_expressivity", "az_trainability", "jacob_cov"],
                64,
                Init::KaimingNormal,
            ),
        };
        Settings {
            protocol: Some(self),
            proxies: proxies.iter().map(|proxy| (*proxy).to_owned()).collect(),
            batch_size,
            init,
            augment: matches!(self, Preset::ZeroCostNas | Preset::NasBenchSuiteZero),
            as_written: true,
            ..Settings::default()
        }
    }
}
