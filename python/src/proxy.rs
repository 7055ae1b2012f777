//! Proxies written in Python: one function sees each layer in turn during a pass, and another computes a number from what the
//! first one has returned.

use crate::numbers::Numbers;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeronas_proxies::Status;
use zeronas_proxies::engine::{BitMatrix, Observer, Values, View, Watch};
use zeronas_proxies::network::{Layer, LayerId, Network, Parameter, Role, Weights};
use zeronas_proxies::proxy::{
    Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale, standard,
};

/// What a proxy sees of each layer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sees {
    Weights,
    Gradients,
    Activations,
    ActivationGradients,
    ReluCodes,
}

impl Sees {
    const ALL: [(&str, Sees); 5] = [
        ("weights", Sees::Weights),
        ("gradients", Sees::Gradients),
        ("activations", Sees::Activations),
        ("activation_gradients", Sees::ActivationGradients),
        ("relu_codes", Sees::ReluCodes),
    ];

    fn needs(self) -> Needs {
        let none = Watch::default();
        let watch = match self {
            Sees::Weights => return Needs::Weights,
            Sees::Gradients => Watch { weight_gradients: true, ..none },
            Sees::Activations => Watch { outputs: true, ..none },
            Sees::ActivationGradients => Watch { output_gradients: true, ..none },
            Sees::ReluCodes => Watch { relu_codes: true, ..none },
        };
        Needs::Passes(&[PassKind::Data], watch)
    }

    fn cost(self) -> Cost {
        match self {
            Sees::Weights => Cost::Static,
            Sees::Activations | Sees::ReluCodes => Cost::Forward,
            Sees::Gradients | Sees::ActivationGradients => Cost::Backward,
        }
    }
}

/// A proxy whose arithmetic is done in Python.
#[pyclass(frozen, skip_from_py_object, module = "zeronas._native")]
#[derive(Clone)]
pub struct OwnProxy(Arc<Inner>);

struct Inner {
    info: ProxyInfo,
    sees: Sees,
    /// Called with a layer's name, its kind, the shape of its weight and a dictionary of arrays, each as bytes, the name of their
    /// type and a shape.
    layer: Py<PyAny>,
    /// Called with the list of what `layer` returned; returns a number or the word for a status.
    combine: Py<PyAny>,
    failure: Mutex<Option<PyErr>>,
}

#[pymethods]
impl OwnProxy {
    #[new]
    fn new(
        name: &str,
        sees: &str,
        log: bool,
        lower_is_better: bool,
        layer: Py<PyAny>,
        combine: Py<PyAny>,
    ) -> PyResult<Self> {
        let Some((_, sees)) = Sees::ALL.into_iter().find(|(word, _)| *word == sees) else {
            let words = Sees::ALL.map(|(word, _)| word).join(", ");
            return Err(PyValueError::new_err(format!("a proxy sees one of {words}, not `{sees}`")));
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(PyValueError::new_err(format!("`{name}` is no name: letters, digits and _ make one")));
        }
        let info = ProxyInfo {
            name: lasting(name),
            direction: if lower_is_better { Direction::Lower } else { Direction::Higher },
            scale: if log { Scale::Log } else { Scale::Linear },
            cost: sees.cost(),
            summary: "a proxy of one's own",
            source: "Python",
        };
        Ok(OwnProxy(Arc::new(Inner { info, sees, layer, combine, failure: Mutex::new(None) })))
    }
}

/// Returns the name with the program's lifetime, like those of the registry; equal names are kept only once.
fn lasting(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    names.get(name).copied().unwrap_or_else(|| {
        let kept: &'static str = name.to_owned().leak();
        names.insert(kept);
        kept
    })
}

/// Returns name, direction, cost, what it measures and source of every proxy in zeronas.
#[pyfunction]
pub fn proxies() -> Vec<(&'static str, &'static str, &'static str, &'static str, &'static str)> {
    let rows = standard().into_iter().map(|proxy| proxy.info());
    rows.map(|info| (info.name, info.direction.as_str(), info.cost.as_str(), info.summary, info.source)).collect()
}

impl OwnProxy {
    /// Returns its name if lower scores are better.
    pub fn lower_is_better(&self) -> Option<String> {
        let info = self.0.info;
        (info.direction == Direction::Lower).then(|| info.name.to_owned())
    }

    /// Whether its Python code has raised an exception that has not been taken yet.
    pub fn has_failed(&self) -> bool {
        self.failure().is_some()
    }

