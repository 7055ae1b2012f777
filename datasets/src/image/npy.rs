//! numpy's `.npy` files, and `.npz`, an archive of them.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::numbers::Numbers;
use crate::pickle::NumberType;
use crate::{Error, Result};

/// Maximum number of bytes of an array.
const MOST: u64 = 1 << 36;

/// Reads the array in a file.
pub(super) fn read(path: &Path) -> Result<Numbers> {
    let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    parse(BufReader::new(file)).map_err(|reason| Error::images(path, reason))
}

/// The arrays of a `.npz` file.
pub(super) struct Archive {
    path: PathBuf,
    zip: RefCell<ZipArchive<BufReader<File>>>,
}

impl Archive {
    /// Opens a zip archive; returns `None` if it holds anything but arrays.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let zip = ZipArchive::new(BufReader::new(file))
            .map_err(|error| Error::images(path, format!("is damaged: {error}")))?;
        let is_npz = !zip.is_empty() && zip.file_names().all(|name| name.is_ok_and(|name| name.ends_with(".npy")));
        Ok(is_npz.then(|| Archive { path: path.to_owned(), zip: RefCell::new(zip) }))
    }

    /// Returns the names of the arrays.
    pub fn names(&self) -> Vec<String> {
        let zip = self.zip.borrow();
        let names = zip.file_names().flatten().map(|name| name.strip_suffix(".npy").unwrap_or(&name).to_owned());
        names.collect()
    }

    pub fn read(&self, name: &str) -> Result<Numbers> {
        let wrong = |reason: String| Error::images(&self.path, format!("array {name}: {reason}"));
        let mut zip = self.zip.borrow_mut();
        let entry = zip.by_name(&format!("{name}.npy")).map_err(|error| wrong(error.to_string()))?;
        parse(BufReader::new(entry)).map_err(wrong)
    }
}

/// Parses an array as numpy writes it: magic bytes, a version, a header in Python's notation, and the numbers.
fn parse(mut input: impl Read) -> std::result::Result<Numbers, String> {
    let mut start = [0; 8];
    input.read_exact(&mut start).map_err(|_| "ends within its header")?;
    if !start.starts_with(b"\x93NUMPY") {
        return Err("is no array of numpy".into());
    }
    let mut length = [0; 4];
    let bytes = if start[6] == 1 { 2 } else { 4 };
    input.read_exact(&mut length[..bytes]).map_err(|_| "ends within its header")?;
    let length = u32::from_le_bytes(length);
    if length > 1 << 20 {
        return Err(format!("has a header of {length} bytes"));
    }
    let mut header = vec![0; length as usize];
    input.read_exact(&mut header).map_err(|_| "ends within its header")?;
    let header = Header::parse(&String::from_utf8_lossy(&header))?;
    let size = header.shape.iter().try_fold(header.number.size() as u64, |all, &side| all.checked_mul(side as u64));
    let size = size.filter(|&size| size <= MOST).ok_or("says that it is larger than any memory")?;
    let mut numbers = Vec::new();
    // Reading one more byte reveals trailing data, and reading to the end makes the zip reader verify the checksum.
    input.take(size + 1).read_to_end(&mut numbers).map_err(|error| format!("is damaged: {error}"))?;
    if numbers.len() as u64 != size {
        let what = if numbers.len() as u64 > size { "goes on after its numbers" } else { "is cut off" };
        return Err(format!("{what}: {} bytes of {size}", numbers.len()));
    }
    if header.big_endian {
        numbers.chunks_exact_mut(header.number.size()).for_each(<[u8]>::reverse);
    }
    Numbers::new(header.shape, header.number, header.fortran, numbers)
}

struct Header {
    shape: Vec<usize>,
    number: NumberType,
    fortran: bool,
    big_endian: bool,
}

impl Header {
    /// `{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }`
    fn parse(text: &str) -> std::result::Result<Self, String> {
        let damaged = || format!("has a header that cannot be read: {}", text.trim());
        let after = |key: &str| Some(text.split_once(&format!("'{key}':"))?.1.trim_start());
        let descr = after("descr").ok_or_else(damaged)?;
        let Some(descr) = descr.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) else {
            return Err("has several values at each place, which is no array of images or labels".into());
        };
        let (order, code) = descr.0.split_at_checked(1).ok_or_else(damaged)?;
        let number = NumberType::find(code)
            .map_err(|_| format!("holds {}, not numbers; images are bytes or floats, labels whole numbers", descr.0))?;
        let shape = after("shape").and_then(|rest| rest.strip_prefix('(')?.split_once(')')).ok_or_else(damaged)?.0;
        let sides = shape.split(',').map(str::trim).filter(|side| !side.is_empty());
        let shape = sides.map(|side| side.parse().map_err(|_| damaged())).collect::<std::result::Result<_, _>>()?;
        let fortran = after("fortran_order").ok_or_else(damaged)?.starts_with("True");
        Ok(Header { shape, number, fortran, big_endian: order == ">" })
    }
}
