//! `zeronas completions`: completion scripts for shells.

use super::Cli;
use crate::Result;
use clap::CommandFactory;
use clap_complete::Shell;

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
    crate::print(&String::from_utf8_lossy(&script))
}
