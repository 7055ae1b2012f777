//! How to follow a request while it runs, and how to end it early.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Ends what is running once it is set to `true`; what has been finished is kept.
pub type Stop = Arc<AtomicBool>;

/// Receives reports while a request runs, from any thread. `()` ignores them.
pub trait Listener: Sync {
    /// Something that whoever runs the request should know, such as which images were read or how an epoch ended. Settings are written
    /// as in an [`Error`](crate::Error).
    fn note(&self, _note: &str) {}

    /// How much is done.
    fn progress(&self, _progress: Progress) {}

    /// The share of the whole that is done, from 0 to 1, when `progress` covers only a part of it.
    fn share(&self, _share: f64) {}

    /// The named numbers of one step of a run. Where there is only one run, its name is empty.
    fn numbers(&self, _run: &str, _step: u64, _numbers: &[(&str, f64)]) {}

    /// What is being done now, in a few words that replace the previous ones.
    fn doing(&self, _what: fmt::Arguments<'_>) {}
}

impl Listener for () {}

/// A count out of a total: of networks, trainings, runs or bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many are done, including those of earlier runs.
    pub done: usize,
    /// How many there are in all.
    pub total: usize,
}
