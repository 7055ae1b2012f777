//! Score neural architectures without training them, rank them, and see how far the ranking can be trusted.
#![forbid(unsafe_code)]

pub mod bench;
#[cfg(doctest)]
mod book;
pub mod cli;
pub mod device;
mod error;
pub mod export;
pub mod images;
pub mod job;
pub mod recipe;
pub mod report;
pub mod results;
pub mod search;
pub mod space;
pub mod strategy;
pub mod train;

pub use error::{Error, Result};

/// Prints to stdout; a reader that has gone away, as `head` does, is no error.
fn print(text: &str) -> Result<()> {
    use std::io::{ErrorKind, Write};
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => {
            Err(Error::io("stdout".as_ref(), "cannot be written")(source))
        }
        _ => Ok(()),
    }
}
