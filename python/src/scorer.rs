//! Scoring that keeps everything that determines a score from one call to the next.

use crate::command::Notes;
use crate::error::raised;
use crate::interrupt::interruptible;
use crate::proxy::OwnProxy;
use crate::space::{Origin, Space};
use crate::table::Table;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use zeronas::Error;
use zeronas::device::{Opened, cores};
use zeronas::images::Images;
use zeronas::job::{EngineChoice, Manifest, Preset, Scoring, Settings};
use zeronas::results::check_manifest;
use zeronas::space::{Arch, SearchSpace};
use zeronas_datasets::image::Reading;
use zeronas_datasets::{ImageSet, Source};
use zeronas_proxies::proxy::{self, Proxy};

/// The source of mini-batches: the word or path of the command line and whether damaged pictures are left out, or the bytes of
/// 32-bit floats with their labels and side.
#[derive(FromPyObject)]
enum Given {
    Array(PyBackedBytes, Vec<u32>, usize),
    Path(PathBuf, bool),
}

/// A set of proxies for a space and its images.
#[pyclass(frozen, module = "zeronas._native")]
pub struct Scorer {
    scoring: Scoring,
    /// The space as given, with the macro settings that follow from the images.
    space: Space,
    /// The description, in one line, of what was read, if anything was.
    read: Option<String>,
    /// Opened by the first call, so that a scorer can be created where the device is missing.
    device: OnceLock<Opened>,
    own: Vec<OwnProxy>,
    /// Held during a call if there are custom proxies: the exceptions that they raise belong to one call.
    turn: Mutex<()>,
}

#[pymethods]
impl Scorer {
    /// `settings` is JSON: the manifest's settings that differ from the default, or from those of the protocol if one is named.
    #[new]
    fn new(
        py: Python<'_>,
        space: &Space,
        settings: &str,
        images: Option<Given>,
        threads: Option<usize>,
        at_once: Option<usize>,
        own: Vec<PyRef<'_, OwnProxy>>,
    ) -> PyResult<Self> {
        let own: Vec<OwnProxy> = own.iter().map(|own| (*own).clone()).collect();
        py.detach(|| {
            let own_proxies: Vec<Arc<dyn Proxy>> =
                own.iter().map(|own| Arc::new(own.clone()) as Arc<dyn Proxy>).collect();
            let settings = settings_of(settings, &own_proxies)?.settled(&Notes);
            let made_up = settings.protocol.and_then(Preset::images);
            let (space, images, read) = fitted(images, made_up, space)?;
            let threads = settings.device.networks(threads, cores());
            let scoring = Scoring { space: space.space.clone(), images, settings, threads, at_once, own_proxies };
            scoring.check().map_err(raised)?;
            Ok(Scorer { scoring, space, read, device: OnceLock::new(), own, turn: Mutex::new(()) })
        })
    }

    /// The space whose networks are scored: its classes and resolution are those of the images unless others were requested.
    #[getter]
    fn space(&self) -> Space {
        self.space.clone()
    }

    /// The description, in one line, of the images read.
    #[getter]
    fn images(&self) -> Option<&str> {
        self.read.as_deref()
    }

    /// Scores architectures; returns one row per architecture, seed and proxy.
    fn score(&self, py: Python<'_>, archs: Vec<String>) -> PyResult<Table> {
        let archs = archs.iter().map(|arch| self.scoring.space.parse(arch));
        let archs: Vec<Arch> = archs.collect::<zeronas::Result<_>>().map_err(raised)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (scored, failure) = interruptible(py, &stop, || {
            let _turn = (!self.own.is_empty()).then(|| self.turn.lock().unwrap_or_else(PoisonError::into_inner));
            let scored = self.scoring.scores(self.device()?, &archs, &stop, &|_| {
                if self.own.iter().any(|own| own.has_failed()) {
                    stop.store(true, Ordering::Relaxed);
                }
            });
            Ok((scored, self.own.iter().find_map(|own| own.take_failure())))
        })?;
        match failure {
            Some(failure) => Err(failure),
            None => {
                let lower = self.own.iter().filter_map(OwnProxy::lower_is_better).collect();
                let manifest = self.manifest()?;
                scored.map(|scores| Table::of_scores(scores, lower, manifest)).map_err(raised)
            }
        }
    }

