//! Guesses the space of an architecture if none is named.

use super::{SearchSpace, all, as_published};

/// Returns the one space in whose notation an architecture is written; `None` if no space reads it, or several do.
pub fn guess(text: &str) -> Option<Box<dyn SearchSpace>> {
    let spaces = all().filter_map(|benchmark| as_published(benchmark.name).ok());
    let mut readers = spaces.filter(|space| space.parse(text).is_ok());
    let first = readers.next()?;
    readers.next().is_none().then_some(first)
}
