//! Text in lines of a given width, broken only between words.

/// Returns the lines of a text, each at most `width` wide. Continuation lines have the indent of the first line. A word that does not
/// fit, such as an architecture, is put unbroken on a line of its own, from which it can be copied.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    text.lines().flat_map(|line| line_wrapped(line, width)).collect()
}

fn line_wrapped(line: &str, width: usize) -> Vec<String> {
    let length = |text: &str| text.chars().count();
    if length(line) <= width {
        return vec![line.to_owned()];
    }
    let indent = &line[..line.len() - line.trim_start().len()];
    let mut lines = Vec::new();
    // The indent of the current line and the start of its first word; `end` is the end of its last word.
    let mut current: Option<(&str, usize)> = None;
    let mut end = 0;
    for (place, after) in words(line) {
        let word = &line[place..after];
        let stands_alone = length(indent) + length(word) > width;
        if let Some((before, start)) = current
            && (stands_alone || length(before) + length(&line[start..after]) > width)
        {
            lines.push(format!("{before}{}", &line[start..end]));
            current = None;
        }
        if stands_alone {
            lines.push(word.to_owned());
        } else {
            current.get_or_insert((indent, place));
        }
        end = after;
    }
    lines.extend(current.map(|(before, start)| format!("{before}{}", &line[start..end])));
    lines
}

/// Returns where the words of a line start and end. A number and a `%` after it are one word.
fn words(line: &str) -> Vec<(usize, usize)> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    let mut end = 0;
    for word in line.split_whitespace() {
        let Some(place) = line[end..].find(word).map(|place| end + place) else { break };
        end = place + word.len();
        match words.last_mut() {
            Some(before) if word.starts_with('%') => before.1 = end,
            _ => words.push((place, end)),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_keep_their_indent() {
        let text = "short\n  a longer line of words\nunbreakable-word of-another";
        let expected = ["short", "  a longer", "  line of", "  words", "unbreakable-word", "of-another"];
        assert_eq!(wrapped(text, 10), expected);
        assert_eq!(wrapped("a  b", 10), ["a  b"], "what fits is left as it is");
        let alone = wrapped("  key   a-long-value-of-one-word  and so on", 10);
        assert_eq!(alone, ["  key", "a-long-value-of-one-word", "  and so", "  on"]);
        assert_eq!(wrapped("", 10), Vec::<String>::new());
        assert_eq!(wrapped("valid 35.00 %, loss", 11), ["valid", "35.00 %,", "loss"]);
    }
}
