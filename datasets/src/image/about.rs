//! What a set is said to be: the line on the terminal and the entry in manifests.

use serde::Serialize;
use serde_json::{Value, json};

use super::pixels::Pixels;
use super::{ImageSet, Splits, Statistics};

/// Where images come from and how they were taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct About {
    /// What was read, such as `CIFAR-10, binary version`.
    pub format: String,
    /// Whether the images are picture files.
    pub pictures: bool,
    /// Names of the classes, in the order of their numbers, where they have names.
    pub class_names: Vec<String>,
    /// Width and height of the smallest and of the largest picture, as they were found.
    pub sizes: Option<[(u32, u32); 2]>,
    /// How pictures became images of the set's side.
    pub taken: Taken,
    /// Where the statistics come from.
    pub normalised: Normalised,
    /// What was not read, and why.
    pub left_out: Vec<String>,
}

/// How a picture becomes a square image of a certain side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// The largest square in its middle is cut out.
    pub cropped: bool,
    /// It is scaled, with a triangle filter as wide as the scale.
    pub scaled: bool,
}

impl Taken {
    /// What happens to pictures of these sizes.
    pub fn of(sizes: [(u32, u32); 2], is_square: bool, side: usize) -> Self {
        let is_side = |(width, height): (u32, u32)| width.min(height) as usize == side;
        Taken { cropped: !is_square, scaled: !sizes.into_iter().all(is_side) }
    }

    fn words(self) -> &'static str {
        match (self.cropped, self.scaled) {
            (false, false) => "as they are",
            (true, false) => "centre crop",
            (false, true) => "scaled",
            (true, true) => "centre crop, then scaled",
        }
    }
}

/// Where the statistics that normalise a set come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Normalised {
    /// They are those that the set's users publish.
    #[default]
    Published,
    /// They are of the set's own training images.
    Own,
    /// The images come as networks are to see them.
    AsGiven,
}

impl About {
    /// The same of images that are scaled to another side than this one.
    pub fn scaled(&self, side: usize) -> Self {
        let sizes = self.sizes.or(Some([(side as u32, side as u32); 2]));
        About { sizes, taken: Taken { scaled: true, ..self.taken }, ..self.clone() }
    }

    /// How many classes there are, and the names of the first.
    fn classes(&self, count: usize) -> String {
        let noun = if count == 1 { "class" } else { "classes" };
        match &self.class_names[..] {
            [] => format!("{count} {noun}"),
            [one, two, _, _, ..] => format!("{count} {noun} ({one}, {two}, ...)"),
            names => format!("{count} {noun} ({})", names.join(", ")),
        }
    }
}

fn sizes([one, two]: [(u32, u32); 2]) -> String {
    let words = |(width, height)| format!("{width} x {height}");
    if one == two { words(one) } else { format!("from {} to {}", words(one), words(two)) }
}

impl ImageSet {
    /// The entry of manifests: what was read, the names of its classes, how it was taken and what normalises it; `floats` of pixels that
    /// are no bytes.
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
    /// What was read, in a line: images, classes, sizes, how they were taken, and what was left out.
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

/// `count` and a noun in the right number.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
