//! TensorBoard's event files: TensorFlow records, each with a message of the protocol buffer `tensorflow.Event`.
//!
//! A record consists of its length as a 64-bit number, the length's checksum, the message, and its checksum; all numbers are
//! little-endian. The checksum is a CRC-32C, rotated by 15 bits and offset by a constant.

use crate::{Error, Result};
use prost::Message;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The part of `tensorflow.Event` that is written here.
#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    /// In the first event of a file.
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

/// `tensorflow.Summary`.
#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Scalar>,
}

/// `tensorflow.Summary.Value` with a `simple_value`.
#[derive(Clone, PartialEq, Message)]
struct Scalar {
    #[prost(string, tag = "1")]
    tag: String,
    /// Optional, because a plain 0 would not be written, and readers would find no value.
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// An open event file.
pub(super) struct Events {
    path: PathBuf,
    file: File,
}

impl Events {
    /// Creates a new file in a folder, next to those of earlier runs; TensorBoard reads them all.
    pub fn create(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder, "cannot be made"))?;
        let path = folder.join(format!("events.out.tfevents.{:.6}.zeronas", now()));
        let file = File::create(&path).map_err(Error::io(&path, "cannot be made"))?;
        let mut events = Events { path, file };
        let first = Event { wall_time: now(), step: 0, file_version: Some("brain.Event:2".into()), summary: None };
        events.write(&first)?;
        Ok(events)
    }

    /// Adds the numbers of a step.
    pub fn add(&mut self, step: u64, numbers: &[(&str, f64)]) -> Result<()> {
        let scalar =
            |(name, number): &(&str, f64)| Scalar { tag: (*name).to_owned(), simple_value: Some(*number as f32) };
        let summary = Summary { value: numbers.iter().map(scalar).collect() };
        self.write(&Event { wall_time: now(), step: step as i64, file_version: None, summary: Some(summary) })
    }

    fn write(&mut self, event: &Event) -> Result<()> {
        self.file.write_all(&record(&event.encode_to_vec())).map_err(Error::io(&self.path, "cannot be written"))
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

fn record(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    [&length[..], &masked(&length).to_le_bytes(), message, &masked(message).to_le_bytes()].concat()
}

/// The checksum of TensorFlow's records.
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Event files of TensorFlow and PyTorch start with the length of their first record, 24 bytes, and these four bytes.
    #[test]
    fn check_sums_are_those_of_tensorflow() {
        assert_eq!(masked(&24u64.to_le_bytes()), u32::from_le_bytes([0xa3, 0x7f, 0x4b, 0x22]));
    }

    #[test]
    fn a_file_is_records_of_events() {
        let dir = tempfile::tempdir().unwrap();
        let mut events = Events::create(&dir.path().join("run-0")).unwrap();
        events.add(3, &[("loss/train", 0.5), ("seconds", 0.0)]).unwrap();
        let bytes = std::fs::read(&events.path).unwrap();
        let mut rest = bytes.as_slice();
        let mut read = Vec::new();
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            assert_eq!(record(&rest[12..12 + length]), rest[..16 + length]);
            read.push(Event::decode(&rest[12..12 + length]).unwrap());
            rest = &rest[16 + length..];
        }
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].file_version.as_deref(), Some("brain.Event:2"));
        let values: Vec<(&str, Option<f32>)> = read[1]
            .summary
            .as_ref()
            .unwrap()
            .value
            .iter()
            .map(|value| (value.tag.as_str(), value.simple_value))
            .collect();
        assert_eq!((read[1].step, values), (3, vec![("loss/train", Some(0.5)), ("seconds", Some(0.0))]));
    }
}
