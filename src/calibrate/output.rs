//! The files that a calibration writes into its folder.

use super::candidates::Field;
use super::{Calibration, Judged, Label};
use crate::report::aggregate::Aggregate;
use crate::report::tables::column;
use crate::results::Folder;
use crate::{Error, Result};
use polars::prelude::{DataFrame, PolarsResult};
use serde_json::{Value, json};

/// The file that says what to rank by.
pub(super) const CALIBRATED: &str = "calibrated.json";

/// Writes the tables, and the file that other commands take as an aggregate.
pub(super) fn write(
    folder: &Folder,
    field: &Field,
    labels: &[Label],
    calibration: &Calibration,
    manifest: &Value,
) -> Result<()> {
    folder.write("candidates", candidates(&calibration.judged))?;
    folder.write("curve", curve(&calibration.judged))?;
    folder.write("networks", networks(field, labels))?;
    let verdict = &calibration.verdict;
    let calibrated = json!({
        "aggregate": verdict.aggregate().map(|aggregate| aggregate.clone().unnamed().to_string()),
        "says": verdict.says(),
        "networks": calibration.networks,
        "by_chance": calibration.by_chance,
        "kendall": calibration.judged.iter().map(|one| (one.name.clone(), json!(one.kendall.value))).collect::<serde_json::Map<_, _>>(),
        "ceiling": calibration.ceiling.map(|ceiling| ceiling.kendall.value),
        "fitted_on": manifest,
    });
    // The aggregate must parse again when another command reads the file.
    if let Some(aggregate) = verdict.aggregate() {
        let text = aggregate.clone().unnamed().to_string();
        text.parse::<Aggregate>().map_err(|problem| Error::Internal(format!("{text} {problem}")))?;
    }
    folder.write_text(CALIBRATED, &format!("{calibrated:#}\n"))
}

fn candidates(judged: &[Judged]) -> PolarsResult<DataFrame> {
    let columns = vec![
        column("candidate", judged, |one| one.name.clone()),
        column("kind", judged, |one| one.kind.name().to_owned()),
        column("kendall", judged, |one| one.kendall.value),
        column("kendall_low", judged, |one| one.kendall.interval.map(|interval| interval.0)),
        column("kendall_high", judged, |one| one.kendall.interval.map(|interval| interval.1)),
        column("partial_spearman", judged, |one| one.partial.value),
        column("partial_spearman_low", judged, |one| one.partial.interval.map(|interval| interval.0)),
        column("partial_spearman_high", judged, |one| one.partial.interval.map(|interval| interval.1)),
    ];
    DataFrame::new(judged.len(), columns)
}

fn curve(judged: &[Judged]) -> PolarsResult<DataFrame> {
    let rows: Vec<_> = judged.iter().flat_map(|one| one.curve.iter().map(move |point| (&one.name, point))).collect();
    let columns = vec![
        column("candidate", &rows, |(name, _)| (*name).clone()),
        column("networks", &rows, |(_, point)| point.0),
        column("kendall", &rows, |(_, point)| point.1.value),
        column("kendall_low", &rows, |(_, point)| point.1.interval.map(|interval| interval.0)),
        column("kendall_high", &rows, |(_, point)| point.1.interval.map(|interval| interval.1)),
    ];
    DataFrame::new(rows.len(), columns)
}

fn networks(field: &Field, labels: &[Label]) -> PolarsResult<DataFrame> {
    let columns = vec![
        column("arch", labels, |label| field.archs[label.place].clone()),
        column("label", labels, |label| Some(label.value)),
        column("trainings", labels, |label| {
            label.trainings.iter().map(|value| value.to_string()).collect::<Vec<_>>().join(" ")
        }),
    ];
    DataFrame::new(labels.len(), columns)
}
