//! The `zeronas` command.
#![forbid(unsafe_code)]

mod cli;

use std::io::stderr;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cli::complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn run() -> zeronas::Result<()> {
    let asked = cli::Asked::of(std::env::args_os().collect())?;
    let filter = EnvFilter::try_from_env("ZERONAS_LOG").unwrap_or_else(|_| EnvFilter::new(asked.log()));
    let coloured = anstream::AutoStream::choice(&stderr()) != anstream::ColorChoice::Never;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).without_time();
    log.with_ansi(coloured).init();
    asked.run()
}
