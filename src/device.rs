//! The devices that networks run on, by their names for `--device`, and the engines that run them there.

use crate::listener::Listener;
use crate::{Error, Result};
use rayon::ThreadPool;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Arc;
#[cfg(feature = "emulation")]
use zeronas_proxies::engine::cuda::Emulation;
use zeronas_proxies::engine::cuda::{Cuda, Tuning};
use zeronas_proxies::engine::{CandleEngine, CudaEngine, Engine, Fallback, FusedEngine, FusedSettings};

/// Memory of an emulated device, in bytes.
#[cfg(feature = "emulation")]
const EMULATED: usize = 1 << 33;

/// A kind of device. A manifest records only the kind: which of several GPUs was used makes no difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by its number, and how its kernels are tuned; `None` means the tuning that was found best for it.
    Cuda(usize, Option<Tuning>),
    /// A step-by-step emulation of an NVIDIA GPU on the processor, to check the GPU code.
    #[cfg(feature = "emulation")]
    Emulation(Option<Tuning>),
}

impl Device {
    /// Whether it is the processor.
    pub fn is_cpu(&self) -> bool {
        *self == Device::Cpu
    }

    /// Returns the device with its tuning filled in. If none was asked for, this is the tuning stored for this kind of device, or else the
    /// usual one. It is settled before anything is written, so that manifests record it.
    pub fn settled(self, listener: &dyn Listener) -> Self {
        match self {
            Device::Cuda(ordinal, None) => Device::Cuda(ordinal, Some(self.kept(gpu_tuning(ordinal), listener))),
            #[cfg(feature = "emulation")]
            Device::Emulation(None) => Device::Emulation(Some(self.kept(Emulation::kind().tuning(), listener))),
            settled => settled,
        }
    }

    /// Returns the stored tuning if there is one and it can be used, otherwise the usual one.
    fn kept(self, kept: zeronas_proxies::Result<Option<Tuning>>, listener: &dyn Listener) -> Tuning {
        match kept {
            Ok(None) => Tuning::default(),
            Ok(Some(tuning)) => {
                listener.note(&format!("{self} uses the tuning that is kept for it: {tuning}"));
                tuning
            }
            Err(error) => {
                listener.note(&format!("{self} leaves the tuning that is kept for it aside: {error}"));
                Tuning::default()
            }
        }
    }

    /// Opens the device.
    ///
    /// # Errors
    /// Names what is missing.
    pub fn open(self) -> Result<Opened> {
        Ok(match self {
            Device::Cpu => Opened::Cpu,
            Device::Cuda(ordinal, tuning) => Opened::Cuda(open_gpu(ordinal, tuning.unwrap_or_default())?),
            #[cfg(feature = "emulation")]
            Device::Emulation(tuning) => {
                Opened::Cuda(Cuda::on(Emulation::tuned(EMULATED, tuning.unwrap_or_default())?))
            }
        })
    }

    /// Opens the device for the reference engine.
    ///
    /// # Errors
    /// Names what is missing; the reference engine runs on a GPU only if this program was built for that.
    pub fn open_reference(self) -> Result<Opened> {
        Ok(match self {
            Device::Cuda(ordinal, _) => Opened::Reference(CandleEngine::cuda(ordinal)?),
            _ => Opened::Cpu,
        })
    }

    /// Whether this program's reference engine runs on the device.
    pub(crate) fn takes_reference(self) -> bool {
        match self {
            Device::Cpu => true,
            Device::Cuda(..) => cfg!(feature = "candle-cuda"),
            #[cfg(feature = "emulation")]
            Device::Emulation(_) => false,
        }
    }

    /// Returns how many networks to run at a time: `asked` if given, otherwise a default for a machine with `cores` cores.
    pub fn networks(self, asked: Option<usize>, cores: usize) -> usize {
        let at_least = match self {
            Device::Cuda(_, tuning) => tuning.unwrap_or_default().networks as usize,
            _ => 1,
        };
        asked.unwrap_or(cores.max(at_least))
    }
}

#[cfg(feature = "cuda")]
fn open_gpu(ordinal: usize, tuning: Tuning) -> Result<Arc<Cuda>> {
    Ok(Cuda::on(zeronas_proxies::engine::cuda::Driver::open(ordinal, tuning)?))
}

/// The tuning stored for a GPU. If the GPU cannot be opened, that is reported when it is opened.
#[cfg(feature = "cuda")]
fn gpu_tuning(ordinal: usize) -> zeronas_proxies::Result<Option<Tuning>> {
    zeronas_proxies::engine::cuda::Driver::kind(ordinal).map_or(Ok(None), |kind| kind.tuning())
}

#[cfg(not(feature = "cuda"))]
fn gpu_tuning(_ordinal: usize) -> zeronas_proxies::Result<Option<Tuning>> {
    Ok(None)
}

#[cfg(not(feature = "cuda"))]
fn open_gpu(ordinal: usize, _tuning: Tuning) -> Result<Arc<Cuda>> {
    let reason = format!("cuda:{ordinal}: this program was built without CUDA; gpu/build.sh builds one with it");
    Err(Error::setting("device", reason))
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(ordinal, tuning) => f.write_str(&with(&format!("cuda:{ordinal}"), tuning)),
            #[cfg(feature = "emulation")]
            Device::Emulation(tuning) => f.write_str(&with("emulation", tuning)),
        }
    }
}

