//! Help: `-h` on a page, each flag in a sentence; `--help` with all there is to say, and examples that can be pasted.

use clap::{Arg, Command};

/// What few need: told by `--help` alone.
const FINE: [&str; 5] =
    ["How networks are built", "How tables are read", "Settings of strategies", "Output", "Settings from a file"];

/// The columns that help is laid out for: the terminal's, or what COLUMNS says.
pub fn columns() -> usize {
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal_size::terminal_size().map(|(width, _)| width.0.into()).or_else(told).unwrap_or(100)
}

/// The command and all below it, with help for so many columns.
pub fn helped(command: Command, width: usize) -> Command {
    told(command, width, 0)
}

fn told(command: Command, width: usize, above: usize) -> Command {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let command = command.term_width(width).mut_args(sentence);
    let examples = command.get_after_help().map(|text| pasteable(&text.to_string(), width));
    let global = command.get_arguments().filter(|arg| arg.is_global_set()).count();
    let hidden = above + command.get_arguments().filter(|arg| arg.is_hide_short_help_set()).count();
    let command = match &examples {
        Some(examples) => command.after_long_help(examples),
        None => command,
    };
    let more = match (hidden, examples.is_some()) {
        (0, false) => String::new(),
        (0, true) => format!("`{name} --help` says more, and has examples."),
        (hidden, true) => format!("`{name} --help` says more, and has {hidden} further flags and examples."),
        (hidden, false) => format!("`{name} --help` says more, and has {hidden} further flags."),
    };
    let command = command.after_help(more);
    command.mut_subcommands(|inner| {
        let path = format!("{name} {}", inner.get_name());
        told(inner.bin_name(path), width, above + global)
    })
}

/// A flag with its first sentence for `-h`, and all of them for `--help`.
fn sentence(arg: Arg) -> Arg {
    let fine = arg.get_help_heading().is_some_and(|heading| FINE.contains(&heading));
    let arg = if fine { arg.hide_short_help(true) } else { arg };
    match arg.get_help().map(ToString::to_string) {
        Some(help) if arg.get_long_help().is_none() => arg.help(first_sentence(&help)).long_help(help),
        _ => arg,
    }
}

/// The text up to its first full stop, semicolon or colon, with the default that it ends with.
fn first_sentence(text: &str) -> String {
    let (said, default) = match text.rfind("[default: ") {
        Some(at) if text.ends_with(']') => (&text[..at], &text[at..]),
        _ => (text, ""),
    };
    let ends = ["; ", ". ", ": "].into_iter().filter_map(|end| said.find(end).map(|at| (at, end)));
    // What stands before a colon may be a condition, not a sentence.
    let ends =
        ends.filter(|(at, end)| *end != ": " || !said[..*at].starts_with("With ") && !said[..*at].contains("Bench"));
    let end = ends.map(|(at, _)| at).min().unwrap_or(said.len());
    format!("{} {default}", said[..end].trim_end_matches([' ', '.'])).trim_end().to_owned()
}

/// A text whose command lines, those that start with the program's name after blanks, are broken by `\` into lines of a width, so that they
/// can be pasted.
fn pasteable(text: &str, width: usize) -> String {
    let joined = text.replace("\\\n", " ");
    let line = |line: &str| {
        let command = line.trim_start();
        let indent = &line[..line.len() - command.len()];
        if !indent.is_empty() && command.starts_with("zeronas ") {
            broken(indent, command, width)
        } else {
            line.to_owned()
        }
    };
    joined.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn broken(indent: &str, command: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in words(command) {
        match lines.last_mut() {
            // The backslash and the blank before it need room, too.
            Some(last) if last.chars().count() + 1 + word.chars().count() + 2 <= width => *last += &format!(" {word}"),
            Some(_) => lines.push(format!("{indent}    {word}")),
            None => lines.push(format!("{indent}{word}")),
        }
    }
    // A word that fills its line has the backslash right behind it: alone in the next line it would break the command.
    let full = |line: &String| line.chars().count() + 2 > width;
    let ended = |line: &String| format!("{line}{}", if full(line) { "\\\n" } else { " \\\n" });
    match lines.split_last() {
        Some((last, before)) => before.iter().map(ended).collect::<String>() + last,
        None => String::new(),
    }
}

/// The words of a command line, quotes and all.
fn words(command: &str) -> Vec<&str> {
    let mut quoted = false;
    let split = command.split(move |letter: char| {
        quoted ^= letter == '\'';
        letter == ' ' && !quoted
    });
    split.filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::{CommandFactory, Parser};

    #[test]
    fn a_flag_is_told_in_a_sentence() {
        for (text, expected) in [
            ("Images: `embedded`, or a path. More [default: embedded]", "Images [default: embedded]"),
            ("Continue what an earlier run left", "Continue what an earlier run left"),
            ("With --sample: seed of the draw; K", "With --sample: seed of the draw"),
        ] {
            assert_eq!(first_sentence(text), expected);
        }
    }

    fn every(command: &Command, check: &mut dyn FnMut(&Command)) {
        check(command);
        command.get_subcommands().for_each(|inner| every(inner, check));
    }

    #[test]
    fn short_help_of_every_command_is_a_page() {
        for width in [80, 120] {
            every(&helped(Cli::command(), width), &mut |command| {
                let help = command.clone().render_help().to_string();
                let (name, lines) = (command.get_name(), help.lines().count());
                assert!(lines <= 60, "{name} -h has {lines} lines in {width} columns:\n{help}");
            });
        }
    }

    #[test]
    fn examples_can_be_pasted_at_any_width() {
        let examples = |width: usize| {
            let mut found = Vec::new();
            every(&helped(Cli::command(), width), &mut |command| {
                let help = command.clone().render_long_help().to_string();
                let starts = help.lines().position(|line| line.starts_with("Example"));
                let lines: Vec<&str> = starts.map_or(Vec::new(), |start| help.lines().skip(start).collect());
                for line in &lines {
                    let one_word = line.split_whitespace().filter(|word| *word != "\\").count() == 1;
                    assert!(line.chars().count() <= width || one_word, "{width} columns: {line}");
                }
                let pasted = lines.join("\n").replace("\\\n", " ");
                let commands = pasted.lines().filter(|line| line.starts_with("  zeronas "));
                // A command ends where its output is redirected or piped.
                let commands = commands.map(|line| line.split(" > ").next().unwrap().split(" | ").next().unwrap());
                let commands = commands.map(|line| shlex::split(line).unwrap());
                found.extend(commands.collect::<Vec<_>>());
            });
            found
        };
        let wide = examples(120);
        assert!(wide.len() > 30, "{} examples", wide.len());
        for words in &wide {
            // A file that is read to know what is asked for is not there.
            let known = |error: &clap::Error| error.kind() == clap::error::ErrorKind::ValueValidation;
            let refused = Cli::try_parse_from(words).err().filter(|error| !known(error));
            assert!(refused.is_none(), "{}: {refused:?}", words.join(" "));
        }
        for width in [40, 80] {
            assert_eq!(examples(width), wide);
        }
    }
}
