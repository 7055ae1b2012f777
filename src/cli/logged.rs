//! Numbers that are logged while a command runs.

use super::progress::Bar;
use super::words::words;
use std::fmt;
use std::path::Path;
use zeronas::Result;
use zeronas::listener::{Listener, Progress};
use zeronas::log::{Format, Log};

/// The flag that asks for them.
#[derive(Clone, Debug, clap::Args)]
pub struct LogArgs {
    /// Log losses, accuracies and other numbers while this runs, for programs that plot them
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', value_parser = words::<Format>(), help_heading = "Run and results")]
    log: Vec<Format>,
}

/// A bar, and a log of numbers beside it.
pub(super) struct Logged {
    bar: Bar,
    log: Log,
}

impl Logged {
    /// With a log in this folder of results.
    pub fn new(bar: Bar, args: &LogArgs, out: &Path) -> Self {
        Logged { bar, log: Log::new(out, &args.log) }
    }

    /// Ends both.
    ///
    /// # Errors
    /// Names a file of the log that could not be written.
    pub fn finish(self) -> Result<()> {
        drop(self.bar);
        self.log.finish()
    }
}

impl Listener for Logged {
    fn note(&self, note: &str) {
        self.bar.note(note);
    }

    fn progress(&self, progress: Progress) {
        self.bar.progress(progress);
    }

    fn share(&self, share: f64) {
        self.bar.share(share);
    }

    fn numbers(&self, run: &str, step: u64, numbers: &[(&str, f64)]) {
        self.log.add(run, step, numbers);
    }

    fn doing(&self, what: fmt::Arguments<'_>) {
        self.bar.doing(what);
    }
}
