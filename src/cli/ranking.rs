//! What ends a scoring run: the best architectures by the mean of their ranks, and how the scores go with a benchmark.

use super::reading::declared;
use crate::Result;
use crate::report::average::{ProxyReadings, Reading, Readings, average};
use crate::report::join::{BadPolicy, Direction, Target, standing};
use crate::report::scores::{Columns, Scores};
use crate::report::statistics::average_ranks;
use crate::report::{Settings, display, report, terminal};
use comfy_table::{Table, presets};
use std::path::Path;

/// The readings of a score file.
pub fn readings(scores: &Path) -> Result<Readings> {
    Ok(average(&Scores::read(&[scores], &Columns::default())?)?)
}

/// The `top` best architectures as a table, each with its values of `targets`; ties in the order of their text.
pub fn text(readings: &Readings, targets: &[Target], top: usize) -> String {
    let (order, means) = ranked(readings, &declared);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let names = readings.proxies.iter().map(ProxyReadings::label);
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
        row.extend(readings.proxies.iter().map(|proxy| cell(proxy.readings[arch].as_ref())));
        let arch = &readings.archs[arch];
        row.extend(targets.iter().map(|target| display::number(target.values.get(arch).copied(), 2)));
        row.push(arch.clone());
        table.add_row(row);
    }
    terminal::right_columns(&mut table, 0..readings.proxies.len() + targets.len() + 2);
    let shown = top.min(order.len());
    format!("best {shown} of {} architectures by mean rank\n{table}\n", order.len())
}

/// A reading as text; empty where there is none.
pub(super) fn cell(reading: Option<&Reading>) -> String {
    match reading {
        Some(Reading::Value(value)) if value.fract() == 0.0 => format!("{value:.0}"),
        Some(Reading::Value(value)) => format!("{value:.3}"),
        Some(Reading::LnZero) => "-inf".into(),
        Some(Reading::Bad(status)) => status.clone(),
        None => String::new(),
    }
}

/// Rank correlations with columns of a benchmark.
pub fn correlations(readings: &Readings, targets: &[Target]) -> Result<String> {
    let settings = Settings::default();
    let report = report(readings, targets, None, &declared, &settings)?;
    Ok(display::correlations_text(&report, &settings) + "\n")
}

/// The architectures from the best to the worst by the mean of their ranks, ties in the order of their text; and each
/// architecture's mean rank.
pub(super) fn ranked(readings: &Readings, direction: &dyn Fn(&str) -> Direction) -> (Vec<usize>, Vec<f64>) {
    let means = mean_ranks(readings, direction);
    let mut order: Vec<usize> = (0..readings.archs.len()).collect();
    order.sort_by(|&a, &b| means[a].total_cmp(&means[b]));
    (order, means)
}

/// For each architecture, the mean over proxies of its rank from the top, 1 being best; whatever has no number is last.
fn mean_ranks(readings: &Readings, direction: &dyn Fn(&str) -> Direction) -> Vec<f64> {
    let mut means = vec![0.0; readings.archs.len()];
    for proxy in &readings.proxies {
        let direction = direction(&proxy.proxy);
        let fallen = |reading: &Option<Reading>| {
            let standing = reading.as_ref().and_then(|reading| standing(reading, direction, BadPolicy::Worst));
            -direction.sign() * standing.unwrap_or(direction.worst())
        };
        let fallen: Vec<f64> = proxy.readings.iter().map(fallen).collect();
        for (mean, rank) in means.iter_mut().zip(average_ranks(&fallen).unwrap_or_default()) {
            *mean += rank / readings.proxies.len() as f64;
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::scores;

    #[test]
    fn each_proxy_ranks_by_its_direction_and_what_has_no_number_is_last() {
        let lines = "a,naswot,0,1,,ok,1\nb,naswot,0,2,,ok,1\nc,naswot,0,,,singular,1\n\
                     a,ntk,0,9,,ok,1\nb,ntk,0,3,,ok,1\nc,ntk,0,,,overflow,1\n";
        let readings = average(&scores(lines)).unwrap();
        assert_eq!(ranked(&readings, &declared), (vec![1, 0, 2], vec![2.0, 1.0, 3.0]));
    }
}
