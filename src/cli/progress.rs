//! What goes on, on stderr: a bar in a terminal, and a line from time to time where stderr is none.

use super::terminal::{is_quiet, say};
use super::{flag, memory};
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use zeronas::listener::{Listener, Progress};
use zeronas::with_settings;

/// Notes alone.
pub(super) struct Notes;

impl Listener for Notes {
    fn note(&self, note: &str) {
        say(&with_settings(note, flag));
    }
}

/// Where there is no terminal, the first line comes after this time.
const FIRST_LINE: Duration = Duration::from_secs(4);

/// And the others after this.
const LINES: Duration = Duration::from_secs(30);

/// How often a bar is drawn anew where nothing is done.
const REDRAWN: Duration = Duration::from_millis(500);

/// Notes, and how far the work is.
pub(super) struct Bar {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    bar: ProgressBar,
    state: Mutex<State>,
    over: Condvar,
}

impl Bar {
    /// For work that is counted as a whole: so many of `unit`.
    pub fn of(unit: &'static str) -> Self {
        Bar::new(State::new(unit, true))
    }

    /// For work of which only a part is counted at a time, such as the steps of an epoch.
    pub fn of_parts(unit: &'static str) -> Self {
        Bar::new(State::new(unit, false))
    }

    fn new(state: State) -> Self {
        let bar = if is_quiet() { ProgressBar::hidden() } else { ProgressBar::new(PARTS) };
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg}") {
            bar.set_style(style);
        }
        let shared = Arc::new(Shared { bar, state: Mutex::new(state), over: Condvar::new() });
        let thread = (!is_quiet()).then(|| {
            let shared = shared.clone();
            std::thread::spawn(move || shared.tell())
        });
        Bar { shared, thread }
    }
}

/// Into how many parts a bar divides the whole.
const PARTS: u64 = 10_000;

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A count is never half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells how far the work is until it is over.
    fn tell(&self) {
        let mut pause = if self.bar.is_hidden() { FIRST_LINE } else { REDRAWN };
        let mut state = self.state();
        loop {
            let waited = self.over.wait_timeout_while(state, pause, |state| !state.over);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.over {
                return;
            }
            if self.bar.is_hidden() {
                pause = LINES;
                if let Some(line) = state.text(Instant::now(), memory::in_use().map(|(now, _)| now)) {
                    say(&line);
                }
            } else if let Some(line) = state.text(Instant::now(), None) {
                self.bar.set_position((state.share() * PARTS as f64) as u64);
                self.bar.set_message(line);
            }
        }
    }
}

impl Listener for Bar {
    fn note(&self, note: &str) {
        self.shared.bar.suspend(|| Notes.note(note));
    }

    fn progress(&self, progress: Progress) {
        let resumed = self.shared.state().progress(progress, Instant::now());
        if let Some(resumed) = resumed {
            self.note(&resumed);
        }
    }

    fn share(&self, share: f64) {
        self.shared.state().share_of_all(share, Instant::now());
    }

    fn doing(&self, what: fmt::Arguments<'_>) {
        self.shared.state().doing = what.to_string();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.shared.state().over = true;
        self.shared.over.notify_all();
        if let Some(thread) = self.thread.take() {
            // It does nothing that fails.
            let _ = thread.join();
        }
        self.shared.bar.finish_and_clear();
    }
}

/// How far the work is.
struct State {
    unit: &'static str,
    /// Whether what is counted is the whole.
    whole: bool,
    started: Instant,
    progress: Option<Progress>,
    /// The share of the whole, where what is counted is a part of it.
    told: Option<f64>,
    /// When work of this run was first told of, and what was done then: what earlier runs have done does not count for the rate.
    first: Option<(Instant, f64, usize)>,
    doing: String,
    over: bool,
}

impl State {
    fn new(unit: &'static str, whole: bool) -> Self {
        let started = Instant::now();
        State { unit, whole, started, progress: None, told: None, first: None, doing: String::new(), over: false }
    }

    /// Counts; what earlier runs have done, in words, if this is the first that is heard of it.
    fn progress(&mut self, progress: Progress, now: Instant) -> Option<String> {
        let first = self.progress.is_none();
        self.progress = Some(progress);
        if !self.whole {
            return None;
        }
        if self.told.is_none() && self.first.is_none() {
            self.first = Some((now, self.share(), progress.done));
        }
        let Progress { done, total } = progress;
        (first && done > 0).then(|| format!("{done} of {total} {} are there already", self.unit))
    }

