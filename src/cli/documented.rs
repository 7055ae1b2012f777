//! Every command line that README and book show is one that the program takes.

use super::Cli;
use clap::Parser;
use std::fs;
use std::path::{Path, PathBuf};

/// The command lines of a page's shell blocks, in words.
fn commands(text: &str) -> Vec<Vec<String>> {
    let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block);
    let mut commands = Vec::new();
    for line in blocks.flat_map(|block| block.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>()) {
        let line = line.split_once(" > ").map_or(line.as_str(), |(command, _)| command);
        let line =
            line.strip_prefix("cargo run --release -- ").map_or(line.to_owned(), |rest| format!("zeronas {rest}"));
        if line.starts_with("zeronas ") {
            commands.push(shlex::split(&line).unwrap_or_else(|| panic!("quotes in pairs: {line}")));
        }
    }
    commands
}

#[test]
fn every_command_shown_is_one_that_the_program_takes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let markdown = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "md");
    let files = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut found = 0;
    for page in files(root.to_owned()).chain(files(root.join("docs"))).filter(markdown) {
        for words in commands(&fs::read_to_string(&page).unwrap()) {
            found += 1;
            match Cli::try_parse_from(&words) {
                Ok(_) => {}
                // --help and --version are errors to clap.
                Err(error) if !error.use_stderr() => {}
                // What is required may come from a file.
                Err(error)
                    if error.kind() == clap::error::ErrorKind::MissingRequiredArgument
                        && words.iter().any(|word| word == "--like" || word == "--config") => {}
                Err(error) => panic!("{}: {}\n{error}", page.display(), words.join(" ")),
            }
        }
    }
    assert!(found > 40, "{found} commands");
}
