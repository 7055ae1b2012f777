//! Aggregates: several proxies made into one by their ranks, without a look at any target.
//!
//! An aggregate is a proxy of its own in everything that follows. Ranks are over the architectures for which every
//! member was evaluated (after the subset rule), ties sharing the mean rank; the worst rank is 1 and the best is their
//! number m. An architecture that is bad for a member has its worst rank, or is bad for the aggregate where bad
//! architectures are dropped.

use std::fmt;
use std::str::FromStr;

use super::average::{ProxyReadings, Reading, Readings, Took};
use super::error::{Error, Result, meant};
use super::join::{BadPolicy, Direction, standing};
use super::statistics::average_ranks;

/// How ranks become one number; higher is better in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Sum of ln(rank / m), so that a bad place in one proxy is not made good by another (AZ-NAS, Lee & Ham, CVPR 2024).
    LogRank,
    /// Mean of rank / m.
    MeanRank,
    /// Mean of z-scores: a value's distance from the mean of all, in standard deviations. Of logarithms for proxies compared on
    /// a log scale. A bad architecture counts as the worst value there is.
    MeanZ,
}

impl Rule {
    /// All of them.
    pub const ALL: [Rule; 3] = [Rule::LogRank, Rule::MeanRank, Rule::MeanZ];

    /// The word that stands for it.
    pub fn name(self) -> &'static str {
        match self {
            Rule::LogRank => "logrank",
            Rule::MeanRank => "meanrank",
            Rule::MeanZ => "meanz",
        }
    }

    /// One number an architecture from a list of standings a member: higher is better, minus infinity is bad, none is NaN.
    pub fn combine(self, members: &[Vec<f64>]) -> Vec<f64> {
        let mut sums = vec![0.0; members.first().map_or(0, Vec::len)];
        for standings in members {
            sums.iter_mut().zip(self.terms(standings, members.len())).for_each(|(sum, term)| *sum += term);
        }
        sums
    }

    /// What one of `members` adds to that of each architecture.
    fn terms(self, standings: &[f64], members: usize) -> Vec<f64> {
        let (count, members) = (standings.len() as f64, members as f64);
        let ranks = || average_ranks(standings).unwrap_or_default().into_iter();
        match self {
            Rule::LogRank => ranks().map(|rank| (rank / count).ln()).collect(),
            Rule::MeanRank => ranks().map(|rank| rank / count / members).collect(),
            Rule::MeanZ => z_scores(standings).into_iter().map(|z| z / members).collect(),
        }
    }
}

/// Distances from the mean in standard deviations, all 0 where nothing varies. What is infinite counts as the least or largest
/// finite value.
fn z_scores(values: &[f64]) -> Vec<f64> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (least, most) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    if least >= most {
        return vec![0.0; values.len()];
    }
    let values: Vec<f64> = values.iter().map(|value| value.clamp(least, most)).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean) / variance.sqrt()).collect()
}

/// An aggregate as asked for: `NAME=RULE(proxy,proxy,...)`, or without a name, which is then what it reads itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// What it is called in the report.
    pub name: String,
    /// How.
    pub rule: Rule,
    /// Of which proxies.
    pub members: Vec<String>,
}

impl FromStr for Aggregate {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let rules = || Rule::ALL.map(Rule::name).join(", ");
        let malformed = || format!("must read NAME=RULE(proxy,proxy,...) with a rule of {}", rules());
        let (name, call) = text.split_once('=').map_or((None, text), |(name, call)| (Some(name.trim()), call));
        let (rule, members) = call.strip_suffix(')').and_then(|call| call.split_once('(')).ok_or_else(malformed)?;
        let rule = Rule::ALL.into_iter().find(|known| known.name() == rule.trim());
        let rule = rule.ok_or_else(malformed)?;
        let members: Vec<String> = members.split(',').map(|member| member.trim().to_owned()).collect();
        if name == Some("") || members.iter().any(String::is_empty) {
            return Err(malformed());
        }
        let unnamed = Aggregate::new(rule, members);
        Ok(match name {
            Some(name) => Aggregate { name: name.to_owned(), ..unnamed },
            None => unnamed,
        })
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = format!("{}({})", self.rule.name(), self.members.join(","));
        if self.name == call { f.write_str(&call) } else { write!(f, "{}={call}", self.name) }
    }
}

