//! The registry: every proxy of this crate, found by name.

use super::{
    Proxy, az_expressivity, az_progressivity, az_trainability, deepmad, dextr, effective_flops, effective_params,
    epads, epads_mean, epe_nas, epsinas, fisher, flops, grad_norm, grad_norm_global, gradsign, gradsign_mean, grasp,
    intrain, jacob_cov, l2_norm, lnwot, logsynflow, madnas, meco, meco_opt, naswot, naswot_bayeswatch, near, near_all,
    nregions, ntk, params, plain, snip, swap, synflow, synflow_bn, synflow_reduce_bn, vkdnw, vkdnw_dim, wrcor,
    wrcor_program, zen, zico,
};
use crate::{Error, Result};
use std::sync::Arc;

/// Other names of proxies in the literature, each with the name used here.
pub const ALIASES: [(&str, &str); 2] = [("nwot", "naswot"), ("jacov", "jacob_cov")];

/// The name that stands for all proxies.
pub const ALL: &str = "all";

/// Names that stand for several proxies, each with a description and the proxies.
pub const GROUPS: [(&str, &str, &[&str]); 1] = [(
    "suite-zero",
    "the proxies of NAS-Bench-Suite-Zero, Krishnakumar et al. 2022",
    &[
        "epe_nas",
        "fisher",
        "flops",
        "grad_norm",
        "grasp",
        "jacob_cov",
        "l2_norm",
        "naswot",
        "params",
        "plain",
        "snip",
        "synflow",
        "zen",
    ],
)];

/// All proxies of this crate.
pub fn standard() -> Vec<Arc<dyn Proxy>> {
    vec![
        Arc::new(naswot::Naswot),
        Arc::new(naswot_bayeswatch::NaswotBayeswatch),
        Arc::new(lnwot::Lnwot),
        Arc::new(swap::Swap),
        Arc::new(nregions::NRegions),
        Arc::new(synflow::Synflow),
        Arc::new(logsynflow::LogSynflow),
        Arc::new(synflow_bn::SynflowBn),
        Arc::new(synflow_reduce_bn::SynflowReduceBn),
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
        Arc::new(intrain::InTrain),
        Arc::new(meco::Meco),
        Arc::new(meco_opt::MecoOpt),
        Arc::new(near::Near),
        Arc::new(near_all::NearAll),
        Arc::new(dextr::Dextr),
        Arc::new(zico::Zico),
        Arc::new(gradsign::GradSign),
        Arc::new(gradsign_mean::GradSignMean),
        Arc::new(wrcor::WrCor),
        Arc::new(wrcor_program::WrCorProgram),
        Arc::new(vkdnw::Vkdnw),
        Arc::new(vkdnw_dim::VkdnwDim),
        Arc::new(epads::Epads),
        Arc::new(epads_mean::EpadsMean),
        Arc::new(epsinas::EpsiNas),
        Arc::new(jacob_cov::JacobCov),
        Arc::new(epe_nas::EpeNas),
        Arc::new(zen::Zen),
        Arc::new(l2_norm::L2Norm),
        Arc::new(madnas::MadNas),
        Arc::new(deepmad::DeepMad),
        Arc::new(params::Params),
        Arc::new(flops::Flops),
        Arc::new(effective_params::EffectiveParams),
        Arc::new(effective_flops::EffectiveFlops),
    ]
}

/// Finds the proxies with these names, which may be [`ALIASES`] or [`GROUPS`], in this order; [`ALL`] stands for all proxies. Fails
/// if a name is unknown or a proxy occurs twice.
pub fn find(names: &[impl AsRef<str>]) -> Result<Vec<Arc<dyn Proxy>>> {
    find_among(names, &[])
}

/// Finds proxies like [`find`], with a program's own proxies in addition to those of this crate; [`ALL`] does not include them. Also
/// fails if the name of one of them is already taken.
pub fn find_among(names: &[impl AsRef<str>], own: &[Arc<dyn Proxy>]) -> Result<Vec<Arc<dyn Proxy>>> {
    let mut known = standard();
    for proxy in own {
        let name = proxy.info().name;
        if meant(name, &known).is_ok() {
            return Err(Error::Network(format!("there is another proxy `{name}`")));
        }
        known.push(proxy.clone());
    }
    let mut found: Vec<Arc<dyn Proxy>> = Vec::with_capacity(names.len());
    for asked in names.iter().map(AsRef::as_ref) {
        for name in meant(asked, &known)? {
            if found.iter().any(|proxy| proxy.info().name == name) {
                return Err(Error::Network(format!("proxy `{name}` is asked for twice")));
            }
            found.extend(known.iter().find(|proxy| proxy.info().name == name).cloned());
        }
    }
    Ok(found)
}

/// The names of the proxies that a name stands for.
fn meant(asked: &str, known: &[Arc<dyn Proxy>]) -> Result<Vec<&'static str>> {
    let names: Vec<&str> = known.iter().map(|proxy| proxy.info().name).collect();
    if let Some(name) = names.iter().find(|known| **known == asked) {
        return Ok(vec![name]);
    }
    let wanted = plain(asked);
    if wanted == ALL {
        return Ok(names[..standard().len()].to_vec());
    }
    if let Some((.., members)) = GROUPS.iter().find(|(group, ..)| plain(group) == wanted) {
        return Ok(members.to_vec());
    }
    let alias = ALIASES.iter().find(|(alias, _)| plain(alias) == wanted).map(|(_, name)| plain(name));
    let wanted = alias.unwrap_or(wanted);
    match names.iter().find(|known| plain(known) == wanted) {
        Some(name) => Ok(vec![name]),
        None => {
            let more = GROUPS.iter().map(|(group, ..)| *group).chain(ALIASES.iter().map(|(alias, _)| *alias));
            let known: Vec<&str> = names.into_iter().chain([ALL]).chain(more).collect();
            let near = known.iter().map(|name| (strsim::jaro_winkler(&plain(name), &wanted), name));
            let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(likeness, _)| *likeness > 0.85);
            let hint = near.map(|(_, name)| format!(" (did you mean `{name}`?)")).unwrap_or_default();
            Err(Error::UnknownProxy { name: asked.into(), hint, known: known.join(", ") })
        }
    }
}

/// Normalises a name as users may write it: case, spaces, hyphens and underscores make no difference.
fn plain(name: &str) -> String {
    let said = name.chars().filter(|sign| !matches!(sign, '-' | '_' | ' '));
    said.map(|sign| sign.to_ascii_lowercase()).collect()
}
