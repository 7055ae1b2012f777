//! What ends a scoring run: the best architectures by the mean of their ranks, and how the scores go with a benchmark.

use super::reading::declared;
use crate::Result;
use crate::report::average::{Reading, Readings, average};
use crate::report::join::Target;
use crate::report::scores::{Scores, WideColumns};
use crate::report::statistics::average_ranks;
use crate::report::{Settings, display, report};
use comfy_table::{CellAlignment, Table, presets};
use std::path::Path;

/// The readings of a score file.
pub fn readings(scores: &Path) -> Result<Readings> {
    Ok(average(&Scores::read(&[scores], &WideColumns::default())?)?)
}

/// The `top` best architectures as a table, each with its values of `targets`; ties in the order of their text.
pub fn text(readings: &Readings, targets: &[Target], top: usize) -> String {
    let (order, means) = ranked(readings);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let names = readings.proxies.iter().map(|p| if p.ln { format!("ln {}", p.proxy) } else { p.proxy.clone() });
    table.set_header(
        ["#", "mean rank"]
            .map(String::from)
            .into_iter()
            .chain(names)
            .chain(targets.iter().map(|target| target.name.clone()))
            .chain(["architecture".into()]),
    );
    for (place, &arch) in order.iter().take(top).enumerate() {
        let mut row = vec![(place + 1).to_string(), format!("{:.1}", means[arch])];
        row.extend(readings.proxies.iter().map(|proxy| match &proxy.readings[arch] {
            Some(Reading::Value(value)) if value.fract() == 0.0 => format!("{value:.0}"),
            Some(Reading::Value(value)) => format!("{value:.3}"),
            Some(Reading::LnZero) => "-inf".into(),
            Some(Reading::Bad(status)) => status.clone(),
            None => String::new(),
        }));
        let arch = &readings.archs[arch];
        row.extend(targets.iter().map(|target| display::number(target.values.get(arch).copied(), 2)));
        row.push(arch.clone());
        table.add_row(row);
    }
    for column in 0..readings.proxies.len() + targets.len() + 2 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let shown = top.min(order.len());
    format!("best {shown} of {} architectures by mean rank\n{table}\n", order.len())
}

/// Rank correlations with columns of a benchmark.
pub fn correlations(readings: &Readings, targets: &[Target]) -> Result<String> {
    let settings = Settings::default();
    let report = report(readings, targets, None, &declared, &settings)?;
    Ok(display::correlations_text(&report, &settings) + "\n")
}

/// The architectures from the best to the worst by the mean of their ranks, ties in the order of their text; and each
/// architecture's mean rank.
pub(super) fn ranked(readings: &Readings) -> (Vec<usize>, Vec<f64>) {
    let means = mean_ranks(readings);
    let mut order: Vec<usize> = (0..readings.archs.len()).collect();
    order.sort_by(|&a, &b| means[a].total_cmp(&means[b]));
    (order, means)
}

/// For each architecture, the mean over proxies of its rank from the top, 1 being best; whatever has no number is last.
fn mean_ranks(readings: &Readings) -> Vec<f64> {
    let count = readings.archs.len();
    let mut means = vec![0.0; count];
    for proxy in &readings.proxies {
        let standing: Vec<f64> = proxy
            .readings
            .iter()
            .map(|reading| match reading {
                Some(Reading::Value(value)) => -value,
                _ => f64::INFINITY,
            })
            .collect();
        for (mean, rank) in means.iter_mut().zip(average_ranks(&standing).unwrap_or_default()) {
            *mean += rank / readings.proxies.len() as f64;
        }
    }
    means
}