impl Aggregate {
    /// One without a name of its own.
    pub fn new(rule: Rule, members: Vec<String>) -> Self {
        Aggregate { name: format!("{}({})", rule.name(), members.join(",")), rule, members }
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
        let sums = self.rule.combine(&standings.collect::<Vec<Vec<f64>>>());
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

#[cfg(test)]
mod tests {
    use super::super::average::average;
    use super::super::fixture::scores;
    use super::*;

    fn readings() -> Readings {
        average(&scores(
            "a,naswot,0,1,,ok,2\n\
             b,naswot,0,5,,ok,2\n\
             c,naswot,0,,,singular,2\n\
             d,naswot,0,5,,ok,2\n\
             e,naswot,0,9,,ok,2\n\
             a,loss,0,7,,ok,1\n\
             b,loss,0,3,,ok,1\n\
             c,loss,0,1,,ok,1\n\
             d,loss,0,2,,ok,\n",
        ))
        .unwrap()
    }

    fn values(rule: &str, bad: BadPolicy) -> Vec<Option<Reading>> {
        let direction = |proxy: &str| if proxy == "loss" { Direction::Lower } else { Direction::Higher };
        rule.parse::<Aggregate>().unwrap().apply(&readings(), direction, bad).unwrap().readings
    }

    fn assert_values(found: &[Option<Reading>], golden: &[f64]) {
        for (found, golden) in found.iter().zip(golden) {
            let Some(Reading::Value(found)) = found else { panic!("{found:?} is not {golden}") };
            assert!((found - golden).abs() < 1e-12, "{found} is not {golden}");
        }
    }

    /// `e` has no loss, so m = 4:
    ///
    /// ```python
    /// naswot, loss = [1, 5, -np.inf, 5], [7, 3, 1, 2]
    /// np.log(rankdata(naswot) / 4) + np.log(rankdata(-np.array(loss)) / 4)
    /// (rankdata(naswot) / 4 + rankdata(-np.array(loss)) / 4) / 2
    /// ```
    #[test]
    fn ranks_are_combined_as_numpy_does() {
        let found = values("both=logrank(naswot, loss)", BadPolicy::Worst);
        assert_values(
            &found[..4],
            &[-2.0794415416798357, -0.8266785731844679, -1.3862943611198906, -0.4212134650763035],
        );
        assert_eq!(found[4], None);
        assert_values(&values("both=meanrank(naswot,loss)", BadPolicy::Worst)[..4], &[0.375, 0.6875, 0.625, 0.8125]);
    }

    /// ```python
    /// naswot, loss = [1, 5, 1, 5], [7, 3, 1, 2]
    /// (scipy.stats.zscore(naswot) - scipy.stats.zscore(loss)) / 2
    /// ```
    #[test]
    fn z_scores_are_those_of_scipy_and_a_bad_architecture_counts_as_the_worst() {
        let found = values("both=meanz(naswot,loss)", BadPolicy::Worst);
        assert_values(
            &found[..4],
            &[-1.3232319499226777, 0.5548821299948452, -0.006060830046393462, 0.7744106499742258],
        );
        assert_eq!(z_scores(&[2.0, 2.0]), [0.0, 0.0]);
    }

    #[test]
    fn without_a_name_it_is_called_what_it_reads() {
        let aggregate = "logrank(naswot, loss)".parse::<Aggregate>().unwrap();
        assert_eq!(aggregate.to_string(), "logrank(naswot,loss)");
        assert_eq!(aggregate.to_string().parse::<Aggregate>().unwrap(), aggregate);
    }

    #[test]
    fn dropped_architectures_are_bad_for_the_aggregate() {
        let found = values("both=meanrank(naswot,loss)", BadPolicy::Drop);
        assert_eq!(found[2], Some(Reading::Bad("singular".into())));
        assert_values(&found[..1], &[1.0 / 3.0]);
    }

    #[test]
    fn it_costs_what_its_members_cost() {
        let found = "both=meanrank(naswot,loss)".parse::<Aggregate>().unwrap();
        let found = found.apply(&readings(), |_| Direction::Higher, BadPolicy::Worst).unwrap();
        assert_eq!(found.took[0], Took { seconds: 3.0, timed: 1, whole: Some(3.0) });
        assert_eq!(found.took[3], Took::default());
    }

    #[test]
    fn mistakes_are_named() {
        for text in ["naswot", "x=logrank", "x=logrank()", "=logrank(a)", "x=product(a)"] {
            assert!(text.parse::<Aggregate>().is_err(), "{text}");
        }
        let error = |text: &str| {
            let aggregate = text.parse::<Aggregate>().unwrap();
            aggregate.apply(&readings(), |_| Direction::Higher, BadPolicy::Worst).unwrap_err().to_string()
        };
        assert!(error("x=logrank(zen)").contains("there is no proxy `zen` among naswot, loss"));
        assert!(error("loss=logrank(naswot)").contains("has that name already"));
    }
}
