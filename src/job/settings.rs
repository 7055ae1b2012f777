//! Everything that decides the scores of a job, checked in one place.

use super::Preset;
use crate::device::{Device, Opened};
use crate::listener::Listener;
use crate::space::{self, SearchSpace};
use crate::words::Word;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use zeronas_datasets::image::{Augmentation, Dimensions, Drawing};
use zeronas_datasets::{Order, Source};
use zeronas_proxies::Protocol;
use zeronas_proxies::engine::{Engine, FusedSettings, Precision};
use zeronas_proxies::network::{Init, Shape};

/// In which order minibatches take images from their set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageOrder {
    /// Shuffled by the seed.
    #[default]
    Shuffled,
    /// In the order of the file.
    File,
}

impl Word for EngineChoice {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (EngineChoice::Fused, "fused", "The fast CPU engine"),
        (EngineChoice::Candle, "candle", "The reference engine, on Candle tensors"),
        (EngineChoice::Cuda, "cuda", "The engine for CUDA devices"),
    ];
}

impl Word for Init {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Init::TorchDefault, "torch-default", "Uniform in +-1/sqrt(fan_in), PyTorch's default"),
        (Init::KaimingUniform, "kaiming-uniform", "Uniform in +-sqrt(6/fan_in)"),
        (Init::KaimingNormal, "kaiming-normal", "N(0, 2/fan_in)"),
        (Init::Gaussian, "gaussian", "N(0, 1)"),
        (
            Init::VarianceScaling,
            "variance-scaling",
            "Convolutions truncated N(0, 1/fan_in), linear +-sqrt(6/(fan_in + fan_out)): NAS-Bench-101's",
        ),
        (Init::Perturbed, "perturbed", "As kaiming-uniform, batch norms off their fixed point"),
    ];
}

impl Word for Precision {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Precision::F32, "f32", "32 bits"), (Precision::F64, "f64", "64 bits")];
}

impl Word for ImageOrder {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (ImageOrder::Shuffled, "shuffled", "Shuffled by the seed"),
        (ImageOrder::File, "file", "As the file has them"),
    ];
}

impl From<ImageOrder> for Order {
    fn from(order: ImageOrder) -> Self {
        match order {
            ImageOrder::Shuffled => Order::Shuffled,
            ImageOrder::File => Order::File,
        }
    }
}

/// What runs the networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineChoice {
    /// The fast CPU engine.
    #[default]
    Fused,
    /// The reference engine, on Candle tensors.
    Candle,
    /// The engine for CUDA devices.
    Cuda,
}

impl EngineChoice {
    /// The default engine: on a GPU its own, on the CPU the fast one for 32-bit and the reference engine for 64-bit floats.
    pub fn of(device: Device, dtype: Precision) -> Self {
        match dtype {
            _ if !device.is_cpu() => EngineChoice::Cuda,
            Precision::F32 => EngineChoice::Fused,
            Precision::F64 => EngineChoice::Candle,
        }
    }
}

/// One part of a job that is split over several processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which part, from 1.
    pub index: usize,
    /// How many parts.
    pub count: usize,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Shard { index, count }),
            Some((index, count)) => Err(format!("there is no part {index} of {count}; parts are numbered from 1")),
            None => Err("must read I/N, part I of N".into()),
        }
    }
}

/// The settings that determine a job's scores, besides its space, architectures and images. The names are those of `ScoreRequest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The published protocol that supplied the settings not given explicitly.
    pub protocol: Option<Preset>,
    /// Proxies, in the order of their rows.
    pub proxies: Vec<String>,
    /// Images in a minibatch.
    pub batch_size: usize,
    /// How minibatches take images from their set.
    pub image_order: ImageOrder,
    /// Whether images are mirrored and cropped at random, as in training.
    pub augment: bool,
    /// First seed; it determines weights, images and labels.
    pub seed: u64,
    /// Number of seeds, counted up from the first.
    pub seeds: u64,
    /// Initial weights.
    pub init: Init,
    /// Precision of the computation.
    pub dtype: Precision,
    /// Where networks run.
    pub device: Device,
    /// The engine that runs them. Engines agree up to rounding, not bit for bit.
    pub engine: EngineChoice,
    /// In the fused engine, direct convolutions only, no Winograd.
    pub exact: bool,
    /// Score networks as the benchmark writes them, dead layers included, instead of their canonical form.
    pub as_written: bool,
    /// Which part of the job, if it is split.
    pub shard: Option<Shard>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            protocol: None,
            proxies: ["naswot", "synflow", "grad_norm"].map(String::from).to_vec(),
            batch_size: 64,
            image_order: ImageOrder::default(),
            augment: false,
            seed: 0,
            seeds: 1,
            init: Init::default(),
            dtype: Precision::default(),
            device: Device::default(),
            engine: EngineChoice::default(),
            exact: false,
            as_written: false,
            shard: None,
        }
    }
}

