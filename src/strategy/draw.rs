//! Random architectures.

use super::Dice;
use crate::space::{Arch, SearchSpace};
use crate::{Error, Result};

/// Draws every choice at random until they form an architecture: the distribution of the benchmark's own programs. Choices without any
/// effect stay as drawn, so that mutations can revive them.
///
/// # Errors
/// Fails if the space has no way to draw.
pub(super) fn draw(space: &dyn SearchSpace, dice: &mut Dice) -> Result<Arch> {
    let below = &mut |n: u64| dice.below(n as usize) as u64;
    let drawn = space.encoded().map(|codes| codes.draw(below)).or_else(|| space.draw(below));
    drawn.ok_or_else(|| Error::setting("space", format!("nothing can be drawn from {}", space.name())))
}