    /// Takes the first exception raised since the last call.
    pub fn take_failure(&self) -> Option<PyErr> {
        self.failure().take()
    }

    fn fail(&self, exception: PyErr) {
        self.failure().get_or_insert(exception);
    }

    fn failure(&self) -> MutexGuard<'_, Option<PyErr>> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, py: Python<'_>, parts: Vec<Py<PyAny>>) -> PyResult<Measured> {
        let told = self.0.combine.bind(py).call1((PyList::new(py, parts)?,))?;
        if let Ok(value) = told.extract::<f64>() {
            // Infinity is a number that is too large; NaN means that the proxy has no meaning for this network.
            return Ok(if value.is_nan() { Err(Status::Undefined) } else { Ok(value) });
        }
        let name = self.0.info.name;
        let status = told.extract::<String>().ok().map(|word| word.parse::<Status>());
        match status {
            Some(Ok(status)) if status != Status::Ok => Ok(Err(status)),
            Some(_) => Err(PyValueError::new_err(format!("proxy `{name}`: {told} says not why there is no number"))),
            None => Err(PyTypeError::new_err(format!("proxy `{name}` yields {}, no number", told.get_type()))),
        }
    }
}

impl Proxy for OwnProxy {
    fn info(&self) -> ProxyInfo {
        self.0.info
    }

    fn needs(&self) -> Needs {
        self.0.sees.needs()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        let layer = |layer: &Layer| Known { name: layer.name.clone(), kind: layer.op.kind(), weight_shape: None };
        let mut layers: Vec<Known> = net.layers().iter().map(layer).collect();
        for parameter in net.parameters().iter().filter(|parameter| parameter.role == Role::Weight) {
            layers[parameter.layer.index()].weight_shape = Some(parameter.shape.clone());
        }
        Box::new(Parts { proxy: self.clone(), layers, parts: Vec::new() })
    }
}

/// A measurement in progress.
struct Parts {
    proxy: OwnProxy,
    layers: Vec<Known>,
    /// The return values of the function so far.
    parts: Vec<Py<PyAny>>,
}

/// What is known of a layer before a pass runs.
struct Known {
    name: String,
    kind: &'static str,
    weight_shape: Option<Vec<usize>>,
}

impl Parts {
    /// Shows a layer to the function.
    fn see(&mut self, layer: LayerId, arrays: &[Numbers<'_>]) {
        if self.proxy.has_failed() {
            return;
        }
        let Known { name, kind, weight_shape } = &self.layers[layer.index()];
        let part = Python::attach(|py| {
            let shown = PyDict::new(py);
            arrays.iter().try_for_each(|array| shown.set_item(array.name, array.shown(py)?))?;
            self.proxy.0.layer.call1(py, (name, *kind, weight_shape.as_deref(), shown))
        });
        match part {
            Ok(part) => self.parts.push(part),
            Err(exception) => self.proxy.fail(exception),
        }
    }
}

impl Observer for Parts {
    fn weight(&mut self, parameter: &Parameter, value: Values<'_>, gradient: Values<'_>) {
        if parameter.role == Role::Weight {
            let of = |name, values| Numbers::of(name, values, &parameter.shape);
            self.see(parameter.layer, &[of("weight", value), of("gradient", gradient)]);
        }
    }

    fn output(&mut self, layer: LayerId, value: &View<'_>) {
        self.see(layer, &[Numbers::of_view("output", value)]);
    }

    fn output_gradient(&mut self, layer: LayerId, value: &View<'_>, gradient: &View<'_>) {
        self.see(layer, &[Numbers::of_view("output", value), Numbers::of_view("gradient", gradient)]);
    }

    fn relu_codes(&mut self, layer: LayerId, codes: &BitMatrix) {
        self.see(layer, &[Numbers::of_codes("packed", codes)]);
    }
}

impl Measurement for Parts {
    fn weights(&mut self, net: &Network, weights: &Weights) {
        for (parameter, values) in net.parameters().iter().zip(weights.tensors()) {
            if parameter.role == Role::Weight {
                self.see(parameter.layer, &[Numbers::of("weight", Values::F32(values), &parameter.shape)]);
            }
        }
    }

    fn finish(self: Box<Self>) -> Measured {
        let Parts { proxy, parts, .. } = *self;
        // The exception ends the whole call, so no row contains this status.
        let failed = Err(Status::Overflow);
        if proxy.has_failed() {
            return failed;
        }
        Python::attach(|py| proxy.finish(py, parts)).unwrap_or_else(|exception| {
            proxy.fail(exception);
            failed
        })
    }
}
