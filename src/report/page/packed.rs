//! The numbers of a page in as few characters as their precision allows: bytes in base 64, whose meaning the form gives.
//!
//! - `byte`: small counts; 255 where there is no number.
//! - `steps`: three bytes, little endian: (`low` + number) / `per`, for numbers with few decimal places; the largest where there is none.
//! - `short`: 32-bit floats without their last `shift` bits in three bytes, which leaves six digits. Because the sign and the bits of a float
//!   sort like the numbers, the value is stored as a signed number: 0 for 0, else the magnitude's bits are `base` + (magnitude − 1) << `shift`;
//!   the smallest where there is none.
//! - `float`: 32-bit floats, little endian; NaN where there is no number.
//! - `ln`: like `float`, with the logarithms of numbers that are too large for it.

use serde_json::{Value, json};

use super::structure::DIGITS;

/// The largest number of three bytes, and of three bytes with a sign.
const THREE_BYTES: u32 = (1 << 24) - 1;
const SIGNED_THREE_BYTES: u32 = (1 << 23) - 1;
/// Most bits that a float of three bytes may lack: its relative error is below 10^-6 then.
const MOST_SHIFT: u32 = 4;
/// Most decimal places that numbers of `steps` have.
const MOST_PLACES: i32 = 4;

/// Numbers in a form that the scripts read, with its settings.
pub(super) struct Packed {
    form: Value,
    values: String,
}

impl Packed {
    /// Chooses the smallest form that loses nothing of 32-bit floats or, with `rounds`, nothing of their first six digits.
    pub fn new(values: &[Option<f64>], rounds: bool) -> Self {
        let short = || if rounds { short(values) } else { None };
        bytes(values).or_else(|| steps(values)).or_else(short).unwrap_or_else(|| floats(values))
    }

    /// How many characters the numbers take.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Puts the form and the numbers into a JSON object.
    pub fn into_column(self, column: &mut Value) {
        column["form"] = self.form;
        column["values"] = self.values.into();
    }

    fn of(form: Value, bytes: &[u8]) -> Self {
        Packed { form, values: base_64(bytes) }
    }
}

fn known(values: &[Option<f64>]) -> impl Iterator<Item = f64> + Clone + '_ {
    values.iter().flatten().copied()
}

fn bytes(values: &[Option<f64>]) -> Option<Packed> {
    known(values).all(|value| value.fract() == 0.0 && (0.0..255.0).contains(&value)).then(|| {
        let bytes: Vec<u8> = values.iter().map(|value| value.map_or(u8::MAX, |value| value as u8)).collect();
        Packed::of(json!({ "is": "byte" }), &bytes)
    })
}

fn steps(values: &[Option<f64>]) -> Option<Packed> {
    let per = (0..=MOST_PLACES).map(|places| 10_f64.powi(places)).find(|per| {
        // Reading it back must give the same float.
        known(values).all(|value| ((value * per).round() / per) as f32 == value as f32)
    })?;
    let low = known(values).map(|value| (value * per).round()).reduce(f64::min)?;
    let number = |value: f64| (value * per).round() - low;
    let fits = known(values).all(|value| number(value) < f64::from(THREE_BYTES)) && low.abs() < 2_f64.powi(53);
    let three = |value: &Option<f64>| low_three(value.map_or(THREE_BYTES, |value| number(value) as u32));
    let bytes = || values.iter().flat_map(three).collect::<Vec<u8>>();
    fits.then(|| Packed::of(json!({ "is": "steps", "low": low, "per": per }), &bytes()))
}

fn short(values: &[Option<f64>]) -> Option<Packed> {
    let magnitude = |value: f64| (value as f32).abs().to_bits();
    let nonzero = || known(values).map(magnitude).filter(|&bits| bits != 0);
    let (base, most) = (nonzero().min()?, nonzero().max()?);
    if most >= f32::INFINITY.to_bits() {
        return None;
    }
    let half = |shift: u32| (1 << shift) >> 1;
    let steps = |bits: u32, shift: u32| ((bits - base + half(shift)) >> shift) + 1;
    let shift = (0..=MOST_SHIFT).find(|&shift| steps(most, shift) <= SIGNED_THREE_BYTES)?;
    let signed = |value: f64| match magnitude(value) {
        0 => 0,
        bits if value < 0.0 => -(steps(bits, shift) as i32),
        bits => steps(bits, shift) as i32,
    };
    let none = -(SIGNED_THREE_BYTES as i32) - 1;
    let three = |value: &Option<f64>| low_three(value.map_or(none, signed) as u32);
    let bytes: Vec<u8> = values.iter().flat_map(three).collect();
    Some(Packed::of(json!({ "is": "short", "base": base, "shift": shift }), &bytes))
}