/// A device with its tuning, if one is asked for.
fn with(device: &str, tuning: &Option<Tuning>) -> String {
    tuning.map_or(device.into(), |tuning| format!("{device},{tuning}"))
}

/// A kind of device as a manifest records it: with the part of its tuning that affects sums, if that is not the usual one.
fn described(device: &str, tuning: Option<Tuning>) -> String {
    let tuning = tuning.map(|tuning| tuning.of_sums()).filter(|tuning| *tuning != Tuning::default());
    with(device, &tuning)
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        match device {
            Device::Cpu => device.to_string(),
            Device::Cuda(_, tuning) => described("cuda", tuning),
            #[cfg(feature = "emulation")]
            Device::Emulation(tuning) => described("emulation", tuning),
        }
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text == "cpu" {
            return Ok(Device::Cpu);
        }
        let (text, tuning) = match text.split_once(',') {
            Some((text, tuning)) => (text, Some(tuning.parse()?)),
            None => (text, None),
        };
        let ordinal = |text: &str| text.strip_prefix("cuda:").and_then(|ordinal| ordinal.parse().ok());
        match text {
            "cuda" => Ok(Device::Cuda(0, tuning)),
            #[cfg(feature = "emulation")]
            "emulation" => Ok(Device::Emulation(tuning)),
            text => match ordinal(text) {
                Some(ordinal) => Ok(Device::Cuda(ordinal, tuning)),
                None => Err("there are cpu, cuda and cuda:N".into()),
            },
        }
    }
}

impl TryFrom<String> for Device {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse().map_err(|error| format!("device `{text}`: {error}"))
    }
}

/// Threads that the processor runs at a time.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Returns a pool of this many threads.
///
/// # Errors
/// Names the setting `threads` if they cannot be started.
pub(crate) fn pool(threads: usize) -> Result<ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| Error::setting("threads", error.to_string()))
}

/// A device that is ready. Engines on one GPU share it.
#[derive(Clone, Debug)]
pub enum Opened {
    /// The processor.
    Cpu,
    /// A GPU, or its emulation.
    Cuda(Arc<Cuda>),
    /// The reference engine on a GPU.
    Reference(CandleEngine),
}

impl Opened {
    /// Returns the device's fast engine, for one network at a time; whatever it does not support runs on the reference engine.
    pub fn engine(&self, settings: FusedSettings) -> Box<dyn Engine> {
        match self {
            Opened::Cpu => Box::new(Fallback::new(FusedEngine::new(settings))),
            Opened::Cuda(cuda) => Box::new(Fallback::new(CudaEngine::new(Arc::clone(cuda)))),
            Opened::Reference(engine) => Box::new(engine.clone()),
        }
    }

    /// The reference engine, on the device if it was opened for it.
    pub fn reference(&self) -> CandleEngine {
        match self {
            Opened::Reference(engine) => engine.clone(),
            Opened::Cpu | Opened::Cuda(_) => CandleEngine::cpu(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Device;
    use zeronas_proxies::engine::cuda::Tuning;

    fn gpu(ordinal: usize) -> Device {
        Device::Cuda(ordinal, None)
    }

    #[test]
    fn names_are_those_of_the_flag() {
        for (text, device) in [("cpu", Device::Cpu), ("cuda", gpu(0)), ("cuda:0", gpu(0)), ("cuda:3", gpu(3))] {
            assert_eq!(text.parse(), Ok(device));
        }
        for text in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "CUDA", "cpu,step=16", "cuda,step=3"] {
            assert!(text.parse::<Device>().is_err(), "{text}");
        }
        assert_eq!(serde_json::to_string(&gpu(3)).unwrap(), "\"cuda\"");
        assert_eq!(serde_json::from_str::<Device>("\"cpu\"").unwrap(), Device::Cpu);
    }

    /// A manifest records what affects sums.
    #[test]
    fn a_tuning_follows_the_device() {
        let device: Device = "cuda:1,step=16,tensor_cores=1".parse().unwrap();
        assert_eq!(device.to_string(), "cuda:1,step=16,tensor_cores=1");
        assert_eq!(serde_json::to_string(&device).unwrap(), "\"cuda,tensor_cores=1\"");
        let usual: Device = "cuda:1,usual".parse().unwrap();
        assert_eq!(usual, Device::Cuda(1, Some(Tuning::default())));
        assert_eq!(
            (usual.to_string(), serde_json::to_string(&usual).unwrap()),
            ("cuda:1,usual".into(), "\"cuda\"".into())
        );
    }

    #[test]
    fn what_is_asked_for_is_settled() {
        for text in ["cpu", "cuda:0,usual", "cuda:0,step=16"] {
            let device: Device = text.parse().unwrap();
            assert_eq!(device.settled(&()), device);
        }
    }

    #[test]
    fn a_gpu_gets_more_networks_than_there_are_cores() {
        assert_eq!(Device::Cpu.networks(None, 2), 2);
        assert_eq!(gpu(0).networks(None, 2), 32);
        assert_eq!(gpu(0).networks(None, 64), 64);
        assert_eq!(gpu(0).networks(Some(3), 2), 3);
        assert_eq!("cuda,networks=128".parse::<Device>().unwrap().networks(None, 2), 128);
    }
}
