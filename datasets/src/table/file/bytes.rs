//! Detection of a file's format, by its content and not its name.

use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{Error, Result};

/// The content of a file, decompressed.
pub(super) enum Bytes {
    Parquet(Vec<u8>),
    Text(String),
}

/// Formats that are recognised but not supported, by their first bytes, with advice.
const OTHERS: [(&[u8], &str); 12] = [
    (b"PK\x03\x04", "it is a zip archive or an Excel workbook; unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "it is an Excel workbook; save the sheet as CSV"),
    (b"ARROW1", "it is an Arrow (Feather) file; write it as Parquet"),
    (b"FEA1", "it is a Feather file; write it as Parquet"),
    (b"\x89HDF", "it is an HDF5 file; write the table as Parquet or CSV"),
    (b"\x93NUMPY", "it is a NumPy array, which names no columns; write a table as CSV"),
    (b"SQLite format 3", "it is an SQLite database; write the table as CSV"),
    (b"BZh", "it is packed by bzip2; unpack it"),
    (b"\xfd7zXZ", "it is packed by xz; unpack it"),
    (b"\x28\xb5\x2f\xfd", "it is packed by zstd; unpack it"),
    (b"ORC", "it is an ORC file; write it as Parquet"),
    (b"\x80", "it is a pickle; write the table by to_parquet or to_csv"),
];

impl Bytes {
    /// Detects the format of the bytes; gzip is decompressed first.
    pub(super) fn of(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        let bytes = if bytes.starts_with(b"\x1f\x8b") { unpacked(path, &bytes)? } else { bytes };
        // A damaged file may have lost one of the two markers.
        if bytes.starts_with(b"PAR1") || bytes.ends_with(b"PAR1") {
            return Ok(Bytes::Parquet(bytes));
        }
        if let Some((_, reason)) = OTHERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return Err(Error::corrupt(path, *reason));
        }
        text(path, bytes).map(Bytes::Text)
    }
}

fn unpacked(path: &Path, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(bytes).read_to_end(&mut unpacked);
    read.map_err(|error| Error::corrupt(path, format!("its gzip packing is damaged: {error}")))?;
    Ok(unpacked)
}

/// Text in UTF-8 or UTF-16, without its byte order mark.
fn text(path: &Path, bytes: Vec<u8>) -> Result<String> {
    let wide = |bytes: &[u8], number: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let text = String::from_utf16(&pairs.iter().map(|&pair| number(pair)).collect::<Vec<_>>()).ok();
        let text = text.filter(|_| rest.is_empty());
        text.ok_or_else(|| Error::corrupt(path, "it begins as UTF-16 text and is none"))
    };
    let text = match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes)?,
        [first, 0, third, 0, ..] if *first != 0 && *third != 0 => wide(&bytes, u16::from_le_bytes)?,
        [0, second, 0, fourth, ..] if *second != 0 && *fourth != 0 => wide(&bytes, u16::from_be_bytes)?,
        _ => String::from_utf8(bytes).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            Error::corrupt(path, format!("line {line} is no UTF-8 text; save the file as UTF-8, or as Parquet"))
        })?,
    };
    if text.contains('\0') {
        return Err(Error::corrupt(path, "it is neither text nor Parquet"));
    }
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Ok(rest.to_owned()),
        None => Ok(text),
    }
}
