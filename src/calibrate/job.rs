//! A calibration whose inputs have all been read: it chooses networks, labels them, and judges the candidates.

use super::candidates::Field;
use super::trainings::Trainings;
use super::{Calibration, Label, Settings, add_sizes, calibrate, output, spread};
use crate::listener::{Listener, Stop};
use crate::report::aggregate::Aggregate;
use crate::report::average::Readings;
use crate::report::chosen::{self, default_aggregate};
use crate::report::join::{Target, check_overlap};
use crate::report::reading::ReadAs;
use crate::results::{Claim, Folder};
use crate::space::{Arch, SearchSpace, check_ranges};
use crate::{Error, Result};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The minimum number of labelled networks.
const FEWEST: usize = 10;

/// The inputs of a calibration.
pub(super) struct Job<'a> {
    /// Scores of the candidate architectures, averaged over seeds.
    pub readings: Readings,
    /// The search space; without one, labels must come from a table, and the readings must have `params` and `flops`.
    pub space: Option<&'a dyn SearchSpace>,
    /// Which end of a proxy is good.
    pub read: &'a ReadAs,
    /// The aggregate that is trusted beforehand, in place of the space's default.
    pub prior: Option<Aggregate>,
    /// How many networks are labelled.
    pub networks: usize,
    /// Where labels come from.
    pub labels: Labels<'a>,
    /// Settings of the statistics.
    pub settings: Settings,
    /// What the scores are, for the manifest.
    pub scores: Value,
    /// Folder for the results.
    pub out: &'a Path,
    /// Continue what an earlier run left there.
    pub resume: bool,
}

/// Where labels come from.
pub(super) enum Labels<'a> {
    /// A table's accuracies.
    Table {
        /// The accuracies by architecture.
        target: Target,
        /// The single trainings of which they are the means, where they are known.
        repeats: Vec<Target>,
        /// What the table is, for the manifest.
        described: Value,
    },
    /// Trainings.
    Trainings(Trainings<'a>),
}

/// The result of a calibration.
#[derive(Clone, Debug)]
pub struct Calibrated {
    /// What the labels say.
    pub calibration: Calibration,
    /// How many architectures the scores rank.
    pub archs: usize,
    /// What a reader should know before believing it.
    pub notes: Vec<String>,
    /// The file that other commands take as an aggregate.
    pub file: PathBuf,
}

