//! Aggregates: several proxies combined into one by their ranks or scores, without looking at any target.
//!
//! An aggregate is treated like any other proxy in everything that follows. Ranks are taken over the architectures for which every
//! member was evaluated (after the subset rule); ties share the mean rank, the worst rank is 1 and the best is the number m of
//! these architectures. An architecture that is bad for a member gets its worst rank or, where bad architectures are dropped, is
//! bad for the aggregate.
//!
//! Members may have weights, as in `logrank(0.7*naswot,0.3*params)`. An aggregate may also come from a file that a calibration has
//! written: the name of the file, ending in `.json`, then takes the place of the expression.

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

/// An aggregate as requested: `NAME=RULE(proxy,proxy,...)`, the same without a name (the expression is then its name), one of
/// [`NAMED`], or the file of a calibration.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// What it is called in the report.
    pub name: String,
    /// How the members are combined.
    pub rule: Rule,
    /// The proxies that it combines.
    pub members: Vec<String>,
    /// How much each of them counts, a positive number; where none is given, all count alike.
    pub(crate) weights: Option<Vec<f64>>,
}

/// Equality is total: no weight is NaN.
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
    /// Returns the aggregate that goes by this name in the literature, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        let (name, rule, members) = NAMED.into_iter().find(|(known, ..)| *known == name)?;
        let members = members.iter().map(|&member| member.to_owned()).collect();
        Some(Aggregate { name: name.to_owned(), rule, members, weights: None })
    }

    /// Returns whether an expression is the name of a file.
    pub fn is_file(text: &str) -> bool {
        text.trim().ends_with(".json")
    }

    /// Creates an aggregate that is named after its expression.
    pub fn new(rule: Rule, members: Vec<String>) -> Self {
        Aggregate { name: call(rule, &members, None), rule, members, weights: None }
    }

    /// Creates an aggregate that is named after its expression, with a weight for each member.
    ///
    /// # Errors
    /// Where the members play different parts in the rule, or a weight is not a positive number.
    pub fn weighted(rule: Rule, members: Vec<String>, weights: Vec<f64>) -> std::result::Result<Self, String> {
        if !Rule::ALL.contains(&rule) {
            return Err(format!("{} takes no weights", rule.name()));
        }
        if let Some(weight) = weights.iter().find(|weight| !(weight.is_finite() && **weight > 0.0)) {
            return Err(format!("the weight {weight} is not a positive number"));
        }
        Ok(Aggregate { name: call(rule, &members, Some(&weights)), rule, members, weights: Some(weights) })
    }

    /// Returns its members with their weights, which are 1 where none are given.
    pub fn weighted_members(&self) -> impl Iterator<Item = (&str, f64)> {
        let weight = |place: usize| self.weights.as_ref().map_or(1.0, |weights| weights[place]);
        self.members.iter().enumerate().map(move |(place, member)| (member.as_str(), weight(place)))
    }

    /// Returns what it ranks by: its expression without a name, or the proxy itself where there is only one, whose order no rule changes.
    pub fn ranks_by(&self) -> String {
        match self.members.as_slice() {
            [only] => only.clone(),
            members => call(self.rule, members, self.weights.as_deref()),
        }
    }

    /// Returns the same aggregate, named after its expression.
    pub fn unnamed(self) -> Self {
        Aggregate { name: call(self.rule, &self.members, self.weights.as_deref()), ..self }
    }

    /// Computes its reading of every architecture.
    ///
    /// # Errors
    /// [`Error::Aggregate`] where a member is missing, or where a proxy already has the aggregate's name.
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
                // Proxies of ours can be scored for the same architectures.
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
            // Adds up the mean over seeds of each member; untimed where a member is.
            let means = of_members().map(|took| (took.timed > 0).then(|| took.seconds / took.timed as f64));
            let mean: Option<f64> = means.sum();
            let whole = of_members().map(|took| took.whole).sum();
            Took { seconds: mean.unwrap_or_default(), timed: usize::from(mean.is_some()), whole }
        };
        let took = (0..all.len()).map(took).collect();
        Ok(ProxyReadings { proxy: self.name.clone(), ln: false, took, readings: all })
    }
}

/// Writes the expression of an aggregate.
fn call(rule: Rule, members: &[String], weights: Option<&[f64]>) -> String {
    let weighted = |(place, member): (usize, &String)| match weights {
        Some(weights) => format!("{}*{member}", weights[place]),
        None => member.clone(),
    };
    let members: Vec<String> = members.iter().enumerate().map(weighted).collect();
    format!("{}({})", rule.name(), members.join(","))
}

/// Splits a member as written into its weight and its name; a star after something that is not a number is part of the name.
fn weighted(member: &str) -> (Option<f64>, String) {
    let parts = member.split_once('*').and_then(|(weight, name)| Some((weight.trim().parse().ok()?, name)));
    let (weight, name) = parts.map_or((None, member), |(weight, name)| (Some(weight), name));
    (weight, name.trim().to_owned())
}

#[cfg(test)]
mod tests;
