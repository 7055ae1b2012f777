//! Progress on stderr: a bar in a terminal, or else a line from time to time.

use super::flag;
use super::terminal::{is_quiet, say};
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use zeronas::listener::{Listener, Progress};
use zeronas::memory;
use zeronas::with_settings;
use zeronas::words::duration;

/// Notes alone.
pub(super) struct Notes;

impl Listener for Notes {
    fn note(&self, note: &str) {
        say(&with_settings(note, flag));
    }
}

/// After which time something is told.
#[derive(Clone, Copy)]
struct Pauses {
    /// The first time.
    first: Duration,
    /// Again, where nothing was known yet.
    again: Duration,
    /// From then on.
    then: Duration,
}

/// Lines, where there is no terminal.
const LINES: Pauses =
    Pauses { first: Duration::from_secs(4), again: Duration::from_secs(1), then: Duration::from_secs(30) };

/// A bar, drawn anew even where nothing is done.
const REDRAWN: Duration = Duration::from_millis(500);
const REDRAWINGS: Pauses = Pauses { first: REDRAWN, again: REDRAWN, then: REDRAWN };

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
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {wide_msg}") {
            bar.set_style(style);
        }
        let shared = Arc::new(Shared { bar, state: Mutex::new(state), over: Condvar::new() });
        let thread = (!is_quiet()).then(|| {
            let shared = shared.clone();
            std::thread::spawn(move || shared.tell_as_usual())
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

    /// Tells how far the work is, by the bar, or by lines where there is no terminal to draw it in.
    fn tell_as_usual(&self) {
        if self.bar.is_hidden() {
            let memory = || memory::in_use().map(|(now, _)| now);
            self.tell(LINES, |state| state.text(Instant::now(), memory()).map(|line| say(&line)));
        } else {
            self.tell(REDRAWINGS, |state| {
                self.bar.set_message(state.text(Instant::now(), None)?);
                self.bar.set_position((state.share() * PARTS as f64) as u64);
                // Of two changes at a time only the first is drawn otherwise.
                self.bar.force_draw();
                Some(())
            });
        }
    }

    /// Calls `tell` after each pause until the work is over. It says whether anything was known.
    fn tell(&self, pauses: Pauses, tell: impl Fn(&State) -> Option<()>) {
        let mut pause = pauses.first;
        let mut state = self.state();
        loop {
            let waited = self.over.wait_timeout_while(state, pause, |state| !state.over);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.over {
                return;
            }
            pause = if tell(&state).is_some() { pauses.then } else { pauses.again };
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
        parts.push(format!("{} gone", duration((now - self.started).as_secs_f64())));
        if let Some((at, before, done_before)) = self.first {
            let seconds = (now - at).as_secs_f64();
            if let Some(Progress { done, .. }) =
                self.progress.filter(|progress| self.whole && progress.done > done_before)
            {
                parts.push(rate((done - done_before) as f64 / seconds));
            }
            if share > before && seconds > 0.0 {
                let left = seconds * (1.0 - share) / (share - before);
                parts.push(format!("{} left", duration(left)));
            }
        }
        parts.extend(memory.map(memory::text));
        Some(parts.join(", "))
    }
}

fn rate(per_second: f64) -> String {
    if per_second >= 1.0 { format!("{per_second:.1}/s") } else { format!("{:.1}/min", 60.0 * per_second) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_comes_within_five_seconds_and_as_soon_as_something_is_known() {
        assert!(LINES.first < Duration::from_secs(5) && LINES.again < LINES.first && LINES.then.as_secs() == 30);
        let shared = Shared {
            bar: ProgressBar::hidden(),
            state: Mutex::new(State::new("networks", true)),
            over: Condvar::new(),
        };
        // Were a pause left out or the wrong one taken, the test would wait for an hour.
        let (short, hour) = (Duration::from_millis(1), Duration::from_secs(3600));
        let (sender, told) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let pauses = Pauses { first: short, again: short, then: hour };
            let shared = &shared;
            scope.spawn(move || {
                shared.tell(pauses, |state| {
                    let line = state.text(state.started, None);
                    sender.send(line.clone()).ok()?;
                    line.map(drop)
                });
            });
            assert_eq!(told.recv().unwrap(), None, "nothing is known yet");
            shared.state().progress(Progress { done: 1, total: 4 }, Instant::now());
            let line = told.iter().flatten().next();
            assert_eq!(line.as_deref(), Some("1/4 networks, 25.0 %, 0 s gone"));
            shared.state().over = true;
            shared.over.notify_all();
        });
        assert_eq!(told.iter().flatten().count(), 0, "the second line is not due yet");
    }

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
        assert_eq!(text.as_deref(), Some("120/400 networks, 30.0 %, 10 s gone, 2.0/s, 2 min left, 410 MiB"));
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
        assert_eq!(text.as_deref(), Some("30/100 steps, 20.0 % of all, epoch 2/3, 61 s gone, 8 min left"));
    }

    #[test]
    fn slow_work_is_counted_by_the_minute() {
        assert_eq!([rate(2.5), rate(0.5)], ["2.5/s", "30.0/min"]);
    }
}
