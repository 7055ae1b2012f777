//! Images from every source in the commands of the built program.

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{refuses, rows, run, zeronas};

const TINY: &str = "--channels 4 --cells 1";

/// A 24-bit BMP picture.
fn picture(path: &Path, side: u32, colour: impl Fn(u32, u32) -> [u8; 3]) {
    let row = (3 * side).next_multiple_of(4);
    let mut bytes = b"BM".to_vec();
    for number in [54 + row * side, 0, 54, 40, side, side, 1 | 24 << 16, 0, row * side, 2835, 2835, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    for y in (0..side).rev() {
        let pixels = (0..side).flat_map(|x| colour(x, y)).chain(std::iter::repeat(0)).take(row as usize);
        bytes.extend(pixels);
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Makes a folder of pictures of four classes that differ in brightness.
fn pictures(folder: &Path, side: u32, count: u8) {
    for (class, light) in [("ape", 0), ("bee", 60), ("cat", 120), ("dog", 180)] {
        for number in 0..count {
            let colour = move |x: u32, y: u32| [light + number, (x * y % 60) as u8 + light, (7 * x + y) as u8 % 60];
            picture(&folder.join(class).join(format!("{number:02}.bmp")), side, colour);
        }
    }
}

fn succeeds(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "zeronas {words}\n{stderr}");
    stderr
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The manifest of a CSV score file.
fn manifest(folder: &Path, name: &str) -> Value {
    json(&folder.join(format!("{name}.manifest.json")))
}

#[test]
fn own_pictures_go_through_every_command_on_networks_of_one_size() {
    let dir = tempfile::tempdir().unwrap();
    pictures(&dir.path().join("pics"), 48, 20);
    let said = succeeds(
        dir.path(),
        &format!(
            "score --sample 4 --images pics {TINY} --batch-size 8 --proxies naswot,effective_params --top 0 --out s.csv"
        ),
    );
    assert!(said.contains("images: 80 pictures, 4 classes (ape, bee, ...), 48 x 48; normalised by"), "{said}");
    let scored = manifest(dir.path(), "s.csv");
    assert_eq!((&scored["classes"], &scored["resolution"]), (&4.into(), &48.into()));
    let set = &scored["image_set"];
    assert_eq!(set["class_names"], serde_json::json!(["ape", "bee", "cat", "dog"]));
    assert_eq!(
        (&set["resize"], &set["normalised"], &set["sizes"]),
        (&"as they are".into(), &"own".into(), &"48 x 48".into())
    );
    assert!(set["mean"][2].as_f64().unwrap() > 50.0 && set["std"][2].as_f64().unwrap() > 1.0, "{set}");

    let recipe = "--recipe quick --batch-size 8 --valid-split 8";
    let words = format!("confirm s.csv --top 2 --rungs 1 --images pics {recipe} --out confirmed");
    let said = succeeds(dir.path(), &words);
    assert!(said.contains("4 classes (ape, bee, ...), 48 x 48"), "{said}");
    let confirmed = json(&dir.path().join("confirmed/manifest.json"));
    assert_eq!(confirmed["image-set"], *set);
    assert_eq!(confirmed["figures"]["resolution"], 48);

    let scores = rows(dir.path(), "s.csv");
    let params = |arch: &str| {
        let row = scores.iter().find(|row| row.contains(arch) && row.contains(",effective_params,")).unwrap();
        row.split(',').find_map(|cell| cell.parse::<f64>().ok().filter(|&count| count > 1000.0)).unwrap()
    };
    let mut trained = 0;
    for entry in fs::read_dir(dir.path().join("confirmed")).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(bytes) = fs::read(folder.join("weights.safetensors")) else { continue };
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let is_parameter = |name: &str| name.ends_with(".weight") || name.ends_with(".bias");
        let counted: usize = tensors
            .iter()
            .filter(|(name, _)| is_parameter(name))
            .map(|(_, view)| view.shape().iter().product::<usize>())
            .sum();
        let arch = json(&folder.join("manifest.json"))["arch"].as_str().unwrap().to_owned();
        assert_eq!(counted as f64, params(&arch), "{arch}");
        trained += 1;
    }
    assert_eq!(trained, 2);

    let words = "search --strategy random --evaluate proxy:naswot --budget evaluations=3 --runs 1 --images pics --out";
    succeeds(dir.path(), &format!("{words} found {TINY}"));
    let found = json(&dir.path().join("found/manifest.json"));
    assert_eq!(found["image_set"], *set);
    let arch = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|";
    succeeds(dir.path(), &format!("train --arch {arch} {TINY} --images pics {recipe} --epochs 1 --out trained"));
    assert_eq!(json(&dir.path().join("trained/manifest.json"))["image-set"], *set);
}

#[test]
fn a_search_on_few_pictures_takes_a_smaller_minibatch() {
    let dir = tempfile::tempdir().unwrap();
    pictures(&dir.path().join("pics"), 16, 4);
    let words = format!(
        "search --strategy random --evaluate proxy:naswot --budget evaluations=2 --runs 1 --images pics {TINY} --out found"
    );
    refuses(dir.path(), &words, &["beyond the 16 images of pics", "smaller batch size"]);
    succeeds(dir.path(), &format!("{words} --batch-size 8"));
    assert_eq!(json(&dir.path().join("found/manifest.json"))["batch_size"], 8);
}

#[test]
fn pictures_are_never_scaled_without_a_word() {
    let dir = tempfile::tempdir().unwrap();
    pictures(&dir.path().join("pics"), 30, 2);
    let score = |more: &str, out: &str| {
        succeeds(
            dir.path(),
            &format!(
                "score --sample 1 --images pics {TINY} --batch-size 4 --proxies params --top 0 --out {out} {more}"
            ),
        )
    };
    let said = score("", "a.csv");
    assert!(said.contains("8 pictures, 4 classes (ape, bee, ...), 30 x 30, taken at 28 x 28 (scaled);"), "{said}");
    let said = score("--resolution 16 --classes 7", "b.csv");
    assert!(said.contains("30 x 30, taken at 16 x 16 (scaled)"), "{said}");
    let scored = manifest(dir.path(), "b.csv");
    assert_eq!((&scored["classes"], &scored["resolution"]), (&7.into(), &16.into()));
    assert_eq!(scored["image_set"]["resize"], "scaled");
    pictures(&dir.path().join("tiny"), 3, 1);
    let words = format!("score --sample 1 --images tiny {TINY} --batch-size 4 --out c.csv");
    refuses(dir.path(), &words, &["--resolution", "multiple of 4", "00.bmp is 3 x 3"]);
    let words = format!("score --sample 1 --images pics {TINY} --classes 3 --batch-size 8 --out c.csv");
    refuses(dir.path(), &words, &["label 3", "3 classes"]);
}

#[test]
fn damaged_pictures_are_refused_by_name_or_counted() {
    let dir = tempfile::tempdir().unwrap();
    pictures(&dir.path().join("pics"), 16, 3);
    let jpeg = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/tests/data/images/baseline.jpg");
    let jpeg = fs::read(jpeg).unwrap();
    fs::write(dir.path().join("pics/cat/trunc.jpg"), &jpeg[..jpeg.len() * 2 / 3]).unwrap();
    let score = format!("score --sample 1 --images pics {TINY} --batch-size 4 --proxies params --top 0");
    refuses(dir.path(), &format!("{score} --out s.csv"), &["trunc.jpg is no readable picture", "--skip-damaged"]);
    let said = succeeds(dir.path(), &format!("{score} --skip-damaged --out s.csv"));
    assert!(said.contains("12 pictures") && said.contains("1 damaged picture left out (pics/cat/trunc.jpg)"), "{said}");
    let left = &manifest(dir.path(), "s.csv")["image_set"]["left_out"];
    assert!(left[0].as_str().unwrap().contains("trunc.jpg"), "{left}");
    refuses(dir.path(), "bench build --images pics --archs 2 --repeated 1 --out b", &["trunc.jpg"]);
    refuses(
        dir.path(),
        "bench build --images pics --skip-damaged --archs 2 --repeated 1 --out b",
        &["--images", "no test images"],
    );
}

/// 100 architectures on CIFAR-100 and ImageNet16-120; no flag gives their classes and resolution.
#[test]
fn the_data_sets_of_nats_bench_can_be_scored() {
    let dir = tempfile::tempdir().unwrap();
    let hundred = dir.path().join("cifar-100-binary");
    fs::create_dir(&hundred).unwrap();
    let records: Vec<u8> = (0..100_u8)
        .flat_map(|i| [vec![i % 20, i], (0..3072).map(|p: u32| (p * u32::from(i) % 251) as u8).collect()].concat())
        .collect();
    fs::write(hundred.join("train.bin"), records).unwrap();
    let sixteen = dir.path().join("ImageNet16-120");
    fs::create_dir(&sixteen).unwrap();
    let batch = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/tests/data/images/imagenet16.5");
    for number in 1..=10 {
        fs::copy(batch, sixteen.join(format!("train_data_batch_{number}"))).unwrap();
    }
    for (set, classes, side) in [("cifar-100-binary", 100, 32), ("ImageNet16-120", 120, 16)] {
        let out = format!("{set}.csv");
        let words = format!(
            "score --sample 100 --images {set} {TINY} --batch-size 4 --proxies naswot,synflow,params --top 0 --out {out}"
        );
        let said = succeeds(dir.path(), &words);
        assert!(said.contains(&format!("{classes} classes, {side} x {side}; normalised by the published")), "{said}");
        let scored = manifest(dir.path(), &out);
        assert_eq!((&scored["classes"], &scored["resolution"]), (&classes.into(), &side.into()), "{set}");
        assert_eq!(rows(dir.path(), &out).len(), 301);
    }
}

#[test]
fn records_of_other_classes_need_their_number() {
    let dir = tempfile::tempdir().unwrap();
    let records: Vec<u8> = (0..43_u8).flat_map(|label| [vec![label], vec![3 * label; 3072]].concat()).collect();
    fs::write(dir.path().join("signs.bin"), records).unwrap();
    let score =
        format!("score --sample 1 --images signs.bin {TINY} --batch-size 4 --proxies params --top 0 --out s.csv");
    refuses(dir.path(), &score, &["signs.bin: record 11 has label 10", "--classes"]);
    let said = succeeds(dir.path(), &format!("{score} --classes 43"));
    assert!(said.contains("43 images, 43 classes, 32 x 32; normalised by the set's own"), "{said}");
    let words = format!("train --sample {TINY} --arch x --images synthetic --recipe quick --out t");
    assert_eq!(zeronas(dir.path()).args(words.split_whitespace()).output().unwrap().status.code(), Some(2));
}
