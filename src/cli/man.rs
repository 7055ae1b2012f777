//! `zeronas man`: manual pages.

use super::Cli;
use super::terminal::{done, raw};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use std::path::{Path, PathBuf};
use zeronas::{Error, Result};

/// Print a manual page, or write all of them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas man score | man -l -
  zeronas man --out ~/.local/share/man/man1")]
pub struct ManArgs {
    /// The command to print the page of [default: the program itself]
    #[arg(value_name = "COMMAND", num_args = 0.., conflicts_with = "out")]
    command: Vec<String>,

    /// Folder for the pages of all commands
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the page, or writes them all.
///
/// # Errors
/// Names the command that there is none of, or the file that cannot be written.
pub fn run(args: &ManArgs) -> Result<()> {
    let mut program = Cli::command();
    program.build();
    if let Some(out) = &args.out {
        return write(&program, out);
    }
    let mut found = &program;
    for word in &args.command {
        let inner = found.find_subcommand(word);
        found = inner.ok_or_else(|| Error::setting("command", format!("there is no command `{word}`")))?;
    }
    raw(&String::from_utf8_lossy(&page(found)?))
}

fn write(program: &Command, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).map_err(Error::io(out, "cannot be made"))?;
    let mut left = vec![program];
    let mut count = 0usize;
    while let Some(command) = left.pop() {
        let path = out.join(format!("{}.1", name(command)));
        std::fs::write(&path, page(command)?).map_err(Error::io(&path, "cannot be written"))?;
        left.extend(command.get_subcommands().filter(|inner| inner.get_name() != "help"));
        count += 1;
    }
    let out = out.display();
    done(&format!("{out}: {count} manual pages"), [("out", out.to_string().into()), ("pages", count.into())])
}

/// `zeronas-bench-build` for `zeronas bench build`.
fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    let title = name(command);
    Man::new(command.clone())
        .title(title)
        .render(&mut page)
        .map_err(Error::io("manual page".as_ref(), "cannot be made"))?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        run(&ManArgs { command: Vec::new(), out: Some(dir.path().to_owned()) }).unwrap();
        for name in ["zeronas", "zeronas-score", "zeronas-bench", "zeronas-bench-build", "zeronas-man"] {
            let page = std::fs::read_to_string(dir.path().join(format!("{name}.1"))).unwrap();
            assert!(page.contains(".TH") && page.contains(&name.replace('-', "\\-")), "{name}: {page}");
        }
        assert!(run(&ManArgs { command: vec!["scores".into()], out: None }).is_err());
    }
}
