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
    let mut current = indent.to_owned();
    for word in line.split_whitespace() {
        let starts = current.len() == indent.len();
        if !starts && length(&current) + 1 + length(word) > width {
            lines.push(std::mem::replace(&mut current, format!("{indent}{word}")));
            continue;
        }
        if !starts {
            current.push(' ');
        }
        current += word;
    }
    lines.push(current);
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
        assert_eq!(wrapped("", 10), Vec::<String>::new());
    }
}
