//! Aggregates: several proxies made into one by their ranks, without a look at any target.
//!
//! An aggregate is a proxy of its own in everything that follows. Ranks are over the architectures for which every
//! member was evaluated (after the subset rule), ties sharing the mean rank; the worst rank is 1 and the best is their
//! number m. An architecture that is bad for a member has its worst rank, or is bad for the aggregate where bad
//! architectures are dropped.
//!
//! Members may have weights, as in `logrank(0.7*naswot,0.3*params)`. An aggregate may also stand in a file that a calibration has written:
//! its name, ending in `.json`, is then the expression.

mod file;
mod rule;

pub use rule::Rule;

use std::fmt;
use std::str::FromStr;

use super::average::{ProxyReadings, Reading, Readings, Took};
use super::error::{Error, Result, meant};
use super::join::{BadPolicy, Direction, standing};

/// Aggregates that have a name in the literature.
pub const NAMED: [(&str, Rule, &[&str]); 3] = [
    ("vkdnw_single", Rule::Vkdnw, &["vkdnw_dim", "vkdnw"]),
    ("vkdnw_agg", Rule::Vkdnw, &["vkdnw_dim", "vkdnw", "flops", "az_expressivity", "az_trainability", "jacob_cov"]),
    ("swap_regularised", Rule::Regularised, &["swap", "params"]),
];

/// An aggregate as asked for: `NAME=RULE(proxy,proxy,...)`, or without a name, which is then what it reads itself, one of [`NAMED`], or
/// the file of a calibration.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// What it is called in the report.
    pub name: String,
    /// How.
    pub rule: Rule,
    /// Of which proxies.
    pub members: Vec<String>,
    /// How much each of them counts, a positive number; where none is given, all count alike.
    pub(crate) weights: Option<Vec<f64>>,
}

/// Weights are numbers.
impl Eq for Aggregate {}

impl FromStr for Aggregate {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if let Some(named) = Aggregate::named(text.trim()) {
            return Ok(named);
        }
        if Aggregate::is_file(text) {
            return file::read(text.trim().as_ref());
        }
        let rules = || Rule::known().map(Rule::name).collect::<Vec<_>>().join(", ");
        let names = || NAMED.map(|(name, ..)| name).join(", ");
        let malformed = || {
            format!(
                "must read NAME=RULE(proxy,proxy,...) with a rule of {}, or {}, or be the file of a calibration, ending in .json",
                rules(),
                names()
            )
        };
        let (name, call) = text.split_once('=').map_or((None, text), |(name, call)| (Some(name.trim()), call));
        let (rule, members) = call.strip_suffix(')').and_then(|call| call.split_once('(')).ok_or_else(malformed)?;
        let rule = Rule::known().find(|known| known.name() == rule.trim());
        let rule = rule.ok_or_else(malformed)?;
        let (weights, members): (Vec<Option<f64>>, Vec<String>) = members.split(',').map(weighted).unzip();
        if name == Some("") || members.iter().any(String::is_empty) {
            return Err(malformed());
        }
        if !rule.takes(members.len()) {
            let needed = if rule == Rule::Regularised { "a proxy and a size" } else { "two proxies or more" };
            return Err(format!("{} takes {needed}, in that order", rule.name()));
        }
        let unnamed = if weights.iter().all(Option::is_none) {
            Aggregate::new(rule, members)
        } else {
            let weights = weights.into_iter().map(|weight| weight.unwrap_or(1.0)).collect();
            Aggregate::weighted(rule, members, weights)?
        };
        Ok(match name {
            Some(name) => Aggregate { name: name.to_owned(), ..unnamed },
            None => unnamed,
        })
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = call(self.rule, &self.members, self.weights.as_deref());
        if self.name == call { f.write_str(&call) } else { write!(f, "{}={call}", self.name) }
    }
}

impl Aggregate {
    /// The one that goes by this name in the literature, if any does.
    pub fn named(name: &str) -> Option<Self> {
        let (name, rule, members) = NAMED.into_iter().find(|(known, ..)| *known == name)?;
        let members = members.iter().map(|&member| member.to_owned()).collect();
        Some(Aggregate { name: name.to_owned(), rule, members, weights: None })
    }

    /// Whether an expression is a file's name.
    pub fn is_file(text: &str) -> bool {
        text.trim().ends_with(".json")
    }

    /// One without a name of its own.
    pub fn new(rule: Rule, members: Vec<String>) -> Self {
        Aggregate { name: call(rule, &members, None), rule, members, weights: None }
    }

    /// One without a name of its own, in which each member counts as much as its weight says.
    ///
    /// # Errors
    /// Where the rule's members play different parts, or a weight is not a positive number.
    pub fn weighted(rule: Rule, members: Vec<String>, weights: Vec<f64>) -> std::result::Result<Self, String> {
        if !Rule::ALL.contains(&rule) {
            return Err(format!("{} takes no weights", rule.name()));
        }
        if let Some(weight) = weights.iter().find(|weight| !(weight.is_finite() && **weight > 0.0)) {
            return Err(format!("the weight {weight} is not a positive number"));
        }
        Ok(Aggregate { name: call(rule, &members, Some(&weights)), rule, members, weights: Some(weights) })
    }

