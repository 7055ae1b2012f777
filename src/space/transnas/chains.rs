//! `transnas-macro`: the search is over what the layers do to their inputs.
//!
//! Four to six layers of two residual blocks each, with codes from 1 to 4, of which one to four have stride 2 and one to three double
//! the channels: 3,256 architectures. No two are the same network.
//!
//! Where a block changes the shape, the batch norm of its shortcut has an epsilon of 1: the benchmark's program passes a setting in the
//! wrong place, and its networks were trained that way.

use super::{MACRO, check, network};
use crate::space::blocks::conv_bn;
use crate::space::notation::Literal;
use crate::space::{Arch, Drawing, Encoded, Enumerable, Part, SearchSpace, macro_settings, places};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::OnceLock;
use zeronas_proxies::network::{BatchNorm, Conv, Network, Op};

/// Smallest and largest number of layers.
const LAYERS: [usize; 2] = [4, 6];

/// Number of different codes of layers, which start at 1.
const CODES: usize = 4;

/// Epsilon of the batch norms in shortcuts.
const SHORTCUT_EPSILON: f64 = 1.0;

/// The space with the macro settings of its networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransnasMacro {
    /// Output channels of the stem.
    pub channels: usize,
    /// Number of logits.
    pub classes: usize,
    /// Side of the images.
    pub resolution: usize,
}

impl Default for TransnasMacro {
    /// 64 channels, 256 x 256 images, 63 classes.
    fn default() -> Self {
        TransnasMacro { channels: 64, classes: 63, resolution: 256 }
    }
}

/// The codes of an architecture's layers.
fn read(text: &str) -> Result<Vec<u8>> {
    let bad = |reason: String| Error::Architecture { text: text.into(), reason };
    let listed = text.starts_with(['(', '[']).then(|| Literal::read(text).map_err(bad)).transpose()?;
    let digits = match (listed, text.strip_prefix("64-").and_then(|rest| rest.strip_suffix("-basic"))) {
        (Some(list), _) => {
            let numbers = list.counts().ok_or_else(|| bad("holds something else than numbers".into()))?;
            // Zeros pad the tuple if there are fewer than six layers.
            numbers.iter().filter(|number| **number != 0).map(usize::to_string).collect()
        }
        (None, Some(digits)) => digits.to_owned(),
        (None, None) if text.contains('-') => return Err(bad("must read 64-DDDD-basic".into())),
        (None, None) => text.to_owned(),
    };
    let code = |c: char| {
        let known = c.to_digit(10).filter(|code| (1..=CODES as u32).contains(code));
        known.map(|code| code as u8).ok_or_else(|| bad(format!("a layer is a digit from 1 to {CODES}, not `{c}`")))
    };
    let codes = digits.chars().map(code).collect::<Result<Vec<u8>>>()?;
    fault(&codes).map_or(Ok(codes), |reason| Err(bad(reason)))
}

/// Says why codes make no architecture, if they make none.
fn fault(codes: &[u8]) -> Option<String> {
    let [fewest, most] = LAYERS;
    if !(fewest..=most).contains(&codes.len()) {
        return Some(format!("a network has {fewest} to {most} layers, this has {}", codes.len()));
    }
    let count = |is: fn(&u8) -> bool| codes.iter().filter(|&code| is(code)).count();
    let (halved, doubled) = (count(|code| *code > 2), count(|code| code.is_multiple_of(2)));
    if !(1..=4).contains(&halved) {
        return Some(format!("1 to 4 layers halve the side, here {halved} do"));
    }
    (!(1..=3).contains(&doubled)).then(|| format!("1 to 3 layers double the channels, here {doubled} do"))
}

fn write(codes: &[u8]) -> Arch {
    let digits: String = codes.iter().map(u8::to_string).collect();
    Arch(format!("64-{digits}-basic").into())
}

/// All architectures: shorter ones first, then by their digits.
fn all() -> &'static [Vec<u8>] {
    static ALL: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    ALL.get_or_init(|| {
        let of = |layers: usize| {
            let choices = vec![CODES; layers];
            let codes = (0..places::count(&choices)).map(move |index| places::nth(&choices, index));
            codes.map(|codes| codes.into_iter().map(|choice| choice as u8 + 1).collect::<Vec<u8>>())
        };
        (LAYERS[0]..=LAYERS[1]).flat_map(of).filter(|codes| fault(codes).is_none()).collect()
    })
}

