//! A device that several engines share: all waiting programs run as one.
//!
//! Each engine records the program of its network and submits it. One of the waiting engines runs all submitted programs, launch by launch
//! with equal steps merged, while other engines record their next programs. So a GPU works on as many networks at a time as there are
//! engines, although no engine knows of the others, and with the same results as for one network alone.

use super::device::{Address, Device, Launch};
use super::pool::{Buffer, Pool};
use super::program::{Finished, Program};
use super::schedule::{Launch as Launches, schedule};
use super::tuning::Tuning;
use crate::engine::Precision;
use crate::{Error, Result};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A device with its queue of programs and a pool of the memory that they have used.
pub struct Cuda {
    device: Box<dyn Device>,
    pool: Pool,
    state: Mutex<State>,
    changed: Condvar,
}

/// What the engines of a device share.
#[derive(Debug)]
struct State {
    waiting: Vec<Arc<Ticket>>,
    /// Whether one of the engines is running programs.
    running: bool,
    /// The number of passes in progress, and its limit.
    passes: usize,
    limit: usize,
}

/// A submitted program.
#[derive(Debug)]
struct Ticket {
    program: Finished,
    /// Its share of the time that its batch of programs took, or what went wrong.
    outcome: Mutex<Option<std::result::Result<Duration, String>>>,
}

/// A pass that has been admitted.
pub(super) struct Admitted<'a> {
    cuda: &'a Cuda,
    /// The limit on concurrent passes at that time.
    pub limit: usize,
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.cuda.state().passes -= 1;
        self.cuda.changed.notify_all();
    }
}

impl fmt::Debug for Cuda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cuda").field("device", &self.device.name()).finish_non_exhaustive()
    }
}

impl Drop for Cuda {
    fn drop(&mut self) {
        self.pool.empty(self.device.as_ref());
    }
}

