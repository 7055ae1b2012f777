//! Images against the golden values: the synthetic generator and the origin of the embedded sample.

mod shared;

use std::fs;

use serde_json::Value;
use shared::shared;
use zeronas_datasets::image::Dimensions;
use zeronas_datasets::{ImageSet, Minibatch, Order, Source};

const GOLDEN_IMAGES: Source = Source::Synthetic { dimensions: Dimensions::square(32), classes: 10 };

/// The reference networks, each with a description of its mini-batches (`tests/golden/README.md` of the workspace).
fn cases() -> Vec<Value> {
    let files = [
        include_str!("../../tests/golden/nb101.jsonl"),
        include_str!("../../tests/golden/sss.jsonl"),
        include_str!("../../tests/golden/tss.jsonl"),
    ];
    files.into_iter().flat_map(str::lines).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn golden_batch(case: &Value, index: usize) -> Minibatch {
    let number = |key: &str| case[key].as_u64().unwrap();
    GOLDEN_IMAGES.minibatch(number("seed"), index, number("batch") as usize, Order::Shuffled).unwrap()
}

/// Labels and sums of the first two mini-batches of every case, as PyTorch drew them.
#[test]
fn synthetic_batches_are_the_golden_ones() {
    let cases = cases();
    assert_eq!(cases.len(), 58);
    for case in cases {
        for index in 0..2 {
            let batch = golden_batch(&case, index);
            let labels: Vec<u32> = serde_json::from_value(case["labels"][index].clone()).unwrap();
            assert_eq!(batch.labels, labels, "{}", case["name"]);

            let sum: f64 = batch.pixels.iter().map(|&x| f64::from(x)).sum();
            let expected = case["sums"][index].as_f64().unwrap();
            // The order of the additions differs, which amounts to about 1e-16 of the sum of the magnitudes.
            assert!((sum - expected).abs() < 1e-9, "{}: {sum} for {expected}", case["name"]);
        }
    }
}

/// Compares every pixel bit for bit, by hash with those that PyTorch drew: FNV-1a over the bits of the numbers, one step for each.
#[test]
fn synthetic_pixels_are_bit_for_bit_the_golden_ones() {
    let cases: Vec<Value> = cases().into_iter().filter(|case| case["images_bits"].is_array()).collect();
    assert_eq!(cases.len(), 11);
    for case in cases {
        for index in 0..2 {
            let step = |hash: u64, pixel: &f32| (hash ^ u64::from(pixel.to_bits())).wrapping_mul(0x0000_0100_0000_01B3);
            let hash = golden_batch(&case, index).pixels.iter().fold(0xCBF2_9CE4_8422_2325, step);
            assert_eq!(format!("{hash:016x}"), case["images_bits"][index], "{}", case["name"]);
        }
    }
}

/// `data/README.md`: the first 26 records of classes 0 to 5 and the first 25 of classes 6 to 9 of data_batch_1.
#[test]
#[ignore = "needs ../shared/data/cifar10/train_2000.bin"]
fn the_embedded_images_are_the_first_of_each_class() {
    let path = shared("data/cifar10/train_2000.bin");
    let mut left = [26, 26, 26, 26, 26, 26, 25, 25, 25, 25];
    let mut chosen = Vec::new();
    for record in fs::read(path).unwrap().chunks_exact(3073) {
        let left = &mut left[usize::from(record[0])];
        if *left > 0 {
            *left -= 1;
            chosen.extend_from_slice(record);
        }
    }
    assert!(chosen == include_bytes!("../data/cifar10_256.bin"), "the embedded records differ");
}

/// The mini-batches behind the golden correlation set: data_batch_1 in file order.
#[test]
#[ignore = "needs ../shared/data/cifar10/train_2000.bin"]
fn a_real_file_is_dealt_in_file_order() {
    let path = shared("data/cifar10/train_2000.bin");
    let bytes = fs::read(&path).unwrap();
    let set = ImageSet::open(&path).unwrap();
    assert_eq!((set.name(), set.len()), ("train_2000.bin", 2000));
    // sha256sum of the file.
    assert_eq!(set.fingerprint(), "eae30ce617c27eb358b2409617ac9c388f67c480af37b07393173a79541bb8f4");
    let batch = Source::Set(set).minibatch(0, 1, 64, Order::File).unwrap();
    let record = &bytes[64 * 3073..65 * 3073];
    assert_eq!(batch.labels[0], u32::from(record[0]));
    for (i, (mean, std)) in [(125.3, 63.0), (123.0, 62.1), (113.9, 66.7)].into_iter().enumerate() {
        let pixel = f64::from(record[1 + i * 1024 + 500]);
        assert_eq!(batch.pixels[i * 1024 + 500], ((pixel - mean) / std) as f32);
    }
}
