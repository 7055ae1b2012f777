//! Operator tables filled in on this machine.

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
    /// Threads that work on an operator.
    pub threads: usize,
    /// Inferences for each operator, of which the median counts.
    pub repeats: usize,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Operators in the table.
    pub operators: usize,
    /// Those of this run.
    pub measured: usize,
}

/// So many operators are measured before the file is written again.
const AT_ONCE: usize = 50;

impl MeasureRequest {
    /// This table, on one thread.
    pub fn new(table: impl Into<PathBuf>) -> Self {
        MeasureRequest { table: table.into(), threads: 1, repeats: Stopwatch::REPEATS }
    }

    /// Measures and writes. What an operator takes is what a network with it takes beyond the same network without it.
    ///
    /// # Errors
    /// Names the file, row or setting at fault; [`Error::Interrupted`] after `stop`, with what was measured written.
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
            // What takes next to no time may come out below zero.
            table.fill(row, time.max(0.0));
        }
        listener.progress(Progress { done: operators, total: operators });
        table.write(&self.table)?;
        Ok(Measured { operators, measured: empty.len() })
    }
}
