//! Parameters and FLOPs of scored architectures, where the score files do not have them.

use crate::report::average::{ProxyReadings, Reading, Readings, Took};
use crate::space::SearchSpace;
use crate::{Error, Result};
use rayon::prelude::*;
use zeronas_proxies::network::Network;

/// Adds `params` and `flops`, computed as by the proxies of these names, to readings that lack them.
///
/// # Errors
/// Fails if they are missing and there is no space to compute them from, or if an architecture is not in the space.
pub fn add_sizes(readings: &mut Readings, space: Option<&dyn SearchSpace>) -> Result<()> {
    let lacks = |name: &str| readings.numbers(name).is_none();
    let (params, flops) = (lacks("params"), lacks("flops"));
    if !params && !flops {
        return Ok(());
    }
    let unknown = || {
        let reason = "the score files have no `params` and `flops`, and do not say of which space they are; name it";
        Error::setting("space", reason)
    };
    let space = space.ok_or_else(unknown)?;
    let size = |text: &String| -> Result<[u64; 2]> {
        let network: Network = space.network(&space.parse(text)?)?;
        Ok([network.parameter_count(), network.flops()])
    };
    let sizes = readings.archs.par_iter().map(size).collect::<Result<Vec<_>>>()?;
    for (name, place, lacking) in [("params", 0, params), ("flops", 1, flops)] {
        if lacking {
            let value = |size: &[u64; 2]| Some(Reading::Value(size[place] as f64));
            readings.proxies.push(ProxyReadings {
                proxy: name.into(),
                ln: false,
                readings: sizes.iter().map(value).collect(),
                took: vec![Took::default(); sizes.len()],
            });
        }
    }
    Ok(())
}
