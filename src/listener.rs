//! Who is told what goes on while a request runs, and who ends it early.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Ends what is running once it is set to `true`; what has been finished is kept.
pub type Stop = Arc<AtomicBool>;

/// Is told what goes on, from any thread. `()` does not care.
pub trait Listener: Sync {
    /// Something that whoever runs the request should know: what was read of images, how an epoch ended. A setting in it is written
    /// as in an [`Error`](crate::Error).
    fn note(&self, _note: &str) {}

    /// How much is done.
    fn progress(&self, _progress: Progress) {}

    /// Which share of all is done, from 0 to 1, where progress tells of a part alone.
    fn share(&self, _share: f64) {}

    /// The numbers of a step, by their names, of one of several runs; a run of no name is the only one.
    fn numbers(&self, _run: &str, _step: u64, _numbers: &[(&str, f64)]) {}

    /// What is being done, in a few words that the next ones replace.
    fn doing(&self, _what: fmt::Arguments<'_>) {}
}

impl Listener for () {}

/// So much of so much: networks, trainings, runs, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done, by earlier runs too.
    pub done: usize,
    /// What there is to do in all.
    pub total: usize,
}
