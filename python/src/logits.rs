//! Runs a network once with weights supplied by Python, to compare it with another program.

use crate::error::raised;
use crate::space::Space;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use std::collections::HashMap;
use zeronas_proxies::engine::{CandleEngine, Engine, Normalisation, Pass, Precision};
use zeronas_proxies::network::{Init, Network, Shape, Weights};
use zeronas_proxies::{Batch, Error, Result};

/// Returns the logits of an architecture in its notation, images x classes in 64-bit floats, with batch norms by the statistics
/// of this batch. `images` are the bytes of 32-bit floats with their shape, images x channels x height x width; `weights` are
/// those of each parameter by name. If there are none, they are drawn from `seed`.
#[pyfunction]
pub fn logits<'py>(
    py: Python<'py>,
    space: &Space,
    arch: &str,
    images: (PyBackedBytes, [usize; 4]),
    weights: Option<HashMap<String, PyBackedBytes>>,
    seed: u64,
    double: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let net = space.space.parse(arch).and_then(|arch| space.space.network(&arch)).map_err(raised)?;
    let (images, [number, channels, height, width]) = images;
    let shape = Shape::new(channels, height, width);
    let precision = if double { Precision::F64 } else { Precision::F32 };
    let found = py.detach(|| {
        let batch = Batch::new(floats(&images), vec![0; number], shape)?;
        run(&net, &batch, weights, seed, precision)
    });
    let found = found.map_err(|error| match error {
        Error::Parameter { .. } | Error::Batch(_) => PyValueError::new_err(error.to_string()),
        error => raised(error.into()),
    })?;
    let bytes: Vec<u8> = found.iter().flat_map(|logit| logit.to_ne_bytes()).collect();
    Ok(PyBytes::new(py, &bytes))
}

/// Returns the name and shape of every parameter of an architecture in its notation, in the order of its layers.
#[pyfunction]
pub fn parameters(space: &Space, arch: &str) -> PyResult<Vec<(String, Vec<usize>)>> {
    let net = space.space.parse(arch).and_then(|arch| space.space.network(&arch)).map_err(raised)?;
    Ok(net.parameters().iter().map(|parameter| (parameter.name.clone(), parameter.shape.clone())).collect())
}

fn run(
    net: &Network,
    batch: &Batch,
    weights: Option<HashMap<String, PyBackedBytes>>,
    seed: u64,
    precision: Precision,
) -> Result<Vec<f64>> {
    let weights = match weights {
        None => Weights::initialise(net, Init::default(), seed),
        Some(mut given) => {
            let weights =
                Weights::from_lookup(net, |parameter| given.remove(&parameter.name).map(|bytes| floats(&bytes)))?;
            if let Some(name) = given.into_keys().min() {
                let reason = "is no parameter of the network".into();
                return Err(Error::Parameter { name, reason });
            }
            weights
        }
    };
    let pass = Pass { batch, normalisation: Normalisation::Batch, precision };
    Ok(CandleEngine::cpu().run(net, &weights, &pass, &mut [])?.logits)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect()
}
