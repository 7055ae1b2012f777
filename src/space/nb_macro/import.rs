//! `nas-bench-macro_cifar10.json`: test accuracies of three trainings, parameters and FLOPs by architecture.

use crate::Result;
use crate::space::SearchSpace;
use crate::space::import::{Published, Sheet};
use serde_json::Value;

/// Fills the columns `c10_test_run0_pct` and so on, `c10_test_mean_pct`, `params` and `flops`.
pub(super) fn read(published: &Published<'_>, space: &dyn SearchSpace, sheet: &mut Sheet) -> Result<bool> {
    let [(name, Value::Object(archs))] = &published.files[..] else { return Ok(false) };
    if !archs.values().all(|values| values.get("test_acc").is_some() && values.get("mean_acc").is_some()) {
        return Ok(false);
    }
    for (arch, values) in archs {
        let row = sheet.row(space, arch).map_err(|error| published.fault(name, error))?;
        let runs = values["test_acc"].as_array().into_iter().flatten().enumerate();
        for (run, accuracy) in runs.filter_map(|(run, accuracy)| Some((run, accuracy.as_f64()?))) {
            sheet.put(row, &format!("c10_test_run{run}_pct"), accuracy);
        }
        for (field, column) in [("mean_acc", "c10_test_mean_pct"), ("params", "params"), ("flops", "flops")] {
            if let Some(value) = values.get(field).and_then(Value::as_f64) {
                sheet.put(row, column, value);
            }
        }
    }
    Ok(!archs.is_empty())
}
