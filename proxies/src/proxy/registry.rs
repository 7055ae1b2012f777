//! The registry: every proxy of this crate, found by name.

use super::{
    Proxy, az_expressivity, az_progressivity, az_trainability, effective_flops, effective_params, fisher, flops,
    grad_norm, grad_norm_global, grasp, l2_norm, lnwot, logsynflow, naswot, naswot_bayeswatch, ntk, params, plain,
    snip, synflow, synflow_bn,
};
use crate::{Error, Result};
use std::sync::Arc;

/// Other names by which proxies go in the field, each with the name it has here.
pub const ALIASES: [(&str, &str); 1] = [("nwot", "naswot")];

/// All proxies of this crate.
pub fn standard() -> Vec<Arc<dyn Proxy>> {
    vec![
        Arc::new(naswot::Naswot),
        Arc::new(naswot_bayeswatch::NaswotBayeswatch),
        Arc::new(lnwot::Lnwot),
        Arc::new(synflow::Synflow),
        Arc::new(logsynflow::LogSynflow),
        Arc::new(synflow_bn::SynflowBn),
        Arc::new(grad_norm::GradNorm),
        Arc::new(grad_norm_global::GradNormGlobal),
        Arc::new(snip::Snip),
        Arc::new(plain::Plain),
        Arc::new(fisher::Fisher),
        Arc::new(grasp::Grasp),
        Arc::new(ntk::Ntk),
        Arc::new(az_expressivity::AzExpressivity),
        Arc::new(az_progressivity::AzProgressivity),
        Arc::new(az_trainability::AzTrainability),
        Arc::new(l2_norm::L2Norm),
        Arc::new(params::Params),
        Arc::new(flops::Flops),
        Arc::new(effective_params::EffectiveParams),
        Arc::new(effective_flops::EffectiveFlops),
    ]
}

/// The proxies of these names or [`ALIASES`], in this order; `all` stands for all of them. An error for a name that is
/// unknown, or a proxy that comes twice.
pub fn find(names: &[impl AsRef<str>]) -> Result<Vec<Arc<dyn Proxy>>> {
    let known = standard();
    let mut found: Vec<Arc<dyn Proxy>> = Vec::with_capacity(names.len());
    for asked in names.iter().map(AsRef::as_ref) {
        let name = ALIASES.iter().find(|(alias, _)| *alias == asked).map_or(asked, |(_, name)| *name);
        let matching: Vec<_> = known.iter().filter(|proxy| name == "all" || proxy.info().name == name).collect();
        if matching.is_empty() {
            let known: Vec<&str> = known.iter().map(|proxy| proxy.info().name).collect();
            return Err(Error::UnknownProxy { name: asked.into(), known: known.join(", ") });
        }
        for proxy in matching {
            let name = proxy.info().name;
            if found.iter().any(|proxy| proxy.info().name == name) {
                return Err(Error::Network(format!("proxy `{name}` is asked for twice")));
            }
            found.push(proxy.clone());
        }
    }
    Ok(found)
}
