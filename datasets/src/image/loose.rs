//! Pictures without classes: a single file, or all pictures in a folder and its subfolders.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::{Listing, Tally};
use super::{Normaliser, picture};
use crate::{Error, Result};

/// Maximum depth of nested folders, so that a link to an enclosing folder does not loop forever.
const DEEPEST: usize = 32;

/// Pictures that have been found but not read yet.
#[derive(Debug)]
pub struct LoosePictures {
    /// The picture files, sorted by folder and name.
    pub paths: Vec<PathBuf>,
    /// Other contents of the folder that are left out, in words.
    pub left_out: Vec<String>,
}

impl LoosePictures {
    /// Finds the picture at `path`, or those in the folder at `path`.
    ///
    /// # Errors
    /// If there is no picture, or one has a format that is not supported.
    pub fn find(path: &Path) -> Result<Self> {
        let kind = fs::metadata(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        if !kind.is_dir() {
            return Ok(LoosePictures { paths: vec![path.to_owned()], left_out: Vec::new() });
        }
        let (mut paths, mut tally) = (Vec::new(), Tally::default());
        add(path, 0, &mut paths, &mut tally)?;
        if paths.is_empty() {
            return Err(Error::images(path, "has no picture in it"));
        }
        Ok(LoosePictures { paths, left_out: tally.words() })
    }
}

fn add(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>, tally: &mut Tally) -> Result<()> {
    if depth > DEEPEST {
        return Err(Error::images(folder, format!("lies more than {DEEPEST} folders deep")));
    }
    let listing = Listing::of(folder)?;
    listing.count(tally);
    paths.extend(listing.pictures);
    listing.folders.iter().try_for_each(|folder| add(folder, depth + 1, paths, tally))
}

impl Normaliser {
    /// Reads a picture as input for networks of `side` x `side` pixels: its central square, scaled and normalised, as red, green
    /// and blue plane.
    ///
    /// # Errors
    /// Names the file if it is not an intact picture.
    pub fn picture(&self, path: &Path, side: usize) -> Result<Vec<f32>> {
        let planes = picture::planes(path, side)?;
        let plane = side * side;
        Ok(planes.iter().enumerate().map(|(i, &pixel)| self.byte(i / plane, pixel)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Statistics;
    use image::RgbImage;

    #[test]
    fn pictures_are_found_in_all_folders_and_what_is_none_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let save = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            RgbImage::from_fn(4, 2, |x, y| image::Rgb([10 * x as u8, 20 * y as u8, 7])).save(path).unwrap();
        };
        ["b.png", "a/c/d.bmp", "a/e.png"].into_iter().for_each(save);
        fs::write(dir.path().join("a/notes.txt"), "none").unwrap();
        let found = LoosePictures::find(dir.path()).unwrap();
        let names = found.paths.iter().map(|path| path.strip_prefix(dir.path()).unwrap().to_str().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["b.png", "a/e.png", "a/c/d.bmp"]);
        assert_eq!(found.left_out, ["1 file that is no picture left out (.txt)"]);

        let one = LoosePictures::find(&found.paths[0]).unwrap();
        let normaliser = Normaliser::from(Statistics { mean: [10.0, 0.0, 7.0], std: [2.0, 1.0, 1.0] });
        let planes = normaliser.picture(&one.paths[0], 2).unwrap();
        assert_eq!(planes, [0.0, 5.0, 0.0, 5.0, 0.0, 0.0, 20.0, 20.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn what_is_no_picture_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        assert!(LoosePictures::find(&path).unwrap_err().to_string().contains("a.png"));
        assert!(LoosePictures::find(dir.path()).unwrap_err().to_string().contains("has no picture in it"));
        fs::write(&path, "none").unwrap();
        let error = Normaliser::from(Statistics::NONE).picture(&path, 2).unwrap_err();
        assert!(error.to_string().contains("a.png"), "{error}");
    }
}
