//! The application's error type and what a process exits with.

use std::error::Error as _;
use std::path::{Path, PathBuf};

/// What can go wrong in the application.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A command-line flag that makes no sense.
    #[error("{flag}: {reason}")]
    Flag {
        /// The flag at fault.
        flag: String,
        /// What is wrong with it.
        reason: String,
    },

    /// An architecture that the space does not have.
    #[error("architecture `{text}`: {reason}")]
    Architecture {
        /// The text as given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A file whose content is not what it should be.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file at fault.
        path: PathBuf,
        /// What is wrong with it, with the line or row.
        reason: String,
    },

    /// Reading or writing failed.
    #[error("{} {action}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done to it.
        action: &'static str,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },

    /// The run was interrupted; what it finished is kept.
    #[error("interrupted after {done} of {total} {what}; continue with the same command and --resume")]
    Interrupted {
        /// What is finished.
        done: usize,
        /// What was asked for.
        total: usize,
        /// What is counted.
        what: &'static str,
    },

    /// A training was interrupted; its state is kept.
    #[error("interrupted in epoch {epoch}, after step {steps}; continue with the same command and --resume")]
    Stopped {
        /// The epoch under way, from 1.
        epoch: usize,
        /// Steps taken, over all epochs.
        steps: usize,
    },

    /// A training came to numbers that are none.
    #[error(
        "training `{arch}`: {what} in epoch {epoch}, step {step}, at learning rate {learning_rate:.3e}{}",
        kept.as_ref().map_or(String::new(), |path| format!("; the last good state is kept in {}", path.display()))
    )]
    Diverged {
        /// The architecture.
        arch: String,
        /// What is no number.
        what: String,
        /// The epoch, from 1.
        epoch: usize,
        /// The step, from 1 over all epochs.
        step: usize,
        /// The step's learning rate.
        learning_rate: f64,
        /// The last checkpoint, if there is one.
        kept: Option<PathBuf>,
    },

    /// A network could not be built or run.
    #[error(transparent)]
    Proxies(#[from] zeronas_proxies::Error),

    /// An image set or table could not be used.
    #[error(transparent)]
    Datasets(#[from] zeronas_datasets::Error),

    /// A report could not be made.
    #[error(transparent)]
    Report(#[from] crate::report::Error),
    /// A table could not be built.
    #[error("table: {0}")]
    Polars(#[from] polars::error::PolarsError),

    /// Something that should not happen.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// A flag that makes no sense.
    pub fn flag(flag: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::Flag { flag: flag.into(), reason: reason.into() }
    }

    /// A file whose content is wrong.
    pub fn file(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Error::File { path: path.into(), reason: reason.into() }
    }

    /// For `map_err` on IO results.
    pub fn io<'a>(path: &'a Path, action: &'static str) -> impl FnOnce(std::io::Error) -> Error + use<'a> {
        move |source| Error::Io { path: path.into(), action, source }
    }

    /// What went wrong, with all causes behind it.
    pub fn told(&self) -> String {
        let mut told = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            told += &format!(": {cause}");
            source = cause.source();
        }
        told
    }

    /// 2 for bad input, 1 for a failure.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Flag { .. } | Error::Architecture { .. } | Error::File { .. } => 2,
            Error::Datasets(zeronas_datasets::Error::Write { .. }) => 1,
            // What is to be read and is not there is a name that somebody got wrong.
            Error::Io { action: "cannot be read" | "cannot be opened", source, .. }
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                2
            }
            Error::Datasets(_) | Error::Report(_) => 2,
            Error::Proxies(error) => match error {
                zeronas_proxies::Error::Batch(_)
                | zeronas_proxies::Error::UnknownProxy { .. }
                | zeronas_proxies::Error::Device { .. }
                | zeronas_proxies::Error::Network(_) => 2,
                _ => 1,
            },
            Error::Io { .. }
            | Error::Interrupted { .. }
            | Error::Stopped { .. }
            | Error::Diverged { .. }
            | Error::Polars(_)
            | Error::Internal(_) => 1,
        }
    }
}

/// Result with the application's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;
