//! The flags of every command that set how its results are shown.

use super::terminal::{Form, Look, look_like};
use clap::ColorChoice;
use std::ffi::OsString;
use std::io::IsTerminal;

/// How results are shown, and how much is said beside them.
#[derive(Clone, Debug, clap::Args)]
pub struct OutputArgs {
    /// Print results as JSON, one object per line
    #[arg(long, global = true, help_heading = "Output")]
    json: bool,

    /// Show all columns of tables, and architectures in full
    #[arg(long, global = true, help_heading = "Output")]
    wide: bool,

    /// Lay out results for this many columns [default: the terminal's; tables are tab-separated if the output is no terminal]
    #[arg(long, global = true, value_name = "N", conflicts_with = "wide", value_parser = clap::value_parser!(u16).range(20..), help_heading = "Output")]
    width: Option<u16>,

    /// Print only results and errors
    #[arg(long, short, global = true, conflicts_with = "verbose", help_heading = "Output")]
    quiet: bool,

    /// Print more: log messages for developers, and the time and memory used
    #[arg(long, short, global = true, help_heading = "Output")]
    verbose: bool,

    /// When to use colours; `auto` uses them in a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    color: ColorChoice,
}

impl OutputArgs {
    /// From now on, results are shown so.
    pub fn apply(&self) {
        let terminal = || std::io::stdout().is_terminal().then(columns);
        let form = match (self.json, self.width) {
            (true, _) => Form::Json,
            (_, Some(width)) => Form::Fitted(width.into()),
            (..) => match terminal() {
                None => Form::TabSeparated,
                Some(_) if self.wide => Form::Fitted(usize::MAX),
                Some(width) => Form::Fitted(width.unwrap_or(80)),
            },
        };
        let columns = self.width.map(usize::from).or_else(|| columns().filter(|_| std::io::stderr().is_terminal()));
        look_like(Look { form, columns: columns.unwrap_or(usize::MAX), quiet: self.quiet });
    }

    /// What is logged unless ZERONAS_LOG says otherwise.
    pub fn log(&self) -> &'static str {
        match (self.quiet, self.verbose) {
            (true, _) => "error",
            (_, true) => "info,zeronas=debug",
            (..) => "warn",
        }
    }

    /// Whether more is to be said.
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }
}

/// How wide the terminal is.
fn columns() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| width.0.into())
}

/// What a command line says of colours, before it is known whether it is one that can be understood.
pub fn color(words: &[OsString]) -> ColorChoice {
    let words = words.iter().filter_map(|word| word.to_str());
    let mut color = ColorChoice::Auto;
    let mut before = "";
    for word in words.take_while(|word| *word != "--") {
        let value = if before == "--color" { Some(word) } else { word.strip_prefix("--color=") };
        if let Some(value) = value {
            color = value.parse().unwrap_or(ColorChoice::Auto);
        }
        before = word;
    }
    color
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_as_the_last_word_says() {
        for (words, expected) in [
            ("zeronas proxies", ColorChoice::Auto),
            ("zeronas --color=never proxies", ColorChoice::Never),
            ("zeronas proxies --color never --color always", ColorChoice::Always),
            ("zeronas proxies --color sometimes", ColorChoice::Auto),
        ] {
            let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
            assert_eq!(color(&words), expected, "{words:?}");
        }
    }
}
