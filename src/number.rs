//! Numbers with units: `200k`, `1.5M`, `256KiB`.

/// Each unit with what it is worth. A capital K is a thousand too.
const UNITS: [(&str, f64); 14] = [
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
    ("tib", 1_099_511_627_776.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("tb", 1e12),
    ("k", 1e3),
    ("m", 1e6),
    ("g", 1e9),
    ("b", 1.0),
    ("t", 1e12),
    ("ms", 1.0),
];

/// Reads a number with an optional unit.
///
/// # Errors
/// Says which units there are.
pub(crate) fn read(text: &str) -> Result<f64, String> {
    let digits =
        text.len() - text.trim_start_matches(|sign: char| sign.is_ascii_digit() || "+-._eE".contains(sign)).len();
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let worth = match unit.as_str() {
        "" => Some(1.0),
        unit => UNITS.iter().find(|(known, _)| *known == unit).map(|(_, worth)| *worth),
    };
    let number = number.replace('_', "").parse::<f64>().ok().filter(|number| number.is_finite());
    number.zip(worth).map(|(number, worth)| number * worth).ok_or_else(|| {
        format!(
            "`{text}` is no number, or one with a unit that is none of k, M, G, T, B, KB, MB, GB, TB, KiB, MiB, GiB, TiB and ms"
        )
    })
}
