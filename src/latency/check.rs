//! How well an operator table predicts the latencies of whole networks on this machine.

use super::{OperatorTable, Stopwatch, Timing};
use crate::listener::{Listener, Progress, Stop};
use crate::percentile::percentile;
use crate::report::statistics::{kendall, spearman};
use crate::results::{Folder, table_fingerprints};
use crate::space::{ArchChoice, SpaceChoice, arch_cell};
use crate::text::{Cell, Column, Table, Text};
use crate::{Error, Result};
use polars::prelude::*;
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Measures whole networks, and compares their latencies with the predictions of an operator table.
#[derive(Clone, Debug)]
pub struct CheckRequest {
    /// The table.
    pub table: PathBuf,
    /// The space; ignored for networks of your own.
    pub space: SpaceChoice,
    /// The architectures.
    pub archs: ArchChoice,
    /// Threads that each network runs on.
    pub threads: usize,
    /// Inferences per network; their median counts.
    pub repeats: usize,
    /// The folder for `latency.csv`, `latency.parquet` and `manifest.json`, if they are to be written.
    pub out: Option<PathBuf>,
}

/// A network's latencies.
#[derive(Clone, Debug)]
pub struct Row {
    /// The architecture.
    pub arch: String,
    /// What the table predicts, in milliseconds.
    pub predicted_ms: f64,
    /// The measured time.
    pub measured: Timing,
    /// Its multiply-accumulates for one image.
    pub flops: u64,
}

/// The latencies of all networks.
#[derive(Clone, Debug)]
pub struct Checked {
    /// One row per architecture whose network has a path from input to output.
    pub rows: Vec<Row>,
    /// Architectures whose networks have no such path.
    pub cut_off: usize,
}

/// The largest number of rows to print.
const MOST_LISTED: usize = 20;

impl CheckRequest {
    /// A request to check this table on these architectures, on one thread.
    pub fn new(table: impl Into<PathBuf>, space: SpaceChoice, archs: ArchChoice) -> Self {
        CheckRequest { table: table.into(), space, archs, threads: 1, repeats: Stopwatch::REPEATS, out: None }
    }

    /// Predicts, then measures one network after another.
    ///
    /// # Errors
    /// Names the setting, file or architecture at fault, or the operator missing from the table; [`Error::Interrupted`] after `stop`.
    pub fn run(&self, stop: &Stop, listener: &dyn Listener) -> Result<Checked> {
        let table = OperatorTable::open(&self.table)?;
        let space = self.archs.space(&self.space)?;
        let stopwatch = Stopwatch::new(self.threads, self.repeats)?;
        let (archs, _) = self.archs.read(space.as_ref(), listener)?;
        let mut predicted = Vec::new();
        for arch in &archs {
            if let Some(net) = space.canonical_network(arch)? {
                predicted.push((arch, table.predict(&net)?, net));
            }
        }
        let (total, cut_off) = (predicted.len(), archs.len() - predicted.len());
        let mut rows = Vec::with_capacity(total);
        for (arch, predicted_ms, net) in predicted {
            listener.progress(Progress { done: rows.len(), total });
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Interrupted { done: rows.len(), total, what: "networks" });
            }
            let measured = stopwatch.time(&net.folded()?)?;
            rows.push(Row { arch: arch.to_string(), predicted_ms, measured, flops: net.flops() });
        }
        listener.progress(Progress { done: total, total });
        let checked = Checked { rows, cut_off };
        if let Some(out) = &self.out {
            let manifest = json!({
                "command": "latency check",
                "version": env!("CARGO_PKG_VERSION"),
                "table": table_fingerprints(std::slice::from_ref(&self.table))?,
                "space": space.name(),
                "figures": space.macro_settings(),
                "threads": self.threads,
                "repeats": self.repeats,
            });
            Folder::create(out, &manifest)?.write("latency", checked.table())?;
        }
        Ok(checked)
    }
}

impl Checked {
    /// Pairs a number of each network with its measured latency.
    fn pairs(&self, of: fn(&Row) -> f64) -> Vec<(f64, f64)> {
        self.rows.iter().map(|row| (of(row), row.measured.median_ms)).collect()
    }

    fn table(&self) -> PolarsResult<DataFrame> {
        let archs: Vec<&str> = self.rows.iter().map(|row| row.arch.as_str()).collect();
        let of = |number: fn(&Row) -> f64| self.rows.iter().map(number).collect::<Vec<f64>>();
        df!(
            "arch" => archs,
            "predicted_ms" => of(|row| row.predicted_ms),
            "measured_ms" => of(|row| row.measured.median_ms),
            "measured_ms_low" => of(|row| row.measured.quartiles_ms[0]),
            "measured_ms_high" => of(|row| row.measured.quartiles_ms[1]),
            "flops" => self.rows.iter().map(|row| row.flops).collect::<Vec<_>>(),
        )
    }

    /// Returns the median relative error of the predictions.
    pub fn median_error(&self) -> Option<f64> {
        let mut shares: Vec<f64> = self
            .pairs(|row| row.predicted_ms)
            .iter()
            .map(|(predicted, measured)| (predicted / measured - 1.0).abs())
            .collect();
        shares.sort_by(f64::total_cmp);
        percentile(&shares, 0.5)
    }

    /// Returns the first networks, and how well predicted and measured latencies agree over all networks.
    pub fn text(&self) -> Text {
        let columns = [
            Column::number("predicted ms").key(),
            Column::number("measured ms").key(),
            Column::word("quartiles").detail(),
            Column::word("arch").key(),
        ];
        let mut table = Table::new("latency", columns);
        for row in self.rows.iter().take(MOST_LISTED) {
            let Timing { median_ms, quartiles_ms: [low, high] } = row.measured;
            table.row([
                Cell::number(Some(row.predicted_ms), 3),
                Cell::number(Some(median_ms), 3),
                format!("[{low:.3}, {high:.3}]").into(),
                arch_cell(None, &row.arch),
            ]);
        }
        let [predicted, flops] = [self.pairs(|row| row.predicted_ms), self.pairs(|row| row.flops as f64)];
        let number = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.3}"));
        let mut words = format!(
            "\n\nover {} networks: Spearman {}, Kendall {}, by FLOPs instead {} and {}; half of the predictions are off by at most {}",
            self.rows.len(),
            number(spearman(&predicted)),
            number(kendall(&predicted)),
            number(spearman(&flops)),
            number(kendall(&flops)),
            self.median_error().map_or_else(|| "-".into(), |share| format!("{:.0} %", 100.0 * share)),
        );
        if self.rows.len() > MOST_LISTED {
            words += &format!("; the first {MOST_LISTED} are shown");
        }
        if self.cut_off > 0 {
            words += &format!("; {} architectures let nothing through, and were left out", self.cut_off);
        }
        Text::from(table).and(words + "\n")
    }
}
