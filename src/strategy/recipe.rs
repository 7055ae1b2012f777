//! Strategies before they run, and checks of their settings.

use super::{Start, Strategy};
use crate::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value};

/// A strategy with its settings: what all runs of a search share.
pub trait Recipe: Send + Sync {
    /// Its name in the literature.
    fn name(&self) -> &'static str;

    /// All settings by their names.
    fn settings(&self) -> Map<String, Value>;

    /// Checks that a search can use these settings; the error names the one at fault.
    fn check(&self) -> Result<()>;

    /// Sets up one run; the error names the setting that the strategy cannot start from.
    fn start(&self, start: Start) -> Result<Box<dyn Strategy>>;
}

/// The name of a setting for the user.
pub(super) fn name_of(setting: &str) -> String {
    setting.replace('-', "_")
}

/// The fields of settings by their names.
pub(super) fn fields(settings: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// Whether a setting is a number above 0.
pub(super) fn check_positive(setting: &str, value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(Error::setting(name_of(setting), format!("must be above 0, not {value}")))
}

/// Whether a setting is a share: between 0 and 1.
pub(super) fn check_share(setting: &str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::setting(name_of(setting), format!("must be between 0 and 1, not {value}")))
}

/// Checks that a moving average gives weight to new values: its momentum must be at least 0 and below 1.
pub(super) fn check_momentum(momentum: f64) -> Result<()> {
    if (0.0..1.0).contains(&momentum) {
        return Ok(());
    }
    Err(Error::setting("momentum", format!("must be at least 0 and below 1, not {momentum}")))
}
