//! Where images come from and how they were prepared.

use serde::Serialize;

/// Where images come from and how they were prepared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct About {
    /// What was read, such as `CIFAR-10, binary version`.
    pub format: String,
    /// Whether the images are picture files.
    pub pictures: bool,
    /// Names of the classes by number, if they have names.
    pub class_names: Vec<String>,
    /// Width and height of the smallest and of the largest picture, before any change.
    pub sizes: Option<[(u32, u32); 2]>,
    /// How pictures were fitted to the side of the set.
    pub taken: Taken,
    /// Where the statistics come from.
    pub normalised: Normalised,
    /// What was not read, and why.
    pub left_out: Vec<String>,
}

/// How a picture becomes a square image of a certain side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// The largest central square is cut out.
    pub cropped: bool,
    /// It is scaled, with a triangle filter as wide as the scale.
    pub scaled: bool,
}

impl Taken {
    /// Returns what happens to pictures of these sizes.
    pub fn of(sizes: [(u32, u32); 2], is_square: bool, side: usize) -> Self {
        let is_side = |(width, height): (u32, u32)| width.min(height) as usize == side;
        Taken { cropped: !is_square, scaled: !sizes.into_iter().all(is_side) }
    }

    pub fn words(self) -> &'static str {
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
    /// Those that the users of the set publish.
    #[default]
    Published,
    /// Those of the set's own training images.
    Own,
    /// None: the images already come as networks are to see them.
    AsGiven,
}

impl About {
    /// Returns the description of the same images once they are scaled from `side` to another side.
    pub fn scaled(&self, side: usize) -> Self {
        let sizes = self.sizes.or(Some([(side as u32, side as u32); 2]));
        About { sizes, taken: Taken { scaled: true, ..self.taken }, ..self.clone() }
    }

    /// Returns the number of classes and the names of the first ones, in words.
    pub fn classes(&self, count: usize) -> String {
        let noun = if count == 1 { "class" } else { "classes" };
        match &self.class_names[..] {
            [] => format!("{count} {noun}"),
            [one, two, _, _, ..] => format!("{count} {noun} ({one}, {two}, ...)"),
            names => format!("{count} {noun} ({})", names.join(", ")),
        }
    }
}

/// The smallest and the largest size in words.
pub(super) fn sizes([one, two]: [(u32, u32); 2]) -> String {
    let words = |(width, height)| format!("{width} x {height}");
    if one == two { words(one) } else { format!("from {} to {}", words(one), words(two)) }
}

/// `count` with the noun in singular or plural.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
