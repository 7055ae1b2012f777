//! Requests to score architectures.

use super::{EngineChoice, ImageOrder, Job, Preset, Scoring, Settings, Shard, Summary};
use crate::Result;
use crate::device::{Device, cores};
use crate::images::Images;
use crate::listener::{Listener, Stop};
use crate::space::{self, Arch, ArchChoice, Archs, Constrained, Constraint, SearchSpace, SpaceChoice};
use crate::words::Word;
use std::path::PathBuf;
use std::sync::Arc;
use zeronas_datasets::image::Reading;
use zeronas_proxies::engine::Precision;
use zeronas_proxies::network::Init;
use zeronas_proxies::proxy;

/// Scores architectures into a file. A setting that is `None` comes from the protocol, or without one from the default of [`Settings`].
#[derive(Clone, Debug)]
pub struct ScoreRequest {
    /// The space; ignored for your own networks.
    pub space: SpaceChoice,
    /// The architectures.
    pub archs: ArchChoice,
    /// Limits that the architectures must satisfy. Those that do not are left out, and are never sampled.
    pub limits: Vec<Constraint>,
    /// The published protocol that supplies the settings left open.
    pub protocol: Option<Preset>,
    /// Proxies and groups of proxies; `default` stands for the proxies in the space's default aggregate.
    pub proxies: Option<Vec<String>>,
    /// Proxies to add to the finished file at [`out`](Self::out), which was made with the same other settings; only these are computed.
    pub add_proxies: Vec<String>,
    /// `embedded`, `synthetic`, `noise`, or the path of an image set.
    pub images: Option<String>,
    /// Leave damaged pictures out, instead of refusing the folder.
    pub skip_damaged: bool,
    /// Mirror and crop images at random, as for training; a protocol may do so too.
    pub augment: bool,
    /// How the minibatch takes images from the set.
    pub image_order: ImageOrder,
    /// Images in the minibatch.
    pub batch_size: Option<usize>,
    /// First seed: it decides weights, images and labels.
    pub seed: u64,
    /// Number of seeds, counted up from the first.
    pub seeds: u64,
    /// Initial weights.
    pub init: Option<Init>,
    /// Precision of the passes over data.
    pub dtype: Precision,
    /// Where networks run.
    pub device: Device,
    /// The engine that runs them; by default the device's own engine for this precision.
    pub engine: Option<EngineChoice>,
    /// Direct convolutions only, no Winograd.
    pub exact: bool,
    /// Score networks as the benchmark writes them, dead layers included; a protocol may do so too.
    pub as_written: bool,
    /// Number of threads, or of networks at a time on a GPU; by default what suits the device.
    pub threads: Option<usize>,
    /// Maximum number of networks at a time.
    pub at_once: Option<usize>,
    /// Bytes that scoring may take on the CPU: no more networks run at a time than fit.
    pub memory: Option<u64>,
    /// Which part of the job, if it is split.
    pub shard: Option<Shard>,
    /// The score file: CSV if its name ends in `.csv`, otherwise Parquet.
    pub out: PathBuf,
    /// Continue what an earlier run left at [`out`](Self::out).
    pub resume: bool,
}

/// A finished scoring.
pub struct Scored {
    /// How many architectures and networks it covered.
    pub summary: Summary,
    /// The space, with the settings that follow from the images.
    pub space: Arc<dyn SearchSpace>,
}

impl ScoreRequest {
    /// Creates a request that scores these architectures of the default space into this file, with default settings.
    pub fn new(archs: impl Into<ArchChoice>, out: impl Into<PathBuf>) -> Self {
        let Settings { image_order, seed, seeds, dtype, device, .. } = Settings::default();
        ScoreRequest {
            space: SpaceChoice::default(),
            archs: archs.into(),
            limits: Vec::new(),
            protocol: None,
            proxies: None,
            add_proxies: Vec::new(),
            images: None,
            skip_damaged: false,
            augment: false,
            image_order,
            batch_size: None,
            seed,
            seeds,
            init: None,
            dtype,
            device,
            engine: None,
            exact: false,
            as_written: false,
            threads: None,
            at_once: None,
            memory: None,
            shard: None,
            out: out.into(),
            resume: false,
        }
    }

