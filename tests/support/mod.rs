//! Helpers shared by several test files.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod golden;
pub mod rounding;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use zeronas_proxies::engine::Engine;

/// Returns a path in the reference data next to the checkout. Tests that need it are ignored by default.
pub fn shared(path: &str) -> PathBuf {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    assert!(found.exists(), "no reference data at {}", found.display());
    found
}

/// The engine for CUDA devices, with its kernels on the CPU and this much memory. Tests that need it are ignored without the feature.
pub fn emulated(memory: usize) -> Box<dyn Engine> {
    #[cfg(feature = "emulation")]
    {
        use zeronas_proxies::engine::CudaEngine;
        use zeronas_proxies::engine::cuda::{Cuda, Emulation};
        Box::new(CudaEngine::new(Cuda::on(Emulation::new(memory).unwrap())))
    }
    #[cfg(not(feature = "emulation"))]
    panic!("no emulation of {memory} bytes without the feature `emulation`")
}

/// A skeleton small enough to score hundreds of architectures in a test.
pub const TINY: [&str; 6] = ["--channels", "4", "--cells", "1", "--batch-size", "8"];

/// Returns a command of the built program in `folder`.
pub fn zeronas(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zeronas"));
    command.current_dir(folder);
    command
}

/// Runs the program with these words and returns its output.
pub fn run(folder: &Path, words: &str) -> Output {
    zeronas(folder).args(words.split_whitespace()).output().unwrap()
}

/// Runs `zeronas score` on the tiny skeleton, which must succeed, and returns its stderr.
pub fn score(folder: &Path, words: &str) -> String {
    let output = zeronas(folder).arg("score").args(TINY).args(words.split_whitespace()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "score {words}: {stderr}");
    stderr
}

/// The rows of a CSV score file without the time they took, header first.
pub fn rows(folder: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
}

/// Makes pictures of three classes that differ in brightness, with this many of each class for training and testing.
pub fn pictures(folder: &Path, [width, height]: [u32; 2], counts: [u8; 2]) {
    for (part, count) in ["train", "test"].into_iter().zip(counts) {
        for (class, light) in [("ape", 0), ("bee", 80), ("cat", 160)] {
            let folder = folder.join(part).join(class);
            std::fs::create_dir_all(&folder).unwrap();
            for number in 0..count {
                let colour = |x: u32, y: u32| image::Rgb([light + number, (x * y % 80) as u8, (7 * x + y) as u8 % 70]);
                let path = folder.join(format!("{number}.png"));
                image::RgbImage::from_fn(width, height, colour).save(path).unwrap();
            }
        }
    }
}

/// Runs the program, which must refuse with exit code 2 and a message that holds all of `parts`.
pub fn refuses(folder: &Path, words: &str, parts: &[&str]) {
    let output = run(folder, words);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "zeronas {words}\n{stderr}");
    for part in parts {
        assert!(stderr.contains(part), "zeronas {words}\nlacks {part:?}:\n{stderr}");
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

/// Makes the folder `cifar`: CIFAR-10 of 200 training and 56 test images, the embedded ones.
pub fn images(folder: &Path) {
    let records = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/data/cifar10_256.bin")).unwrap();
    let images = folder.join("cifar");
    std::fs::create_dir(&images).unwrap();
    for (part, records) in records[..200 * 3073].chunks(40 * 3073).enumerate() {
        std::fs::write(images.join(format!("data_batch_{}.bin", part + 1)), records).unwrap();
    }
    std::fs::write(images.join("test_batch.bin"), &records[200 * 3073..]).unwrap();
}
