//! Tables and lists of architectures of any content.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| zeronas_fuzz::table(bytes));
