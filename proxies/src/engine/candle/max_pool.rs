//! Max pools. Each window's gradient goes to its first maximum.

use super::step::{Context, Given, Gradients, Step, Tape};
use super::sum;
use super::windows::Window;
use crate::network::MaxPool;
use candle_core::{Error, Result, Tensor};

/// Rows and columns of [N, C, H, W].
fn side(x: &Tensor) -> Result<(usize, usize)> {
    Ok((x.dim(2)?, x.dim(3)?))
}

impl Step for MaxPool {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        let (x, window) = (at.inputs[0], Window(self.windows()));
        let side = side(x)?;
        let padded = window.pad(x, f64::NEG_INFINITY)?;
        let mut taps = window.taps().map(|tap| window.tap(&padded, tap, side));
        let first = taps.next().unwrap_or_else(|| Err(Error::Msg("a window has no taps".into())))?;
        Ok((taps.try_fold(first, |largest, tap| largest.maximum(&tap?))?, Tape::new()))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        let (x, window) = (at.inputs[0], Window(self.windows()));
        let side = side(x)?;
        let padded = window.pad(x, f64::NEG_INFINITY)?;
        let mut unclaimed = gradient.clone();
        let by_input = sum(window.taps().map(|tap| {
            let wins = window.tap(&padded, tap, side)?.eq(at.output)?;
            let share = wins.where_cond(&unclaimed, &unclaimed.zeros_like()?)?;
            unclaimed = (&unclaimed - &share)?;
            window.transposed_tap(&window.spread(&share, side)?, tap, side)
        }))?;
        Ok((vec![Some(by_input)], vec![]))
    }

    /// The tangent of each window's first maximum.
    fn tangent(&self, at: &Context<'_>, tangents: &[Option<&Tensor>]) -> Result<(Option<Tensor>, Tape)> {
        let Some(tangent) = tangents[0] else { return Ok((None, Tape::new())) };
        let (x, y, window) = (at.inputs[0], at.output, Window(self.windows()));
        let side = side(x)?;
        let (padded, tangents) = (window.pad(x, f64::NEG_INFINITY)?, window.pad(tangent, 0.0)?);
        let mut open = y.ones_like()?;
        let output = sum(window.taps().map(|tap| {
            let wins = (window.tap(&padded, tap, side)?.eq(y)?.to_dtype(y.dtype())? * &open)?;
            open = (&open - &wins)?;
            wins * window.tap(&tangents, tap, side)?
        }))?;
        Ok((Some(output), Tape::new()))
    }
}
