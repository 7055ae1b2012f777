//! Which architectures a report is about. Papers use different ones without saying so, and that moves a correlation by more
//! than its interval, so the rule and what it keeps are part of every report.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use super::average::{Reading, Readings};
use super::error::{Error, Result};

/// A rule that picks architectures.
#[derive(Clone, Debug, PartialEq)]
pub enum Subset {
    /// All that were scored.
    All,
    /// Those for which no proxy has a bad status.
    Valid,
    /// Those in whose graph every part lies on a path from input to output.
    NoDeadEdges,
    /// One per network: among those with the same canonical key, the first in the order of their text.
    Unique,
    /// Those whose value of a benchmark column or a proxy compares like this with a number. Those without a value are left out.
    Where {
        /// The column or proxy.
        column: String,
        /// The comparison.
        comparison: Comparison,
        /// The number to compare with.
        value: f64,
    },
}

/// A comparison of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `!=`
    Not,
    /// `<`
    Below,
    /// `>`
    Above,
    /// `=`
    Is,
}

impl Comparison {
    /// Each with its sign, two-character signs first so that `<=` is not read as `<`.
    const SIGNS: [(&'static str, Comparison); 6] = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("!=", Comparison::Not),
        ("<", Comparison::Below),
        (">", Comparison::Above),
        ("=", Comparison::Is),
    ];

    fn holds(self, found: f64, value: f64) -> bool {
        match self {
            Comparison::AtMost => found <= value,
            Comparison::AtLeast => found >= value,
            Comparison::Not => found != value,
            Comparison::Below => found < value,
            Comparison::Above => found > value,
            Comparison::Is => found == value,
        }
    }
}

impl FromStr for Subset {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "all" => return Ok(Subset::All),
            "valid" => return Ok(Subset::Valid),
            "no-dead-edges" => return Ok(Subset::NoDeadEdges),
            "unique" => return Ok(Subset::Unique),
            _ => {}
        }
        let condition = Comparison::SIGNS.iter().find_map(|&(sign, comparison)| {
            let (column, value) = text.split_once(sign)?;
            Some((column.trim(), comparison, value.trim()))
        });
        let Some((column, comparison, value)) = condition.filter(|(column, ..)| !column.is_empty()) else {
            return Err("must be all, valid, no-dead-edges, unique or a condition such as params>100000".into());
        };
        let number: f64 = value.parse().map_err(|_| format!("`{value}` is not a number to compare `{column}` with"))?;
        if number.is_nan() {
            return Err(format!("nothing compares with NaN, so `{column}` cannot"));
        }
        Ok(Subset::Where { column: column.into(), comparison, value: number })
    }
}

impl fmt::Display for Subset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subset::All => f.write_str("all"),
            Subset::Valid => f.write_str("valid"),
            Subset::NoDeadEdges => f.write_str("no-dead-edges"),
            Subset::Unique => f.write_str("unique"),
            Subset::Where { column, comparison, value } => {
                let sign = Comparison::SIGNS.iter().find(|known| known.1 == *comparison).map_or("", |known| known.0);
                write!(f, "{column}{sign}{value}")
            }
        }
    }
}

/// Returns the rules of each report: where `all` stands beside other rules, one report is of all and one of those that satisfy the others.
pub fn alternatives(rules: &[Subset]) -> Vec<Vec<Subset>> {
    let others: Vec<Subset> = rules.iter().filter(|rule| **rule != Subset::All).cloned().collect();
    if others.is_empty() || others.len() == rules.len() {
        return vec![rules.to_vec()];
    }
    vec![vec![Subset::All], others]
}

