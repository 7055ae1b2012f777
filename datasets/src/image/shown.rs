//! Images for HTML pages.

use super::{CHANNELS, ImageSet};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

impl ImageSet {
    /// Returns image `i` as a `data:` address that contains the whole PNG; `None` past the end, or if the pixels are floats.
    pub fn data_address(&self, i: usize) -> Option<String> {
        let (bytes, side) = (self.bytes(i)?, self.side());
        let pixel = |x: u32, y: u32| {
            let at = y as usize * side + x as usize;
            Rgb(std::array::from_fn::<u8, CHANNELS, _>(|channel| bytes[channel * side * side + at]))
        };
        let mut png = Vec::new();
        let picture = RgbImage::from_fn(side as u32, side as u32, pixel);
        picture.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).ok()?;
        Some(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_the_image() {
        let set = ImageSet::embedded();
        let address = set.data_address(3).unwrap();
        let png = BASE64_STANDARD.decode(address.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        let picture = image::load_from_memory(&png).unwrap().to_rgb8();
        let bytes = set.bytes(3).unwrap();
        assert_eq!((picture.width() as usize, picture.height() as usize), (set.side(), set.side()));
        assert_eq!(picture.get_pixel(5, 2).0, [0, 1, 2].map(|channel| bytes[(channel * 32 + 2) * 32 + 5]));
        assert_eq!(set.data_address(set.len()), None);
    }
}
