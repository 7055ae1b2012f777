//! Reads the aggregate that a calibration recommends from its file.

use std::path::Path;

use serde_json::Value;

use super::Aggregate;

/// Reads `calibrated.json`: an object whose `aggregate` is an expression, or null where nothing can be recommended; `says` tells why.
pub(super) fn read(path: &Path) -> Result<Aggregate, String> {
    let told = |problem: String| format!("{}: {problem}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| told(format!("cannot be read: {error}")))?;
    let found: Value = serde_json::from_str(&text).map_err(|error| told(format!("is not JSON: {error}")))?;
    match found.get("aggregate") {
        Some(Value::String(expression)) if !Aggregate::is_file(expression) => {
            expression.parse().map_err(|problem| told(format!("its aggregate {problem}")))
        }
        Some(Value::Null) => {
            let says = found.get("says").and_then(Value::as_str).unwrap_or("nothing carries signal");
            Err(told(format!("recommends no aggregate: {says}")))
        }
        _ => Err(told("is not what `zeronas calibrate` writes: it has no `aggregate` that is an expression".into())),
    }
}
