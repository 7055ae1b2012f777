//! Builds the benchmark; the result of every training is saved as soon as it is finished.

use std::collections::HashMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use serde_json::{Map, Value, json};
use zeronas_datasets::{ImageSet, Splits};

use super::Settings;
use super::table::{self, Found, Trained};
use crate::listener::Progress;
use crate::results::{Folder, Lines, Queue, check_manifest, on_workers};
use crate::space::{Arch, Mini, SearchSpace};
use crate::train::memory::{Outcome, train};
use crate::{Error, Result};

/// A build of the benchmark.
pub struct Build {
    /// Everything that decides the benchmark besides its images.
    pub settings: Settings,
    /// Its networks: those of [`SPACE`](super::SPACE), adapted to the images.
    pub space: Mini,
    /// CIFAR-10, or images in its place.
    pub images: Splits,
    /// Number of trainings at a time, on one thread each.
    pub threads: usize,
    /// The folder of the table.
    pub out: PathBuf,
    /// Continue what a build with the same settings left there.
    pub resume: bool,
}

/// The result of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Number of architectures in the table.
    pub archs: usize,
    /// Number of trainings behind the table.
    pub trainings: usize,
    /// Number of trainings in this run.
    pub trained: usize,
    /// Number of trainings that diverged, in this run or before.
    pub diverged: usize,
}

impl Build {
    /// Runs the remaining trainings and writes the table, or stops early once `stop` is set. `watch` receives the progress after every
    /// training.
    ///
    /// # Errors
    /// Bad settings; results that are there already, cannot be written or were made with other settings;
    /// [`Error::Interrupted`] after `stop`.
    pub fn run(mut self, stop: &AtomicBool, watch: &(dyn Fn(Progress) + Sync)) -> Result<Summary> {
        self.prepare()?;
        let archs = self.settings.architectures()?;
        let manifest = self.manifest()?;
        let journal = self.out.join("trainings.jsonl");
        if journal.exists() && !self.resume {
            return Err(Error::exists(journal));
        }
        fs::create_dir_all(&self.out).map_err(Error::io(&self.out, "cannot be made"))?;
        let mut kept = Kept::open(&journal, &manifest)?;
        let runs: Vec<(&Arch, u64)> = self.runs(&archs).collect();
        let trained = self.train_rest(&runs, &mut kept, stop, watch)?;
        let table = table::table(&self.space, &archs, &kept.found, self.settings.seeds);
        Folder::create(&self.out, &manifest)?.write("zeronas_mini", table)?;
        let diverged = |(arch, seed): &&(&Arch, u64)| kept.has_diverged(arch, *seed);
        let diverged = runs.iter().filter(diverged).count();
        Ok(Summary { archs: archs.len(), trainings: runs.len(), trained, diverged })
    }

    /// Runs the remaining trainings in order and returns their number.
    fn train_rest(
        &self,
        runs: &[(&Arch, u64)],
        kept: &mut Kept,
        stop: &AtomicBool,
        watch: &(dyn Fn(Progress) + Sync),
    ) -> Result<usize> {
        let todo: Vec<_> = runs.iter().filter(|(arch, seed)| !kept.has(arch, *seed)).collect();
        let progress = |left| Progress { done: runs.len() - left, total: runs.len() };
        watch(progress(todo.len()));
        if todo.is_empty() {
            return Ok(0);
        }
        let kept = Mutex::new((kept, todo.len()));
        let broken = || Error::Internal("another thread has failed".into());
        let queue = Queue::new(&todo, stop);
        let work = |_| {
            queue.work(|(arch, seed)| {
                let Some(trained) = self.train(arch, *seed, stop)? else { return Ok(ControlFlow::Break(())) };
                let mut guard = kept.lock().map_err(|_| broken())?;
                let (kept, left) = &mut *guard;
                kept.add(trained)?;
                *left -= 1;
                watch(progress(*left));
                Ok(ControlFlow::Continue(()))
            })
        };
        on_workers(self.threads, todo.len(), &work)?.into_iter().sum::<Result<usize>>()?;
        let (_, left) = kept.into_inner().map_err(|_| broken())?;
        if left > 0 {
            let Progress { done, total } = progress(left);
            return Err(Error::Interrupted { done, total, what: "trainings" });
        }
        Ok(todo.len())
    }

