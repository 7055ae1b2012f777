//! How kernels are compiled and launched: what is best on one device need not be best on another.

use std::fmt;
use std::str::FromStr;

macro_rules! tuning {
    ($($(#[$doc:meta])* $field:ident: $default:literal of [$($value:literal),*],)*) => {
        /// Settings for compiling and launching kernels. As text, they are what differs from the defaults, such as `pixels=4,graphs=1`, or
        /// `usual`.
        ///
        /// `pixels`, `channels`, `tensor_cores` and `gradient_blocks` change the order of sums, so that scores differ by rounding. The other
        /// settings do not change a single bit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct Tuning {
            $($(#[$doc])* pub $field: u32,)*
        }

        impl Default for Tuning {
            fn default() -> Self {
                Tuning { $($field: $default,)* }
            }
        }

        impl Tuning {
            /// The settings by name, with the values that each may have.
            pub const SETTINGS: &[(&str, &[u32])] = &[$((stringify!($field), &[$($value),*]),)*];

            /// The values, in the order of [`Tuning::SETTINGS`].
            pub fn values(&self) -> impl Iterator<Item = u32> + use<> {
                [$(self.$field),*].into_iter()
            }

            fn value_mut(&mut self, name: &str) -> Option<&mut u32> {
                match name {
                    $(stringify!($field) => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

tuning! {
    /// Pixels that a thread of a convolution computes.
    pixels: 8 of [4, 8, 16],
    /// Output channels that such a thread computes for each pixel.
    channels: 4 of [4, 8],
    /// Input channels that a convolution loads into shared memory at a time.
    step: 8 of [8, 16],
    /// With 2, the next step's numbers are loaded into separate shared memory while a step is computed.
    stages: 1 of [1, 2],
    /// Blocks of a convolution for which a multiprocessor must have enough registers.
    blocks: 4 of [1, 2, 3, 4, 5, 6],
    /// Pixels that the gradient of a weight loads into shared memory at a time.
    gradient_step: 32 of [16, 32, 64],
    /// Approximate number of blocks into which the gradient of a weight is split.
    gradient_blocks: 256 of [64, 128, 256, 512, 1024],
    /// With 1, each product of 32-bit numbers is computed as three products on tensor cores.
    tensor_cores: 0 of [0, 1],
    /// With 1, all launches of the programs that run together form one CUDA graph.
    graphs: 0 of [0, 1],
    /// Minimum number of networks that the device should work on at a time.
    networks: 32 of [8, 16, 32, 64, 128],
}

/// The text of a tuning that does not differ from the defaults.
const USUAL: &str = "usual";

impl Tuning {
    /// The definitions that the kernels' source needs.
    pub(super) fn definitions(&self) -> String {
        let Tuning { pixels, channels, step, stages, blocks, gradient_step, tensor_cores, .. } = self;
        format!(
            "#define CONV_PIXELS {pixels}\n#define CONV_CHANNELS {channels}\n#define CONV_STEP {step}\n#define CONV_STAGES {stages}\n\
             #define CONV_BLOCKS {blocks}\n#define GRADIENT_STEP {gradient_step}\n#define TENSOR_CORES {tensor_cores}\n"
        )
    }

    /// Returns the tunings that are worth trying on a device, the usual one first: each setting by itself, with fewer `blocks` if it needs
    /// more registers, and settings that go together. The number of networks is varied separately, by [`Tuning::crowds`].
    pub fn variants() -> Vec<Self> {
        let single = Tuning::SETTINGS
            .iter()
            .filter(|(name, _)| *name != "networks")
            .flat_map(|(name, values)| values.iter().map(move |value| format!("{name}={value}")))
            .filter(|text| !["pixels=16", "channels=8", "step=16"].contains(&text.as_str()));
        let together = [
            "pixels=16,blocks=2",
            "channels=8,blocks=2",
            "channels=8,pixels=4,blocks=3",
            "channels=8,pixels=4,stages=2,blocks=3",
            "step=16,blocks=2",
            "step=16,stages=2,blocks=2",
            "stages=2,blocks=3",
            "tensor_cores=1,stages=2,blocks=3",
            "tensor_cores=1,step=16,blocks=3",
        ];
        let mut variants = vec![Tuning::default()];
        for text in single.chain(together.map(str::to_owned)) {
            let tuning = text.parse().ok();
            variants.extend(tuning.filter(|tuning| !variants.contains(tuning)));
        }
        variants
    }

    /// Returns the same tuning with other numbers of networks at a time.
    pub fn crowds(self) -> impl Iterator<Item = Self> {
        let numbers = Tuning::SETTINGS.iter().filter(|(name, _)| *name == "networks").flat_map(|(_, numbers)| *numbers);
        numbers.map(move |&networks| Tuning { networks, ..self }).filter(move |tuning| *tuning != self)
    }

    /// Returns the settings that decide the order of sums; the rest are defaults.
    pub fn of_sums(&self) -> Self {
        let &Tuning { pixels, channels, gradient_blocks, tensor_cores, .. } = self;
        Tuning { pixels, channels, gradient_blocks, tensor_cores, ..Tuning::default() }
    }

    /// The tuning of kernels of 64-bit numbers, which is fixed. It allows for numbers that take twice as many registers.
    #[cfg(any(test, feature = "cuda"))]
    pub(super) fn of_doubles() -> Self {
        Tuning { blocks: 2, ..Tuning::default() }
    }
}

impl fmt::Display for Tuning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Tuning::default() {
            return f.write_str(USUAL);
        }
        let mut comma = "";
        let settings = Tuning::SETTINGS.iter().zip(self.values().zip(Tuning::default().values()));
        for ((name, _), (value, _)) in settings.filter(|(_, (value, usual))| value != usual) {
            write!(f, "{comma}{name}={value}")?;
            comma = ",";
        }
        Ok(())
    }
}

impl FromStr for Tuning {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut tuning = Tuning::default();
        if text == USUAL {
            return Ok(tuning);
        }
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let known = || Tuning::SETTINGS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let Some((_, values)) = Tuning::SETTINGS.iter().find(|(other, _)| *other == name) else {
                return Err(format!("`{name}` is no setting of kernels; there are {}", known()));
            };
            let found = value.parse().ok().filter(|value| values.contains(value));
            let Some((value, place)) = found.zip(tuning.value_mut(name)) else {
                let values: Vec<String> = values.iter().map(u32::to_string).collect();
                return Err(format!("`{name}` may be {}, not `{value}`", values.join(", ")));
            };
            *place = value;
        }
        Ok(tuning)
    }
}

/// Returns whether a tuning is faster than the usual one by more than the noise, with both measured in alternating turns: its slowest turn
/// has to be faster than the usual one's fastest.
pub fn worth_keeping(rates: &[f64], usual: &[f64]) -> bool {
    !rates.is_empty() && rates.iter().all(|rate| usual.iter().all(|other| rate > other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_holds_what_differs_and_is_read_again() {
        assert_eq!(Tuning::default().to_string(), "usual");
        assert_eq!("usual".parse(), Ok(Tuning::default()));
        let tuning = Tuning { step: 16, graphs: 1, ..Tuning::default() };
        assert_eq!(tuning.to_string(), "step=16,graphs=1");
        assert_eq!("graphs=1,step=16".parse(), Ok(tuning));
        assert_eq!("".parse(), Ok(Tuning::default()));
        let both = Tuning { step: 16, tensor_cores: 1, ..Tuning::default() };
        assert_eq!(both.of_sums().to_string(), "tensor_cores=1");
    }

    #[test]
    fn every_value_of_every_setting_is_among_the_variants() {
        let mut variants = Tuning::variants();
        assert_eq!(variants[0], Tuning::default());
        variants.extend(Tuning::default().crowds());
        for (place, (name, values)) in Tuning::SETTINGS.iter().enumerate() {
            for value in *values {
                assert!(variants.iter().any(|tuning| tuning.values().nth(place) == Some(*value)), "{name}={value}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in
            [("stpe=8", "there are pixels, channels"), ("step=9", "may be 8, 16, not `9`"), ("step", "``")]
        {
            let error = text.parse::<Tuning>().unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn what_is_not_faster_in_every_turn_is_not_worth_keeping() {
        assert!(worth_keeping(&[12.0, 11.5, 12.5], &[10.0, 11.0, 11.4]));
        assert!(!worth_keeping(&[20.0, 11.0, 20.0], &[10.0, 11.4, 10.0]));
        assert!(!worth_keeping(&[10.0], &[10.0]) && !worth_keeping(&[f64::NAN], &[1.0]) && !worth_keeping(&[], &[]));
    }
}
