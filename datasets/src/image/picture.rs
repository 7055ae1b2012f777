//! A picture file: whether it is intact, its size, and its pixels as an image of a certain side.
//!
//! Decoders are lenient: they fill the missing part of a truncated picture with grey, or leave it black. So the end of a file is
//! checked before its pixels are trusted. A JPEG, which has no checksum, is decoded strictly, and a second time with other data
//! appended to its own: if that changes a pixel, its own data ended too early.

use std::fs::{self, File};
use std::io::{BufReader, Cursor};
use std::path::Path;

use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, ImageFormat, ImageReader, RgbImage};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::CHANNELS;
use crate::{Error, Result};

/// The supported formats.
pub(super) const FORMATS: [ImageFormat; 6] =
    [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::Gif];

/// Extensions of files that must be pictures of these formats.
pub(super) const ENDINGS: [&str; 12] =
    ["png", "apng", "jpg", "jpeg", "jpe", "jfif", "webp", "bmp", "dib", "tif", "tiff", "gif"];

/// Maximum number of pixels of a picture, since a damaged header may state any size.
const MOST_PIXELS: u64 = 1 << 28;

/// The result of a check, or what is wrong with a picture.
type Checked<T> = std::result::Result<T, String>;

/// Returns the width and height stated in the header of a file.
pub(super) fn size(path: &Path) -> Result<(u32, u32)> {
    let read = || {
        let reader = ImageReader::new(BufReader::new(File::open(path)?)).with_guessed_format()?;
        Ok(match reader.format() {
            Some(format) if FORMATS.contains(&format) => reader.into_dimensions().map_err(|error| error.to_string()),
            _ => Err("its content is none of PNG, JPEG, WebP, BMP, TIFF and GIF".into()),
        })
    };
    let size = read().map_err(|source| Error::Read { path: path.to_owned(), source })?;
    size.and_then(checked_size).map_err(|reason| damaged(path, reason))
}

fn checked_size((width, height): (u32, u32)) -> Checked<(u32, u32)> {
    match u64::from(width) * u64::from(height) {
        0 => Err("it has no pixel".into()),
        1..=MOST_PIXELS => Ok((width, height)),
        _ => Err(format!("it says that it is {width} x {height} pixels large")),
    }
}

/// Reads the picture as an image: its central square, scaled to `side` x `side`, as red, green and blue plane.
pub(super) fn planes(path: &Path, side: usize) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let picture = decode(&bytes).map_err(|reason| damaged(path, reason))?;
    let (width, height) = (picture.width(), picture.height());
    let square = width.min(height);
    let middle = picture.crop_imm((width - square) / 2, (height - square) / 2, square, square);
    let fitted = middle.resize_exact(side as u32, side as u32, FilterType::Triangle).into_rgb8();
    let plane = |channel: usize| fitted.pixels().map(move |pixel| pixel.0[channel]);
    Ok((0..CHANNELS).flat_map(plane).collect())
}

fn damaged(path: &Path, reason: String) -> Error {
    Error::Picture { path: path.to_owned(), reason }
}

fn decode(bytes: &[u8]) -> Checked<DynamicImage> {
    let format = image::guess_format(bytes).ok().filter(|format| FORMATS.contains(format));
    let Some(format) = format else { return Err("its content is none of PNG, JPEG, WebP, BMP, TIFF and GIF".into()) };
    if format == ImageFormat::Jpeg {
        return jpeg(bytes);
    }
    if !is_whole(bytes, format) {
        return Err("the file ends before the picture does".into());
    }
    let reader = || ImageReader::with_format(Cursor::new(bytes), format);
    checked_size(reader().into_dimensions().map_err(|error| error.to_string())?)?;
    reader().decode().map_err(|error| error.to_string())
}

/// Whether the format's end marker, or all of the length that it states, is present.
fn is_whole(bytes: &[u8], format: ImageFormat) -> bool {
    let length = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    match format {
        ImageFormat::Png => has_end_chunk(bytes),
        ImageFormat::Gif => has_trailer(bytes).is_some(),
        ImageFormat::WebP => length(4).is_some_and(|length| length.saturating_add(8) <= bytes.len()),
        _ => true,
    }
}

/// Whether the chunks of a PNG lead to the final one.
fn has_end_chunk(bytes: &[u8]) -> bool {
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 8) {
        if &head[4..] == b"IEND" {
            return bytes.len() >= at + 12;
        }
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        at = at.saturating_add(length).saturating_add(12);
    }
    false
}

/// Whether the blocks of a GIF lead to its trailer.
fn has_trailer(bytes: &[u8]) -> Option<()> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(*bytes.get(10)?);
    loop {
        at += match *bytes.get(at)? {
            0x21 => 2,
            0x2c => 11 + table(*bytes.get(at + 9)?),
            0x3b => return Some(()),
            // Padding between blocks.
            _ => {
                at += 1;
                continue;
            }
        };
        while *bytes.get(at)? > 0 {
            at += 1 + usize::from(bytes[at]);
        }
        at += 1;
    }
}

fn jpeg(bytes: &[u8]) -> Checked<DynamicImage> {
    let end = end_of_jpeg(bytes).ok_or("the file ends before the picture does")?;
    let picture = decode_jpeg(&bytes[..end + 2], true)?;
    // Bits that start no code of the picture, appended where the decoder would otherwise fill in zeroes.
    let longer = [&bytes[..end], &[0xaa; 64], b"\xff\xd9"].concat();
    match decode_jpeg(&longer, false) {
        Ok(other) if other == picture => Ok(picture),
        _ => Err("its data end before the picture does".into()),
    }
}

/// Returns the position of the end marker that follows the last data of a JPEG.
fn end_of_jpeg(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    let mut has_data = false;
    loop {
        while *bytes.get(at)? != 0xff {
            at += 1;
        }
        match *bytes.get(at + 1)? {
            0xff => at += 1,
            0xd9 if has_data => return Some(at),
            // A stuffed byte, a restart marker, or another marker without a length.
            0x00 | 0x01 | 0xd0..=0xd9 => at += 2,
            marker => {
                has_data |= marker == 0xda;
                let length = u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]);
                at += 2 + usize::from(length);
            }
        }
    }
}

fn decode_jpeg(bytes: &[u8], strict: bool) -> Checked<DynamicImage> {
    let options =
        DecoderOptions::default().set_strict_mode(strict).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions().ok_or("it has no size")?;
    let (width, height) = checked_size((width as u32, height as u32))?;
    let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let wanted = if is_grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(decoder.options().jpeg_set_out_colorspace(wanted));
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    let picture = if is_grey {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
    };
    picture.ok_or_else(|| "its pixels are not as many as its size says".into())
}
