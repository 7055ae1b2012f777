//! Text in lines of a width, broken between words alone.

/// The lines of a text, each at most `width` wide where its words allow that. What goes on in the next line stands as far from the left
/// as its first line does.
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
    // Where the current line starts, what stands before it, and where its last word ends.
    let (mut start, mut before, mut end) = (0, "", indent.len());
    for word in line.split_whitespace() {
        let Some(place) = line[end..].find(word).map(|place| end + place) else { break };
        let after = place + word.len();
        let is_first = line[start..place].trim().is_empty();
        let is_too_long = length(before) + length(&line[start..after]) > width;
        // What has no room in a line of its own stays where it is.
        if is_too_long && !is_first && length(indent) + length(word) <= width {
            lines.push(format!("{before}{}", &line[start..end]));
            (start, before) = (place, indent);
        }
        end = after;
    }
    lines.push(format!("{before}{}", &line[start..end]));
    lines
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
        assert_eq!(
            wrapped("key   a-long-value-of-one-word", 10),
            ["key   a-long-value-of-one-word"],
            "no break would help"
        );
        assert_eq!(wrapped("", 10), Vec::<String>::new());
    }
}
