//! How architectures are scored, whichever they are and wherever the scores go.

use super::Settings;
use super::minibatches::minibatches;
use crate::device::Opened;
use crate::space::SearchSpace;
use crate::{Error, Result};
use std::sync::Arc;
use zeronas_datasets::Source;
use zeronas_proxies::Scorer;
use zeronas_proxies::proxy::{self, Needs, Proxy};

/// Everything that determines a score except the architecture, and the number of threads.
#[derive(Clone)]
pub struct Scoring {
    /// Where the architectures come from, and the settings of their networks.
    pub space: Arc<dyn SearchSpace>,
    /// Where minibatches come from.
    pub images: Source,
    /// Everything else that decides the scores.
    pub settings: Settings,
    /// Number of threads: one per network, more if networks are fewer; on a GPU, networks at a time. It changes no score.
    pub threads: usize,
    /// Maximum number of networks at a time, if memory cannot hold one per thread; the threads share the work of each.
    pub at_once: Option<usize>,
    /// Custom proxies that the settings may name in addition to those of the registry.
    pub own_proxies: Vec<Arc<dyn Proxy>>,
}

pub(super) type Proxies = Vec<Arc<dyn Proxy>>;

impl Scoring {
    /// Checks that everything fits together and that the first minibatches can be drawn.
    ///
    /// # Errors
    /// Names the setting, proxy or image set at fault.
    pub fn check(&self) -> Result<()> {
        let settings = &self.settings;
        settings.check(self.space.as_ref(), &self.images)?;
        if self.threads == 0 {
            return Err(Error::setting("threads", "must be at least 1"));
        }
        if self.at_once == Some(0) {
            return Err(Error::setting("at_once", "must be at least 1"));
        }
        let (running, _) = self.split_proxies()?;
        let count = Scorer::new(running, settings.protocol(), settings.engine(&Opened::Cpu, 1)).minibatches();
        minibatches(&self.images, settings, settings.seed, count).map(drop)
    }

    /// The proxies that run the network, and those that only read it as written.
    pub(super) fn split_proxies(&self) -> Result<(Proxies, Proxies)> {
        let proxies = proxy::find_among(&self.settings.proxies, &self.own_proxies)?;
        Ok(proxies.into_iter().partition(|proxy| proxy.needs() != Needs::Written))
    }
}
