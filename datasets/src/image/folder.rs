//! Any folder of pictures: one folder a class, PNG or JPEG files in them, brought to one size when they are read.

use std::fs;
use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{DynamicImage, ImageReader};

use super::{CHANNELS, ImageSet, Statistics};
use crate::{Error, Result, sha256_hex};

/// Endings of files that are pictures; others are passed over.
const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// The classes in a folder: its folders that hold pictures, by name.
pub(super) fn classes(folder: &Path) -> Result<Vec<String>> {
    let mut classes = Vec::new();
    for entry in entries(folder)? {
        if entry.is_dir() && !pictures(&entry)?.is_empty() {
            classes.push(entry.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    Ok(classes)
}

/// The pictures of these classes, cut to the square in their middle and scaled to `side` x `side`; a class's pictures stand
/// in the order of their names. `statistics` are those of another part of the set; its own if there is none.
pub(super) fn open(folder: &Path, classes: &[String], side: usize, statistics: Option<Statistics>) -> Result<ImageSet> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (label, class) in classes.iter().enumerate() {
        let label = u16::try_from(label).map_err(|_| Error::UnlikeParts {
            path: folder.to_owned(),
            reason: format!("has {} classes, more than {}", classes.len(), u16::MAX),
        })?;
        for picture in pictures(&folder.join(class))? {
            add_planes(&read(&picture)?, side, &mut pixels);
            labels.push(label);
        }
    }
    let label_bytes: Vec<u8> = labels.iter().flat_map(|label: &u16| label.to_le_bytes()).collect();
    Ok(ImageSet {
        name: folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned(),
        side,
        classes: classes.len(),
        fingerprint: sha256_hex([classes.join("\n").as_bytes(), &label_bytes, &pixels]),
        statistics: statistics.unwrap_or_else(|| Statistics::of(&pixels, side * side)),
        pixels,
        labels,
    })
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(failed)?.map(|entry| entry.map(|entry| entry.path()).map_err(failed));
    let mut entries = entries.collect::<Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

fn pictures(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_picture = |path: &PathBuf| {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        ENDINGS.iter().any(|known| ending == *known) && path.is_file()
    };
    Ok(if folder.is_dir() { entries(folder)?.into_iter().filter(is_picture).collect() } else { Vec::new() })
}

fn read(path: &Path) -> Result<DynamicImage> {
    let opened = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let reader = opened.map_err(|source| Error::Read { path: path.to_owned(), source })?;
    reader.decode().map_err(|error| Error::Picture { path: path.to_owned(), reason: error.to_string() })
}

/// Adds the red, the green and the blue plane.
fn add_planes(picture: &DynamicImage, side: usize, pixels: &mut Vec<u8>) {
    let (width, height) = (picture.width(), picture.height());
    let square = width.min(height);
    let middle = picture.crop_imm((width - square) / 2, (height - square) / 2, square, square);
    let fitted = middle.resize_exact(side as u32, side as u32, FilterType::Triangle).into_rgb8();
    for channel in 0..CHANNELS {
        pixels.extend(fitted.pixels().map(|pixel| pixel.0[channel]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    fn picture(path: &Path, width: u32, colour: impl Fn(u32, u32) -> [u8; 3]) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        RgbImage::from_fn(width, 8, |x, y| Rgb(colour(x, y))).save(path).unwrap();
    }

    #[test]
    fn pictures_are_read_by_class_and_brought_to_one_size() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        picture(&at("cat/b.png"), 8, |x, y| [x as u8, y as u8, 7]);
        picture(&at("cat/a.png"), 16, |x, _| if (4..12).contains(&x) { [90, 91, 92] } else { [0, 0, 0] });
        picture(&at("ant/1.png"), 8, |_, _| [1, 2, 3]);
        fs::write(at("cat/notes.txt"), "no picture").unwrap();
        fs::create_dir(at("empty")).unwrap();
        let classes = classes(dir.path()).unwrap();
        assert_eq!(classes, ["ant", "cat"]);
        let set = open(dir.path(), &classes, 8, None).unwrap();
        assert_eq!((set.len(), set.side(), set.classes()), (3, 8, 2));
        assert_eq!([0, 1, 2].map(|i| set.label(i)), [0, 1, 1]);
        assert_eq!(set.image(0), [[1; 64], [2; 64], [3; 64]].concat());
        // The middle of the wide one, then the one of the right size unchanged.
        assert_eq!(set.image(1), [[90; 64], [91; 64], [92; 64]].concat());
        assert_eq!(set.image(2)[..10], [0, 1, 2, 3, 4, 5, 6, 7, 0, 1]);
        let half = open(dir.path(), &classes, 4, Some(set.statistics())).unwrap();
        assert_eq!((half.image(1).len(), half.image(1)[5], half.statistics()), (48, 90, set.statistics()));
    }

    #[test]
    fn a_picture_that_is_none_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("cat")).unwrap();
        fs::write(dir.path().join("cat/x.png"), "no").unwrap();
        let message = open(dir.path(), &["cat".into()], 8, None).unwrap_err().to_string();
        assert!(message.contains("x.png is no readable picture"), "{message}");
    }
}
