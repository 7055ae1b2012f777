//! Devices by name.

use crate::{Outcome, say};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use zeronas_proxies::engine::cuda::{Cuda, Device, Tuning};

/// A device by what `--device` calls it, apart from its tuning.
#[derive(Clone, Debug)]
pub struct Named {
    place: String,
    pub tuning: Tuning,
}

impl Named {
    pub fn read(text: &str) -> Outcome<Self> {
        let (place, tuning) = text.split_once(',').unwrap_or((text, ""));
        Ok(Named { place: place.to_owned(), tuning: tuning.parse()? })
    }

    pub fn tuned(&self, tuning: Tuning) -> Self {
        Named { tuning, ..self.clone() }
    }

    /// Opens it.
    pub fn device(&self) -> Outcome<Box<dyn Device>> {
        match self.place.as_str() {
            #[cfg(feature = "emulation")]
            "emulation" => {
                let emulation = zeronas_proxies::engine::cuda::Emulation::tuned(1 << 34, self.tuning);
                Ok(Box::new(emulation.map_err(|error| error.to_string())?))
            }
            #[cfg(feature = "cuda")]
            place if place.starts_with("cuda") => {
                let driver = zeronas_proxies::engine::cuda::Driver::open(ordinal(place)?, self.tuning);
                Ok(Box::new(driver.map_err(|error| error.to_string())?))
            }
            place => Err(unknown(place)),
        }
    }

    /// Keeps its tuning for devices of its kind; where.
    pub fn keep(&self) -> Outcome<PathBuf> {
        match self.place.as_str() {
            #[cfg(feature = "emulation")]
            "emulation" => {
                let kind = zeronas_proxies::engine::cuda::Emulation::kind();
                kind.keep(&self.tuning).map_err(|error| error.to_string())
            }
            #[cfg(feature = "cuda")]
            place if place.starts_with("cuda") => {
                let kind = zeronas_proxies::engine::cuda::Driver::kind(ordinal(place)?);
                kind.and_then(|kind| kind.keep(&self.tuning)).map_err(|error| error.to_string())
            }
            place => Err(unknown(place)),
        }
    }

    /// Opens it to be shared.
    pub fn open(&self) -> Outcome<Arc<Cuda>> {
        Ok(Cuda::of(self.device()?))
    }
}

fn unknown(place: &str) -> String {
    format!("there is no device `{place}` in this program: it is built with other features")
}

/// The number of a GPU.
#[cfg(feature = "cuda")]
fn ordinal(place: &str) -> Outcome<usize> {
    let number = if place == "cuda" { Some("0") } else { place.strip_prefix("cuda:") };
    number.and_then(|number| number.parse().ok()).ok_or_else(|| format!("`{place}` is no device"))
}

/// Opens a device, and measures copies and launches.
pub fn probe(name: &str) -> Outcome<()> {
    let start = Instant::now();
    let cuda = Named::read(name)?.open()?;
    say(&json!({ "device": cuda.name(), "opened_s": start.elapsed().as_secs_f64() }));
    let probe = cuda.probe().map_err(|error| error.to_string())?;
    say(&json!({
        "upload_gb_s": probe.upload / 1e9,
        "download_gb_s": probe.download / 1e9,
        "memory_gb_s": probe.memory / 1e9,
        "launch_us": probe.launch.as_secs_f64() * 1e6,
        "round_trip_us": probe.round_trip.as_secs_f64() * 1e6,
    }));
    Ok(())
}

/// Compiles every variant of the kernels for an architecture into the folder of compiled kernels.
#[cfg(feature = "cuda")]
pub fn compile(architecture: &str) -> Outcome<()> {
    for tuning in Tuning::variants() {
        match zeronas_proxies::engine::cuda::Driver::compile(tuning, architecture) {
            Ok(()) => say(&json!({ "variant": tuning.to_string(), "compiled": architecture })),
            Err(error) => say(&json!({ "variant": tuning.to_string(), "refused": error.to_string() })),
        }
    }
    Ok(())
}

/// Without CUDA there is no compiler for it.
#[cfg(not(feature = "cuda"))]
pub fn compile(_architecture: &str) -> Outcome<()> {
    Err("this program is built without CUDA".into())
}
