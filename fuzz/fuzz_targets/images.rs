//! The first byte chooses the kind of image file, the others are its content.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, content)) = bytes.split_first() else { return };
    zeronas_fuzz::read_images(*kind, content);
});
