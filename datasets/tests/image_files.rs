//! Image sets in all supported kinds of files, intact and damaged. `data/images/make.py` makes the small ones.

use std::fs;
use std::path::{Path, PathBuf};

use zeronas_datasets::image::{Found, Reading};
use zeronas_datasets::{ImageSet, Splits};
use zeronas_random::Stream;

const PICTURES: [&str; 10] = [
    "baseline.jpg",
    "progressive.jpg",
    "grey.jpg",
    "cmyk.jpg",
    "lossy.webp",
    "plain.png",
    "palette.gif",
    "animated.gif",
    "plain.bmp",
    "lzw.tif",
];
const BATCHES: [&str; 14] = [
    "cifar10.2",
    "cifar10.3",
    "cifar10.4",
    "cifar10.5",
    "cifar10.bytes",
    "cifar100.4",
    "imagenet16.2",
    "imagenet16.3",
    "imagenet16.4",
    "imagenet16.5",
    "imagenet16.int64",
    "imagenet16.uint16",
    "imagenet16.scalars",
    "imagenet16.fortran",
];
const ARRAYS: [&str; 5] = ["nchw.npz", "nhwc.npz", "parts.npz", "x_small.npy", "half.npy"];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/images").join(name)
}

fn open(path: &Path) -> zeronas_datasets::Result<Splits> {
    let found = Found::open(path, &Reading::default())?;
    let side = found.side();
    found.read(side)
}

fn refused(path: &Path, parts: &[&str]) {
    let message = open(path).unwrap_err().to_string();
    for part in parts {
        assert!(message.contains(part), "lacks {part:?}: {message}");
    }
}

/// Copies a data file into a folder, which is created.
fn put(name: &str, at: &Path) {
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    fs::copy(data(name), at).unwrap();
}

/// Two classes of two pictures each, `cat` and `dog`.
fn classes(folder: &Path) {
    for (class, name) in [("cat", "a.png"), ("cat", "b.png"), ("dog", "a.png"), ("dog", "b.png")] {
        put("plain.png", &folder.join(class).join(name));
    }
}

#[test]
fn pictures_of_every_format_have_their_pixels() {
    let dir = tempfile::tempdir().unwrap();
    for name in PICTURES {
        put(name, &dir.path().join("only").join(name));
    }
    let splits = open(dir.path()).unwrap();
    assert_eq!((splits.train.len(), splits.train.side()), (PICTURES.len(), 24));
    let line = splits.line();
    assert!(line.starts_with("10 pictures, 1 class (only), 28 x 24, taken at 24 x 24 (centre crop); "), "{line}");
    let mut names = PICTURES;
    names.sort();
    for (i, name) in names.into_iter().enumerate() {
        let image = splits.train.bytes(i).unwrap();
        let mut far = 0.0;
        for (place, &pixel) in image.iter().enumerate() {
            let (channel, x, y) = (place / 576, place % 24 + 2, place / 24 % 24);
            let mut rgb = [8 * x, 8 * y, 4 * (x + y)].map(|value| value as f64);
            if name.starts_with("grey") {
                rgb = [0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]; 3];
            }
            far += (f64::from(pixel) - rgb[channel]).abs() / image.len() as f64;
        }
        // Lossy formats, and a palette of 64 colours, introduce rounding.
        let limit = if matches!(name, "plain.png" | "plain.bmp" | "lzw.tif") { 0.0 } else { 6.0 };
        assert!(far <= limit, "{name}: {far} from its pixels");
    }
}

