//! Notes that a reader of a report on searches needs before comparing them.

use crate::search::Record;
use serde_json::Value;
use std::path::Path;

/// Warnings as plain text: about numbers that cannot be compared with those of other runs, and about compared searches that differ in more
/// than their strategy.
pub(super) fn warnings(records: &[Record]) -> Vec<String> {
    let shown = |record: &Record| record.objectives.len() > 1 || record.finals.first() == record.objectives.first();
    let relative = records.iter().filter(|record| record.is_relative() && shown(record)).map(|record| {
        format!(
            "{}: what an aggregate of proxies gives is a standing among the architectures of one run; such objectives, and \
             finals, pairs, curves and fronts made of them, do not compare runs or searches",
            record.label
        )
    });
    relative.chain(differences(records)).collect()
}

/// How the searches differ from the first one.
fn differences(records: &[Record]) -> impl Iterator<Item = String> + '_ {
    records.iter().skip(1).filter_map(|record| {
        let told = |key: &str| records[0].manifest[key] != record.manifest[key];
        let mut differ: Vec<&str> = ["seed", "space", "budget"].into_iter().filter(|key| told(key)).collect();
        if bytes(&records[0].manifest["tables"]) != bytes(&record.manifest["tables"]) {
            differ.push("tables");
        }
        let differ = differ.into_iter().map(|key| of(key, &records[0].manifest, &record.manifest));
        let differ = differ.collect::<Vec<_>>().join("; ");
        (!differ.is_empty()).then(|| format!("{} and {} differ: {differ}", records[0].label, record.label))
    })
}

/// The fingerprints of a manifest's files, whatever these are called.
fn bytes(files: &Value) -> Vec<&Value> {
    files.as_array().into_iter().flatten().map(|file| &file["sha256"]).collect()
}

/// Both values of a key in words.
fn of(key: &str, a: &Value, b: &Value) -> String {
    format!("{key} {} and {}", words(&a[key]), words(&b[key]))
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "none".into(),
        Value::Array(list) => list.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(file) => {
            let path = file.get("file").and_then(Value::as_str).unwrap_or_default();
            Path::new(path).file_name().map_or_else(|| path.into(), |name| name.to_string_lossy().into_owned())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::record;
    use super::*;
    use serde_json::json;

    fn made(label: &str, manifest: Value) -> Record {
        Record { manifest, ..record(label, &[&[1.0]]) }
    }

    #[test]
    fn searches_that_differ_in_more_than_their_strategy_are_named() {
        let table = |name: &str, sha256: &str| json!([{ "file": format!("data/{name}"), "sha256": sha256 }]);
        let all = [
            made("a", json!({ "strategy": "rea", "seed": 0, "budget": ["seconds=9"], "tables": table("t.csv", "1") })),
            made("b", json!({ "strategy": "lstm", "seed": 0, "budget": ["seconds=9"], "tables": table("s.csv", "1") })),
            made("c", json!({ "seed": 1, "budget": [], "tables": table("t.csv", "2"), "relative": true })),
        ];
        let found = warnings(&all);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("c: what an aggregate"), "{found:?}");
        assert_eq!(found[1], "a and c differ: seed 0 and 1; budget seconds=9 and none; tables t.csv and t.csv");
    }
}
