//! Notations of architectures besides those of their benchmarks, as far as spaces share them.

mod literal;

pub(super) use literal::Literal;

/// Strips what files and shells leave around a text: blanks, a byte order mark, quotes on both sides.
pub(crate) fn bare(text: &str) -> &str {
    let mut bare = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    loop {
        match ['"', '\''].iter().find_map(|&quote| bare.strip_prefix(quote)?.strip_suffix(quote)) {
            Some(inner) => bare = inner.trim(),
            None => return bare,
        }
    }
}

/// Reads a place in an order, from 0: only digits, or as spreadsheets write them (`309.0`).
pub(super) fn index(text: &str) -> Option<u64> {
    let digits = match text.split_once('.') {
        Some((digits, zeros)) if !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0') => digits,
        Some(_) => return None,
        None => text,
    };
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    if plain { digits.parse().ok() } else { None }
}

/// Whether a text begins as a tuple, list, dictionary or call does.
pub(super) fn is_literal(text: &str) -> bool {
    text.starts_with(['(', '[', '{'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_is_ignored() {
        for text in ["8:8", " 8:8\r\n", "\u{feff}8:8", "\"8:8\"", "' 8:8 '", "\u{feff}\"'8:8'\" "] {
            assert_eq!(bare(text), "8:8", "{text:?}");
        }
        assert_eq!((bare("\""), bare("\"\""), bare("'8:8")), ("\"", "", "'8:8"));
    }

    #[test]
    fn indices_are_digits_alone() {
        assert_eq!(["0", "309", "309.0", "15624.00"].map(index), [Some(0), Some(309), Some(309), Some(15_624)]);
        for text in ["", "-1", "1.5", "007", "1.", "1e3", "99999999999999999999", "1 2"] {
            assert_eq!(index(text), None, "{text}");
        }
    }
}
