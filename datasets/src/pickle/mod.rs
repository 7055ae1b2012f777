//! A reader of Python pickles that executes nothing: it knows the opcodes and the few globals that occur in files of benchmarks
//! and images, and refuses all others.
//!
//! A file of a whole benchmark unpickles to tens of gigabytes, so records are not kept until the end: as soon as a record (a
//! value that the [`Receiver`] recognises) is put into a dictionary, it is handed out and released. Only the pickle's memo may
//! refer back beyond that. It keeps the latest hundred thousand objects, and of the older ones only those that a first pass over
//! the file ([`far_references`]) has found to be referred to from farther away: the strings and types that all records share.

mod global;
mod heap;
mod limits;
mod memo;
mod number;
mod op;
#[cfg(test)]
mod tests;
mod vm;

pub(super) use global::{Global, NumberType};
pub(super) use heap::{Heap, Value};
pub(super) use limits::Limits;
pub(super) use memo::Far;
pub(super) use op::Fault;
pub(super) use vm::{Receiver, far_references, unpickle, unpickle_within};
