//! Which networks a job has to score, and which architectures share them.

use super::{Scoring, Shard};
use crate::space::Arch;
use crate::{Error, Result};
use std::collections::HashMap;

/// The work of a job.
pub(super) struct Plan {
    /// This shard's architectures, in the order asked for.
    pub archs: Vec<PlannedArch>,
    /// Distinct networks of this shard.
    pub networks: Vec<PlannedNetwork>,
    /// What to run: each network under each seed, seed by seed so that threads stay with one minibatch.
    pub items: Vec<Item>,
}

/// One architecture.
pub(super) struct PlannedArch {
    pub arch: Arch,
    /// Its place (index) among all the architectures of the job, whatever the shard.
    pub place: usize,
    /// Its network's place in [`Plan::networks`], if anything runs.
    pub network: Option<usize>,
}

/// One network, whichever architectures share it.
pub(super) struct PlannedNetwork {
    /// Its name in the journal: the canonical key, or the architecture as written.
    pub label: String,
    /// One of its architectures, which stands for all of them.
    pub arch: Arch,
}

/// One network to run under one seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Item {
    /// Place in [`Plan::networks`].
    pub network: usize,
    /// The seed.
    pub seed: u64,
}

impl Plan {
    pub fn new(scoring: &Scoring, archs: &[Arch]) -> Result<Self> {
        let settings = &scoring.settings;
        // Architectures of one network go to one shard, so that no two shards run it.
        let mut groups: HashMap<Option<String>, usize> = HashMap::new();
        let mut places: HashMap<usize, usize> = HashMap::new();
        let mut plan = Plan { archs: Vec::new(), networks: Vec::new(), items: Vec::new() };
        for (place, arch) in archs.iter().enumerate() {
            let label = if settings.as_written { Some(arch.as_str().to_owned()) } else { scoring.space.key(arch)? };
            let count = groups.len();
            let group = *groups.entry(label.clone()).or_insert(count);
            if settings.shard.is_some_and(|shard| group % shard.count != shard.index - 1) {
                continue;
            }
            let network = label.map(|label| {
                *places.entry(group).or_insert_with(|| {
                    plan.networks.push(PlannedNetwork { label, arch: arch.clone() });
                    plan.networks.len() - 1
                })
            });
            plan.archs.push(PlannedArch { arch: arch.clone(), place, network });
        }
        if let Some(Shard { count, .. }) = settings.shard.filter(|shard| shard.count > groups.len()) {
            let reason =
                format!("of {count} parts some would be empty: there are {} networks to share out", groups.len());
            return Err(Error::setting("shard", reason));
        }
        let networks = plan.networks.len();
        plan.items =
            settings.seeds().flat_map(|seed| (0..networks).map(move |network| Item { network, seed })).collect();
        Ok(plan)
    }
}
