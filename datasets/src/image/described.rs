//! Descriptions of a set: the line on the terminal and the entry in manifests.

use serde_json::{Value, json};

use super::about::{Normalised, Taken, sizes};
use super::pixels::Pixels;
use super::{ImageSet, Splits, Statistics};

impl ImageSet {
    /// Returns the entry for manifests: what was read, the names of the classes, how the images were prepared and normalised, and
    /// `floats` if the pixels are not bytes.
    pub fn described(&self) -> Value {
        let (about, Statistics { mean, std }) = (&self.about, self.statistics);
        let mut described = json!({
            "format": about.format,
            "classes": self.classes,
            "class_names": about.class_names,
            "sizes": about.sizes.map_or_else(|| sizes([(self.side as u32, self.side as u32); 2]), sizes),
            "side": self.side,
            "resize": about.taken.words(),
            "normalised": about.normalised,
            "mean": mean,
            "std": std,
            "left_out": about.left_out,
        });
        if matches!(*self.pixels, Pixels::Floats(_)) {
            described["floats"] = true.into();
        }
        described
    }
}

impl Splits {
    /// Describes in one line what was read: images, classes, sizes, how the images were prepared, and what was left out.
    pub fn line(&self) -> String {
        let (set, about) = (&self.train, &self.train.about);
        let counts = [("train", Some(&self.train)), ("valid", self.valid.as_ref()), ("test", self.test.as_ref())];
        let counts: Vec<(&str, usize)> =
            counts.into_iter().filter_map(|(part, set)| Some((part, set?.len()))).collect();
        let all: usize = counts.iter().map(|(_, count)| count).sum();
        let parts: Vec<String> = counts.iter().map(|(part, count)| format!("{count} {part}")).collect();
        let parts = if parts.len() > 1 { format!(" ({})", parts.join(", ")) } else { String::new() };
        let kind = match (about.pictures, all) {
            (true, 1) => "picture",
            (true, _) => "pictures",
            (false, 1) => "image",
            (false, _) => "images",
        };
        let side = set.side as u32;
        let found = about.sizes.unwrap_or([(side, side); 2]);
        let mut line = format!("{all} {kind}{parts}, {}, {}", about.classes(set.classes), sizes(found));
        if about.taken != Taken::default() {
            line += &format!(", taken at {side} x {side} ({})", about.taken.words());
        }
        line += match about.normalised {
            Normalised::Published => "; normalised by the published mean and deviation of ",
            Normalised::Own => "; normalised by the set's own mean and deviation",
            Normalised::AsGiven => "; as given, not normalised",
        };
        if about.normalised == Normalised::Published {
            line += about.format.split(',').next().unwrap_or_default();
        }
        about.left_out.iter().for_each(|what| line += &format!("; {what}"));
        line
    }
}