    /// Returns the manifest of score files with these settings, as JSON, without the entries on architectures.
    fn manifest(&self) -> PyResult<String> {
        Ok(self.settled()?.to_string())
    }

    /// Checks that scores whose manifest, at `path`, is `found` can be continued.
    fn check_manifest(&self, found: &str, path: PathBuf) -> PyResult<()> {
        let damaged = |error: serde_json::Error| raised(Error::file(&path, error.to_string()));
        let found: Value = serde_json::from_str(found).map_err(damaged)?;
        // The location of images does not matter; their fingerprint identifies them.
        check_manifest(&self.settled()?, &found, &path, &["images", "image_set"]).map_err(raised)
    }
}

impl Scorer {
    /// Returns the part of a manifest that does not depend on the architectures.
    fn settled(&self) -> PyResult<Value> {
        let manifest = serde_json::to_value(Manifest::new(&self.scoring, &[], None));
        let mut manifest = manifest.map_err(|error| PyValueError::new_err(error.to_string()))?;
        if let Value::Object(entries) = &mut manifest {
            entries.retain(|name, _| !["archs", "archs_sha256", "sampler", "shard"].contains(&name.as_str()));
        }
        Ok(manifest)
    }

    fn device(&self) -> zeronas::Result<&Opened> {
        if let Some(device) = self.device.get() {
            return Ok(device);
        }
        let device = self.scoring.settings.open()?;
        Ok(self.device.get_or_init(|| device))
    }
}

/// Parses the settings and gives proxies the names that they declare.
fn settings_of(text: &str, own: &[Arc<dyn Proxy>]) -> PyResult<Settings> {
    let refused = |error: serde_json::Error| PyValueError::new_err(format!("settings: {error}"));
    let given: Value = serde_json::from_str(text).map_err(refused)?;
    let protocol: Option<Preset> = serde_json::from_value(given["protocol"].clone()).map_err(refused)?;
    let automatic = given["engine"].is_null();
    let base = protocol.map_or_else(Settings::default, Preset::settings);
    let mut all = serde_json::to_value(base).map_err(refused)?;
    if let (Value::Object(all), Value::Object(given)) = (&mut all, given) {
        all.extend(given);
    }
    let mut settings: Settings = serde_json::from_value(all).map_err(refused)?;
    if automatic {
        settings.engine = EngineChoice::of(settings.device, settings.dtype);
    }
    let proxies = proxy::find_among(&settings.proxies, own).map_err(|error| raised(error.into()))?;
    Ok(Settings { proxies: proxies.iter().map(|proxy| proxy.info().name.into()).collect(), ..settings })
}

/// Returns the space with the macro settings that follow from the images, the images, and the description of what was read.
fn fitted(given: Option<Given>, made_up: Option<&str>, space: &Space) -> PyResult<(Space, Source, Option<String>)> {
    let named = match space.origin.as_ref() {
        Origin::Name(name, asked) => {
            let asked: Vec<_> = asked.iter().map(|(setting, value)| (setting.as_str(), value.clone())).collect();
            Some((name.as_str(), asked))
        }
        Origin::Networks(_) | Origin::Choices(..) => None,
    };
    let (path, skip_damaged) = match given {
        Some(Given::Array(bytes, labels, side)) => {
            let pixels = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect();
            let set = ImageSet::of_floats(pixels, labels, side).map_err(|error| raised(error.into()))?;
            return Ok((space.clone(), Source::Set(set), None));
        }
        Some(Given::Path(path, skip_damaged)) => (path.to_string_lossy().into_owned(), skip_damaged),
        None => (made_up.unwrap_or("embedded").to_owned(), false),
    };
    let classes = named.iter().flat_map(|(_, asked)| asked).find(|(setting, _)| *setting == "classes");
    let classes = classes.and_then(|(_, classes)| classes.as_u64()).map(|classes| classes as usize);
    let images = Images::find(&path, &Reading { classes, skip_damaged }).map_err(raised)?;
    let fitted: Arc<dyn SearchSpace> = match named {
        Some((name, asked)) => images.space(name, &asked).map_err(raised)?.into(),
        None => space.space.clone(),
    };
    let images = images.read(fitted.as_ref()).map_err(raised)?;
    let space = Space { space: fitted, ..space.clone() };
    Ok((space, images.source(), images.line()))
}
