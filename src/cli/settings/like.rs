//! The settings of an earlier result, from a folder's run.toml or the manifest of a score file.

use super::record::FILE;
use serde_json::{Map, Value};
use std::path::Path;
use zeronas::results::manifest_at;
use zeronas::space;
use zeronas::{Error, Result};

/// What a score file's manifest says that flags say, too.
const OF_SCORES: [&str; 13] = [
    "space",
    "protocol",
    "proxies",
    "batch_size",
    "augment",
    "image_order",
    "seed",
    "seeds",
    "init",
    "dtype",
    "device",
    "exact",
    "as_written",
];

/// The settings of a command that has made what is at a path.
///
/// # Errors
/// Where nothing there says them, or another command has made it.
pub(super) fn settings(path: &Path, command: &str) -> Result<Map<String, Value>> {
    let beside = path.parent().map(|folder| folder.join(FILE));
    let inside = path.join(FILE);
    if inside.is_file() {
        return super::of_toml(&inside, command);
    }
    let manifest = if path.is_file() { manifest_at(path)? } else { None };
    match (manifest, beside.filter(|file| file.is_file())) {
        (Some(manifest), _) if manifest.get("archs_sha256").is_some() => of_scores(path, &manifest, command),
        (_, Some(file)) => super::of_toml(&file, command),
        _ => Err(Error::file(path, "does not say how it was made: it is no score file, and beside it is no run.toml")),
    }
}

/// Those of a score file. Its architectures are those in it.
fn of_scores(path: &Path, manifest: &Value, command: &str) -> Result<Map<String, Value>> {
    if command != "score" {
        return Err(Error::file(path, format!("is a score file, which has no settings of zeronas {command}")));
    }
    let figures = space::all().flat_map(|benchmark| benchmark.macro_settings).map(|setting| setting.name);
    let said = |name: &str| manifest.get(name).filter(|value| !value.is_null()).cloned();
    let mut settings: Map<String, Value> =
        OF_SCORES.into_iter().chain(figures).filter_map(|name| Some((name.to_owned(), said(name)?))).collect();
    settings.extend(said("images").map(|images| ("images".to_owned(), images)));
    // A GPU has one engine.
    let engine = said("engine").filter(|engine| ["fused", "candle"].map(Value::from).contains(engine));
    settings.extend(engine.map(|engine| ("engine".to_owned(), engine)));
    // Manifests name no usual tuning, and a GPU without a tuning takes the one that is kept for it.
    if let Some(Value::String(device)) = settings.get_mut("device")
        && device != "cpu"
        && !device.contains(',')
    {
        device.push_str(",usual");
    }
    settings.insert("archs".into(), path.display().to_string().into());
    Ok(settings)
}