    /// Scores what is not scored yet, and writes the file.
    ///
    /// # Errors
    /// Names the setting, file, row or architecture at fault; [`Interrupted`](crate::Error::Interrupted) after `stop`.
    pub fn run(&self, stop: &Stop, listener: &dyn Listener) -> Result<Scored> {
        let added = proxy::find(&self.add_proxies)?;
        let added: Vec<String> = added.iter().map(|proxy| proxy.info().name.to_owned()).collect();
        let job = self.job(listener)?;
        let summary = match added.as_slice() {
            [] => job.run(stop, listener)?,
            added => job.add(added, stop, listener)?,
        };
        if summary.on_reference > 0 {
            let engine = job.scoring.settings.engine.word();
            let have = if summary.on_reference == 1 { "network has" } else { "networks have" };
            listener.note(&format!(
                "{} {have} layers that the {engine} engine does not take, and ran on the reference engine",
                summary.on_reference
            ));
        }
        Ok(Scored { summary, space: job.scoring.space })
    }

    /// Builds the job of this request and reads its images.
    ///
    /// # Errors
    /// As [`ScoreRequest::run`].
    pub fn job(&self, listener: &dyn Listener) -> Result<Job> {
        let preset = self.protocol.map_or_else(Settings::default, Preset::settings);
        let made_up = self.protocol.and_then(Preset::images);
        let name = self.images.as_deref().or(made_up).unwrap_or("embedded");
        let choice = match &self.archs.archs {
            Archs::Benchmark(path) => self.space.trained(path, listener)?,
            _ => self.space.clone(),
        };
        let reading = Reading { classes: choice.classes(), skip_damaged: self.skip_damaged };
        let images = Images::find(name, &reading)?;
        let space: Arc<dyn SearchSpace> = match self.archs.networks()? {
            Some(networks) => Arc::new(networks),
            None => images.space_for(&choice)?.into(),
        };
        let limited = Constrained::of(space.clone(), &self.limits, None)?;
        let (mut archs, sampler) = self.archs.read(limited.as_ref(), listener)?;
        keep_admitted(&mut archs, limited.as_ref())?;
        limited.refusals().iter().for_each(|told| listener.note(told));
        let images = images.read_noted(space.as_ref(), listener)?.source();
        let asked = self.proxies.as_ref().unwrap_or(&preset.proxies).iter().flat_map(|name| {
            // The parts of the default aggregate.
            let parts = if name == "default" { space::ranked_by(Some(space.name())) } else { &[] };
            let itself = parts.is_empty().then_some(name.as_str());
            itself.into_iter().chain(parts.iter().copied())
        });
        let proxies = proxy::find(&asked.collect::<Vec<_>>())?;
        let settings = Settings {
            protocol: self.protocol,
            proxies: proxies.iter().map(|proxy| proxy.info().name.into()).collect(),
            batch_size: self.batch_size.unwrap_or(preset.batch_size),
            augment: self.augment || preset.augment,
            image_order: self.image_order,
            seed: self.seed,
            seeds: self.seeds,
            init: self.init.unwrap_or(preset.init),
            dtype: self.dtype,
            device: self.device,
            engine: self.engine.unwrap_or_else(|| EngineChoice::of(self.device, self.dtype)),
            exact: self.exact,
            as_written: self.as_written || preset.as_written,
            shard: self.shard,
        };
        let settings = settings.settled(listener);
        let threads = settings.device.networks(self.threads, cores());
        let scoring = Scoring { space, images, settings, threads, at_once: self.at_once, own_proxies: Vec::new() };
        Ok(Job { scoring, archs, sampler, out: self.out.clone(), resume: self.resume, memory: self.memory })
    }
}

/// Leaves out the architectures that break a limit.
fn keep_admitted(archs: &mut Vec<Arch>, space: &dyn SearchSpace) -> Result<()> {
    let mut kept = Vec::with_capacity(archs.len());
    for arch in archs.drain(..) {
        if space.admits(&arch)? {
            kept.push(arch);
        }
    }
    *archs = kept;
    Ok(())
}
