//! zeronas in Python: the compiled half of the package, which `python/zeronas` wraps.
//!
//! Architectures and settings are passed to the library unchanged, and its errors come back as exceptions with the same text.
#![forbid(unsafe_code)]

mod benchmark;
mod built;
mod command;
mod error;
mod find;
mod interrupt;
mod keywords;
mod latency;
mod logits;
mod numbers;
mod predict;
mod proxy;
mod scorer;
mod space;
mod table;

use pyo3::prelude::*;

/// The compiled half of zeronas.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::benchmark::BenchmarkTable;
    #[pymodule_export]
    use super::command::{calibrate, report, search, view};
    #[pymodule_export]
    use super::find::find;
    #[pymodule_export]
    use super::latency::{latency_measure, latency_template};
    #[pymodule_export]
    use super::logits::{logits, parameters};
    #[pymodule_export]
    use super::predict::predict;
    #[pymodule_export]
    use super::proxy::{OwnProxy, proxies};
    #[pymodule_export]
    use super::scorer::Scorer;
    #[pymodule_export]
    use super::space::{Space, networks, space, space_again};
    #[pymodule_export]
    use super::table::{Table, table};

    /// Version of zeronas.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
