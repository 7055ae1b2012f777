//! The application's error type and its exit codes.
//!
//! Errors name settings as `` `batch_size=` ``, always in this form and never for anything else, so that whoever shows an error can
//! replace the names with those its users know: flags on a command line, keywords in Python. See [`Error::told_as`].

use std::error::Error as _;
use std::path::{Path, PathBuf};

/// What can go wrong in the application.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting that makes no sense.
    #[error("`{setting}=`: {reason}")]
    Setting {
        /// The setting at fault, with `_` between its words.
        setting: String,
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
    #[error("interrupted after {done} of {total} {what}; continue with the same command and `resume=`")]
    Interrupted {
        /// How many are finished.
        done: usize,
        /// How many were asked for.
        total: usize,
        /// What is counted.
        what: &'static str,
    },

    /// A training was interrupted; its state is kept.
    #[error("interrupted in epoch {epoch}, after step {steps}; continue with the same command and `resume=`")]
    Stopped {
        /// The epoch under way, from 1.
        epoch: usize,
        /// Steps taken, over all epochs.
        steps: usize,
    },

    /// A training produced a value that is not finite.
    #[error(
        "training `{arch}`: {what} in epoch {epoch}, step {step}, at learning rate {learning_rate:.3e}{}",
        kept.as_ref().map_or(String::new(), |path| format!("; the last good state is kept in {}", path.display()))
    )]
    Diverged {
        /// The architecture.
        arch: String,
        /// What is not finite.
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
    /// A setting that makes no sense.
    pub fn setting(setting: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::Setting { setting: setting.into(), reason: reason.into() }
    }

    /// A file whose content is wrong.
    pub fn file(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Error::File { path: path.into(), reason: reason.into() }
    }

    /// Results of an earlier run where new ones are to be written.
    pub fn exists(path: impl Into<PathBuf>) -> Self {
        Error::file(path, "exists; `resume=` continues it, or choose another `out=`")
    }

    /// For `map_err` on IO results.
    pub fn io<'a>(path: &'a Path, action: &'static str) -> impl FnOnce(std::io::Error) -> Error + use<'a> {
        move |source| Error::Io { path: path.into(), action, source }
    }

    /// Returns the error's message with all its causes.
    pub fn told(&self) -> String {
        let mut told = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            told += &format!(": {cause}");
            source = cause.source();
        }
        told
    }

    /// [`Error::told`], with `name` applied to the names of settings.
    ///
    /// ```
    /// let error = zeronas::Error::setting("batch_size", "must be at least 1");
    /// assert_eq!(error.told_as(|name| format!("--{}", name.replace('_', "-"))), "--batch-size: must be at least 1");
    /// ```
    pub fn told_as(&self, name: impl Fn(&str) -> String) -> String {
        with_settings(&self.told(), name)
    }

    /// 2 for bad input, 1 for a failure.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Setting { .. } | Error::Architecture { .. } | Error::File { .. } => 2,
            Error::Datasets(zeronas_datasets::Error::Write { .. }) => 1,
            // A missing input file means that somebody got a name wrong.
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

/// Returns the text with every `` `setting=` `` in it replaced by what `name` returns for that setting.
pub fn with_settings(text: &str, name: impl Fn(&str) -> String) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        told += before;
        let setting = after.split_once("=`").filter(|(setting, _)| is_setting(setting));
        rest = match setting {
            Some((setting, after)) => {
                told += &name(setting);
                after
            }
            None => {
                told.push('`');
                after
            }
        };
    }
    told + rest
}

fn is_setting(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Result with the application's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_alone_are_called_otherwise() {
        let flag = |name: &str| format!("--{name}");
        for (text, expected) in [
            ("`out=`: exists; `resume=` goes on", "--out: exists; --resume goes on"),
            ("no column `out`, none of `a=b`, `=`", "no column `out`, none of `a=b`, `=`"),
            ("`naswot`=`out=`", "`naswot`=--out"),
            ("one ` alone", "one ` alone"),
        ] {
            assert_eq!(with_settings(text, flag), expected);
        }
    }
}
