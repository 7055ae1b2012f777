//! `anb_dataset_jsons.tar.gz`: one JSON file per training, with its results and the speed of the network on accelerators.

use super::GROUPS;
use crate::Result;
use crate::space::SearchSpace;
use crate::space::import::{Published, Sheet};
use serde_json::Value;

/// Fills the columns `val_top1_pct`, `val_top5_pct`, `train_time_s`, `params`, `macs` and, for each device, `DEVICE_throughput_img_s` and
/// `DEVICE_latency_ms`. A second training of an architecture goes into `..._repeat1`.
pub(super) fn read(published: &Published<'_>, space: &dyn SearchSpace, sheet: &mut Sheet) -> Result<bool> {
    let Some(mut files) = published.objects(&["architecture", "metrics"]) else { return Ok(false) };
    files.sort_by_key(|(name, _)| number(name));
    for (name, result) in files {
        let architecture = &result["architecture"];
        if architecture.get("block0_e").is_none() {
            return Ok(false);
        }
        let part = |i: usize, of: &str| {
            let value = architecture.get(format!("block{i}_{of}"));
            let number = value.and_then(|value| value.as_u64().or_else(|| value.as_bool().map(u64::from)));
            number.ok_or_else(|| published.fault(name, format!("`architecture` says no number `block{i}_{of}`")))
        };
        let group = |i| -> Result<String> {
            Ok(format!("e{}k{}l{}se{}", part(i, "e")?, part(i, "k")?, part(i, "l")?, part(i, "se")?))
        };
        let groups = (0..GROUPS).map(group).collect::<Result<Vec<_>>>()?;
        let row = sheet.row(space, &groups.join("|")).map_err(|error| published.fault(name, error))?;
        let at = |path: [&str; 2]| result.get(path[0])?.get(path[1])?.as_f64();
        for (path, column) in [
            (["metrics", "val_top1"], "val_top1_pct"),
            (["metrics", "val_top5"], "val_top5_pct"),
            (["metrics", "train_time"], "train_time_s"),
        ] {
            if let Some(value) = at(path) {
                sheet.put(row, column, value);
            }
        }
        for column in ["params", "macs"] {
            if let Some(millions) = at(["model_info", column]) {
                sheet.put_millions(row, column, millions);
            }
        }
        for (key, value) in result.get("platform_perf").and_then(Value::as_object).into_iter().flatten() {
            let Some((measure, device)) = key.split_once('_') else { continue };
            let unit = if measure == "latency" { "ms" } else { "img_s" };
            if let Some(mean) = value.get(format!("{measure}_mean")).and_then(Value::as_f64) {
                sheet.put(row, &format!("{device}_{measure}_{unit}"), mean);
            }
        }
    }
    Ok(true)
}

/// The number in `result_17.json`, which shows which of two trainings is the first.
fn number(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(u64::MAX)
}
