//! Measures the operators of a table on this machine.

use super::operator::reading;
use super::{OperatorTable, Stopwatch};
use crate::listener::{Listener, Progress, Stop};
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use zeronas_proxies::network::{Network, Shape};

/// Measures the operators of a table that have no milliseconds yet.
#[derive(Clone, Debug)]
pub struct MeasureRequest {
    /// The table, which is filled in.
    pub table: PathBuf,
    /// Threads that each operator runs on.
    pub threads: usize,
    /// Inferences per operator; their median counts.
    pub repeats: usize,
}

/// How many operators were measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Operators in the table.
    pub operators: usize,
    /// Operators measured by this run.
    pub measured: usize,
}

/// Number of operators that are measured between two writes of the file.
const AT_ONCE: usize = 50;

impl MeasureRequest {
    /// A request to measure this table's operators, on one thread.
    pub fn new(table: impl Into<PathBuf>) -> Self {
        MeasureRequest { table: table.into(), threads: 1, repeats: Stopwatch::REPEATS }
    }

    /// Measures the operators and writes the table. An operator's time is the difference between a network with it and the same network
    /// without it.
    ///
    /// # Errors
    /// Names the file, row or setting at fault; [`Error::Interrupted`] after `stop`, once the results so far are written.
    pub fn run(&self, stop: &Stop, listener: &dyn Listener) -> Result<Measured> {
        let mut table = OperatorTable::open(&self.table)?;
        let stopwatch = Stopwatch::new(self.threads, self.repeats)?;
        let empty: Vec<usize> = (0..table.rows().len()).filter(|&row| table.rows()[row].1.is_none()).collect();
        let operators = table.rows().len();
        let mut readings: HashMap<Shape, f64> = HashMap::new();
        for (measured, &row) in empty.iter().enumerate() {
            let done = operators - empty.len() + measured;
            listener.progress(Progress { done, total: operators });
            let is_stopped = stop.load(Ordering::Relaxed);
            if is_stopped || measured % AT_ONCE == AT_ONCE - 1 {
                table.write(&self.table)?;
            }
            if is_stopped {
                return Err(Error::Interrupted { done, total: operators, what: "operators" });
            }
            let operator = &table.rows()[row].0;
            let beyond = |[with, without]: [Network; 2]| -> Result<f64> {
                Ok(stopwatch.time(&with)?.median_ms - stopwatch.time(&without)?.median_ms)
            };
            let output = operator.output()?;
            let reading = match readings.get(&output) {
                Some(&time) => time,
                None => *readings.entry(output).or_insert(beyond(reading(output)?)?),
            };
            let time = beyond(operator.networks()?)? - reading;
            // The difference may be negative for an operator that takes almost no time.
            table.fill(row, time.max(0.0));
        }
        listener.progress(Progress { done: operators, total: operators });
        table.write(&self.table)?;
        Ok(Measured { operators, measured: empty.len() })
    }
}
