//! Counts and durations in words, and settings whose values are words.

/// A number of things: `1 run`, `2 runs`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Numbers one after another: `1, 3 and 9`.
pub(crate) fn listed(numbers: &[usize]) -> String {
    match numbers {
        [] => "none".into(),
        [one] => one.to_string(),
        [before @ .., last] => {
            let before: Vec<String> = before.iter().map(usize::to_string).collect();
            format!("{} and {last}", before.join(", "))
        }
    }
}

/// Seconds in the largest unit that leaves two digits or more: `90 s`, `9 min`, `5.1 h`, `2.0 d`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 119.5 => format!("{seconds:.0} s"),
        seconds if seconds < 7170.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_620.0 => format!("{:.1} h", seconds / 3600.0),
        seconds => format!("{:.1} d", seconds / 86_400.0),
    }
}

/// The seconds of a time such as `90`, `90s`, `30m` or `1.5h`.
///
/// # Errors
/// If it is not a time, or not above 0.
pub fn seconds(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let units = [("min", 60.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];
    let known = units.iter().find_map(|(unit, worth)| Some((text.strip_suffix(unit)?, *worth)));
    let (number, worth) = known.unwrap_or((text, 1.0));
    match number.trim().parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number * worth),
        _ => Err(format!("`{text}` is no time above 0, such as 90s, 30m or 1.5h")),
    }
}

/// A setting of a few values, each with a word for it.
pub trait Word: Copy + PartialEq + Send + Sync + 'static {
    /// All values in the order in which they are listed: the word, and what it means.
    const ALL: &'static [(Self, &'static str, &'static str)];

    /// The word.
    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(value, ..)| *value == self).map_or("", |(_, word, _)| word)
    }

    /// The value of a word.
    ///
    /// # Errors
    /// Lists the valid words.
    fn read(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, word, _)| *word == text);
        found.map(|(value, ..)| *value).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|(_, word, _)| *word).collect();
            let hint = zeronas_datasets::nearest(text, &words);
            let hint = hint.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
            format!("`{text}` is none of {}{hint}", words.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_units() {
        let read = ["90", "90s", "30m", "2 min", "1.5h", "0.5"].map(|text| seconds(text).unwrap());
        assert_eq!(read, [90.0, 90.0, 1800.0, 120.0, 5400.0, 0.5]);
        assert!(["", "m", "0", "-3s", "soon", "inf", "3d"].iter().all(|text| seconds(text).is_err()));
    }

    #[test]
    fn durations_are_short_and_never_round_up_into_the_next_unit() {
        let told = [0.4, 119.4, 119.6, 7169.0, 7171.0, 172_000.0, 172_700.0, 9e5].map(duration);
        assert_eq!(told, ["0 s", "119 s", "2 min", "119 min", "2.0 h", "47.8 h", "2.0 d", "10.4 d"]);
    }
}
