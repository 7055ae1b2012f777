//! `mobile`: networks of inverted residual blocks for pictures of any size, as Zen-NAS and AZ-NAS search them on ImageNet.
//!
//! Seven stages of MobileNetV2's blocks, with a choice of width and depth for each and of kernel and expansion for all but the first, and a
//! choice of width for the last convolution: 4.2e14 architectures, from 35,000 parameters to 9 million. Nobody has trained them; this is a
//! space to search for a network on your own pictures. How often the side is halved follows from the resolution, so that at least 4 pixels
//! are left: five times from 128 pixels on, three times at 32.
//!
//! After: Sandler et al. 2018 (MobileNetV2), Lin et al. 2021 (Zen-NAS).

use super::designed::{Block, Choice, Design, Designed, Head, Stage, Stem};
use super::macro_settings::{MOST_CLASSES, check_ranges};
use super::{Benchmark, MacroSetting, SearchSpace, macro_settings};
use crate::Result;
use serde_json::{Map, Value};

/// What the rest of the program knows about it.
pub(super) static BENCHMARK: Benchmark = Benchmark {
    name: "mobile",
    about: "MobileNetV2-like networks for pictures of any size, 4.2e14 architectures that nobody has trained",
    notation: "eight parts joined by |: depth, width, kernel and expansion of seven stages, and the width of the last convolution",
    example: "d1.c16|d2.c24.k3.e6|d3.c32.k3.e6|d4.c64.k3.e6|d3.c96.k3.e6|d3.c160.k3.e6|d1.c320.k3.e6|c1280",
    macro_settings: &[MacroSetting::CLASSES, MacroSetting::RESOLUTION],
    open,
    source: "no benchmark: a space for pictures of one's own, after Sandler et al. 2018 and Lin et al. 2021",
    protocols: &[],
    recipes: &[],
    aggregate: None,
    query: None,
    import: None,
    naslib: None,
};

/// The smallest side that halving may leave, and the largest number of halvings.
const LEAST_SIDE: usize = 4;
const MOST_HALVINGS: usize = 5;

/// Where the side is halved, starting from the last place: stages by number, the stem being 0.
const HALVING: [usize; MOST_HALVINGS] = [6, 4, 3, 2, 0];

/// Widths of each stage.
const WIDTHS: [&[usize]; 7] = [
    &[8, 16, 24],
    &[8, 16, 24, 32],
    &[16, 24, 32, 48],
    &[24, 32, 48, 64, 80],
    &[32, 48, 64, 96, 128],
    &[48, 64, 96, 160, 224],
    &[64, 96, 160, 320],
];

fn open(asked: &[(&str, Value)]) -> Result<Box<dyn SearchSpace>> {
    let mut settings =
        Map::from_iter([("classes", 10), ("resolution", 32)].map(|(name, value)| (name.to_owned(), value.into())));
    macro_settings::put(BENCHMARK.name, &mut settings, asked)?;
    let [classes, resolution] = ["classes", "resolution"].map(|name| macro_settings::number(&settings, name));
    check_ranges(&[("classes", classes, 1..=MOST_CLASSES), ("resolution", resolution, LEAST_SIDE..=1024)])?;
    Ok(Box::new(Designed::built_in(design(classes, resolution))?))
}

fn design(classes: usize, resolution: usize) -> Design {
    let halvings = (resolution / LEAST_SIDE).ilog2() as usize;
    let halved = &HALVING[..halvings.min(MOST_HALVINGS)];
    let stride = |place: usize| if halved.contains(&place) { 2 } else { 1 };
    let stage = |(i, widths): (usize, &&[usize])| {
        let is_first = i == 0;
        Stage {
            block: Some(Choice::only(Block::Mbconv)),
            channels: Some(Choice(widths.to_vec())),
            depth: Choice(if is_first { vec![1, 2] } else { vec![1, 2, 3, 4] }),
            stride: Choice::only(stride(i + 1)),
            kernel: Some(Choice(if is_first { vec![3] } else { vec![3, 5, 7] })),
            expansion: Some(Choice(if is_first { vec![1] } else { vec![2, 4, 6] })),
            ..Stage::default()
        }
    };
    Design {
        name: BENCHMARK.name.into(),
        classes,
        resolution,
        stem: Stem { stride: stride(0), ..Stem::default() },
        stages: WIDTHS.iter().enumerate().map(stage).collect(),
        head: Head { channels: Some(Choice(vec![128, 320, 640, 1280])), norm: false },
        ..Design::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::space::find;

    #[test]
    fn the_side_is_halved_as_often_as_the_resolution_allows() {
        for (resolution, left) in [(32, 4), (48, 6), (64, 4), (96, 6), (128, 4), (160, 5), (224, 7)] {
            let space = find("mobile", &[("resolution", resolution)]).unwrap();
            for arch in [0, space.enumerable().unwrap().size() - 1].map(|index| space.enumerable().unwrap().nth(index))
            {
                let net = space.network(&arch).unwrap();
                let last = net.layers().iter().find(|layer| layer.name == "head.conv").unwrap().shape;
                assert_eq!((last.height, last.width), (left, left), "{resolution}");
            }
        }
        assert!(find("mobile", &[("resolution", 2)]).is_err());
        assert!(find("mobile", &[("channels", 2)]).err().unwrap().to_string().contains("mobile has no such setting"));
    }

    /// Those that the documentation names.
    #[test]
    fn networks_are_small_and_large() {
        let space = find::<u64>("mobile", &[]).unwrap();
        let all = space.enumerable().unwrap();
        assert_eq!(all.size(), 6 * 144_u128.pow(3) * 180_u128.pow(3) * 4);
        let count = |index| space.network(&all.nth(index)).unwrap().parameter_count();
        assert_eq!((count(0), count(all.size() - 1)), (34_922, 8_992_130));
    }
}
