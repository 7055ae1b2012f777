//! The architectures of a page and their columns, for the scripts, in a compact form.
//!
//! An architecture is written as one character, whose code is 48 plus the number of characters that it shares with the beginning of the one
//! before it (at most [`MOST_SHARED`]), and the rest. A column is in base 64 and means what its `form` says (see `packed.rs`). A drawing is a
//! sequence of indices into `tokens`, two characters each, and shares its beginning as architectures do: `["t", title]` begins a cell,
//! `["v", label, operation, live, kind]` is a vertex and `["e", from, to, label, live, kind]` an edge.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::average::{ProxyReadings, Reading};
use super::super::join::{Direction, Target};
use super::super::scale::Scale;
use super::packed::Packed;
use super::structure::Structure;
use crate::space::{SearchSpace, sample_places};

/// Largest number of architectures on a page; of more, the best and a random sample are shown.
const MOST: usize = 20_000;
/// How many of the best by each target and proxy are always among them.
const BEST: usize = 100;
/// Largest number of characters that the numbers of a page take; columns beyond that are left out.
const MOST_CHARACTERS: usize = 2_500_000;
/// Most characters that an architecture shares with the one before it, so that the character for their number has two bytes at most.
const MOST_SHARED: usize = 200;

/// The role of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// What is predicted.
    Target,
    /// What predicts.
    Proxy,
    /// Whatever else is known.
    Other,
}

/// A column of numbers by architecture.
pub(crate) struct Column {
    name: String,
    label: String,
    role: Role,
    lower: bool,
    /// Its correlation with the first target.
    strength: f64,
    values: Vec<Option<f64>>,
    /// By status, the places of the architectures that have no number.
    bad: BTreeMap<String, Vec<usize>>,
}

impl Column {
    /// A column of numbers in this role.
    pub(crate) fn new(role: Role, name: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        let name = name.into();
        Column { label: name.clone(), name, role, lower: false, strength: 0.0, values, bad: BTreeMap::new() }
    }

    /// Numbers without more being known of them.
    pub(crate) fn other(name: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        Column::new(Role::Other, name, values)
    }

    /// A target.
    pub(crate) fn target(target: &Target, archs: &[String]) -> Self {
        Column::new(Role::Target, &target.name, archs.iter().map(|arch| target.values.get(arch).copied()).collect())
    }

    /// A proxy, with its correlation with the first target.
    pub(crate) fn proxy(proxy: &ProxyReadings, direction: Direction, strength: Option<f64>) -> Self {
        let mut bad: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let values = proxy.readings.iter().enumerate().map(|(place, reading)| {
            let status = match reading.as_ref()? {
                Reading::Value(value) => return Some(*value),
                Reading::LnZero => "ln 0",
                Reading::Bad(status) => status.as_str(),
            };
            bad.entry(status.to_owned()).or_default().push(place);
            None
        });
        let values = values.collect();
        let lower = direction == Direction::Lower;
        let strength = strength.unwrap_or(0.0);
        Column { label: proxy.label(), lower, strength, bad, ..Column::new(Role::Proxy, &proxy.proxy, values) }
    }

    /// Sets whether less is better.
    pub(crate) fn with_lower(self, lower: bool) -> Self {
        Column { lower, ..self }
    }

    /// Sets the label.
    pub(crate) fn labelled(self, label: impl Into<String>) -> Self {
        Column { label: label.into(), ..self }
    }

    /// The places of the best architectures, those without a number left out.
    fn best(&self, number: usize) -> Vec<usize> {
        let mut known: Vec<(usize, f64)> =
            self.values.iter().enumerate().filter_map(|(place, value)| Some((place, (*value)?))).collect();
        known.sort_by(|a, b| if self.lower { a.1.total_cmp(&b.1) } else { b.1.total_cmp(&a.1) });
        known.into_iter().take(number).map(|(place, _)| place).collect()
    }
}

/// The JSON for the scripts; `None` where there is nothing to explore.
pub(crate) fn json(archs: &[String], columns: &[Column], space: Option<&dyn SearchSpace>) -> Option<String> {
    if archs.is_empty() || columns.len() < 2 {
        return None;
    }
    let places = places(archs.len(), columns);
    let structure = Structure::new(archs, &places, space);
    let mut shown: Vec<&Column> = Vec::new();
    let mut written: Vec<Value> = Vec::new();
    let mut taken = 0;
    for column in columns {
        let role = match column.role {
            Role::Target => "target",
            Role::Proxy => "proxy",
            Role::Other => "other",
        };
        let values: Vec<Option<f64>> = places.iter().map(|&place| column.values[place]).collect();
        // Figures of the best tenth compare targets with the lowest of it, so targets are not rounded.
        let packed = Packed::new(&values, column.role != Role::Target);
        if shown.len() >= 2 && taken + packed.len() > MOST_CHARACTERS {
            continue;
        }
        taken += packed.len();
        shown.push(column);
        let mut one = json!({
            "name": column.name, "label": column.label, "role": role, "lower": column.lower, "strength": column.strength,
            "scale": Scale::of(values.into_iter().flatten()).word(),
        });
        packed.into_column(&mut one);
        written.push(one);
    }
    for (name, values) in structure.columns.iter().filter(|(name, _)| columns.iter().all(|column| column.name != *name))
    {
        let mut one = json!({
            "name": name, "label": name, "role": "other", "lower": false, "strength": 0, "scale": Scale::Value.word(),
        });
        Packed::new(values, false).into_column(&mut one);
        written.push(one);
    }
    let form = json!({
        "archs": shared(places.iter().map(|&place| archs[place].as_str())),
        "whole": archs.len(),
        "left_out": columns.len() - shown.len(),
        "columns": written,
        "bad": statuses(&shown, &places),
        "tokens": structure.tokens,
        "drawn": shared(structure.drawn.iter().map(String::as_str)),
    });
    Some(form.to_string())
}

