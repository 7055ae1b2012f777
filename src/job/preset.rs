//! The protocols of published comparisons: what their programs do on NAS-Bench-201, beyond the formulas of the proxies.
//!
//! A preset supplies the settings that are not given explicitly. It cannot reproduce the random numbers of a program: weights and images
//! come from our own generator, and all architectures share the minibatches of a seed, whereas zero-cost-nas and NAS-Bench-Suite-Zero draw
//! new ones for each.

use crate::report::join::BadPolicy;
use crate::report::subset::Subset;
use crate::words::Word;
use serde::{Deserialize, Serialize};

/// A published protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Abdelfattah et al. 2021.
    ZeroCostNas,
    /// Mellor et al. 2021.
    Naswot,
    /// Krishnakumar et al. 2022.
    NasBenchSuiteZero,
    /// Lee & Ham 2024.
    AzNas,
    /// Li et al. 2023, as VKDNW and AZ-NAS compare it.
    Zico,
    /// Tybl & Neumann 2025.
    Vkdnw,
}

impl Word for Preset {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (
            Preset::ZeroCostNas,
            "zero-cost-nas",
            "Abdelfattah et al. 2021: batches of 64, augmented; architectures without a number left out",
        ),
        (Preset::Naswot, "naswot", "Mellor et al. 2021: batches of 128; architectures without a number are the worst"),
        (
            Preset::NasBenchSuiteZero,
            "nas-bench-suite-zero",
            "Krishnakumar et al. 2022: batches of 64, augmented; cells without dead edges; without a number the worst",
        ),
        (
            Preset::AzNas,
            "az-nas",
            "Lee & Ham 2024: batches of 64, noise for images, He weights; architectures without a number are the worst",
        ),
        (
            Preset::Zico,
            "zico",
            "Li et al. 2023 as VKDNW and AZ-NAS compare it: two batches of 64, He weights; architectures without a number are the worst",
        ),
        (
            Preset::Vkdnw,
            "vkdnw",
            "Tybl & Neumann 2025: batches of 64, He weights; all architectures and those without dead edges; without a number the worst",
        ),
    ];
}

impl Preset {
    /// The images of the protocol, if it does not use real ones.
    pub fn images(self) -> Option<&'static str> {
        (self == Preset::AzNas).then_some("noise")
    }

    /// The architectures that a report covers, and how it treats those without a score.
    pub fn reading(self) -> (Vec<Subset>, BadPolicy) {
        match self {
            Preset::ZeroCostNas => (vec![Subset::All], BadPolicy::Drop),
            Preset::Naswot | Preset::AzNas | Preset::Zico => (vec![Subset::All], BadPolicy::Worst),
            Preset::NasBenchSuiteZero => (vec![Subset::NoDeadEdges], BadPolicy::Worst),
            Preset::Vkdnw => (vec![Subset::All, Subset::NoDeadEdges], BadPolicy::Worst),
        }
    }
}
