//! Files that are not image sets but can be turned into one: what they are, and what to do with them.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use image::ImageFormat;
use zip::ZipArchive;

use super::path::{head, name_of};
use crate::Error;

/// Returns the error for a file with these first bytes if it is known to be something other than records.
pub(super) fn refused(path: &Path, head: &[u8]) -> Option<Error> {
    let says = |reason: &str| Some(Error::images(path, reason));
    let tar = |flag: &str, top: Option<String>| Some(unpack(path, &format!("tar -{flag} {}", name_of(path)), top));
    if head.starts_with(b"\x1f\x8b\x08") {
        let mut start = Vec::new();
        let opened = File::open(path).ok()?;
        let _ = MultiGzDecoder::new(BufReader::new(opened)).take(512).read_to_end(&mut start);
        return match top_of_tar(&start) {
            Some(top) => tar("xzf", Some(top)),
            None => Some(unpack(path, &format!("gzip -dk {}", name_of(path)), None)),
        };
    }
    match head {
        [b'B', b'Z', b'h', ..] => tar("xjf", None),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => tar("xJf", None),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => tar("--zstd -xf", None),
        [b'7', b'z', 0xbc, 0xaf, ..] => Some(unpack(path, &format!("7z x {}", name_of(path)), None)),
        [b'R', b'a', b'r', b'!', ..] => Some(unpack(path, &format!("unrar x {}", name_of(path)), None)),
        [b'P', b'A', b'R', b'1', ..] => {
            says("is a Parquet file; save its images as arrays (.npz) or as pictures in a folder for each class")
        }
        [0x89, b'H', b'D', b'F', ..] => says("is an HDF5 file; save its images and labels as arrays (.npz)"),
        _ if head.starts_with(b"MATLAB 5.0") => says("is a MATLAB file; save its images and labels as arrays (.npz)"),
        _ if head.get(257..262) == Some(b"ustar") => tar("xf", top_of_tar(head)),
        _ if image::guess_format(head).is_ok_and(|format| format != ImageFormat::Pnm) => {
            says("is one picture; a set is a folder with a folder of pictures for each class")
        }
        _ => None,
    }
}

/// Returns the error for a zip archive.
pub(super) fn zip(path: &Path) -> Error {
    let names = File::open(path).ok().and_then(|file| ZipArchive::new(BufReader::new(file)).ok());
    let first = names.and_then(|zip| Some(zip.file_names().next()?.ok()?.into_owned()));
    let top = first.and_then(|name| Some(name.split_once('/')?.0.to_owned()));
    unpack(path, &format!("unzip {}", name_of(path)), top)
}

fn unpack(path: &Path, command: &str, top: Option<String>) -> Error {
    // The extra entries that archivers add are not folders of pictures.
    let top = top.filter(|top| !top.starts_with(['@', '.', '_']));
    let folder = top.map_or("what it holds".into(), |top| format!("the folder {top}"));
    Error::images(path, format!("is an archive, which is not read; unpack it (`{command}`) and give {folder}"))
}

/// Returns the first component of the first path in a tar archive.
fn top_of_tar(block: &[u8]) -> Option<String> {
    if block.get(257..262) != Some(b"ustar") {
        return None;
    }
    let name = block.get(..100)?.split(|&byte| byte == 0).next()?;
    let name = String::from_utf8_lossy(name);
    Some(name.trim_start_matches("./").split('/').next()?.to_owned()).filter(|top| !top.is_empty())
}

/// Returns the format of a file if it is a picture that cannot be read.
pub(super) fn unread_picture(path: &Path) -> Option<String> {
    const ENDINGS: [&str; 29] = [
        "avif", "heic", "heif", "jp2", "j2k", "jpx", "jxl", "jxr", "ppm", "pgm", "pbm", "pnm", "pam", "tga", "ico",
        "svg", "psd", "exr", "hdr", "dds", "qoi", "cr2", "nef", "dng", "arw", "ff", "pcx", "xcf", "eps",
    ];
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if ENDINGS.contains(&ending.as_str()) {
        return Some(ending);
    }
    let head = head(path).ok()?;
    match head.get(4..12)? {
        b"ftypavif" | b"ftypavis" => return Some("avif".into()),
        b"ftypheic" | b"ftypheix" | b"ftypmif1" => return Some("heic".into()),
        _ => {}
    }
    // Text files may begin like a PNM picture.
    let format = image::guess_format(&head).ok().filter(|&format| format != ImageFormat::Pnm)?;
    (!super::picture::FORMATS.contains(&format)).then(|| format!("{format:?}").to_lowercase())
}