#[test]
fn a_picture_cut_off_anywhere_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let class = dir.path().join("only");
    put("plain.png", &class.join("whole.png"));
    let skip = Reading { skip_damaged: true, ..Reading::default() };
    for name in PICTURES {
        let (whole, path) = (fs::read(data(name)).unwrap(), class.join(name));
        let step = whole.len().div_ceil(60);
        for length in (0..whole.len()).step_by(step).chain(whole.len() - 4..whole.len()) {
            fs::write(&path, &whole[..length]).unwrap();
            match open(dir.path()) {
                Ok(_) => panic!("{name} is taken though it ends after {length} of {} bytes", whole.len()),
                Err(error) => assert!(error.to_string().contains(name), "{name}: {error}"),
            }
        }
        let splits = Found::open(dir.path(), &skip).unwrap().read(24).unwrap();
        assert_eq!(splits.train.len(), 1);
        assert!(
            splits.line().contains("1 damaged picture left out (") && splits.line().contains(name),
            "{}",
            splits.line()
        );
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_jpeg_that_lost_its_middle_is_found_though_it_has_an_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("only/x.jpg");
    put("baseline.jpg", &path);
    for name in ["baseline.jpg", "grey.jpg", "progressive.jpg"] {
        let whole = fs::read(data(name)).unwrap();
        fs::write(&path, &whole).unwrap();
        open(dir.path()).unwrap();
        // The last scan of a progressive JPEG is short.
        for lost in [12, 20, 30] {
            fs::write(&path, [&whole[..whole.len() - 2 - lost], b"\xff\xd9"].concat()).unwrap();
            refused(dir.path(), &["x.jpg is no readable picture", "skip_damaged"]);
        }
        fs::write(&path, [&whole[..], b"more after the end"].concat()).unwrap();
        open(dir.path()).unwrap();
    }
}

#[test]
fn a_png_with_a_changed_byte_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("only/x.png");
    put("plain.png", &path);
    let whole = fs::read(&path).unwrap();
    let data = whole.windows(4).position(|name| name == b"IDAT").unwrap() + 4;
    for at in [data + 4, data + 10, whole.len() - 17] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&path, bytes).unwrap();
        refused(dir.path(), &["x.png is no readable picture"]);
    }
}

#[test]
fn hidden_files_are_passed_over_and_others_counted() {
    let dir = tempfile::tempdir().unwrap();
    classes(dir.path());
    let whole = open(dir.path()).unwrap();
    for name in ["cat/._a.png", ".ipynb_checkpoints/a.png", ".DS_Store", "cat/Thumbs.db", "__MACOSX/cat/._a.png"] {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "not a picture").unwrap();
    }
    for name in ["cat/notes.txt", "README.md"] {
        fs::write(dir.path().join(name), "P6 may begin a picture, and this is none").unwrap();
    }
    put("plain.png", &dir.path().join("dog/no_ending"));
    put("plain.png", &dir.path().join("loose.png"));
    fs::create_dir(dir.path().join("empty")).unwrap();
    let splits = open(dir.path()).unwrap();
    assert_eq!((splits.train.len(), splits.train.classes()), (whole.train.len() + 1, 2));
    let line = splits.line();
    for part in [
        "5 pictures, 2 classes (cat, dog), 28 x 24",
        "folder empty has no picture",
        "1 picture outside of the folders of classes left out",
        "2 files that are no pictures left out (.md, .txt)",
        "5 hidden files or folders passed over",
    ] {
        assert!(line.contains(part), "lacks {part:?}: {line}");
    }
}

#[test]
fn pictures_that_cannot_be_read_are_named() {
    for (name, content, part) in [
        ("x.heic", &b"...."[..], "format heic"),
        ("x.avif", b"....", "format avif"),
        ("x", b"\0\0\0\x1cftypavif\0\0\0\0", "format avif"),
        ("x.tga", b"....", "format tga"),
        ("x.png", b"", "no readable picture"),
        ("x.png", b"<html>not found</html>", "none of PNG"),
        ("x.jpg", b"\xff\xd8\xff", "no readable picture"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        classes(dir.path());
        fs::write(dir.path().join("dog").join(name), content).unwrap();
        refused(dir.path(), &[name, part]);
    }
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("cat")).unwrap();
    fs::write(dir.path().join("cat/x.png"), "no").unwrap();
    let message = Found::open(dir.path(), &Reading { skip_damaged: true, classes: None }).unwrap_err().to_string();
    assert!(message.contains("has no picture that is not damaged"), "{message}");
}