    /// Its members with their weights, which are 1 where none are given.
    pub fn weighted_members(&self) -> impl Iterator<Item = (&str, f64)> {
        let weight = |place: usize| self.weights.as_ref().map_or(1.0, |weights| weights[place]);
        self.members.iter().enumerate().map(move |(place, member)| (member.as_str(), weight(place)))
    }

    /// What it ranks by: its expression without a name, or the proxy where there is one alone, which no rule changes.
    pub fn ranks_by(&self) -> String {
        match self.members.as_slice() {
            [only] => only.clone(),
            members => call(self.rule, members, self.weights.as_deref()),
        }
    }

    /// The same, called by what it reads.
    pub fn unnamed(self) -> Self {
        Aggregate { name: call(self.rule, &self.members, self.weights.as_deref()), ..self }
    }

    /// Its reading of every architecture.
    ///
    /// # Errors
    /// [`Error::Aggregate`] where a member is not there, or its name is already that of a proxy.
    pub fn apply(
        &self,
        readings: &Readings,
        direction: impl Fn(&str) -> Direction,
        bad: BadPolicy,
    ) -> Result<ProxyReadings> {
        let failed = |reason: String| Error::Aggregate { name: self.name.clone(), reason };
        let known = || readings.proxies.iter().map(|proxy| proxy.proxy.as_str()).collect::<Vec<_>>().join(", ");
        if readings.proxies.iter().any(|proxy| proxy.proxy == self.name) {
            return Err(failed("a proxy has that name already".into()));
        }
        let find = |member: &String| {
            let found = readings.proxies.iter().find(|proxy| proxy.proxy == *member);
            found.ok_or_else(|| {
                let hint = meant(member, &known());
                let lacking = self.members.iter().filter(|name| readings.numbers(name).is_none());
                // Proxies of ours can be had for the same architectures.
                let ours: Vec<&str> =
                    lacking.map(String::as_str).filter(|name| zeronas_proxies::proxy::find(&[name]).is_ok()).collect();
                let remedy = match ours.as_slice() {
                    [] => String::new(),
                    ours => {
                        let names = ours.join(",");
                        format!(
                            "; score {}: `zeronas score ... --add-proxies {names} --resume` adds what is missing to the score file",
                            ours.join(" and ")
                        )
                    }
                };
                failed(format!("there is no proxy `{member}`{hint} among {}{remedy}", known()))
            })
        };
        let members = self.members.iter().map(find).collect::<Result<Vec<_>>>()?;

        let mut all: Vec<Option<Reading>> = vec![None; readings.archs.len()];
        let mut ranked = Vec::new();
        for (arch, reading) in all.iter_mut().enumerate() {
            let Some(of_members) = members.iter().map(|m| m.readings[arch].as_ref()).collect::<Option<Vec<_>>>() else {
                continue;
            };
            let status = of_members.iter().find_map(|reading| match reading {
                Reading::Bad(status) if bad == BadPolicy::Drop => Some(status.clone()),
                _ => None,
            });
            match status {
                Some(status) => *reading = Some(Reading::Bad(status)),
                None => ranked.push(arch),
            }
        }
        let standings = members.iter().map(|member| {
            let direction = direction(&member.proxy);
            let place = |&arch: &usize| {
                member.readings[arch].as_ref().and_then(|reading| standing(reading, direction, BadPolicy::Worst))
            };
            ranked.iter().filter_map(place).map(|place| direction.sign() * place).collect()
        });
        let sums = self.rule.combine(&standings.collect::<Vec<Vec<f64>>>(), self.weights.as_deref());
        for (&arch, sum) in ranked.iter().zip(sums) {
            all[arch] = Some(Reading::Value(sum));
        }
        let took = |arch: usize| {
            let of_members = || members.iter().map(|member| member.took[arch]);
            // The mean over seeds of each, and untimed where one is.
            let means = of_members().map(|took| (took.timed > 0).then(|| took.seconds / took.timed as f64));
            let mean: Option<f64> = means.sum();
            let whole = of_members().map(|took| took.whole).sum();
            Took { seconds: mean.unwrap_or_default(), timed: usize::from(mean.is_some()), whole }
        };
        let took = (0..all.len()).map(took).collect();
        Ok(ProxyReadings { proxy: self.name.clone(), ln: false, took, readings: all })
    }
}

/// How it is written.
fn call(rule: Rule, members: &[String], weights: Option<&[f64]>) -> String {
    let weighted = |(place, member): (usize, &String)| match weights {
        Some(weights) => format!("{}*{member}", weights[place]),
        None => member.clone(),
    };
    let members: Vec<String> = members.iter().enumerate().map(weighted).collect();
    format!("{}({})", rule.name(), members.join(","))
}

/// A member as written, with the weight before it; a star after what is no number is part of the name.
fn weighted(member: &str) -> (Option<f64>, String) {
    let parts = member.split_once('*').and_then(|(weight, name)| Some((weight.trim().parse().ok()?, name)));
    let (weight, name) = parts.map_or((None, member), |(weight, name)| (Some(weight), name));
    (weight, name.trim().to_owned())
}

#[cfg(test)]
mod tests;
