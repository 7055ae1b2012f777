//! Spaces whose networks are built by a function.

use crate::error::raised;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::{Map, Value, json};
use std::sync::{Mutex, PoisonError};
use zeronas::space::networks::json_of;
use zeronas::space::{Arch, Encoded, Enumerable, SearchSpace, places};
use zeronas::{Error, Result};
use zeronas_datasets::sha256_hex;
use zeronas_proxies::network::{Form, Network, Shape};

/// The name of such a space.
const NAME: &str = "own";

/// One choice: its name and its options, each in its written form and as passed to the function.
type Choice = (String, Vec<(String, Py<PyAny>)>);

/// A space of choices; an architecture is written as `depth=2,width=16`.
pub struct Built {
    choices: Vec<Choice>,
    counts: Vec<usize>,
    /// Returns the JSON of a network for the choices, given as keywords.
    build: Py<PyAny>,
    input: Shape,
    classes: usize,
    /// The hash of the networks with all first and with all last options, which reveals whether the function is still the same.
    fingerprint: String,
    /// The most recently built network: questions about the same network mostly come one after another.
    last: Mutex<Option<(Arch, Network)>>,
}

impl Built {
    /// Creates the space of these choices. The network of the first options determines the image shape for all of them.
    pub fn new(choices: Vec<Choice>, build: Py<PyAny>) -> PyResult<Self> {
        let counts: Vec<usize> = choices.iter().map(|(_, options)| options.len()).collect();
        if counts.is_empty() {
            return Err(PyValueError::new_err("choices=: there is nothing to choose"));
        }
        let last: Vec<usize> = counts.iter().map(|count| count - 1).collect();
        let (input, classes, fingerprint) = (Shape::new(1, 1, 1), 0, String::new());
        let mut space = Built { choices, counts, build, input, classes, fingerprint, last: Mutex::default() };
        let first = space.build(&space.written(&vec![0; last.len()])).map_err(raised)?;
        (space.input, space.classes) = (first.input_shape(), first.classes());
        let last = space.network(&space.written(&last)).map_err(raised)?;
        let texts = [first, last].map(|network| json_of(&network, None));
        let texts = texts.into_iter().collect::<Result<Vec<_>>>().map_err(raised)?;
        space.fingerprint = sha256_hex(texts.iter().map(String::as_bytes));
        Ok(space)
    }

    fn written(&self, chosen: &[usize]) -> Arch {
        let choice = |((name, options), &place): (&Choice, &usize)| format!("{name}={}", options[place].0);
        Arch::new(self.choices.iter().zip(chosen).map(choice).collect::<Vec<_>>().join(","))
    }

    fn places(&self, text: &str) -> Result<Vec<usize>> {
        let bad = |reason: String| Error::Architecture { text: text.into(), reason };
        let parts: Vec<&str> = text.split(',').collect();
        if parts.len() != self.choices.len() {
            return Err(bad(format!("makes {} choices, not {}", parts.len(), self.choices.len())));
        }
        let place = |(part, (name, options)): (&str, &Choice)| {
            let option = part.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('='));
            let option = option.ok_or_else(|| bad(format!("`{part}` stands where {name}=... is expected")))?;
            let known = || options.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(", ");
            let place = options.iter().position(|(text, _)| text == option);
            place.ok_or_else(|| bad(format!("{name} is one of {}, not `{option}`", known())))
        };
        parts.into_iter().zip(&self.choices).map(place).collect()
    }

    fn build(&self, arch: &Arch) -> Result<Network> {
        let bad = |reason: String| Error::Architecture { text: arch.to_string(), reason };
        let chosen = self.places(arch.as_str())?;
        let text = Python::attach(|py| {
            let keywords = PyDict::new(py);
            for ((name, options), place) in self.choices.iter().zip(chosen) {
                keywords.set_item(name, &options[place].1)?;
            }
            self.build.call(py, (), Some(&keywords))?.extract::<String>(py)
        });
        let text = text.map_err(|error: PyErr| bad(format!("build= raised {error}")))?;
        let none = |reason: String| bad(format!("build= made no network: {reason}"));
        let form: Form = serde_json::from_str(&text).map_err(|error| none(error.to_string()))?;
        form.network().map_err(|error| none(error.to_string()))
    }
}

impl SearchSpace for Built {
    fn name(&self) -> &str {
        NAME
    }

    fn macro_settings(&self) -> Map<String, Value> {
        let options = |(name, options): &Choice| {
            let texts: Vec<&str> = options.iter().map(|(text, _)| text.as_str()).collect();
            (name.clone(), json!(texts))
        };
        let choices: Map<String, Value> = self.choices.iter().map(options).collect();
        let settings = [
            ("classes", json!(self.classes)),
            ("resolution", json!(self.input.height)),
            ("input", json!(self.input.to_string())),
            ("networks_sha256", json!(self.fingerprint)),
            ("choices", json!(Value::Object(choices).to_string())),
        ];
        settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn read(&self, text: &str) -> Result<Arch> {
        Ok(self.written(&self.places(text)?))
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        let last = || self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, network)) = last().as_ref().filter(|(known, _)| known == arch) {
            return Ok(network.clone());
        }
        let network = self.build(arch)?;
        if (network.input_shape(), network.classes()) != (self.input, self.classes) {
            let (shape, classes) = (network.input_shape(), network.classes());
            let reason = format!(
                "takes {shape} and has {classes} classes, where the first network takes {} and has {}",
                self.input, self.classes
            );
            return Err(Error::Architecture { text: arch.to_string(), reason });
        }
        *last() = Some((arch.clone(), network.clone()));
        Ok(network)
    }

    fn input(&self) -> Shape {
        self.input
    }

    fn enumerable(&self) -> Option<&dyn Enumerable> {
        let size = self.counts.iter().try_fold(1_u128, |product, &count| product.checked_mul(count as u128));
        size.map(|_| self as &dyn Enumerable)
    }

    fn encoded(&self) -> Option<&dyn Encoded> {
        Some(self)
    }
}

impl Enumerable for Built {
    fn size(&self) -> u128 {
        places::count(&self.counts)
    }

    fn nth(&self, index: u128) -> Arch {
        self.written(&places::nth(&self.counts, index))
    }
}

impl Encoded for Built {
    fn choices(&self) -> &[usize] {
        &self.counts
    }

    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        self.places(arch.as_str())
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        Some(self.written(choices))
    }
}
