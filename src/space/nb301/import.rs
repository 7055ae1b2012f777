//! NAS-Bench-301's result files: one JSON file per training.

use crate::Result;
use crate::space::SearchSpace;
use crate::space::import::{Published, Sheet};
use serde_json::{Map, Value};

/// The field of a training's settings, as NAS-Bench-301 spells it.
const SETTINGS: &str = "optimized_hyperparamater_config";

/// Fills the columns `val_accuracy_pct`, `test_accuracy_pct`, `runtime_s`, `trained_params` (with the auxiliary head if there was one) and,
/// for the trained network, `trained_channels` and `trained_layers`. Further trainings of an architecture go into `..._repeat1` and so on.
pub(super) fn read(published: &Published<'_>, space: &dyn SearchSpace, sheet: &mut Sheet) -> Result<bool> {
    let Some(files) = published.objects(&[SETTINGS, "info"]) else { return Ok(false) };
    for (name, result) in files {
        let settings =
            result[SETTINGS].as_object().ok_or_else(|| published.fault(name, "its settings are no object"))?;
        let edges: Map<String, Value> = settings
            .iter()
            .filter(|(key, _)| key.contains(":darts:edge_"))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let row = sheet.row(space, &Value::Object(edges).to_string()).map_err(|error| published.fault(name, error))?;
        let info = result["info"].get(0);
        let of_info = |field: &str| info.and_then(|info| info.get(field)).and_then(Value::as_f64);
        let of_settings =
            |field: &str| settings.get(&format!("NetworkSelectorDatasetInfo:darts:{field}")).and_then(Value::as_f64);
        let of_result = |field: &str| result.get(field).and_then(Value::as_f64);
        for (value, column) in [
            (of_info("val_accuracy"), "val_accuracy_pct"),
            (of_result("test_accuracy"), "test_accuracy_pct"),
            (of_result("runtime"), "runtime_s"),
            (of_info("model_parameters"), "trained_params"),
            (of_settings("init_channels"), "trained_channels"),
            (of_settings("layers"), "trained_layers"),
        ] {
            if let Some(value) = value {
                sheet.put(row, column, value);
            }
        }
    }
    Ok(true)
}