impl Job<'_> {
    /// Labels networks, judges everything that ranks by them, and writes the results.
    ///
    /// # Errors
    /// Names the setting, file, architecture or column at fault; and [`Error::Stopped`] after `stop`.
    pub fn run(mut self, stop: &Stop, listener: &dyn Listener) -> Result<Calibrated> {
        check_ranges(&[("networks", self.networks, FEWEST..=1000)])?;
        add_sizes(&mut self.readings, self.space)?;
        let mut notes = Vec::new();
        let prior = self.prior(&mut notes);
        let field = Field::new(&self.readings, prior.as_ref(), &|proxy| self.read.direction(proxy))?;
        if field.left_out > 0 {
            let all = self.readings.archs.len();
            notes
                .push(format!("{} of {all} architectures lack a score of some proxy and are left out", field.left_out));
        }
        let networks = self.choose(&field)?;
        let (labels, described) = match &self.labels {
            Labels::Table { target, repeats, described } => {
                (table_labels(&field, &networks, target, repeats), described.clone())
            }
            Labels::Trainings(trainings) => {
                let space = self.space()?;
                trainings.check(space)?;
                let parsed = |&place: &usize| Ok((place, space.parse(&field.archs[place])?));
                let archs = networks.iter().map(parsed).collect::<Result<Vec<(usize, Arch)>>>()?;
                let _claim = Claim::new(self.out, self.resume)?;
                Folder::create(self.out, &self.manifest(prior.as_ref(), trainings.described()))?;
                (trainings.labels(space, &archs, self.out, stop, listener)?, trainings.described())
            }
        };
        let lost = networks.len() - labels.len();
        if lost > 0 {
            notes.push(format!("{lost} of {} trainings diverged and have no label", networks.len()));
        }
        if labels.len() < FEWEST {
            let reason = format!("{} networks have a label, and fewer than {FEWEST} say nothing", labels.len());
            return Err(Error::setting("networks", reason));
        }
        let calibration = calibrate(&field, &labels, &self.settings);
        if calibration.ceiling.is_none() {
            notes
                .push("no network was trained twice, so that the ceiling by the noise of training is not known".into());
        }
        let manifest = self.manifest(prior.as_ref(), described);
        let folder = Folder::create(self.out, &manifest)?;
        output::write(&folder, &field, &labels, &calibration, &manifest)?;
        let file = self.out.join(output::CALIBRATED);
        Ok(Calibrated { calibration, archs: field.archs.len(), notes, file })
    }

    /// The aggregate that is trusted beforehand: the one asked for, or the default where its members were scored.
    fn prior(&self, notes: &mut Vec<String>) -> Option<Aggregate> {
        if let Some(prior) = &self.prior {
            return Some(prior.clone());
        }
        let default = default_aggregate(self.space.map(|space| space.name()));
        let lacking: Vec<&str> = default
            .members
            .iter()
            .map(String::as_str)
            .filter(|member| self.readings.numbers(member).is_none())
            .collect();
        if lacking.is_empty() {
            return Some(default);
        }
        let lacking = lacking.join(" and ");
        let name = default.unnamed();
        notes.push(format!("the {}, {name}, takes no part: the score files have no {lacking}", chosen::NAME));
        None
    }

    fn space(&self) -> Result<&dyn SearchSpace> {
        let unknown = || Error::setting("space", "the score files do not say of which space they are; name it");
        self.space.ok_or_else(unknown)
    }

    /// Chooses the networks to label and returns their places in the field: all different, and each with something to train.
    fn choose(&self, field: &Field) -> Result<Vec<usize>> {
        let keys: HashMap<&str, &Option<String>> =
            self.readings.archs.iter().map(String::as_str).zip(&self.readings.keys).collect();
        let mut seen = HashSet::new();
        let mut take = |place: usize| -> Result<bool> {
            let text = field.archs[place].as_str();
            if let Labels::Table { target, .. } = &self.labels
                && !target.values.contains_key(text)
            {
                return Ok(false);
            }
            let key = match (keys[text], self.space) {
                (Some(key), _) => Some(key.clone()).filter(|key| !key.is_empty()),
                (None, Some(space)) => space.key(&space.parse(text)?)?,
                (None, None) => Some(text.to_owned()),
            };
            Ok(key.is_some_and(|key| seen.insert(key)))
        };
        if let Labels::Table { target, .. } = &self.labels {
            check_overlap(&self.readings, std::slice::from_ref(target))?;
        }
        let chosen = spread(&field.mean_ranks(), self.networks, self.settings.seed, &mut take)?;
        if chosen.len() < self.networks {
            let found = chosen.len();
            let reason = format!("asks for {}, and only {found} different networks can be labelled", self.networks);
            return Err(Error::setting("networks", reason));
        }
        Ok(chosen)
    }

    fn manifest(&self, prior: Option<&Aggregate>, labels: Value) -> Value {
        json!({
            "command": "calibrate",
            "version": env!("CARGO_PKG_VERSION"),
            "scores": self.scores,
            "space": self.space.map(|space| space.name()),
            "figures": self.space.map(|space| space.macro_settings()),
            "prior": prior.map(Aggregate::to_string),
            "networks": self.networks,
            "labels": labels,
            "draws": self.settings.draws,
            "shuffles": self.settings.shuffles,
            "seed": self.settings.seed,
        })
    }
}

/// The table's values of these places; a single training that is missing is not among a network's trainings.
fn table_labels(field: &Field, places: &[usize], target: &Target, repeats: &[Target]) -> Vec<Label> {
    let label = |&place: &usize| {
        let arch = &field.archs[place];
        let trainings = repeats.iter().filter_map(|repeat| repeat.values.get(arch).copied()).collect();
        Some(Label { place, value: *target.values.get(arch)?, trainings })
    };
    places.iter().filter_map(label).collect()
}
