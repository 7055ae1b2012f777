//! The framing of TFRecord files: length, its checksum, data, its checksum; every checksum is verified.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// No record of a benchmark comes near this size; a longer one means damage or another format.
const LONGEST: u64 = 16 << 20;

/// Reads records one after the other into the same buffer.
pub(super) struct TfRecords<R> {
    input: R,
    path: PathBuf,
    buffer: Vec<u8>,
    offset: u64,
    /// Number of the latest record, from 1, if all before it were read too.
    record: Option<u64>,
}

impl TfRecords<BufReader<File>> {
    /// Opens a file to read all its records.
    pub(super) fn open(path: &Path) -> Result<Self> {
        Self::with_capacity(path, 1 << 18)
    }

    /// Opens a file to read a few records here and there.
    pub(super) fn open_for_few(path: &Path) -> Result<Self> {
        Self::with_capacity(path, 1 << 13)
    }

    fn with_capacity(path: &Path, bytes: usize) -> Result<Self> {
        let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Ok(TfRecords::new(path, BufReader::with_capacity(bytes, file)))
    }

    /// Returns the data of the record at a byte offset; errors name only the byte.
    pub(super) fn at(&mut self, offset: u64) -> Result<Option<&[u8]>> {
        // A relative seek keeps what is in the buffer, and most requested records are close together.
        let sought = self.input.seek_relative(offset.wrapping_sub(self.offset).cast_signed());
        sought.map_err(|source| Error::Read { path: self.path.clone(), source })?;
        self.offset = offset;
        self.record = None;
        self.next()
    }
}

impl<R: Read> TfRecords<R> {
    pub(super) fn new(path: &Path, input: R) -> Self {
        TfRecords { input, path: path.to_owned(), buffer: Vec::new(), offset: 0, record: Some(0) }
    }

    /// Returns the number of bytes read so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the data of the next record, or `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>> {
        self.record = self.record.map(|record| record + 1);
        let mut header = [0; 12];
        match self.fill(&mut header)? {
            0 => return Ok(None),
            12 => (),
            read => return Err(self.error(format!("ends after {read} of the 12 bytes of its header"))),
        }
        let (length, checksum) = header.split_at(8);
        self.check(length, checksum, "length")?;
        let length = u64::from_le_bytes(length.try_into().unwrap_or_default());
        if length > LONGEST {
            return Err(self.error(format!("claims {length} bytes; the longest allowed is {LONGEST}")));
        }
        // The buffer grows with the data that is there, not with the length that the header claims.
        self.buffer.clear();
        let whole = length as usize + 4;
        let read = (&mut self.input).take(whole as u64).read_to_end(&mut self.buffer);
        let read = read.map_err(|source| Error::Read { path: self.path.clone(), source })?;
        if read < whole {
            return Err(self.error(format!("ends after {read} of the {whole} bytes of its data and checksum")));
        }
        let (data, checksum) = self.buffer.split_at(length as usize);
        self.check(data, checksum, "data")?;
        self.offset += 12 + whole as u64;
        Ok(Some(&self.buffer[..length as usize]))
    }

    /// Returns an error about the latest record, which has been read completely.
    pub(super) fn error_in_data(&self, reason: impl ToString) -> Error {
        self.error_at(self.offset.saturating_sub(12 + self.buffer.len() as u64), reason)
    }

    fn error(&self, reason: impl ToString) -> Error {
        self.error_at(self.offset, reason)
    }

    fn error_at(&self, offset: u64, reason: impl ToString) -> Error {
        let record = self.record.map_or("the record".to_owned(), |number| format!("record {number}"));
        Error::damaged(&self.path, format!("{record} at byte {offset}"), reason)
    }

    fn check(&self, bytes: &[u8], checksum: &[u8], what: &str) -> Result<()> {
        if masked(crc32c::crc32c(bytes)).to_le_bytes() == *checksum {
            return Ok(());
        }
        Err(self.error(format!("its {what} does not agree with its checksum (CRC-32C)")))
    }

    /// Fills `buffer` as far as the file goes and returns the number of bytes read.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut read = 0;
        while read < buffer.len() {
            match self.input.read(&mut buffer[read..]) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => (),
                Err(source) => return Err(Error::Read { path: self.path.clone(), source }),
            }
        }
        Ok(read)
    }
}

/// Masks a checksum as TensorFlow does, so that checksums of data that contain checksums remain reliable.
pub(super) fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xA282_EAD8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(data: &[u8]) -> Vec<u8> {
        let length = (data.len() as u64).to_le_bytes();
        let sum = |bytes: &[u8]| masked(crc32c::crc32c(bytes)).to_le_bytes();
        [&length[..], &sum(&length), data, &sum(data)].concat()
    }

    fn read(bytes: &[u8]) -> std::result::Result<Vec<Vec<u8>>, String> {
        let mut records = TfRecords::new(Path::new("f"), bytes);
        let mut found = Vec::new();
        while let Some(data) = records.next().map_err(|error| error.to_string())? {
            found.push(data.to_vec());
        }
        Ok(found)
    }

    /// CRC-32C of "123456789" from RFC 3720's polynomial, the usual check value.
    #[test]
    fn checksum_known_answer() {
        assert_eq!(crc32c::crc32c(b"123456789"), 0xE306_9283);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let whole = [framed(b"first"), framed(b""), framed(b"the third")].concat();
        assert_eq!(read(&whole).unwrap(), [&b"first"[..], b"", b"the third"]);
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&bytes).unwrap_err().contains("CRC-32C"), "bit {bit}");
        }
        let ends = [0, 21, 37];
        for cut in (0..whole.len()).filter(|cut| !ends.contains(cut)) {
            assert!(read(&whole[..cut]).unwrap_err().contains("ends after"), "{cut}");
        }
        let error = read(&whole[..30]).unwrap_err();
        assert!(error.starts_with("f: record 2 at byte 21: ends after 9 of the 12 bytes"), "{error}");
    }

    #[test]
    fn a_huge_length_is_refused_before_anything_is_read() {
        let length = u64::MAX.to_le_bytes();
        let bytes = [&length[..], &masked(crc32c::crc32c(&length)).to_le_bytes()].concat();
        assert!(read(&bytes).unwrap_err().contains("claims 18446744073709551615 bytes"));
    }
}
