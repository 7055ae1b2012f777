//! The network that was found, and how.

use super::{CONFIRMED, FindRequest, ONNX, TORCH, TRAINED};
use crate::latency::latency;
use crate::space::{Arch, Constraint, Measure, SearchSpace, arch_cell};
use crate::text::{Cell, Column, Table, Text};
use crate::train::{Confirmed, Standing, Summary};
use crate::words::counted;
use crate::{Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// The network that was found, its costs and its accuracy.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The space.
    pub space: String,
    /// The limits, as they were given.
    pub limits: Vec<String>,
    /// Architectures that were scored.
    pub scored: usize,
    /// What they were ranked by.
    pub ranked_by: String,
    /// Architectures that were trained against each other.
    pub confirmed: usize,
    /// How many of them were drawn at random.
    pub by_chance: usize,
    /// The pick.
    pub arch: String,
    /// Parameters of its network.
    pub params: u64,
    /// Multiply-accumulates for one image.
    pub flops: u64,
    /// Peak memory of activations in inference on one image with 32-bit floats, in bytes.
    pub peak_memory_bytes: u64,
    /// The latencies that limits refer to, each by the limit's name for it, in milliseconds.
    pub latency_ms: BTreeMap<String, f64>,
    /// Number of other architectures that the validation images cannot distinguish from it.
    pub tied: usize,
    /// Trainings of each architecture that reached the last rung.
    pub seeds: usize,
    /// Its mean accuracy over them in percent, on the images that were held out to choose by.
    pub valid_accuracy: Option<f64>,
    /// The standard deviation of that over its trainings, if there are several.
    pub valid_accuracy_sd: Option<f64>,
    /// Epochs of its own training.
    pub epochs: usize,
    /// Its accuracy in percent on the test images after its own training.
    pub test_accuracy: Option<f64>,
    /// The 95 % interval of that accuracy, given the number of images (Wilson's).
    pub test_accuracy_interval: Option<[f64; 2]>,
    /// Number of test images.
    pub test_images: Option<usize>,
    #[serde(skip)]
    pub(super) chance: Option<String>,
    #[serde(skip)]
    ties: Option<String>,
    #[serde(skip)]
    folder: String,
    /// The architectures that were trained against each other, the best first, with their validation accuracies in percent.
    #[serde(skip)]
    pub(super) candidates: Vec<(Arch, Option<f64>)>,
}

impl Found {
    pub(super) fn new(
        request: &FindRequest,
        space: &dyn SearchSpace,
        confirmed: &Confirmed,
        trained: &Summary,
    ) -> Result<Self> {
        let pick = confirmed.pick().ok_or_else(|| Error::Internal("a pick was trained that is none".into()))?;
        let network = space.network(pick)?;
        let test = trained.history.last().and_then(|row| row.test).map(|test| test.accuracy);
        let interval = test.zip(trained.test_images).map(|(accuracy, images)| wilson(accuracy / 100.0, images as f64));
        let candidate =
            |standing: &Standing| (confirmed.places[standing.candidate].1.clone(), standing.valid_accuracy());
        let candidates: Vec<_> = confirmed.standings.iter().map(candidate).collect();
        let mut latency_ms = BTreeMap::new();
        for limit in &request.limits {
            if let (Measure::Latency(table), Some(net)) = (&limit.measure, space.canonical_network(pick)?) {
                latency_ms.insert(limit.spelt(), latency(table.as_deref())?(&net)?);
            }
        }
        Ok(Found {
            space: space.name().to_owned(),
            limits: request.limits.iter().map(Constraint::to_string).collect(),
            scored: confirmed.readings.archs.len(),
            ranked_by: request.ranked_by(),
            confirmed: candidates.len(),
            by_chance: confirmed.by_chance(),
            arch: pick.to_string(),
            params: network.parameter_count(),
            flops: network.flops(),
            peak_memory_bytes: 4 * network.peak_activations(),
            latency_ms,
            tied: confirmed.tied(),
            chance: confirmed.told_chance(),
            ties: confirmed.told_ties(),
            seeds: confirmed.seeds,
            valid_accuracy: candidates.first().and_then(|(_, accuracy)| *accuracy),
            valid_accuracy_sd: confirmed.standings.first().and_then(Standing::valid_deviation),
            epochs: trained.history.len(),
            test_accuracy: test,
            test_accuracy_interval: interval,
            test_images: trained.test_images,
            folder: request.out.display().to_string(),
            candidates,
        })
    }