/// Locks a mutex even if a thread has panicked while it held it: no change here is left half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cuda {
    /// Wraps a device so that several engines can share it.
    pub fn on(device: impl Device + 'static) -> Arc<Self> {
        Cuda::of(Box::new(device))
    }

    /// Wraps a boxed device so that several engines can share it.
    pub fn of(device: Box<dyn Device>) -> Arc<Self> {
        let state = State { waiting: Vec::new(), running: false, passes: 0, limit: usize::MAX };
        Arc::new(Cuda { device, pool: Pool::default(), state: Mutex::new(state), changed: Condvar::new() })
    }

    /// Returns the device's name.
    pub fn name(&self) -> &str {
        self.device.name()
    }

    pub(super) fn device(&self) -> &dyn Device {
        self.device.as_ref()
    }

    /// An error that says how the device misbehaves.
    pub(super) fn broken(&self, reason: &str) -> Error {
        Error::Device { device: self.name().into(), reason: reason.into() }
    }

    /// How its kernels of this precision were compiled.
    pub(super) fn tuning(&self, precision: Precision) -> Tuning {
        self.device.tuning(precision)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a pass may begin.
    pub(super) fn admit(&self) -> Admitted<'_> {
        let mut state = self.state();
        while state.passes >= state.limit {
            state = self.wait(state);
        }
        state.passes += 1;
        Admitted { cuda: self, limit: state.limit }
    }

    /// Lets half as many passes run at a time from now on, after memory has run out in a pass that is over and was admitted under `limit`.
    /// Returns whether that helps: it does not if that limit was already 1.
    pub(super) fn narrow(&self, limit: usize) -> bool {
        let mut state = self.state();
        // Passes that fail together narrow the limit only once.
        if state.limit == limit {
            state.limit = (state.passes + 1).div_ceil(2).min(limit.div_ceil(2));
        }
        limit > 1
    }

    /// Memory for a pass.
    pub(super) fn take(&self, bytes: usize) -> Result<Buffer> {
        self.pool.take(self.device.as_ref(), bytes)
    }

    /// Takes back memory that no program uses any more.
    pub(super) fn give(&self, buffer: Buffer) {
        self.pool.give(buffer);
    }

    /// Copies to a buffer that no program under way uses.
    pub(super) fn upload(&self, bytes: &[u8], to: Buffer) -> Result<()> {
        assert!(bytes.len() <= to.bytes, "a buffer is as large as what goes into it");
        // SAFETY: the buffer is that large, and the caller has it for itself.
        unsafe { self.device.upload(bytes, to.address) }
    }

    /// Copies from a buffer that no program under way writes.
    pub(super) fn download(&self, from: Buffer, bytes: &mut [u8]) -> Result<()> {
        assert!(bytes.len() <= from.bytes, "a buffer is as large as what comes out of it");
        // SAFETY: the buffer is that large, and the caller has it for itself.
        unsafe { self.device.download(from.address, bytes) }
    }

    /// Runs a program together with those that others have submitted meanwhile, and returns its share of the time.
    pub(super) fn run(&self, program: Program) -> Result<Duration> {
        if program.commands.is_empty() {
            return Ok(Duration::ZERO);
        }
        let ticket = Arc::new(Ticket { program: program.finish(), outcome: Mutex::new(None) });
        let mut state = self.state();
        state.waiting.push(Arc::clone(&ticket));
        loop {
            if let Some(outcome) = locked(&ticket.outcome).take() {
                return outcome.map_err(|reason| Error::Device { device: self.name().into(), reason });
            }
            if state.running {
                state = self.wait(state);
                continue;
            }
            state.running = true;
            let batch = std::mem::take(&mut state.waiting);
            drop(state);
            self.run_batch(&batch);
            state = self.state();
            state.running = false;
            self.changed.notify_all();
        }
    }

    fn run_batch(&self, batch: &[Arc<Ticket>]) {
        let start = Instant::now();
        let programs: Vec<&Finished> = batch.iter().map(|ticket| &ticket.program).collect();
        let outcome = self.launch_all(&programs).map_err(|error| error.to_string());
        let share = start.elapsed() / batch.len() as u32;
        for ticket in batch {
            *locked(&ticket.outcome) = Some(outcome.clone().map(|()| share));
        }
    }

    fn launch_all(&self, programs: &[&Finished]) -> Result<()> {
        let launches = schedule(programs);
        let mut table = Vec::new();
        let mut starts = Vec::with_capacity(launches.len());
        for launch in &launches {
            starts.push(table.len() as Address);
            launch.commands.iter().for_each(|&(program, i)| table.extend(&programs[program].commands[i].arguments));
        }
        let buffer = self.take(table.len())?;
        self.upload(&table, buffer)?;
        let launch = |(launch, start): (&Launches, Address)| {
            let [x, y] = launch.shape.grid;
            let launch = Launch {
                kernel: launch.shape.kernel,
                precision: launch.shape.precision(),
                grid: [x, y, launch.commands.len() as u32],
                table: buffer.address + start,
                work: launch.commands.iter().map(|&(program, i)| programs[program].commands[i].work).sum(),
            };
            // SAFETY: the table holds the launch's arguments from there on, one set per entry; the run that recorded them made all buffers
            // they name as large as the numbers beside them say, and keeps them until its program is over.
            unsafe { self.device.launch(&launch) }
        };
        let launched = self.device.begin().and_then(|()| launches.iter().zip(starts).try_for_each(launch));
        let waited = self.device.wait();
        self.give(buffer);
        launched.and(waited)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Idle;
    use super::*;

    #[test]
    fn where_memory_runs_out_half_as_many_passes_are_let_in_until_one_is_alone() {
        let cuda = Cuda::on(Idle::new(0));
        let mut passes: Vec<Admitted<'_>> = (0..8).map(|_| cuda.admit()).collect();
        let fail = |passes: &mut Vec<Admitted<'_>>| {
            let limit = passes.pop().unwrap().limit;
            (cuda.narrow(limit), cuda.state().limit)
        };
        assert_eq!(fail(&mut passes), (true, 4));
        // Two that were admitted together with it, and fail with it, do not narrow the limit further.
        assert_eq!(fail(&mut passes), (true, 4));
        assert_eq!(fail(&mut passes), (true, 4));
        passes.clear();
        let mut passes: Vec<Admitted<'_>> = (0..4).map(|_| cuda.admit()).collect();
        assert_eq!(fail(&mut passes), (true, 2));
        passes.clear();
        assert_eq!(fail(&mut vec![cuda.admit()]), (true, 1));
        // Alone, and still too large.
        assert_eq!(fail(&mut vec![cuda.admit()]), (false, 1));
    }
}
