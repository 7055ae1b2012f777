//! Percentiles of sorted values.

/// The value below which a share `q` of all values lies, interpolated linearly between order statistics (numpy's default). `None` if empty.
pub(crate) fn percentile(sorted: &[f64], q: f64) -> Option<f64> {
    let place = q * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}