#[test]
fn parts_and_deeper_folders_are_found() {
    let dir = tempfile::tempdir().unwrap();
    classes(&dir.path().join("Train"));
    classes(&dir.path().join("valid"));
    put("plain.png", &dir.path().join("test/dog/a.png"));
    put("plain.png", &dir.path().join("extra/dog/a.png"));
    let splits = open(dir.path()).unwrap();
    let (valid, test) = (splits.valid.as_ref().unwrap(), splits.test.as_ref().unwrap());
    assert_eq!((splits.train.len(), valid.len(), test.len(), test.label(0)), (4, 4, 1, 1));
    assert_eq!(valid.statistics(), splits.train.statistics());
    let line = splits.line();
    assert!(line.starts_with("9 pictures (4 train, 4 valid, 1 test), 2 classes (cat, dog), "), "{line}");
    assert!(line.contains("folder extra left out"), "{line}");
    put("plain.png", &dir.path().join("test/cow/a.png"));
    refused(dir.path(), &["test: has a class `cow`, which train has not"]);
    fs::remove_dir_all(dir.path().join("Train")).unwrap();
    fs::remove_dir_all(dir.path().join("extra")).unwrap();
    refused(dir.path(), &["valid", "no `train`"]);

    let around = tempfile::tempdir().unwrap();
    classes(&around.path().join("pictures"));
    assert_eq!(open(around.path()).unwrap().train.classes(), 2);
    // A class called train is not a split.
    put("plain.png", &around.path().join("pictures/train/1.png"));
    assert_eq!(open(&around.path().join("pictures")).unwrap().line().split(", ").nth(1).unwrap(), "3 classes (cat");
}

/// tiny-imagenet: `train/CLASS/images/*.JPEG`, `val/images/*.JPEG` with a list of their classes, `test/images/*.JPEG` without.
#[test]
fn tiny_imagenet_is_read_as_it_unpacks() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tiny-imagenet-200");
    for class in ["n01", "n02", "n03"] {
        put("baseline.jpg", &root.join(format!("train/{class}/images/{class}_0.JPEG")));
        fs::write(root.join(format!("train/{class}/{class}_boxes.txt")), "n01_0.JPEG\t0\t0\t9\t9\n").unwrap();
    }
    for number in 0..2 {
        put("baseline.jpg", &root.join(format!("val/images/val_{number}.JPEG")));
        put("baseline.jpg", &root.join(format!("test/images/test_{number}.JPEG")));
    }
    let list = root.join("val/val_annotations.txt");
    fs::write(&list, "val_0.JPEG\tn03\t0\t0\t9\t9\nval_1.JPEG\tn01\t0\t0\t9\t9\n").unwrap();
    for folder in [&root, dir.path()] {
        let splits = open(folder).unwrap();
        let valid = splits.valid.as_ref().unwrap();
        assert_eq!((splits.train.len(), valid.label(0), valid.label(1), splits.test.is_none()), (3, 2, 0, true));
        let line = splits.line();
        assert!(line.starts_with("5 pictures (3 train, 2 valid), 3 classes (n01, n02, n03)"), "{line}");
        assert!(line.contains("2 pictures in test without a class left out"), "{line}");
    }
    fs::write(&list, "val_0.JPEG\tn04\n").unwrap();
    refused(&root, &["val_annotations.txt: line 1 has the class `n04`"]);
    fs::write(&list, "val_0.JPEG\tn03\n").unwrap();
    refused(&root, &["val_1.JPEG: has no class in"]);
}

#[test]
fn folders_without_classes_say_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    refused(dir.path(), &["is no image set"]);
    put("plain.png", &dir.path().join("a.png"));
    refused(dir.path(), &["has 1 picture and no folder for each class"]);
    let deep = tempfile::tempdir().unwrap();
    classes(deep.path());
    put("plain.png", &deep.path().join("cat/one/two/a.png"));
    refused(deep.path(), &["more than a folder below their class"]);
}

#[test]
fn pictures_of_several_sizes_take_the_shortest_side_or_the_one_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    classes(dir.path());
    image::RgbImage::new(10, 40).save(dir.path().join("dog/tall.png")).unwrap();
    let found = Found::open(dir.path(), &Reading::default()).unwrap();
    assert_eq!((found.side(), found.classes(), found.smallest().unwrap().1), (10, 2, (10, 40)));
    let line = found.read(8).unwrap().line();
    assert!(line.contains("5 pictures, 2 classes (cat, dog), from 10 x 40 to 28 x 24"), "{line}");
    assert!(line.contains("taken at 8 x 8 (centre crop, then scaled)"), "{line}");
}

