//! Images against the golden values: the synthetic generator and the origin of the embedded sample.

mod shared;

use std::fs;
use std::path::Path;

use serde_json::Value;
use shared::shared;
use zeronas_datasets::{ImageSet, Minibatch, Order, Source};

const GOLDEN_IMAGES: Source = Source::Synthetic { side: 32, classes: 10 };

fn golden(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn golden_batch(case: &Value, index: usize) -> Minibatch {
    let number = |key: &str| case[key].as_u64().unwrap();
    GOLDEN_IMAGES.minibatch(number("seed"), index, number("batch") as usize, Order::Shuffled).unwrap()
}

/// Labels and sums of the first two mini-batches of every case, as PyTorch drew them (`shared/golden/*.json`).
#[test]
fn synthetic_batches_are_the_golden_ones() {
    let Some(folder) = shared("golden") else { return };
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let case = golden(&path);
        if case["labels0"].is_null() {
            continue;
        }
        for index in 0..2 {
            let batch = golden_batch(&case, index);
            let labels: Vec<u32> = serde_json::from_value(case[format!("labels{index}")].clone()).unwrap();
            assert_eq!(batch.labels, labels, "{}", path.display());

            let sum: f64 = batch.pixels.iter().map(|&x| f64::from(x)).sum();
            let expected = case["checks"][format!("sum_input{index}")].as_f64().unwrap();
            // The order of the additions differs: about 1e-16 of the sum of the magnitudes.
            assert!((sum - expected).abs() < 1e-9, "{}: {sum} for {expected}", path.display());
        }
        cases += 1;
    }
    assert!(cases > 50, "{cases} golden cases");
}

/// Every pixel bit for bit against a stored tensor (`shared/golden/tss_tiny_mix_perturbed.safetensors`).
#[test]
fn synthetic_pixels_are_bit_for_bit_the_stored_ones() {
    let Some(json) = shared("golden/tss_tiny_mix_perturbed.json") else { return };
    let file = fs::read(json.with_extension("safetensors")).unwrap();
    let header_end = 8 + u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&file[8..header_end]).unwrap();
    let case = golden(&json);
    for index in 0..2 {
        let offset =
            |i: usize| header[format!("input.{index}")]["data_offsets"][i].as_u64().unwrap() as usize + header_end;
        let ours: Vec<u8> = golden_batch(&case, index).pixels.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert!(ours == file[offset(0)..offset(1)], "input.{index} differs");
    }
}

/// `data/README.md`: the first 26 records of classes 0 to 5 and the first 25 of classes 6 to 9 of data_batch_1.
#[test]
fn the_embedded_images_are_the_first_of_each_class() {
    let Some(path) = shared("data/cifar10/train_2000.bin") else { return };
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
fn a_real_file_is_dealt_in_file_order() {
    let Some(path) = shared("data/cifar10/train_2000.bin") else { return };
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
