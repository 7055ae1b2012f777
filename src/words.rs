//! Counts and durations in words, and settings that are one of a few words.

/// So many of a thing: `1 run`, `2 runs`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
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
    /// Lists the words there are.
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
    fn durations_are_short_and_never_round_up_into_the_next_unit() {
        let told = [0.4, 119.4, 119.6, 7169.0, 7171.0, 172_000.0, 172_700.0, 9e5].map(duration);
        assert_eq!(told, ["0 s", "119 s", "2 min", "119 min", "2.0 h", "47.8 h", "2.0 d", "10.4 d"]);
    }
}
