//! The architectures of a page and their columns, for the scripts, in a compact form.
//!
//! An architecture is written as the character of code 48 plus how much of the one before it begins it (at most [`MOST_SHARED`]), and the
//! rest. A column is in base 64 what its `form` says: `float`, 32-bit floats, little endian, NaN where there is no number; `ln`, the same of
//! the logarithms of numbers that are too large for it; or `byte`, small counts, 255 where there is none. A drawing is a sequence of places
//! among `tokens`, two characters each: `["t", title]` begins a cell, `["v", label, operation, live, kind]` is a vertex and
//! `["e", from, to, label, live, kind]` an edge.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::average::{ProxyReadings, Reading};
use super::super::join::{Direction, Target};
use super::super::scale::Scale;
use super::structure::{DIGITS, Structure};
use crate::space::{SearchSpace, sample_places};

/// Most architectures of a page; of more, the best and a random sample are shown.
const MOST: usize = 20_000;
/// How many of the best by each target and proxy are always among them.
const BEST: usize = 100;
/// Most numbers of a page, which is some 2.4 MB of it.
const MOST_NUMBERS: usize = 450_000;
/// Most characters that an architecture shares with the one before it: with it, a character of two bytes at most.
const MOST_SHARED: usize = 200;

/// What a column is to a reader.
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
    /// Numbers without more being known of them.
    pub(crate) fn other(name: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        let name = name.into();
        let bad = BTreeMap::new();
        Column { label: name.clone(), name, role: Role::Other, lower: false, strength: 0.0, values, bad }
    }

    /// A target.
    pub(crate) fn target(target: &Target, archs: &[String]) -> Self {
        let values = archs.iter().map(|arch| target.values.get(arch).copied()).collect();
        Column { role: Role::Target, ..Column::other(&target.name, values) }
    }

    /// A proxy, and what its correlation with the first target is.
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
        Column { label: proxy.label(), role: Role::Proxy, lower, strength, bad, ..Column::other(&proxy.proxy, values) }
    }

    /// Called so.
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
    let room = MOST_NUMBERS / places.len().max(1);
    let shown: Vec<&Column> = columns.iter().take(room.max(2)).collect();
    let mut written: Vec<Value> = Vec::new();
    for column in &shown {
        let role = match column.role {
            Role::Target => "target",
            Role::Proxy => "proxy",
            Role::Other => "other",
        };
        let values: Vec<Option<f64>> = places.iter().map(|&place| column.values[place]).collect();
        let (form, numbers) = packed(&values);
        written.push(json!({
            "name": column.name, "label": column.label, "role": role, "lower": column.lower, "strength": column.strength,
            "scale": Scale::of(values.into_iter().flatten()).word(), "form": form, "values": numbers,
        }));
    }
    for (name, values) in structure.columns.iter().filter(|(name, _)| columns.iter().all(|column| column.name != *name))
    {
        let (form, numbers) = packed(values);
        written.push(json!({
            "name": name, "label": name, "role": "other", "lower": false, "strength": 0, "scale": Scale::Value.word(),
            "form": form, "values": numbers,
        }));
    }
    let form = json!({
        "archs": shared(places.iter().map(|&place| archs[place].as_str())),
        "whole": archs.len(),
        "columns": written,
        "bad": statuses(&shown, &places),
        "tokens": structure.tokens,
        "drawn": structure.drawn,
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
    // A sample of fewer than there are is always to be had.
    places.extend(sample_places(count, MOST - MOST / 4, 0).unwrap_or_default());
    places.sort_unstable();
    places.dedup();
    places
}

/// Texts by what each shares with the one before it.
fn shared<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut before = "";
    let one = |text: &'a str| {
        let same = text.chars().zip(before.chars()).take(MOST_SHARED).take_while(|(a, b)| a == b).count();
        // Scripts count in units of UTF-16; what is beyond the first plane is not shared.
        let same = text.chars().take(same).take_while(|c| c.len_utf16() == 1).count();
        before = text;
        let rest: String = text.chars().skip(same).collect();
        format!("{}{rest}", char::from_u32(48 + same as u32).unwrap_or('0'))
    };
    texts.map(one).collect()
}

/// Rows without a number, those of one status that several columns have alike only once.
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

/// The form in which numbers take little room, and the numbers in it.
fn packed(values: &[Option<f64>]) -> (&'static str, String) {
    let known = || values.iter().flatten().copied();
    if known().all(|value| value.fract() == 0.0 && (0.0..255.0).contains(&value)) {
        let bytes: Vec<u8> = values.iter().map(|value| value.map_or(u8::MAX, |value| value as u8)).collect();
        return ("byte", base_64(&bytes));
    }
    let floats = |of: fn(f64) -> f64| {
        let float = |value: &Option<f64>| value.map_or(f32::NAN, |value| of(value) as f32).to_le_bytes();
        base_64(&values.iter().flat_map(float).collect::<Vec<u8>>())
    };
    let largest = f64::from(f32::MAX);
    if known().all(|value| value > 0.0) && known().any(|value| value > largest) {
        return ("ln", floats(f64::ln));
    }
    ("float", floats(|value| value.clamp(-f64::from(f32::MAX), f64::from(f32::MAX))))
}

fn base_64(bytes: &[u8]) -> String {
    let digit = |bits: u32| char::from(if bits < 62 { DIGITS[bits as usize] } else { b"+/"[bits as usize - 62] });
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        let digits = [18, 12, 6, 0].map(|shift| digit(bits >> shift & 63));
        text.extend(digits.iter().take(three.len() + 1));
        text.extend(std::iter::repeat_n('=', 3 - three.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `base64.b64encode(struct.pack('<2f', 1.5, 93.25))`, that of 1.5 alone, `bytes([3, 255, 0])` and `struct.pack('<f', 100.0)`.
    #[test]
    fn numbers_are_packed_as_small_as_they_go() {
        assert_eq!(packed(&[Some(1.5), Some(93.25)]), ("float", "AADAPwCAukI=".to_owned()));
        assert_eq!(packed(&[Some(1.5)]), ("float", "AADAPw==".to_owned()));
        assert_eq!(packed(&[Some(3.0), None, Some(0.0)]), ("byte", "A/8A".to_owned()));
        assert_eq!(packed(&[Some(100_f64.exp())]), ("ln", "AADIQg==".to_owned()));
    }

    #[test]
    fn architectures_are_written_by_what_they_share() {
        assert_eq!(shared(["abc", "abd", "x", "𝒳a", "𝒳b"].into_iter()), ["0abc", "2d", "0x", "0𝒳a", "0𝒳b"]);
    }

    #[test]
    fn many_architectures_are_the_best_and_a_sample() {
        let values: Vec<Option<f64>> = (0..50_000).map(|place| Some(f64::from(place))).collect();
        let column = Column { role: Role::Target, ..Column::other("acc", values) };
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
        // All skip once and are two operations deep, without a dead edge: such columns tell nothing.
        assert_eq!(names, ["zen", "x", "n nor_conv_1x1", "n nor_conv_3x3"]);
        assert!(form["tokens"].as_array().unwrap().contains(&json!(["e", 0, 1, "nor_conv_3x3", 1, "conv"])));
        assert_eq!(form["drawn"][2], "");
        assert!(json(&archs, &columns[..1], None).is_none(), "one column is nothing to explore");
    }
}
