//! The one place that catches what polars panics on.
//!
//! Its Parquet reader asserts what a damaged file can break, such as bitmaps that are shorter than their values. Nothing outlives the
//! reading but its result, which a panic discards, so that catching it is sound. The panic's message is kept from stderr.

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

/// What polars reads of the file at `path`, in this thread.
///
/// # Errors
/// [`Error::CorruptTable`] where it cannot read the file.
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
    // After the first paragraph follows advice on the options of polars, which are not the user's to set.
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