/// The places of the architectures that a page shows, in their order.
fn places(count: usize, columns: &[Column]) -> Vec<usize> {
    if count <= MOST {
        return (0..count).collect();
    }
    let ranked = columns.iter().filter(|column| column.role != Role::Other);
    let mut places: Vec<usize> = ranked.flat_map(|column| column.best(BEST)).collect();
    // A sample smaller than the whole can always be drawn.
    places.extend(sample_places(count, MOST - MOST / 4, 0).unwrap_or_default());
    places.sort_unstable();
    places.dedup();
    places
}

/// Writes each text by what it shares with the one before it.
fn shared<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut before = "";
    let one = |text: &'a str| {
        let same = text.chars().zip(before.chars()).take(MOST_SHARED).take_while(|(a, b)| a == b).count();
        // Scripts count in units of UTF-16; characters beyond the first plane are not shared.
        let same = text.chars().take(same).take_while(|c| c.len_utf16() == 1).count();
        before = text;
        let rest: String = text.chars().skip(same).collect();
        format!("{}{rest}", char::from_u32(48 + same as u32).unwrap_or('0'))
    };
    texts.map(one).collect()
}

/// Rows without a number, by status; the same rows in several columns are listed only once.
fn statuses(columns: &[&Column], places: &[usize]) -> Vec<Value> {
    let mut found: Vec<(&str, Vec<usize>, Vec<usize>)> = Vec::new();
    for (number, column) in columns.iter().enumerate() {
        for (status, of_all) in &column.bad {
            let rows: Vec<usize> = of_all.iter().filter_map(|place| places.binary_search(place).ok()).collect();
            match found.iter_mut().find(|known| known.0 == status && known.2 == rows) {
                Some(known) => known.1.push(number),
                None => found.push((status, vec![number], rows)),
            }
        }
    }
    found
        .into_iter()
        .map(|(status, columns, rows)| json!({ "status": status, "columns": columns, "rows": rows }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures_are_written_by_what_they_share() {
        assert_eq!(shared(["abc", "abd", "x", "𝒳a", "𝒳b"].into_iter()), ["0abc", "2d", "0x", "0𝒳a", "0𝒳b"]);
    }

    #[test]
    fn many_architectures_are_the_best_and_a_sample() {
        let values: Vec<Option<f64>> = (0..50_000).map(|place| Some(f64::from(place))).collect();
        let column = Column::new(Role::Target, "acc", values);
        let found = places(50_000, &[column]);
        assert!(found.len() > 15_000 && found.len() <= MOST && found.is_sorted());
        assert!((49_900..50_000).all(|place| found.contains(&place)));
    }

    #[test]
    fn drawings_statuses_and_structure_go_with_the_columns() {
        let arch = |op: &str| format!("|{op}~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|");
        let archs = [arch("nor_conv_1x1"), arch("nor_conv_3x3"), "unreadable".to_owned()];
        let reading = |value| Some(Reading::Value(value));
        let proxy = ProxyReadings {
            proxy: "zen".into(),
            ln: false,
            readings: vec![reading(1.0), reading(2.0), Some(Reading::Bad("singular".into()))],
            took: Vec::new(),
        };
        let columns = [Column::proxy(&proxy, Direction::Lower, Some(0.5)), Column::other("x", vec![Some(1.0); 3])];
        let space = crate::space::guess(&archs[0]);
        let form: Value = serde_json::from_str(&json(&archs, &columns, space.as_deref()).unwrap()).unwrap();
        assert_eq!(form["bad"], json!([{ "status": "singular", "columns": [0], "rows": [2] }]));
        assert_eq!(form["columns"][0]["lower"], json!(true));
        let names: Vec<&str> =
            form["columns"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        // All skip once and are two operations deep, without a dead edge: columns that do not vary are left out.
        assert_eq!(names, ["zen", "x", "n nor_conv_1x1", "n nor_conv_3x3"]);
        assert!(form["tokens"].as_array().unwrap().contains(&json!(["e", 0, 1, "nor_conv_3x3", 1, "conv"])));
        assert_eq!(form["drawn"][2], "0");
        assert!(json(&archs, &columns[..1], None).is_none(), "one column is nothing to explore");
    }
}