    fn share_of_all(&mut self, share: f64, now: Instant) {
        if self.told.is_none() {
            self.first = Some((now, share, self.progress.map_or(0, |progress| progress.done)));
        }
        self.told = Some(share);
    }

    /// The share of the whole that is done.
    fn share(&self) -> f64 {
        let counted = || match self.progress {
            Some(Progress { done, total }) if self.whole && total > 0 => done as f64 / total as f64,
            _ => 0.0,
        };
        self.told.unwrap_or_else(counted).clamp(0.0, 1.0)
    }

    /// How far the work is: what is done, how fast, how long that has taken and the rest will take, with what memory, and what is being
    /// done. `None` where nothing is known yet.
    fn text(&self, now: Instant, memory: Option<u64>) -> Option<String> {
        let counted = self.progress.map(|Progress { done, total }| format!("{done}/{total} {}", self.unit));
        let mut parts: Vec<String> = counted.into_iter().collect();
        let share = self.share();
        if self.whole || self.told.is_some() {
            let of_all = if self.whole { "" } else { " of all" };
            parts.push(format!("{:.1} %{of_all}", 100.0 * share));
        }
        if !self.doing.is_empty() {
            parts.push(self.doing.clone());
        }
        if parts.is_empty() || self.progress.is_none() && self.told.is_none() {
            return None;
        }
        parts.push(format!("{} gone", duration(now - self.started)));
        if let Some((at, before, done_before)) = self.first {
            let seconds = (now - at).as_secs_f64();
            if let Some(Progress { done, .. }) =
                self.progress.filter(|progress| self.whole && progress.done > done_before)
            {
                parts.push(rate((done - done_before) as f64 / seconds));
            }
            if share > before && seconds > 0.0 {
                let left = seconds * (1.0 - share) / (share - before);
                parts.push(format!("{} left", duration(Duration::from_secs_f64(left.min(1e9)))));
            }
        }
        parts.extend(memory.map(memory::text));
        Some(parts.join(", "))
    }
}

fn rate(per_second: f64) -> String {
    if per_second >= 1.0 { format!("{per_second:.1}/s") } else { format!("{:.1}/min", 60.0 * per_second) }
}

/// A duration in its two largest units.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        (_, _, _) => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(state: &State, seconds: u64) -> Instant {
        state.started + Duration::from_secs(seconds)
    }

    #[test]
    fn what_earlier_runs_have_done_does_not_count_for_the_rate() {
        let mut state = State::new("networks", true);
        assert_eq!(state.text(after(&state, 4), None), None, "nothing is known yet");
        let resumed = state.progress(Progress { done: 100, total: 400 }, after(&state, 0));
        assert_eq!(resumed.as_deref(), Some("100 of 400 networks are there already"));
        assert_eq!(state.progress(Progress { done: 120, total: 400 }, after(&state, 10)), None);
        let text = state.text(after(&state, 10), Some(410 << 20));
        assert_eq!(text.as_deref(), Some("120/400 networks, 30.0 %, 10 s gone, 2.0/s, 2 min 20 s left, 410 MiB"));
    }

    #[test]
    fn parts_are_told_with_their_share_of_the_whole() {
        let mut state = State::new("steps", false);
        assert_eq!(
            state.progress(Progress { done: 30, total: 100 }, after(&state, 1)),
            None,
            "no earlier run did these"
        );
        state.share_of_all(0.1, after(&state, 1));
        state.share_of_all(0.2, after(&state, 61));
        state.doing = "epoch 2/3".into();
        let text = state.text(after(&state, 61), None);
        assert_eq!(text.as_deref(), Some("30/100 steps, 20.0 % of all, epoch 2/3, 1 min 1 s gone, 8 min 0 s left"));
    }

    #[test]
    fn durations_have_their_two_largest_units() {
        let told = [59, 60, 3_700, 90_000].map(|seconds| duration(Duration::from_secs(seconds)));
        assert_eq!(told, ["59 s", "1 min 0 s", "1 h 1 min", "1 d 1 h"]);
        assert_eq!([rate(2.5), rate(0.5)], ["2.5/s", "30.0/min"]);
    }
}
