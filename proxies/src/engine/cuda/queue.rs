//! A device that several engines share: whatever programs wait are run as one.
//!
//! Each engine writes down the program of its network and hands it in. One of those that wait runs them all, launch by launch with equal
//! steps together, while the others go on to write their next. So a GPU works on as many networks at a time as there are engines, without
//! any of them knowing of the others, and with the same numbers as alone.

use super::device::{Address, Device};
use super::pool::{Buffer, Pool};
use super::program::Program;
use super::schedule::schedule;
use crate::{Error, Result};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A device with its queue of programs and the memory they have used.
pub struct Cuda {
    device: Box<dyn Device>,
    pool: Pool,
    state: Mutex<State>,
    changed: Condvar,
}

/// What the engines of a device have to agree on.
#[derive(Debug)]
struct State {
    waiting: Vec<Arc<Ticket>>,
    /// Whether one of the engines is running programs.
    running: bool,
    /// Passes under way, and how many may be.
    passes: usize,
    limit: usize,
}

/// A program that was handed in.
#[derive(Debug)]
struct Ticket {
    program: Program,
    /// Its share of the time that it ran in, or what went wrong.
    outcome: Mutex<Option<std::result::Result<Duration, String>>>,
}

/// A pass that has been let in.
pub(super) struct Admitted<'a>(&'a Cuda);

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.0.state().passes -= 1;
        self.0.changed.notify_all();
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

/// What a mutex guards, though a thread may have failed while it held it: no change here is left half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cuda {
    /// Shares a device.
    pub fn on(device: impl Device + 'static) -> Arc<Self> {
        let state = State { waiting: Vec::new(), running: false, passes: 0, limit: usize::MAX };
        Arc::new(Cuda {
            device: Box::new(device),
            pool: Pool::default(),
            state: Mutex::new(state),
            changed: Condvar::new(),
        })
    }

    /// What the device calls itself.
    pub fn name(&self) -> &str {
        self.device.name()
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
        Admitted(self)
    }

    /// Lets no more passes be under way than are now, memory having run out in one that is over. Whether that helps: it does not if that
    /// pass was alone.
    pub(super) fn narrow(&self) -> bool {
        let mut state = self.state();
        let others = state.passes;
        state.limit = state.limit.min(others.max(1));
        others > 0
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

    /// Runs a program, together with those that others have handed in meanwhile. Its share of the time that took.
    pub(super) fn run(&self, program: Program) -> Result<Duration> {
        if program.commands.is_empty() {
            return Ok(Duration::ZERO);
        }
        let ticket = Arc::new(Ticket { program, outcome: Mutex::new(None) });
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
        let programs: Vec<&Program> = batch.iter().map(|ticket| &ticket.program).collect();
        let outcome = self.launch_all(&programs).map_err(|error| error.to_string());
        let share = start.elapsed() / batch.len() as u32;
        for ticket in batch {
            *locked(&ticket.outcome) = Some(outcome.clone().map(|()| share));
        }
    }

    fn launch_all(&self, programs: &[&Program]) -> Result<()> {
        let launches = schedule(programs);
        let mut table = Vec::new();
        let mut starts = Vec::with_capacity(launches.len());
        for launch in &launches {
            starts.push(table.len() as Address);
            launch.commands.iter().for_each(|&(program, i)| table.extend(&programs[program].commands[i].arguments));
        }
        let buffer = self.take(table.len())?;
        self.upload(&table, buffer)?;
        let launched = launches.iter().zip(starts).try_for_each(|(launch, start)| {
            let [x, y] = launch.shape.grid;
            let grid = [x, y, launch.commands.len() as u32];
            // SAFETY: the table holds the launch's arguments from there on, one an entry; the run that wrote them down made all buffers
            // they name as large as the numbers beside them say, and keeps them until its program is over.
            unsafe { self.device.launch(launch.shape.kernel, launch.shape.precision(), grid, buffer.address + start) }
        });
        let waited = self.device.wait();
        self.give(buffer);
        launched.and(waited)
    }
}
