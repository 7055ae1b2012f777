//! Printing: fitted to the terminal, tab-separated if the output is no terminal, or as JSON.

use anstyle::Style;
use serde_json::Value;
use std::io::{ErrorKind, Write};
use std::sync::OnceLock;
use zeronas::text::{Block, Part, Table, Text, object, wrapped};
use zeronas::{Error, Result};

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// An object per line.
    Json,
    /// Tables with tabs between their cells.
    TabSeparated,
    /// At most so many columns wide.
    Fitted(usize),
}

/// What every command prints by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub form: Form,
    /// How many columns there are for what is said beside the results.
    pub columns: usize,
    /// Results and errors alone.
    pub quiet: bool,
}

static LOOK: OnceLock<Look> = OnceLock::new();

/// Says how results are shown, once.
pub(super) fn look_like(look: Look) {
    LOOK.get_or_init(|| look);
}

fn look() -> Look {
    LOOK.get().copied().unwrap_or(Look { form: Form::TabSeparated, columns: usize::MAX, quiet: false })
}

/// Whether results are wanted as JSON.
pub(super) fn is_json() -> bool {
    look().form == Form::Json
}

/// Whether results and errors alone are wanted.
pub(super) fn is_quiet() -> bool {
    look().quiet
}

/// Prints results to stdout.
pub(super) fn print(text: &Text) -> Result<()> {
    raw(&match look().form {
        Form::Json => text.json_lines(),
        Form::TabSeparated => text.tab_separated(),
        Form::Fitted(width) => text.parts().iter().map(|part| fitted(part, width)).collect(),
    })
}

/// Prints to stdout as it is; a reader that has gone away, as `head` does, is no error.
pub(super) fn raw(text: &str) -> Result<()> {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => {
            Err(Error::io("stdout".as_ref(), "cannot be written")(source))
        }
        _ => Ok(()),
    }
}

/// Says something of what goes on, on stderr.
pub(super) fn say(sentence: &str) {
    if !is_quiet() {
        anstream::eprintln!("{}", in_lines(sentence, look().columns));
    }
}

/// Says on stderr what went wrong.
pub fn complain(error: &Error) {
    let red = clap::builder::Styles::styled().get_error().to_owned();
    let told = in_lines(&format!("error: {}", error.told_as(super::flag)), look().columns);
    anstream::eprintln!("{red}error:{red:#}{}", told.trim_start_matches("error:"));
}

/// Says what a command has come to; as JSON it is a line of the kind `done`.
pub(super) fn done<'a>(sentence: &str, values: impl IntoIterator<Item = (&'a str, Value)>) -> Result<()> {
    say(sentence);
    if !is_json() {
        return Ok(());
    }
    let values = [("kind", Value::from("done"))].into_iter().chain(values);
    raw(&object(values.map(|(key, value)| (key.to_owned(), value))))
}

/// Words in lines of a width; blank lines and the line break at the end stay.
fn in_lines(words: &str, width: usize) -> String {
    words.split('\n').map(|line| wrapped(line, width).join("\n")).collect::<Vec<_>>().join("\n")
}

fn fitted(part: &Part, width: usize) -> String {
    match part {
        Part::Words(words) => in_lines(words, width),
        Part::Table(table) => table_in(table, width),
    }
}

/// A table with its titles in bold, and a line that says what it does not show.
fn table_in(table: &Table, width: usize) -> String {
    let bold = Style::new().bold();
    let fitted = table.fit(width);
    let block = |Block { header, rows }: &Block| {
        let header = header.iter().map(|line| format!("{bold}{line}{bold:#}"));
        header.chain(rows.iter().cloned()).collect::<Vec<_>>().join("\n")
    };
    let blocks: Vec<String> = fitted.blocks.iter().map(block).collect();
    let hint = match (fitted.left_out.join(", "), fitted.shortened) {
        (none, false) if none.is_empty() => return blocks.join("\n\n"),
        (none, true) if none.is_empty() => "--wide shows architectures in full".into(),
        (names, false) => format!("left out: {names}; --wide shows them"),
        (names, true) => format!("left out: {names}; --wide shows them, and architectures in full"),
    };
    format!("{}\n{}", blocks.join("\n\n"), wrapped(&hint, width).join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeronas::text::{Cell, Column};

    fn shown(width: usize) -> String {
        let columns = [Column::word("proxy").key(), Column::number("n").detail(), Column::word("architecture").key()];
        let mut table = Table::new("it", columns);
        table.row([Cell::from("naswot"), 200usize.into(), Cell::from("|a~0|+|b~0|").or(Some("#1".into()))]);
        let text = Text::from("a title\n").and(table).and("\nfour words come after\n");
        let shown: String = text.parts().iter().map(|part| fitted(part, width)).collect();
        anstream::adapter::strip_str(&shown).to_string()
    }

    #[test]
    fn what_is_not_shown_is_said_and_no_line_is_longer_than_its_words() {
        let wide = "a title\nproxy     n  architecture\nnaswot  200  |a~0|+|b~0|\nfour words come after\n";
        assert_eq!(shown(80), wide);
        let narrow = "a title\nproxy   architecture\nnaswot  #1\nleft out: n; --wide\nshows them, and\narchitectures in\nfull\n\
                      four words come\nafter\n";
        assert_eq!(shown(20), narrow);
    }
}
