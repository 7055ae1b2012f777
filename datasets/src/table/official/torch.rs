//! Finds the pickle inside a file written by `torch.save`: a ZIP archive with a `data.pkl`, or, before PyTorch 1.6, a series of
//! pickles of which the fourth is the object.

use std::io::{BufReader, Read, Seek};
use std::path::Path;

use zip::ZipArchive;

use crate::pickle::{Far, Fault, unpickle};
use crate::{Error, Result};

/// The pickled number 0x1950a86a20f9469cfc6c with which the old format begins.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";

/// Hands the pickle of the saved object to `read`.
pub(super) fn with_pickle<T>(
    path: &Path,
    file: impl Read + Seek,
    read: impl FnOnce(&mut dyn Read) -> Result<T>,
) -> Result<T> {
    let read_error = |source| Error::Read { path: path.to_owned(), source };
    let mut input = BufReader::with_capacity(1 << 18, file);
    let mut start = [0; MAGIC.len()];
    let known = input.read_exact(&mut start).is_ok();
    if known && start.starts_with(b"PK\x03\x04") {
        input.rewind().map_err(read_error)?;
        let damaged = |error| Error::damaged(path, "ZIP archive", error);
        let mut archive = ZipArchive::new(input).map_err(damaged)?;
        let is_pickle = |name: &str| name == "data.pkl" || name.ends_with("/data.pkl");
        let place = archive.file_names().position(|name| name.is_ok_and(|name| is_pickle(&name)));
        let place =
            place.ok_or_else(|| Error::damaged(path, "ZIP archive", "has no data.pkl, as torch.save writes it"))?;
        let mut pickle = archive.by_index(place).map_err(damaged)?;
        return read(&mut BufReader::with_capacity(1 << 18, &mut pickle));
    }
    if known && start == MAGIC {
        // The version of the format, and the machine that wrote it.
        for _ in 0..2 {
            unpickle(&mut input, &Far::default(), &mut ()).map_err(|fault| pickle_error(path, fault))?;
        }
        return read(&mut input);
    }
    Err(Error::damaged(path, "its start", "is neither of the formats of torch.save"))
}

/// Returns the error for a fault in a pickle, with the name of the file.
pub(super) fn pickle_error(path: &Path, (offset, fault): (u64, Fault)) -> Error {
    match fault {
        Fault::Io(source) => Error::Read { path: path.to_owned(), source },
        Fault::Content(reason) => Error::damaged(path, format!("byte {offset} of its pickle"), reason),
    }
}
