//! How the images of a training were prepared, and the names of its classes: what a user of the model needs to know.

use serde::Deserialize;
use serde_json::{Value, json};
use zeronas_datasets::image::Statistics;

/// The manifest's description of a training's images.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Preparation {
    /// Names of the classes in the order of the logits; empty if the image set has no names.
    pub class_names: Vec<String>,
    /// Width and height of the images, in pixels.
    pub side: usize,
    /// How the pictures of the training were resized, in the words of the image set.
    pub resize: String,
    /// The statistics that pixels are normalised with.
    #[serde(flatten)]
    pub statistics: Statistics,
    /// Whether the pixels were floats of any scale, instead of bytes.
    #[serde(default)]
    floats: bool,
}

impl Preparation {
    /// Reads the manifest of a training; `None` if it was written before manifests described the images.
    pub(super) fn of_training(manifest: &str) -> Result<Option<Self>, String> {
        let manifest: Value =
            serde_json::from_str(manifest).map_err(|error| format!("its manifest cannot be read: {error}"))?;
        let Some(described) = manifest.get("image-set") else { return Ok(None) };
        let read = Preparation::deserialize(described);
        read.map(Some).map_err(|error| format!("`image-set` in its manifest cannot be read: {error}"))
    }

    /// Whether a picture can be prepared in the same way. Arrays of floats have a scale of their own, which pictures do not have.
    pub fn takes_pictures(&self) -> bool {
        !self.floats
    }

    /// What the pixels are, before they are normalised.
    pub fn pixels(&self) -> &'static str {
        if self.floats { "RGB, floats as they were given" } else { "RGB, 0 to 255" }
    }

    /// Returns the name of a class, or its number from 0 if it has no name.
    pub fn class_name(&self, class: usize) -> String {
        self.class_names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }

    /// Returns everything as texts; lists are in JSON.
    pub fn entries(&self) -> [(&'static str, String); 6] {
        let Statistics { mean, std } = self.statistics;
        [
            ("class_names", json!(self.class_names).to_string()),
            ("image_side", self.side.to_string()),
            ("image_resize", self.resize.clone()),
            ("image_pixels", self.pixels().to_owned()),
            ("image_mean", json!(mean).to_string()),
            ("image_std", json!(std).to_string()),
        ]
    }
}
