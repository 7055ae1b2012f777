//! Reports the progress of a search to a listener: the share of its budget spent, its evaluations, and the best so far.

use crate::Result;
use crate::listener::{Listener, Progress};
use crate::search::step::{Run, Step};
use crate::search::{Limit, Observer, Search};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Reports the runs to a listener.
pub(super) struct Told<'a> {
    listener: &'a dyn Listener,
    limits: Vec<Limit>,
    runs: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Runs that are over.
    done: usize,
    /// For each other run, the share of its budget that is spent.
    shares: HashMap<u64, f64>,
    evaluations: usize,
    best: Option<f64>,
}

impl<'a> Told<'a> {
    pub fn new(search: &Search, listener: &'a dyn Listener) -> Self {
        let (limits, runs) = (search.budget.limits().to_vec(), search.runs as usize);
        listener.progress(Progress { done: 0, total: runs });
        Told { listener, limits, runs, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The counts are never left half updated.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The share of its budget that a run has spent by its last step, which has this number.
    fn spent(&self, number: usize, step: &Step) -> f64 {
        let of = |limit: &Limit| match *limit {
            Limit::Evaluations(count) => (number + 1) as f64 / count as f64,
            Limit::Seconds(seconds) => step.spent.training / seconds,
            Limit::Wall(seconds) => step.wall / seconds,
            // These may be reached at any time, and so say nothing about progress.
            Limit::Target(_) | Limit::Patience(_) => 0.0,
        };
        self.limits.iter().map(of).fold(0.0, f64::max).min(1.0)
    }

    fn tell(&self, state: &State) {
        let share = (state.done as f64 + state.shares.values().sum::<f64>()) / self.runs as f64;
        self.listener.share(share);
        let best = state.best.map_or_else(String::new, |best| format!(", best {best:.3}"));
        self.listener.doing(format_args!("{} evaluations{best}", state.evaluations));
    }
}

impl Observer for Told<'_> {
    fn steps(&self, run: u64, first: usize, steps: &[Step]) -> Result<()> {
        let Some(last) = steps.last() else { return Ok(()) };
        let mut state = self.state();
        state.evaluations += steps.len();
        let values = steps.iter().filter_map(|step| step.objectives.first().copied());
        state.best = values.chain(state.best).reduce(f64::max);
        state.shares.insert(run, self.spent(first + steps.len() - 1, last));
        self.tell(&state);
        let name = format!("run-{run}");
        for (place, step) in (first..).zip(steps) {
            let numbers = step.objectives.first().map(|value| ("feedback", *value)).into_iter();
            let numbers: Vec<(&str, f64)> =
                numbers.chain([("seconds", step.spent.training), ("wall", step.wall)]).collect();
            self.listener.numbers(&name, place as u64 + 1, &numbers);
        }
        Ok(())
    }

    fn resumed(&self, runs: usize, evaluations: usize) {
        let of_others =
            if evaluations > 0 { format!(", and {evaluations} evaluations of others") } else { String::new() };
        self.listener.note(&format!("{runs} of {} runs are there already{of_others}", self.runs));
    }

    fn ended(&self, run: &Run) -> Result<()> {
        let mut state = self.state();
        state.done += 1;
        state.shares.remove(&run.number);
        let values = run.steps.iter().filter_map(|step| step.objectives.first().copied());
        state.best = values.chain(state.best).reduce(f64::max);
        self.listener.progress(Progress { done: state.done, total: self.runs });
        self.tell(&state);
        Ok(())
    }
}
