//! The architectures that the searches evaluated, with everything known about them, for a reader to explore.

use super::front::sign;
use super::{Record, RecordedStep};
use crate::report::page::data::{self, Column, Role};
use crate::space::as_published;
use std::collections::HashMap;

/// The JSON for the scripts of the page; `None` where there is nothing to explore.
pub(super) fn json(records: &[Record]) -> Option<String> {
    let evaluated = Evaluated::of(records);
    let mut columns: Vec<Column> = Vec::new();
    for name in names(records, |record| &record.finals) {
        let of = |record: &Record, step: &RecordedStep| {
            let place = record.finals.iter().position(|own| own == name)?;
            step.finals[place].filter(|_| evaluated.is_settled(record, name))
        };
        columns.extend(evaluated.column(Role::Target, name, of));
    }
    for name in names(records, |record| &record.objectives) {
        if records.iter().any(|record| record.finals.contains(name)) {
            continue;
        }
        let of = |record: &Record, step: &RecordedStep| {
            let place = record.objectives.iter().position(|own| own == name)?;
            let told = step.objectives[place].filter(|_| evaluated.is_settled(record, name))?;
            Some(sign(record, name) * told)
        };
        let lower = records.iter().any(|record| record.objectives.contains(name) && sign(record, name) < 0.0);
        columns.extend(evaluated.column(Role::Proxy, name, of).map(|column| column.with_lower(lower)));
    }
    for record in records {
        columns.extend(evaluated.counts(record));
    }
    let mut spaces = records.iter().map(|record| record.manifest["space"].as_str());
    let first = spaces.next().flatten();
    let space = first.filter(|_| spaces.all(|other| other == first)).and_then(|name| as_published(name).ok());
    data::json(&evaluated.archs, &columns, space.as_deref())
}

/// The names in the records, without duplicates.
fn names(records: &[Record], of: fn(&Record) -> &Vec<String>) -> Vec<&String> {
    let mut names: Vec<&String> = Vec::new();
    for name in records.iter().flat_map(of) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// All architectures that searches evaluated.
struct Evaluated<'a> {
    records: &'a [Record],
    archs: Vec<String>,
    places: HashMap<&'a str, usize>,
}

impl<'a> Evaluated<'a> {
    fn of(records: &'a [Record]) -> Self {
        let steps = records.iter().flat_map(|record| &record.runs).flat_map(|run| &run.steps);
        let mut archs: Vec<&str> = steps.map(|step| step.arch.as_str()).collect();
        archs.sort_unstable();
        archs.dedup();
        let places = archs.iter().enumerate().map(|(place, arch)| (*arch, place)).collect();
        Evaluated { records, archs: archs.into_iter().map(str::to_owned).collect(), places }
    }

    /// Whether a number is that of the architecture, and not its standing among those of one run.
    fn is_settled(&self, record: &Record, name: &String) -> bool {
        let is_only_run = self.records.len() == 1 && record.runs.len() == 1;
        !record.is_relative() || !record.objectives.contains(name) || is_only_run
    }

    /// The first known number of each architecture; `None` if there is none at all.
    fn column(&self, role: Role, name: &str, of: impl Fn(&Record, &RecordedStep) -> Option<f64>) -> Option<Column> {
        let mut values = vec![None; self.archs.len()];
        for record in self.records {
            for step in record.runs.iter().flat_map(|run| &run.steps) {
                let value = &mut values[self.places[step.arch.as_str()]];
                *value = value.or_else(|| of(record, step));
            }
        }
        values.iter().any(Option::is_some).then(|| Column::new(role, name, values))
    }

    /// After how many evaluations a search first came to each architecture, how many of its runs evaluated it, and how many picked it.
    fn counts(&self, record: &Record) -> [Column; 3] {
        let none = || vec![None; self.archs.len()];
        let (mut first, mut runs, mut picks) = (none(), none(), none());
        for run in &record.runs {
            let mut seen = vec![false; self.archs.len()];
            for (count, step) in (1..).zip(&run.steps) {
                let place = self.places[step.arch.as_str()];
                if !std::mem::replace(&mut seen[place], true) {
                    let count = f64::from(count);
                    first[place] = Some(first[place].map_or(count, |known: f64| known.min(count)));
                    runs[place] = Some(runs[place].unwrap_or(0.0) + 1.0);
                    picks[place].get_or_insert(0.0);
                }
            }
            if let Some(last) = run.steps.last() {
                let pick = &run.steps[last.incumbent].arch;
                picks[self.places[pick.as_str()]] = picks[self.places[pick.as_str()]].map(|picks: f64| picks + 1.0);
            }
        }
        let named =
            |name: &str| if self.records.len() == 1 { name.to_owned() } else { format!("{name} {}", record.label) };
        [("first_evaluation", first), ("runs", runs), ("runs_that_picked_it", picks)]
            .map(|(name, values)| Column::other(named(name), values))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::record;
    use super::*;
    use serde_json::Value;

    fn columns(records: &[Record]) -> (Value, Vec<String>) {
        let form: Value = serde_json::from_str(&json(records).unwrap()).unwrap();
        let names = form["columns"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned());
        let names = names.collect();
        (form, names)
    }

    #[test]
    fn each_evaluated_architecture_is_there_once_with_what_is_known_of_it() {
        let (form, names) = columns(&[record("found", &[&[1.0, 3.0, 2.0], &[3.0, 1.0]])]);
        assert_eq!(names, ["acc", "first_evaluation", "runs", "runs_that_picked_it"]);
        assert_eq!(form["archs"], serde_json::json!(["0a1", "12", "13"]));
        assert_eq!(form["columns"][0]["role"], "target");
        // base64.b64encode(bytes([1, 3, 1])), that of [2, 1, 2], and of [0, 0, 2].
        let values = [1, 2, 3].map(|place| form["columns"][place]["values"].clone());
        assert_eq!(values, ["AQMB", "AgEC", "AAAC"]);
    }

    #[test]
    fn standings_within_a_run_are_told_of_no_more_than_one() {
        let relative = |runs: &[&[f64]]| {
            let mut record = record("found", runs);
            record.manifest["relative"] = true.into();
            record
        };
        assert_eq!(columns(&[relative(&[&[1.0, 2.0]])]).1[0], "acc");
        assert_eq!(columns(&[relative(&[&[1.0, 2.0], &[2.0, 1.0]])]).1[0], "first_evaluation");
        let two = columns(&[relative(&[&[1.0, 2.0]]), record("other", &[&[5.0]])]).1;
        assert_eq!(two[..2], ["acc", "first_evaluation found"]);
    }

    #[test]
    fn an_objective_of_which_less_is_better_has_the_values_of_its_column() {
        let mut record = record("found", &[&[1.0, 2.0]]);
        record.objectives.push("params".into());
        record.manifest["minimise"] = serde_json::json!(["params"]);
        record.runs[0].steps.iter_mut().for_each(|step| step.objectives.push(Some(-4.0)));
        let (form, names) = columns(&[record]);
        assert_eq!((names[1].as_str(), &form["columns"][1]["lower"]), ("params", &Value::from(true)));
        assert_eq!(form["columns"][1]["values"], "BAQ=");
    }
}
