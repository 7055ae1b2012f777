//! Where networks run, by the names of `--device`, and what runs them there.

use crate::Result;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Arc;
use zeronas_proxies::engine::cuda::Cuda;
#[cfg(feature = "emulation")]
use zeronas_proxies::engine::cuda::Emulation;
use zeronas_proxies::engine::{CudaEngine, Engine, Fallback, FusedEngine, FusedSettings};

/// Networks that are on a GPU at a time unless something else is asked for: enough to fill it with small ones.
const ON_A_GPU: usize = 32;

/// Memory of an emulated device, in bytes.
#[cfg(feature = "emulation")]
const EMULATED: usize = 1 << 33;

/// A kind of device. A manifest holds the kind: which of several GPUs it was changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by its number.
    Cuda(usize),
    /// What an NVIDIA GPU would do, step by step on the processor: to check it.
    #[cfg(feature = "emulation")]
    Emulation,
}

impl Device {
    /// Whether it is the processor.
    pub fn is_cpu(&self) -> bool {
        *self == Device::Cpu
    }

    /// Readies the device.
    ///
    /// # Errors
    /// Names what is missing.
    pub fn open(self) -> Result<Opened> {
        Ok(match self {
            Device::Cpu => Opened::Cpu,
            Device::Cuda(ordinal) => Opened::Cuda(open_gpu(ordinal)?),
            #[cfg(feature = "emulation")]
            Device::Emulation => Opened::Cuda(Cuda::on(Emulation::new(EMULATED)?)),
        })
    }

    /// Networks to run at a time where so many were asked for, on a machine of so many cores.
    pub fn networks(self, asked: Option<usize>, cores: usize) -> usize {
        asked.unwrap_or(if matches!(self, Device::Cuda(_)) { cores.max(ON_A_GPU) } else { cores })
    }
}

#[cfg(feature = "cuda")]
fn open_gpu(ordinal: usize) -> Result<Arc<Cuda>> {
    Ok(Cuda::open(ordinal)?)
}

#[cfg(not(feature = "cuda"))]
fn open_gpu(ordinal: usize) -> Result<Arc<Cuda>> {
    let reason = format!("cuda:{ordinal}: this program was built without CUDA; gpu/build.sh builds one with it");
    Err(crate::Error::setting("device", reason))
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
            #[cfg(feature = "emulation")]
            Device::Emulation => f.write_str("emulation"),
        }
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        match device {
            Device::Cuda(_) => "cuda".into(),
            device => device.to_string(),
        }
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let ordinal = |text: &str| text.strip_prefix("cuda:").and_then(|ordinal| ordinal.parse().ok());
        match text {
            "cpu" => Ok(Device::Cpu),
            "cuda" => Ok(Device::Cuda(0)),
            #[cfg(feature = "emulation")]
            "emulation" => Ok(Device::Emulation),
            text => ordinal(text).map(Device::Cuda).ok_or_else(|| "there are cpu, cuda and cuda:N".into()),
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

/// A device that is ready. Engines on one GPU share it.
#[derive(Clone, Debug)]
pub enum Opened {
    /// The processor.
    Cpu,
    /// A GPU, or what stands in for it.
    Cuda(Arc<Cuda>),
}

impl Opened {
    /// The device's fast engine, for one network at a time; what it does not take runs on the reference.
    pub fn engine(&self, settings: FusedSettings) -> Box<dyn Engine> {
        match self {
            Opened::Cpu => Box::new(Fallback::new(FusedEngine::new(settings))),
            Opened::Cuda(cuda) => Box::new(Fallback::new(CudaEngine::new(Arc::clone(cuda)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Device;

    #[test]
    fn names_are_those_of_the_flag() {
        for (text, device) in
            [("cpu", Device::Cpu), ("cuda", Device::Cuda(0)), ("cuda:0", Device::Cuda(0)), ("cuda:3", Device::Cuda(3))]
        {
            assert_eq!(text.parse(), Ok(device));
        }
        for text in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "CUDA"] {
            assert!(text.parse::<Device>().is_err(), "{text}");
        }
        assert_eq!(serde_json::to_string(&Device::Cuda(3)).unwrap(), "\"cuda\"");
        assert_eq!(serde_json::from_str::<Device>("\"cpu\"").unwrap(), Device::Cpu);
    }

    #[test]
    fn a_gpu_gets_more_networks_than_there_are_cores() {
        assert_eq!(Device::Cpu.networks(None, 2), 2);
        assert_eq!(Device::Cuda(0).networks(None, 2), 32);
        assert_eq!(Device::Cuda(0).networks(None, 64), 64);
        assert_eq!(Device::Cuda(0).networks(Some(3), 2), 3);
    }
}