#[test]
fn batches_of_every_protocol_are_the_binary_version() {
    let dir = tempfile::tempdir().unwrap();
    let binary: Vec<u8> =
        [(0, 0), (7, 10), (9, 20)].iter().flat_map(|&(l, p)| [vec![l], vec![p; 3072]].concat()).collect();
    fs::write(dir.path().join("three.bin"), binary).unwrap();
    let binary = open(&dir.path().join("three.bin")).unwrap();
    for name in BATCHES.iter().filter(|name| name.starts_with("cifar10.")) {
        let set = open(&data(name)).unwrap();
        assert_eq!(set.train.fingerprint(), binary.train.fingerprint(), "{name}");
        assert_eq!(set.train.statistics(), binary.train.statistics(), "{name}");
    }
    let set = open(&data("cifar100.4")).unwrap().train;
    assert_eq!((set.classes(), set.label(1), set.label(2), set.bytes(1).unwrap()[9]), (100, 7, 99, 10));
    for name in BATCHES.iter().filter(|name| name.starts_with("imagenet16")) {
        let set = open(&data(name)).unwrap().train;
        assert_eq!((set.len(), set.classes(), set.side()), (2, 120, 16), "{name}");
        assert_eq!((set.label(0), set.label(1), set.bytes(1).unwrap()[700]), (0, 119, 20), "{name}");
    }
}

#[test]
fn the_python_versions_are_read_as_they_unpack() {
    let dir = tempfile::tempdir().unwrap();
    let ten = dir.path().join("cifar-10-batches-py");
    for number in 1..=5 {
        put("cifar10.2", &ten.join(format!("data_batch_{number}")));
    }
    put("cifar10.4", &ten.join("test_batch"));
    for path in [&ten, dir.path()] {
        let splits = open(path).unwrap();
        assert_eq!((splits.train.len(), splits.test.as_ref().unwrap().len(), splits.train.name()), (15, 3, "cifar10"));
        let line = splits.line();
        let start = "18 images (15 train, 3 test), 10 classes (airplane, automobile, ...), 32 x 32; normalised by the \
                     published mean and deviation of CIFAR-10";
        assert_eq!(line, start);
    }
    fs::remove_file(ten.join("data_batch_3")).unwrap();
    refused(&ten, &["has no data_batch_3"]);
    let hundred = dir.path().join("cifar-100-python");
    put("cifar100.4", &hundred.join("train"));
    put("cifar100.4", &hundred.join("test"));
    let splits = open(&hundred).unwrap();
    assert_eq!((splits.train.classes(), splits.test.unwrap().label(2)), (100, 99));
    let sixteen = dir.path().join("ImageNet16");
    for number in 1..=10 {
        put("imagenet16.5", &sixteen.join(format!("train_data_batch_{number}")));
    }
    put("imagenet16.int64", &sixteen.join("val_data"));
    let splits = open(&sixteen).unwrap();
    assert_eq!((splits.train.len(), splits.test.as_ref().unwrap().len(), splits.train.side()), (20, 2, 16));
    assert!(splits.line().contains("120 classes, 16 x 16; normalised by the published"), "{}", splits.line());
}

#[test]
fn arrays_are_read_in_every_layout() {
    let pixel = |image: usize, place: usize| ((image * 192 + place) % 256) as f64;
    let set = open(&data("nchw.npz")).unwrap().train;
    assert_eq!((set.name(), set.len(), set.side(), set.classes()), ("nchw.npz", 4, 8, 3));
    assert_eq!(f64::from(set.bytes(2).unwrap()[100]), pixel(2, 100));
    // Floats are normalised alike on any scale.
    let seen = |set: ImageSet| {
        let source = zeronas_datasets::Source::Set(set);
        source.minibatch(0, 0, 4, zeronas_datasets::Order::File).unwrap()
    };
    let bytes = seen(set);
    for name in ["nhwc.npz", "x_small.npy", "half.npy"] {
        let floats = seen(open(&data(name)).unwrap().train);
        assert_eq!(floats.labels, [0, 1, 2, 1], "{name}");
        let far = bytes.pixels.iter().zip(&floats.pixels).map(|(one, two)| (one - two).abs()).fold(0.0, f32::max);
        assert!(far < 1e-5, "{name}: {far}");
    }
    let splits = open(&data("parts.npz")).unwrap();
    assert_eq!(
        (splits.train.len(), splits.valid.as_ref().unwrap().len(), splits.test.as_ref().unwrap().len()),
        (4, 2, 2)
    );
    let image = splits.train.bytes(1).unwrap();
    assert_eq!((image.len(), image[5], image[64 + 5], image[128 + 5]), (192, 197, 197, 197));
    assert!(splits.line().contains("array note left out"), "{}", splits.line());
    let dir = tempfile::tempdir().unwrap();
    put("x_small.npy", &dir.path().join("images.npy"));
    refused(&dir.path().join("images.npy"), &["images.npy: its labels are in no file beside it", "labels.npy"]);
    put("y_small.npy", &dir.path().join("labels.npy"));
    assert_eq!(open(dir.path()).unwrap().train.len(), 4);
    put("half_labels.npy", &dir.path().join("images.npy"));
    refused(dir.path(), &["the array of images", "no square images"]);
}