    /// Returns the JSON for programs.
    pub(super) fn json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(|error| Error::Internal(error.to_string()))
    }

    /// Returns its accuracy on the test images, in words.
    pub(super) fn tested(&self) -> String {
        let epochs = counted(self.epochs, "epoch", "epochs");
        match (self.test_accuracy, self.test_accuracy_interval, self.test_images) {
            (Some(accuracy), Some([low, high]), Some(images)) => {
                format!("{accuracy:.2} % [{low:.2}, {high:.2}] of {images} test images after {epochs}")
            }
            _ => format!("trained for {epochs}; there are no test images"),
        }
    }

    /// Returns a summary, and what can be done next.
    pub fn text(&self) -> Text {
        let limits = if self.limits.is_empty() { "none".to_owned() } else { self.limits.join(", ") };
        let mut steps = Table::new("step", [Column::word("step").key(), Column::prose("what").key()]);
        steps.row(["space".to_owned(), format!("{}; limits: {limits}", self.space)]);
        steps.row(["scored".to_owned(), format!("{} architectures, ranked by {}", self.scored, self.ranked_by)]);
        let told: String = self.chance.iter().chain(&self.ties).map(|told| format!("; {told}")).collect();
        let seeds =
            if self.seeds > 1 { format!(", at the last rung with {} seeds", self.seeds) } else { String::new() };
        let trained = format!("{} of them trained against each other{seeds}{told}", self.confirmed);
        steps.row(["confirmed".to_owned(), trained]);
        let Found { params, flops, peak_memory_bytes, .. } = self;
        let mut size = format!("{params} parameters, {flops} FLOPs, {peak_memory_bytes} bytes of activations");
        self.latency_ms.iter().for_each(|(name, latency)| size += &format!(", {name} {latency:.2}"));
        steps.row(["found".to_owned(), size]);
        steps.row(["tested".to_owned(), self.tested()]);
        let columns = [
            Column::number("#").called("place").key(),
            Column::number("validation accuracy").called("valid_accuracy"),
            Column::word("arch").key(),
        ];
        let mut candidates = Table::new("candidate", columns);
        for (place, (arch, accuracy)) in self.candidates.iter().enumerate() {
            candidates.row([
                Cell::of((place + 1).to_string(), place + 1),
                Cell::number(*accuracy, 2),
                arch_cell(None, arch.as_str()),
            ]);
        }
        let Found { folder, .. } = self;
        let next = format!(
            "\npick: {}\n{folder}/{TRAINED} is the trained network, {folder}/{ONNX} and {folder}/{TORCH} are its exports, \
             {folder}/{CONFIRMED} the trainings before.\npage: {folder}/report.html\nnext: zeronas predict --trained \
             {folder}/{TRAINED} --images PICTURES --out predictions.csv\n",
            self.arch
        );
        Text::from(steps).and("\n\n").and(candidates).and(next)
    }
}

/// Returns the 95 % interval of a share observed in `count` trials, in percent (Wilson 1927).
fn wilson(share: f64, count: f64) -> [f64; 2] {
    let z = 1.96_f64;
    let (centre, spread) = (share + z * z / (2.0 * count), z * z / (4.0 * count * count));
    let half = z * (share * (1.0 - share) / count + spread).sqrt();
    [centre - half, centre + half].map(|end| 100.0 * end / (1.0 + z * z / count))
}

#[cfg(test)]
mod tests {
    use super::wilson;

    #[test]
    fn an_interval_has_a_width_even_where_all_is_right() {
        let [low, high] = wilson(1.0, 20.0);
        assert!((low - 83.887).abs() < 1e-3 && (high - 100.0).abs() < 1e-9, "{low} {high}");
        let [low, high] = wilson(0.5, 100.0);
        assert!((low - 40.383).abs() < 1e-3 && (high - 59.617).abs() < 1e-3, "{low} {high}");
    }
}
