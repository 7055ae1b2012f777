//! The bytes are records, separated by bytes 255: JSON texts, or metrics (after the byte 1) that a sound JSON text carries.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|bytes: &[u8]| {
    let mut file = Vec::new();
    for (place, record) in bytes.split(|byte| *byte == 0xff).enumerate() {
        let data = match record.split_first() {
            Some((1, metrics)) => {
                let hash = format!("{:032x}", place / 3);
                let row = json!([hash, 108, "0100", "input,output", STANDARD.encode(metrics)]);
                row.to_string().into_bytes()
            }
            _ => record.to_vec(),
        };
        let length = (data.len() as u64).to_le_bytes();
        let sum = |bytes: &[u8]| crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes();
        file.extend([&length[..], &sum(&length), &data, &sum(&data)].concat());
    }
    zeronas_fuzz::read(".tfrecord", &file);
});