    /// Checks the settings and keeps only as many training images as were asked for.
    fn prepare(&mut self) -> Result<()> {
        let Settings { archs, seeds, repeated, recipe, train_images } = &self.settings;
        for (setting, is_bad) in [
            ("archs", *archs == 0),
            ("seeds", *seeds == 0),
            ("epochs", recipe.epochs == 0),
            ("threads", self.threads == 0),
        ] {
            if is_bad {
                return Err(Error::setting(setting, "must be at least 1"));
            }
        }
        if repeated > archs {
            return Err(Error::setting("repeated", format!("{repeated} is more than the {archs} of `archs=`")));
        }
        if self.images.test.is_none() {
            return Err(Error::setting("images", "have no test images"));
        }
        if !(recipe.batch_size..=self.images.train.len()).contains(train_images) {
            let (least, most) = (recipe.batch_size, self.images.train.len());
            return Err(Error::setting("train_images", format!("{train_images} is not between {least} and {most}")));
        }
        if self.images.train.side() != self.space.resolution {
            return Err(Error::setting("images", format!("are not {0} x {0}", self.space.resolution)));
        }
        self.images.check_classes(self.space.classes)?;
        self.images.train = self.images.train.first(*train_images);
        Ok(())
    }

    /// Returns pairs of architecture and seed, beginning with the first seed of every architecture.
    fn runs<'a>(&self, archs: &'a [Arch]) -> impl Iterator<Item = (&'a Arch, u64)> {
        let Settings { seeds, repeated, .. } = self.settings;
        let count = move |seed| if seed == 0 { archs.len() } else { repeated };
        (0..seeds).flat_map(move |seed| archs.iter().take(count(seed)).map(move |arch| (arch, seed)))
    }

    fn train(&self, arch: &Arch, seed: u64, stop: &AtomicBool) -> Result<Option<Trained>> {
        let network = self.space.canonical_network(arch)?;
        let network = network.ok_or_else(|| Error::Internal(format!("`{arch}` lets nothing through")))?;
        let [train, test] = match train(&network, &self.images, &self.settings.recipe, seed, stop)? {
            Outcome::Trained(measures) => measures.map(Some),
            Outcome::Diverged => [None; 2],
            Outcome::Stopped => return Ok(None),
        };
        Ok(Some(Trained {
            arch: arch.to_string(),
            seed,
            train_accuracy: train.map(|train| train.accuracy),
            test_accuracy: test.map(|test| test.accuracy),
            test_loss: test.map(|test| test.loss),
        }))
    }

    fn manifest(&self) -> Result<Value> {
        let fingerprint = |set: Option<&ImageSet>| set.map(|set| set.fingerprint().to_owned());
        let mut manifest = Map::new();
        for (key, value) in [
            ("version", json!(env!("CARGO_PKG_VERSION"))),
            ("benchmark", json!("zeronas-mini")),
            ("space", json!(self.space.name())),
            ("figures", self.space.macro_settings().into()),
            ("images", json!(self.images.train.name())),
            ("train-images-fingerprint", json!(fingerprint(Some(&self.images.train)))),
            ("test-images-fingerprint", json!(fingerprint(self.images.test.as_ref()))),
            ("image-set", self.images.train.described()),
            ("test-images", json!(self.images.test.as_ref().map(ImageSet::len))),
        ] {
            manifest.insert(key.into(), value);
        }
        let settings = serde_json::to_value(&self.settings).map_err(|error| Error::Internal(error.to_string()))?;
        manifest.extend(settings.as_object().cloned().unwrap_or_default());
        Ok(Value::Object(manifest))
    }
}

/// The journal, and what is in it.
struct Kept {
    lines: Lines,
    found: Found,
}

impl Kept {
    /// Opens the journal at `path`. A training does not depend on the number of others, so a build may be continued with more or fewer
    /// architectures and seeds.
    fn open(path: &Path, manifest: &Value) -> Result<Self> {
        let mut found = HashMap::new();
        let mut lines = Lines::open(path, |line| {
            if line.number == 1 {
                return check_manifest(
                    manifest,
                    &line.parse()?,
                    path,
                    &["images", "image-set", "archs", "seeds", "repeated"],
                );
            }
            let trained: Trained = line.parse()?;
            found.insert((trained.arch.clone(), trained.seed), trained);
            Ok(())
        })?;
        if lines.is_empty() {
            lines.append(manifest)?;
        }
        Ok(Kept { lines, found })
    }

    fn has(&self, arch: &Arch, seed: u64) -> bool {
        self.found.contains_key(&(arch.to_string(), seed))
    }

    fn has_diverged(&self, arch: &Arch, seed: u64) -> bool {
        self.found.get(&(arch.to_string(), seed)).is_some_and(|trained| trained.test_accuracy.is_none())
    }

    fn add(&mut self, trained: Trained) -> Result<()> {
        self.lines.append(&trained)?;
        self.found.insert((trained.arch.clone(), trained.seed), trained);
        Ok(())
    }
}