#[test]
fn archives_and_other_files_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cifar-10-binary.tar.gz");
    let mut block = [0; 1024];
    block[..21].copy_from_slice(b"cifar-10-batches-bin/");
    block[257..262].copy_from_slice(b"ustar");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &block).unwrap();
    fs::write(&path, gzip.finish().unwrap()).unwrap();
    refused(&path, &["is an archive", "tar -xzf cifar-10-binary.tar.gz", "the folder cifar-10-batches-bin"]);
    fs::write(&path, block).unwrap();
    refused(&path, &["tar -xf", "cifar-10-batches-bin"]);
    let zip_path = dir.path().join("pictures.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&zip_path).unwrap());
    zip.start_file("pictures/cat/a.png", zip::write::SimpleFileOptions::default()).unwrap();
    zip.finish().unwrap();
    refused(&zip_path, &["unzip pictures.zip", "the folder pictures"]);
    for (start, part) in [
        (&b"BZh91AY&SY"[..], "tar -xjf"),
        (b"\xfd7zXZ\0", "tar -xJf"),
        (b"PAR1....", "Parquet"),
        (b"\x89HDF\r\n", "HDF5"),
        (b"MATLAB 5.0 MAT-file", "MATLAB"),
        (b"", "is empty"),
    ] {
        let path = dir.path().join("other");
        fs::write(&path, start).unwrap();
        refused(&path, &["other", part]);
    }
    refused(&data("plain.png"), &["is one picture", "folder"]);
}

/// Changes, cuts out or adds 1 to 10 bytes, some hundred times per file: nothing panics, and refused files are named.
#[test]
fn damage_ends_in_an_error_or_in_images() {
    let dir = tempfile::tempdir().unwrap();
    let stream = Stream::new("damage", 0);
    let mut next = 0;
    let mut below = |n: usize| {
        next += 1;
        stream.below(next, n.max(1) as u64) as usize
    };
    let mut refused = 0;
    for (name, is_picture) in PICTURES
        .map(|name| (name, true))
        .into_iter()
        .chain(BATCHES.map(|name| (name, false)))
        .chain(ARRAYS.map(|name| (name, false)))
    {
        let whole = fs::read(data(name)).unwrap();
        let folder = dir.path().join(name);
        let path = if is_picture { folder.join("only").join(name) } else { folder.join(name) };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if name.ends_with(".npy") {
            let labels = name.replace("x_", "y_").replace("half", "half_labels");
            put(&labels, &folder.join(&labels));
        }
        let tries = if is_picture { 200 } else { 100 };
        for _ in 0..tries {
            let mut bytes = whole.clone();
            // Headers are short, so half of the damage goes there.
            let reach = if below(2) == 0 { 200 } else { bytes.len() };
            for _ in 0..=below(10) {
                let at = below(reach.min(bytes.len()));
                match below(3) {
                    0 if !bytes.is_empty() => bytes[at] = below(256) as u8,
                    1 if !bytes.is_empty() => drop(bytes.remove(at)),
                    _ => bytes.insert(at, below(256) as u8),
                }
            }
            fs::write(&path, bytes).unwrap();
            let opened = if is_picture { open(&folder) } else { open(&path) };
            match opened {
                Ok(splits) => assert!(splits.train.len() > 0),
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().contains(name), "{name}: {error}");
                }
            }
        }
    }
    assert!(refused > 1000, "{refused} refused");
}