impl Settings {
    /// Checks that the settings are consistent and fit this space and these images; the names of proxies are checked elsewhere.
    pub(crate) fn check(&self, space: &dyn SearchSpace, images: &Source) -> Result<()> {
        space.check()?;
        self.check_rows()?;
        if let (Some(protocol), Some(benchmark)) = (self.protocol, space::benchmark(space.name()))
            && !benchmark.protocols.contains(&protocol.word())
        {
            let reason = format!(
                "{} is a protocol of other spaces than {}; set `init=`, `batch_size=` and the rest",
                protocol.word(),
                space.name()
            );
            return Err(Error::setting("protocol", reason));
        }
        let runs = match self.engine {
            EngineChoice::Fused => self.device.is_cpu(),
            EngineChoice::Candle => self.device.takes_reference(),
            EngineChoice::Cuda => !self.device.is_cpu(),
        };
        if !runs {
            let engine = self.engine.word();
            let built = if self.engine == EngineChoice::Candle {
                " in this program; one built with candle-cuda may"
            } else {
                ""
            };
            return Err(Error::setting("engine", format!("{engine} does not run on `device=` {}{built}", self.device)));
        }
        check_images(space, images.dimensions())?;
        images.check_classes(space.classes())?;
        if self.augment && !matches!(images, Source::Set(_)) {
            return Err(Error::setting("augment", format!("changes real images; these are {}", images.name())));
        }
        Ok(())
    }

    /// Checks that every architecture has rows and that every row has a seed.
    pub(super) fn check_rows(&self) -> Result<()> {
        if self.proxies.is_empty() {
            return Err(Error::setting("proxies", "names no proxy"));
        }
        if self.seeds == 0 {
            return Err(Error::setting("seeds", "must be at least 1"));
        }
        if self.seed.checked_add(self.seeds - 1).is_none() {
            return Err(Error::setting("seeds", format!("{} seeds from {} are beyond 2^64", self.seeds, self.seed)));
        }
        Ok(())
    }

    /// All seeds.
    pub(super) fn seeds(&self) -> impl Iterator<Item = u64> + use<> {
        (0..self.seeds).map({
            let first = self.seed;
            move |i| first + i
        })
    }

    /// Returns the same settings with the tuning of their device ([`Device::settled`]), if their engine uses any.
    pub fn settled(self, listener: &dyn Listener) -> Self {
        match self.engine {
            EngineChoice::Cuda => Settings { device: self.device.settled(listener), ..self },
            EngineChoice::Fused | EngineChoice::Candle => self,
        }
    }

    /// Readies the settings' device for their engine.
    ///
    /// # Errors
    /// Names what is missing.
    pub fn open(&self) -> Result<Opened> {
        match self.engine {
            EngineChoice::Candle => self.device.open_reference(),
            EngineChoice::Fused | EngineChoice::Cuda => self.device.open(),
        }
    }

    /// Creates an engine on the settings' device that works on one network with this many threads, if it supports threads.
    pub(crate) fn engine(&self, device: &Opened, threads: usize) -> Box<dyn Engine> {
        match self.engine {
            EngineChoice::Candle => Box::new(device.reference()),
            EngineChoice::Fused | EngineChoice::Cuda => device.engine(FusedSettings { exact: self.exact, threads }),
        }
    }

    /// How minibatches are drawn.
    pub(super) fn drawing(&self) -> Drawing {
        let augmentation = if self.augment { Augmentation::STANDARD } else { Augmentation::default() };
        Drawing { order: self.image_order.into(), augmentation }
    }

    pub(crate) fn protocol(&self) -> Protocol {
        Protocol { init: self.init, precision: self.dtype }
    }
}

/// Checks that a space's networks accept images of these dimensions.
pub(crate) fn check_images(space: &dyn SearchSpace, images: Dimensions) -> Result<()> {
    let Shape { channels, height, width } = space.input();
    let takes = Dimensions { channels, height, width };
    if takes == images {
        return Ok(());
    }
    Err(match takes.side() {
        Some(side) => Error::setting("resolution", format!("is {side}, the images are {images}")),
        None => {
            Error::setting("images", format!("are {images}, the networks take {takes}; there are synthetic and noise"))
        }
    })
}
