//! Assembles the training schedules of an architecture, which are adjacent in a pickle.

use std::collections::HashSet;
use std::mem;
use std::ops::ControlFlow;

use super::nats::{Trainings, is_result, trainings};
use super::record::Record;
use crate::pickle::{Fault, Heap, Receiver, Value};
use crate::{Error, Result};

/// Takes an architecture and its index; returns whether to go on.
type Take<'a> = &'a mut dyn FnMut(Record, u64) -> Result<bool>;

/// Receives the results of training schedules and passes on whole architectures.
pub(super) struct Gather<'a> {
    take: Take<'a>,
    open: Option<Trainings>,
    seen: HashSet<u64>,
    failure: Option<Error>,
}

impl<'a> Gather<'a> {
    pub(super) fn new(take: Take<'a>) -> Self {
        Gather { take, open: None, seen: HashSet::new(), failure: None }
    }

    /// Returns the taker's error, if that is what ended the reading.
    pub(super) fn failure(&mut self) -> Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Passes on the last architecture.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.hand_on().map(|_| ())
    }

    fn hand_on(&mut self) -> Result<bool> {
        let Some(Trainings { index, architecture, runs }) = self.open.take() else { return Ok(true) };
        (self.take)(Record { index: Some(index), architecture, module_hash: None, runs }, index)
    }

    fn add(&mut self, mut more: Trainings) -> std::result::Result<(), String> {
        let index = more.index;
        let Some(open) = self.open.as_mut().filter(|open| open.index == index) else {
            self.open = Some(more);
            let new = self.seen.insert(index);
            return if new { Ok(()) } else { Err(format!("architecture {index} stands there twice")) };
        };
        let epochs = |runs: &[super::Run]| runs.first().map(|run| run.epochs);
        if open.runs.iter().any(|run| Some(run.epochs) == epochs(&more.runs)) {
            return Err(format!("architecture {index} stands there twice with {} epochs", more.runs[0].epochs));
        }
        if open.architecture != more.architecture {
            return Err(format!("architecture {index} is {} and {}", open.architecture, more.architecture));
        }
        open.runs.extend(mem::take(&mut more.runs));
        Ok(())
    }
}

impl Receiver for Gather<'_> {
    fn is_record(&self, heap: &Heap, value: Value) -> bool {
        is_result(heap, value)
    }

    fn take(&mut self, heap: &Heap, key: Value, record: Value) -> std::result::Result<ControlFlow<()>, Fault> {
        let more = trainings(heap, key, record)?;
        if self.open.as_ref().is_some_and(|open| open.index != more.index) {
            match self.hand_on() {
                Ok(true) => (),
                Ok(false) => return Ok(ControlFlow::Break(())),
                Err(error) => {
                    self.failure = Some(error);
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        self.add(more)?;
        Ok(ControlFlow::Continue(()))
    }
}
