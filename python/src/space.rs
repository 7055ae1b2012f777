//! Search spaces.

use crate::built::Built;
use crate::error::raised;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use zeronas::latency::latency;
use zeronas::space::{self as spaces, Arch, Constrained, Constraint, Networks, Sampler, SearchSpace};
use zeronas_proxies::network::Network;

/// A set of architectures with their networks.
#[pyclass(frozen, skip_from_py_object, module = "zeronas")]
#[derive(Clone)]
pub struct Space {
    pub space: Arc<dyn SearchSpace>,
    pub origin: Arc<Origin>,
}

/// What a space was created from.
pub enum Origin {
    /// A name, with the macro settings that were requested; the others may follow from images.
    Name(String, Vec<(String, Value)>),
    /// Networks in their JSON form, each with the file that it comes from.
    Networks(Vec<(Vec<u8>, Option<PathBuf>)>),
    /// Choices, and a function that builds a network from them for images of this shape.
    Choices(Py<PyAny>, Py<PyAny>, [usize; 3]),
}

/// A figure of a space's networks.
#[derive(IntoPyObject)]
pub enum Figure {
    Number(u64),
    Text(String),
}

impl Figure {
    fn of(value: Value) -> Self {
        match value {
            Value::String(text) => Figure::Text(text),
            value => value.as_u64().map_or_else(|| Figure::Text(value.to_string()), Figure::Number),
        }
    }
}

/// A requested macro setting.
#[derive(FromPyObject)]
pub enum Asked {
    #[pyo3(transparent)]
    Number(u64),
    #[pyo3(transparent)]
    Word(String),
}

impl From<Asked> for Value {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Number(number) => number.into(),
            Asked::Word(word) => word.into(),
        }
    }
}

/// Returns the space called `name`, with its benchmark's macro settings except for those given.
#[pyfunction]
#[pyo3(signature = (name, **settings))]
pub fn space(name: &str, settings: Option<BTreeMap<String, Asked>>) -> PyResult<Space> {
    let asked = values(settings.unwrap_or_default());
    named(name, asked.clone(), &asked)
}

/// Restores a pickled space, from the macro settings that were requested and those that it has, which may follow from images.
#[pyfunction]
pub fn space_again(name: &str, asked: BTreeMap<String, Asked>, settings: BTreeMap<String, Asked>) -> PyResult<Space> {
    named(name, values(asked), &values(settings))
}

fn values(settings: BTreeMap<String, Asked>) -> Vec<(String, Value)> {
    settings.into_iter().map(|(name, value)| (name, value.into())).collect()
}

fn named(name: &str, asked: Vec<(String, Value)>, settings: &[(String, Value)]) -> PyResult<Space> {
    let settings: Vec<(&str, Value)> = settings.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let space: Arc<dyn SearchSpace> = spaces::find(name, &settings).map_err(raised)?.into();
    let mut asked = asked;
    // A space from a file is identified by the file's content, so that it can be used anywhere.
    if let Some(design) = space.macro_settings().remove("design") {
        asked.retain(|(name, _)| name != "design");
        asked.push(("design".into(), design));
    }
    Ok(Space { origin: Arc::new(Origin::Name(space.name().to_owned(), asked)), space })
}

/// Returns the space of these networks, given in their JSON form, each with the file that it comes from, if any.
#[pyfunction]
pub fn networks(texts: Vec<(PyBackedBytes, Option<PathBuf>)>) -> PyResult<Space> {
    let space = Arc::new(Networks::of(&texts).map_err(raised)?);
    let texts = texts.into_iter().map(|(text, file)| (text.to_vec(), file)).collect();
    Ok(Space { space, origin: Arc::new(Origin::Networks(texts)) })
}

impl Space {
    fn arch(&self, text: &str) -> PyResult<Arch> {
        self.space.parse(text).map_err(raised)
    }

    /// Returns the network as written, or the canonical one.
    fn built(&self, text: &str, canonical: bool) -> PyResult<Option<Network>> {
        let arch = self.arch(text)?;
        let network = if canonical { self.space.canonical_network(&arch) } else { self.space.network(&arch).map(Some) };
        network.map_err(raised)
    }
}

#[pymethods]
impl Space {
    /// Creates the space of these choices, with a function that builds a network from them.
    #[new]
    #[pyo3(signature = (choices, build, input = [3, 32, 32]))]
    fn new(py: Python<'_>, choices: Py<PyAny>, build: Py<PyAny>, input: [usize; 3]) -> PyResult<Self> {
        let made = py.import("zeronas._spaces")?.call_method1("built", (&choices, &build, input))?;
        let (options, text) = made.extract()?;
        let space = Arc::new(Built::new(options, text)?);
        Ok(Space { space, origin: Arc::new(Origin::Choices(choices, build, input)) })
    }

    #[getter]
    fn name(&self) -> &str {
        self.space.name()
    }

    #[getter]
    fn figures(&self) -> BTreeMap<String, Figure> {
        self.space.macro_settings().into_iter().map(|(figure, value)| (figure, Figure::of(value))).collect()
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let space = &self.space;
        let size = py.detach(|| space.enumerable().map(|all| all.size()));
        let size = size.ok_or_else(|| PyTypeError::new_err(format!("{} cannot be listed", space.name())))?;
        size.try_into().map_err(|_| PyOverflowError::new_err(format!("{} has {size} architectures", space.name())))
    }

