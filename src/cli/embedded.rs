//! Subcommands inside another program: the same flags, and what is printed comes back as text.

use super::report::{self, ReportArgs};
use super::search::{self, SearchArgs};
use crate::{Error, Result};
use clap::{Args, Command, FromArgMatches};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// `zeronas search` with these words, until `stop` is set.
///
/// # Errors
/// As the command; words that it does not take too.
pub fn search(words: &[String], stop: &Arc<AtomicBool>) -> Result<String> {
    search::run(&parsed::<SearchArgs>("search", words)?, stop)
}

/// `zeronas report` with these words.
///
/// # Errors
/// As the command; words that it does not take too.
pub fn report(words: &[String]) -> Result<String> {
    report::run(&parsed::<ReportArgs>("report", words)?)
}

fn parsed<A: Args + FromArgMatches>(name: &'static str, words: &[String]) -> Result<A> {
    let command = A::augment_args(Command::new(name).no_binary_name(true).disable_help_flag(true));
    let refused = |error: clap::Error| {
        let text = error.render().to_string();
        let reason = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
        Error::flag(name, reason.trim())
    };
    let matches = command.try_get_matches_from(words).map_err(refused)?;
    A::from_arg_matches(&matches).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        search(&words, &Arc::default()).unwrap_err().to_string()
    }

    #[test]
    fn words_that_a_command_does_not_take_are_errors() {
        assert!(refusal(&["--strategy", "luck"]).starts_with("search: invalid value 'luck' for '--strategy"));
        assert!(refusal(&["--colour", "red"]).contains("unexpected argument '--colour'"));
        assert!(refusal(&["--help"]).contains("--help"));
    }

    #[test]
    fn a_search_tells_what_it_found() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("found").display().to_string();
        let words = ["--strategy", "random", "--evaluate", "proxy:params", "--budget", "evaluations=5", "--out", &out];
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let told = search(&words, &Arc::default()).unwrap();
        assert!(told.contains("random") && told.contains("report.html"), "{told}");
    }
}
