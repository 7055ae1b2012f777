//! The flags that choose a search space and the figures of its networks.

use crate::Result;
use crate::space::{SearchSpace, find};
use zeronas_datasets::ImageSet;

/// A search space and what its networks have in common.
#[derive(Clone, Debug, clap::Args)]
pub struct SpaceArgs {
    /// Search space: nats-tss, nats-sss or nb101
    #[arg(long, value_name = "SPACE", default_value = "nats-tss")]
    space: String,

    /// Output channels of the stem in nats-tss [default: 16]
    #[arg(long, value_name = "C")]
    channels: Option<usize>,

    /// Cells in each stage of nats-tss [default: 5]
    #[arg(long, value_name = "N")]
    cells: Option<usize>,

    /// Output channels of the stem in nb101 [default: 128]
    #[arg(long, value_name = "C")]
    stem: Option<usize>,

    /// Stacks in nb101 [default: 3]
    #[arg(long, value_name = "N")]
    stacks: Option<usize>,

    /// Modules in each stack of nb101 [default: 3]
    #[arg(long, value_name = "N")]
    modules: Option<usize>,

    /// Number of classes [default: 10]
    #[arg(long, value_name = "K")]
    classes: Option<usize>,

    /// Side of the images [default: 32]
    #[arg(long, value_name = "SIDE")]
    resolution: Option<usize>,
}

impl SpaceArgs {
    /// The same with another space, if one is named.
    pub fn of(&self, space: Option<&str>) -> Self {
        SpaceArgs { space: space.unwrap_or(&self.space).to_owned(), ..self.clone() }
    }

    /// Side of the images, if any were to be brought to one.
    pub fn side(&self) -> usize {
        self.resolution.unwrap_or(32)
    }

    /// The checked space whose networks suit these images: their side and classes stand where no flag says otherwise.
    pub fn space_for(&self, images: &ImageSet) -> Result<Box<dyn SearchSpace>> {
        let classes = self.classes.or(Some(images.classes()));
        let resolution = self.resolution.or(Some(images.side()));
        SpaceArgs { classes, resolution, ..self.clone() }.space()
    }

    /// The checked space; an error names the flag that the space does not have or cannot use.
    pub fn space(&self) -> Result<Box<dyn SearchSpace>> {
        let figures = [
            ("channels", self.channels),
            ("cells", self.cells),
            ("stem", self.stem),
            ("stacks", self.stacks),
            ("modules", self.modules),
            ("classes", self.classes),
            ("resolution", self.resolution),
        ];
        let asked: Vec<_> = figures.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        find(&self.space, &asked)
    }
}
