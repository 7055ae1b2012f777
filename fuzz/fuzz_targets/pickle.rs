//! The bytes are the pickle of a whole benchmark.
#![no_main]

use libfuzzer_sys::fuzz_target;

/// The old format of torch.save: a magic number, a version, and an empty dictionary of what the writing machine was.
const START: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}q\x00.";

fuzz_target!(|bytes: &[u8]| zeronas_fuzz::read(".pth", &[START, bytes].concat()));