/// Returns the rules as they are written, separated by commas.
pub fn text(rules: &[Subset]) -> String {
    rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Returns a name for the folder of a report on them: the rules, with whatever is not safe in a file name replaced by `_`.
pub fn folder(rules: &[Subset]) -> String {
    let text = text(rules);
    let safe = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    text.split(|c: char| !safe(c)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

/// What rules need to know beyond the score files.
pub struct Knowledge<'a> {
    /// A benchmark column by name, with one number per architecture of the readings; `None` where there is no such column.
    pub column: &'a dyn Fn(&str) -> Option<Vec<Option<f64>>>,
    /// Whether every part of an architecture's graph is live, or why that is not known.
    pub no_dead_edges: &'a dyn Fn(&str) -> std::result::Result<bool, String>,
}

/// Returns which architectures satisfy every rule.
///
/// # Errors
/// [`Error::Subset`] where a rule reads something that is missing, or where no architecture is left.
pub fn select(readings: &Readings, rules: &[Subset], knowledge: &Knowledge<'_>) -> Result<Vec<bool>> {
    let mut keep = vec![true; readings.archs.len()];
    for rule in rules {
        let failed = |reason: String| Error::Subset { rule: rule.to_string(), reason };
        match rule {
            Subset::All => {}
            Subset::Valid => {
                for proxy in &readings.proxies {
                    keep.iter_mut().zip(&proxy.readings).for_each(|(keep, reading)| {
                        *keep &= !matches!(reading, Some(Reading::Bad(_)));
                    });
                }
            }
            Subset::NoDeadEdges => {
                for (keep, arch) in keep.iter_mut().zip(&readings.archs) {
                    *keep &= (knowledge.no_dead_edges)(arch).map_err(failed)?;
                }
            }
            Subset::Unique => {
                let mut seen = HashSet::new();
                for (keep, key) in keep.iter_mut().zip(&readings.keys) {
                    let Some(key) = key else {
                        return Err(failed("the score files have no column `key`".into()));
                    };
                    *keep = *keep && seen.insert(key);
                }
            }
            Subset::Where { column, comparison, value } => {
                let numbers = (knowledge.column)(column).or_else(|| readings.numbers(column));
                let unknown = || failed("there is neither a numeric benchmark column nor a proxy of that name".into());
                for (keep, number) in keep.iter_mut().zip(numbers.ok_or_else(unknown)?) {
                    *keep &= number.is_some_and(|number| comparison.holds(number, *value));
                }
            }
        }
        if !keep.contains(&true) {
            return Err(failed(format!("none of {} architectures is left", keep.len())));
        }
    }
    Ok(keep)
}

#[cfg(test)]
mod tests {
    use super::super::average::average;
    use super::super::fixture::scores;
    use super::*;

    fn left(rules: &[&str]) -> Result<String> {
        let mut readings = average(&scores(
            "a,params,0,10,,ok,1\n\
             b,params,0,20,,ok,1\n\
             c,params,0,30,,ok,1\n\
             a,naswot,0,1,,ok,1\n\
             b,naswot,0,2,,ok,1\n\
             c,naswot,0,,,singular,1\n",
        ))
        .unwrap();
        readings.keys = ["k", "k", ""].map(|key| Some(key.to_owned())).to_vec();
        let column = |name: &str| (name == "acc").then(|| vec![Some(5.0), Some(6.0), None]);
        let knowledge = Knowledge { column: &column, no_dead_edges: &|arch| Ok(arch != "b") };
        let rules: Vec<Subset> = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        Ok(readings.subset(&select(&readings, &rules, &knowledge)?).archs.concat())
    }

    #[test]
    fn rules_pick_what_they_say_and_add_up() {
        let cases: [(&[&str], &str); 10] = [
            (&["all"], "abc"),
            (&["valid"], "ab"),
            (&["no-dead-edges"], "ac"),
            (&["unique"], "ac"),
            (&["params>10"], "bc"),
            (&["params<=20", "params != 10"], "b"),
            (&["acc=6"], "b"),
            (&["acc>=0"], "ab"),
            (&["naswot<9"], "ab"),
            (&["valid", "no-dead-edges"], "a"),
        ];
        for (rules, expected) in cases {
            assert_eq!(left(rules).unwrap(), expected, "{rules:?}");
        }
    }

    #[test]
    fn all_beside_other_rules_is_an_alternative_to_them() {
        let read = |rules: &[&str]| {
            let rules: Vec<Subset> = rules.iter().map(|rule| rule.parse().unwrap()).collect();
            alternatives(&rules).iter().map(|rules| text(rules)).collect::<Vec<_>>()
        };
        assert_eq!(read(&["all", "no-dead-edges"]), ["all", "no-dead-edges"]);
        assert_eq!(read(&["valid", "all", "params>1"]), ["all", "valid, params>1"]);
        assert_eq!(read(&["valid", "params>1"]), ["valid, params>1"]);
        assert_eq!(read(&["all"]), ["all"]);
    }

    #[test]
    fn what_cannot_be_applied_says_why() {
        assert!(left(&["size>1"]).unwrap_err().to_string().contains("`subset=` size>1: there is neither"));
        assert!(left(&["acc>9"]).unwrap_err().to_string().contains("none of 3 architectures is left"));
        for (text, part) in
            [("some", "no-dead-edges"), ("params>many", "`many`"), (">3", "must be"), ("acc<NaN", "NaN")]
        {
            assert!(text.parse::<Subset>().unwrap_err().contains(part), "{text}");
        }
    }

    #[test]
    fn unique_needs_keys() {
        let readings = average(&scores("a,naswot,0,1,,ok,1\n")).unwrap();
        let knowledge = Knowledge { column: &|_| None, no_dead_edges: &|_| Err("no space".into()) };
        let error = |rule| select(&readings, &[rule], &knowledge).unwrap_err().to_string();
        assert!(error(Subset::Unique).contains("no column `key`"));
        assert!(error(Subset::NoDeadEdges).contains("no space"));
    }

    #[test]
    fn rules_are_written_as_they_are_read() {
        for text in ["all", "valid", "no-dead-edges", "unique", "params>=100000", "acc!=10.5"] {
            assert_eq!(text.parse::<Subset>().unwrap().to_string(), text);
        }
    }
}
