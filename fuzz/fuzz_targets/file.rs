//! The first byte chooses the kind of file, the others are its content.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, content)) = bytes.split_first() else { return };
    let extension = [".tfrecord", ".pickle.pbz2", ".pth"][usize::from(*kind) % 3];
    zeronas_fuzz::read(extension, content);
});