    fn __repr__(&self) -> String {
        let figures: Vec<String> =
            self.space.macro_settings().iter().map(|(figure, value)| format!(", {figure}={value}")).collect();
        format!("<zeronas.Space {}{}>", self.space.name(), figures.concat())
    }

    /// Pickles a space as what it was created from.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let native = py.import("zeronas._native")?;
        match self.origin.as_ref() {
            Origin::Name(name, asked) => {
                let asked = asked.iter().map(|(name, value)| (name.clone(), Figure::of(value.clone())));
                let parts = (name, asked.collect::<BTreeMap<_, _>>(), self.figures());
                Ok((native.getattr("space_again")?, parts.into_pyobject(py)?))
            }
            Origin::Networks(texts) => {
                let texts = texts.iter().map(|(text, file)| (PyBytes::new(py, text), file));
                Ok((native.getattr("networks")?, (texts.collect::<Vec<_>>(),).into_pyobject(py)?))
            }
            Origin::Choices(choices, build, input) => {
                let parts = (choices.bind(py), build.bind(py), *input);
                Ok((py.get_type::<Space>().into_any(), parts.into_pyobject(py)?))
            }
        }
    }

    #[pyo3(signature = (n, *, seed = 0, sampler = "uniform", limit = None))]
    fn sample(
        &self,
        py: Python<'_>,
        n: usize,
        seed: u64,
        sampler: &str,
        limit: Option<BTreeMap<String, Bound<'_, PyAny>>>,
    ) -> PyResult<Vec<String>> {
        let limits = limit.iter().flatten().map(|(name, value)| format!("{name}={value}").parse::<Constraint>());
        let limits = limits.collect::<Result<Vec<_>, _>>().map_err(PyValueError::new_err)?;
        let sampler = match sampler {
            "uniform" => Sampler::Uniform,
            "benchmark" => Sampler::Benchmark,
            _ => return Err(PyValueError::new_err(format!("`{sampler}` is no sampler; there are uniform, benchmark"))),
        };
        let drawn = || {
            let space = Constrained::of(self.space.clone(), &limits, None)?;
            spaces::sample(space.as_ref(), sampler, n, seed)
        };
        let archs = py.detach(drawn).map_err(raised)?;
        Ok(archs.iter().map(Arch::to_string).collect())
    }

    fn enumerate(slf: &Bound<'_, Self>) -> PyResult<Architectures> {
        let space = slf.get().space.clone();
        let size = slf.py().detach(|| space.enumerable().map(|all| all.size()));
        let size = size.ok_or_else(|| PyTypeError::new_err(format!("{} cannot be listed", space.name())))?;
        Ok(Architectures { size, space, next: 0 })
    }

    fn __iter__(slf: &Bound<'_, Self>) -> PyResult<Architectures> {
        Space::enumerate(slf)
    }

    fn parse(&self, text: &str) -> PyResult<String> {
        Ok(self.arch(text)?.to_string())
    }

    fn neighbours(&self, arch: &str) -> PyResult<Vec<String>> {
        let neighbours = self.space.neighbours(&self.arch(arch)?).map_err(raised)?;
        Ok(neighbours.iter().map(Arch::to_string).collect())
    }

    fn key(&self, arch: &str) -> PyResult<Option<String>> {
        self.space.key(&self.arch(arch)?).map_err(raised)
    }

    fn graph(&self, arch: &str) -> PyResult<Vec<(String, bool)>> {
        let parts = self.space.graph(&self.arch(arch)?).map_err(raised)?;
        Ok(parts.into_iter().map(|part| (part.text, part.live)).collect())
    }

    #[pyo3(signature = (arch, *, canonical = false))]
    fn params(&self, arch: &str, canonical: bool) -> PyResult<Option<u64>> {
        Ok(self.built(arch, canonical)?.map(|network| network.parameter_count()))
    }

    #[pyo3(signature = (arch, *, canonical = false))]
    fn flops(&self, arch: &str, canonical: bool) -> PyResult<Option<u64>> {
        Ok(self.built(arch, canonical)?.map(|network| network.flops()))
    }

    #[pyo3(signature = (arch, *, table = None))]
    fn latency_ms(&self, py: Python<'_>, arch: &str, table: Option<PathBuf>) -> PyResult<Option<f64>> {
        let Some(network) = self.built(arch, true)? else { return Ok(None) };
        py.detach(|| latency(table.as_deref()).and_then(|of| of(&network))).map(Some).map_err(raised)
    }

    #[pyo3(signature = (arch, *, canonical = false))]
    fn network(&self, arch: &str, canonical: bool) -> PyResult<Option<String>> {
        let json = |network: Network| spaces::networks::json_of(&network, Some(arch)).map_err(raised);
        self.built(arch, canonical)?.map(json).transpose()
    }
}

/// An iterator over the architectures of a space.
#[pyclass(module = "zeronas")]
pub struct Architectures {
    space: Arc<dyn SearchSpace>,
    size: u128,
    next: u128,
}

#[pymethods]
impl Architectures {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&mut self) -> Option<String> {
        let index = (self.next < self.size).then_some(self.next)?;
        self.next += 1;
        Some(self.space.enumerable()?.nth(index).to_string())
    }
}
