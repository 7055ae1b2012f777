//! What goes on, on stderr.

use super::flag;
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt;
use std::time::Duration;
use zeronas::listener::{Listener, Progress};
use zeronas::with_settings;

/// Notes alone.
pub(super) struct Notes;

impl Listener for Notes {
    fn note(&self, note: &str) {
        eprintln!("{}", with_settings(note, flag));
    }
}

/// Notes, and a progress bar where stderr is a terminal.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar that looks as `template` says; it is shown once there is progress.
    pub fn new(template: &str) -> Self {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Bar(bar)
    }
}

impl Listener for Bar {
    fn note(&self, note: &str) {
        self.0.suspend(|| Notes.note(note));
    }

    fn progress(&self, Progress { done, total }: Progress) {
        let is_first = self.0.length().is_none();
        self.0.set_length(total as u64);
        self.0.set_position(done as u64);
        if is_first {
            // What an earlier run has done does not count for the rate.
            self.0.reset_eta();
            self.0.enable_steady_tick(Duration::from_millis(500));
        }
    }

    fn doing(&self, what: fmt::Arguments<'_>) {
        if !self.0.is_hidden() {
            self.0.set_message(what.to_string());
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
