//! Settings that are one of a few words.

/// So many of a thing: `1 run`, `2 runs`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
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
