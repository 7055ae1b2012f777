//! Scores on demand: networks are built and run when a search asks for them, each only once.

use super::{Row, Source};
use crate::device::Opened;
use crate::job::{Settings, minibatches};
use crate::results::Entry;
use crate::space::{Arch, SearchSpace};
use crate::{Error, Result};
use rayon::ThreadPool;
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use zeronas_proxies::proxy::{self, Needs, Proxy, Scale};
use zeronas_proxies::{Batch, Score, Scorer};

/// The scores of each network so far, shared by all runs of a search and everything in it that scores.
#[derive(Default)]
pub struct Known(Mutex<HashMap<(String, String), Entry>>);

/// Called for every measured network with its label, the proxies and their scores.
type Record = Box<dyn Fn(&str, &[String], &[Entry]) -> Result<()> + Send + Sync>;

/// Some proxies as a source. The scores are those of `zeronas score` with the same settings: of the canonical network, except for proxies
/// that read the network as written.
pub struct Measured {
    space: Arc<dyn SearchSpace>,
    settings: Settings,
    device: Opened,
    names: Vec<String>,
    batches: Vec<Batch>,
    known: Arc<Known>,
    record: Record,
    /// Where networks run. This is not the caller's pool, as one of its threads would take up other work while it waits.
    pool: Arc<ThreadPool>,
    /// Idle scorers; there are as many in all as threads have asked at once.
    idle: Mutex<Vec<Workers>>,
}

/// The scorers of one thread.
struct Workers {
    running: Scorer,
    written: Scorer,
}

impl Workers {
    fn new(settings: &Settings, device: &Opened) -> Result<Self> {
        let (written, running) = proxies(settings)?.into_iter().partition(|proxy| reads_written(proxy.as_ref()));
        let scorer = |proxies| Scorer::new(proxies, settings.protocol(), settings.engine(device, 1));
        Ok(Workers { running: scorer(running), written: scorer(written) })
    }
}

impl Known {
    fn lock(&self) -> Result<MutexGuard<'_, HashMap<(String, String), Entry>>> {
        self.0.lock().map_err(|_| Error::Internal("another thread has failed".into()))
    }

    /// Adds what an earlier process measured.
    pub(crate) fn add(&self, network: &str, proxies: &[String], entries: Vec<Entry>) -> Result<()> {
        let mut known = self.lock()?;
        known.extend(proxies.iter().zip(entries).map(|(proxy, entry)| ((network.into(), proxy.clone()), entry)));
        Ok(())
    }

    fn get(&self, network: &str, proxies: &[String]) -> Result<Option<Vec<Entry>>> {
        let known = self.lock()?;
        Ok(proxies.iter().map(|proxy| known.get(&(network.to_owned(), proxy.clone())).cloned()).collect())
    }
}

impl Measured {
    /// Creates a source of the proxies in `settings` on `images`, with the same minibatches for all networks. Networks run in parallel on
    /// `device` and `pool`; `record` is called for each.
    ///
    /// # Errors
    /// Names the setting or proxy that is invalid.
    pub(crate) fn new(
        space: Arc<dyn SearchSpace>,
        images: &zeronas_datasets::Source,
        settings: Settings,
        device: Opened,
        known: Arc<Known>,
        record: Record,
        pool: Arc<ThreadPool>,
    ) -> Result<Self> {
        settings.check(space.as_ref(), images)?;
        let names = proxies(&settings)?.iter().map(|proxy| proxy.info().name.to_owned()).collect();
        let first = Workers::new(&settings, &device)?;
        let batches = minibatches(images, &settings, settings.seed, first.running.minibatches())?;
        Ok(Measured { space, settings, device, names, batches, known, record, pool, idle: Mutex::new(vec![first]) })
    }

    /// The proxies by the names that they declare, in the order asked for.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    fn workers(&self) -> Result<Workers> {
        let idle = self.idle.lock().map_err(|_| Error::Internal("another thread has failed".into()))?.pop();
        idle.map_or_else(|| Workers::new(&self.settings, &self.device), Ok)
    }

    /// The label of an architecture among the known ones: its network if that determines the scores, otherwise also the architecture as written.
    fn label(&self, arch: &Arch) -> Result<Option<String>> {
        let by_writing = proxies(&self.settings)?.iter().any(|proxy| reads_written(proxy.as_ref()));
        let key = self.space.key(arch)?;
        Ok(key.map(|key| if by_writing { format!("{key} {arch}") } else { key }))
    }

    fn measure(&self, arch: &Arch, label: &str) -> Result<Vec<Entry>> {
        let mut workers = self.workers()?;
        let canonical = self.space.canonical_network(arch)?;
        let canonical = canonical.ok_or_else(|| Error::Internal(format!("`{arch}` has no canonical network")))?;
        let (batches, seed) = (self.batches.iter().collect::<Vec<_>>(), self.settings.seed);
        let mut scores = workers.running.score(&canonical, &batches, seed)?;
        scores.extend(workers.written.score(&self.space.network(arch)?, &batches, seed)?);
        let entry = |name: &String| {
            let found = scores.iter().find(|score: &&Score| score.proxy == name);
            found.map(Entry::from).ok_or_else(|| Error::Internal(format!("{name} has no result for `{arch}`")))
        };
        let entries = self.names.iter().map(entry).collect::<Result<Vec<_>>>()?;
        self.idle.lock().map_err(|_| Error::Internal("another thread has failed".into()))?.push(workers);
        self.known.add(label, &self.names, entries.clone())?;
        (self.record)(label, &self.names, &entries)?;
        Ok(entries)
    }
}

fn proxies(settings: &Settings) -> Result<Vec<Arc<dyn Proxy>>> {
    Ok(proxy::find(&settings.proxies)?)
}

fn reads_written(proxy: &dyn Proxy) -> bool {
    proxy.needs() == Needs::Written
}

impl Source for Measured {
    /// An architecture that lets nothing through has a row without values.
    fn rows(&self, archs: &[Arch]) -> Result<Vec<Option<Row>>> {
        let labels = archs.iter().map(|arch| self.label(arch)).collect::<Result<Vec<_>>>()?;
        let mut todo: HashMap<&str, &Arch> = HashMap::new();
        let mut found: HashMap<&str, Vec<Entry>> = HashMap::new();
        for (label, arch) in labels.iter().zip(archs) {
            let Some(label) = label.as_deref() else { continue };
            match self.known.get(label, &self.names)? {
                Some(entries) => drop(found.insert(label, entries)),
                None => drop(todo.insert(label, arch)),
            }
        }
        let measure = |(label, arch)| Ok((label, self.measure(arch, label)?));
        let measured: Result<Vec<_>> = self.pool.install(|| todo.into_par_iter().map(measure).collect());
        found.extend(measured?);
        let logarithmic = |name: &String| proxy::find(&[name]).is_ok_and(|found| found[0].info().scale == Scale::Log);
        let logarithmic: Vec<bool> = self.names.iter().map(logarithmic).collect();
        let row = |label: &Option<String>| {
            let entries = label.as_deref().and_then(|label| found.get(label));
            let Some(entries) = entries else {
                let count = self.names.len();
                return Row { values: vec![None; count], training: 0.0, scoring: vec![Some(0.0); count] };
            };
            let value = |(entry, &ln): (&Entry, &bool)| if ln { entry.ln_score } else { entry.score };
            Row {
                values: entries.iter().zip(&logarithmic).map(value).collect(),
                training: 0.0,
                scoring: entries.iter().map(|entry| Some(entry.seconds)).collect(),
            }
        };
        Ok(labels.iter().map(|label| Some(row(label))).collect())
    }
}
