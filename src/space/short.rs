//! Architectures in tables: in full, or shortened where there is no room.

use super::{SearchSpace, guess};
use crate::text::Cell;
use zeronas_random::fnv1a64;

/// Longest text that needs no short form, in characters.
const LONGEST: usize = 16;

/// Makes the cell for an architecture: its text in full and, for where there is no room, its number (`#6111`), by which it may be given,
/// or the first half of the name of its training's folder ([`folder_of`](crate::train::folder_of)). Without a space, it is guessed from the text.
pub(crate) fn arch_cell(space: Option<&dyn SearchSpace>, text: &str) -> Cell {
    if text.chars().count() <= LONGEST {
        return text.into();
    }
    let guessed = if space.is_none() { guess(text) } else { None };
    let index = || {
        let space = space.or(guessed.as_deref())?;
        space.index(&space.parse(text).ok()?)
    };
    let hash = || format!("{:08x}", fnv1a64(text.as_bytes()) >> 32);
    let short = index().map_or_else(hash, |index| format!("#{index}"));
    Cell::from(text).or(Some(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_called_by_its_number_or_a_hash() {
        let short = |text: &str| arch_cell(None, text).short;
        let text = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|";
        assert_eq!(short(text).as_deref(), Some("#9930"));
        assert_eq!(short("8:16:24:32:40"), None);
        let arch = crate::space::Arch::new("a long text of no known space");
        let folder = crate::train::folder_of("".as_ref(), &arch);
        assert!(folder.to_str().unwrap().starts_with(&short(arch.as_str()).unwrap()), "{folder:?}");
    }
}
