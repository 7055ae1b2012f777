//! The only place that catches panics of polars.
//!
//! The Parquet reader of polars asserts conditions that a damaged file can violate, such as bitmaps that are shorter than their
//! values. Nothing but the result outlives a read, and a panic discards the result, so catching it is sound. The panic's message
//! is kept from stderr.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::Once;

use polars::prelude::{PolarsError, PolarsResult};

use crate::{Error, Result};

thread_local! {
    /// Whether this thread is inside [`guarded`].
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `read`, which reads the file at `path` with polars, in this thread.
///
/// # Errors
/// [`Error::CorruptTable`] if polars cannot read the file.
pub(super) fn guarded<T>(path: &Path, read: impl FnOnce() -> PolarsResult<T>) -> Result<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !INSIDE.get() {
                before(panic);
            }
        }));
    });
    let outer = INSIDE.replace(true);
    let read = catch_unwind(AssertUnwindSafe(read));
    INSIDE.set(outer);
    match read {
        Ok(read) => read.map_err(|error| corrupt(path, error)),
        Err(_) => Err(Error::corrupt(path, "it is damaged: its parts contradict each other")),
    }
}

fn corrupt(path: &Path, error: PolarsError) -> Error {
    // The first paragraph is followed by advice on options of polars, which the user cannot set.
    Error::corrupt(path, error.to_string().split("\n\n").next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_names_the_file() {
        let error = guarded::<()>("part.parquet".as_ref(), || panic!("more values than there are")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "part.parquet is not a readable table: it is damaged: its parts contradict each other"
        );
    }
}