impl SearchSpace for TransnasMacro {
    fn name(&self) -> &str {
        MACRO.name
    }

    fn macro_settings(&self) -> Map<String, Value> {
        macro_settings::of(self)
    }

    fn check(&self) -> Result<()> {
        check(self.channels, self.classes, self.resolution)
    }

    fn read(&self, text: &str) -> Result<Arch> {
        read(text).map(|codes| write(&codes))
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        let codes = read(arch.as_str())?;
        network([self.channels, self.classes, self.resolution], &codes, |net, [layer, place], step, input| {
            let prefix = format!("layer{layer}.block{place}.");
            let relu = net.add(format!("{prefix}relu_a"), Op::RELU, &[input])?;
            let x = conv_bn(net, &prefix, ["conv_a", "bn_a"], Conv::same(step.channels, 3, step.stride), relu)?;
            let relu = net.add(format!("{prefix}relu_b"), Op::RELU, &[x])?;
            let x = conv_bn(net, &prefix, ["conv_b", "bn_b"], Conv::same(step.channels, 3, 1), relu)?;
            let mut shortcut = input;
            if !step.keeps(net.shape(input).channels) {
                let conv = Op::Conv(Conv::new(step.channels, 1).strided(step.stride));
                let down = net.add(format!("{prefix}down"), conv, &[input])?;
                let norm = Op::BatchNorm(BatchNorm::new().with_epsilon(SHORTCUT_EPSILON));
                shortcut = net.add(format!("{prefix}down_bn"), norm, &[down])?;
            }
            Ok(net.sum(format!("{prefix}sum"), &[shortcut, x])?)
        })
    }

    /// The network as written: it has no dead layers.
    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>> {
        self.network(arch).map(Some)
    }

    /// The architecture itself: no two are the same network.
    fn key(&self, arch: &Arch) -> Result<Option<String>> {
        Ok(Some(arch.to_string()))
    }

    fn graph(&self, arch: &Arch) -> Result<Vec<Part>> {
        let parts = read(arch.as_str())?.into_iter().enumerate().map(|(layer, code)| {
            let what = match code {
                1 => "shape kept",
                2 => "channels doubled",
                3 => "side halved",
                _ => "channels doubled, side halved",
            };
            Part { text: format!("layer {layer}: two residual blocks, {what}"), live: true }
        });
        Ok(parts.collect())
    }

    fn drawing(&self, arch: &Arch) -> Result<Drawing> {
        let what = |code| match code {
            1 => "=",
            2 => "2x channels",
            3 => "side / 2",
            _ => "2x channels, side / 2",
        };
        Ok(Drawing::chain(read(arch.as_str())?.into_iter().map(|code| what(code).to_owned())))
    }

    fn enumerable(&self) -> Option<&dyn Enumerable> {
        Some(self)
    }

    fn encoded(&self) -> Option<&dyn Encoded> {
        Some(self)
    }
}

impl Enumerable for TransnasMacro {
    fn size(&self) -> u128 {
        all().len() as u128
    }

    /// Shorter networks first, then by their digits.
    fn nth(&self, index: u128) -> Arch {
        write(&all()[index as usize])
    }
}

impl Encoded for TransnasMacro {
    /// Six places; the two last may be empty.
    fn choices(&self) -> &[usize] {
        &[CODES, CODES, CODES, CODES, CODES + 1, CODES + 1]
    }

    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        let codes = read(arch.as_str())?;
        // In the places that every network has, codes count from 0; in the others, 0 means that there is no layer.
        let at = |place: usize| codes.get(place).map_or(0, |&code| usize::from(code) - usize::from(place < LAYERS[0]));
        Ok((0..LAYERS[1]).map(at).collect())
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        let (first, last) = choices.split_at_checked(LAYERS[0])?;
        let last: Vec<usize> = match last {
            [0, 0] => Vec::new(),
            [one, 0] => vec![*one],
            [one, other] if *one > 0 => vec![*one, *other],
            _ => return None,
        };
        let codes: Vec<u8> =
            first.iter().map(|&choice| choice as u8 + 1).chain(last.iter().map(|&c| c as u8)).collect();
        let known = codes.iter().all(|&code| usize::from(code) <= CODES);
        (known && fault(&codes).is_none()).then(|| write(&codes))
    }
}
