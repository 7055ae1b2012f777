//! `zeronas completions`: completion scripts for shells.

use super::Cli;
use super::terminal::raw;
use clap::CommandFactory;
use clap_complete::Shell;
use zeronas::Result;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  zeronas completions bash > ~/.local/share/bash-completion/completions/zeronas")]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "zeronas", &mut script);
    raw(&String::from_utf8_lossy(&script))
}