fn floats(values: &[Option<f64>]) -> Packed {
    let bytes = |of: fn(f64) -> f64| {
        let float = |value: &Option<f64>| value.map_or(f32::NAN, |value| of(value) as f32).to_le_bytes();
        values.iter().flat_map(float).collect::<Vec<u8>>()
    };
    let largest = f64::from(f32::MAX);
    if known(values).all(|value| value > 0.0) && known(values).any(|value| value > largest) {
        return Packed::of(json!({ "is": "ln" }), &bytes(f64::ln));
    }
    Packed::of(json!({ "is": "float" }), &bytes(|value| value.clamp(-f64::from(f32::MAX), f64::from(f32::MAX))))
}

fn low_three(number: u32) -> [u8; 3] {
    let [a, b, c, _] = number.to_le_bytes();
    [a, b, c]
}

fn base_64(bytes: &[u8]) -> String {
    let digit = |bits: u32| char::from(if bits < 62 { DIGITS[bits as usize] } else { b"+/"[bits as usize - 62] });
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        let digits = [18, 12, 6, 0].map(|shift| digit(bits >> shift & 63));
        text.extend(digits.iter().take(three.len() + 1));
        text.extend(std::iter::repeat_n('=', 3 - three.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(values: &[Option<f64>]) -> (Value, String) {
        let Packed { form, values } = Packed::new(values, true);
        (form, values)
    }

    /// `base64.b64encode` of `bytes([3, 255, 0])`, of `(150).to_bytes(3, 'little')` beside zeros and the largest, and of
    /// `struct.pack('<f', 100.0)`.
    #[test]
    fn numbers_are_packed_as_small_as_they_go() {
        assert_eq!(packed(&[Some(3.0), None, Some(0.0)]), (json!({ "is": "byte" }), "A/8A".to_owned()));
        let steps = json!({ "is": "steps", "low": 9175.0, "per": 100.0 });
        assert_eq!(packed(&[Some(91.75), Some(93.25), None]), (steps, "AAAAlgAA////".to_owned()));
        assert_eq!(packed(&[Some(100_f64.exp())]), (json!({ "is": "ln" }), "AADIQg==".to_owned()));
        let wide = [Some(1.0 / 3.0), Some(1e9 / 3.0), Some(1e-20)];
        assert_eq!(packed(&wide).0, json!({ "is": "float" }));
        let thirds = Packed::new(&[Some(1.0 / 3.0)], false);
        assert_eq!((thirds.form, thirds.values.as_str()), (json!({ "is": "float" }), "q6qqPg=="));
    }

    /// What the scripts make of a column of the form `short`.
    fn read(form: &Value, text: &str) -> Vec<f64> {
        let digit =
            |c: u8| DIGITS[..62].iter().position(|&known| known == c).unwrap_or(if c == b'+' { 62 } else { 63 });
        let bits = |four: &[u8]| four.iter().fold(0u32, |bits, &c| bits << 6 | digit(c) as u32);
        let (base, shift) = (form["base"].as_u64().unwrap() as i64, form["shift"].as_u64().unwrap());
        let number = |four: &[u8]| {
            let [_, a, b, c] = bits(four).to_be_bytes();
            let signed = i64::from(i32::from_le_bytes([0, a, b, c]) >> 8);
            let float = |steps: i64| f64::from(f32::from_bits((base + ((steps - 1) << shift)) as u32));
            match signed {
                0 => 0.0,
                -8_388_608 => f64::NAN,
                signed => signed.signum() as f64 * float(signed.abs()),
            }
        };
        text.as_bytes().chunks(4).map(number).collect()
    }

    #[test]
    fn floats_of_three_bytes_keep_their_order_and_six_digits() {
        let values: Vec<f64> = (1..2000).map(|i| f64::from(i).sqrt() * if i % 3 == 0 { -0.01 } else { 7.0 }).collect();
        let mut options: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        options.extend([Some(0.0), None]);
        let (form, text) = packed(&options);
        assert_eq!((form["is"].as_str(), text.len()), (Some("short"), 4 * options.len()));
        let found = read(&form, &text);
        assert!(values.iter().zip(&found).all(|(value, found)| (found / value - 1.0).abs() < 1e-6));
        assert!(found[values.len()] == 0.0 && found[values.len() + 1].is_nan());
        let order = |values: &[f64]| {
            let mut order: Vec<usize> = (0..1999).collect();
            order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
            order
        };
        assert_eq!(order(&values), order(&found));
    }
}
