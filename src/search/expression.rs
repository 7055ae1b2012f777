//! What ranks architectures without training: a proxy, or an aggregate of several.

use crate::report::aggregate::{Aggregate, Rule};
use crate::report::chosen::{self, default_aggregate};
use std::fmt;
use std::str::FromStr;

/// A proxy by name, an aggregate such as `logrank(proxy,proxy,...)` (any rule or named aggregate that a report takes), the file of a calibration,
/// or `default`, the space's default aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// The values of one proxy.
    Proxy(String),
    /// An aggregate of several proxies.
    Aggregate(Aggregate),
}

impl Expression {
    /// The proxies in the expression.
    pub fn proxies(&self) -> Vec<String> {
        match self {
            Expression::Proxy(name) => vec![name.clone()],
            Expression::Aggregate(aggregate) => aggregate.members.clone(),
        }
    }

    /// The expression in a given space: `default` is replaced by the space's aggregate, anything else stays.
    pub fn in_space(&self, space: &str) -> Expression {
        match self {
            Expression::Proxy(name) if name == chosen::NAME => {
                let default = default_aggregate(Some(space));
                match default.members.as_slice() {
                    [only] => Expression::Proxy(only.clone()),
                    _ => Expression::Aggregate(default.unnamed()),
                }
            }
            expression => expression.clone(),
        }
    }
}

/// The default guide of a search: the mean rank of `naswot` and `synflow`.
impl Default for Expression {
    fn default() -> Self {
        let members = ["naswot", "synflow"].map(str::to_owned).into();
        Expression::Aggregate(Aggregate::new(Rule::MeanRank, members))
    }
}

impl FromStr for Expression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Err("names no proxy; write a proxy, or a rule of several as in logrank(proxy,proxy,...)".into()),
            text if text.contains('(') || Aggregate::is_file(text) => text.parse().map(Expression::Aggregate),
            text => Ok(Aggregate::named(text).map_or_else(|| Expression::Proxy(text.into()), Expression::Aggregate)),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expression::Proxy(name) => f.write_str(name),
            Expression::Aggregate(aggregate) => f.write_str(&aggregate.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_proxies_or_aggregates() {
        let read = |text: &str| text.parse::<Expression>();
        assert_eq!(read("naswot"), Ok(Expression::Proxy("naswot".into())));
        let both = read("logrank(naswot, synflow)").unwrap();
        assert_eq!((both.to_string().as_str(), both.proxies().len()), ("logrank(naswot,synflow)", 2));
        assert_eq!(read("both=meanrank(naswot,synflow)").unwrap().to_string(), "both");
        assert_eq!(
            read("default").unwrap().in_space("nats-tss").to_string(),
            "logrank(az_expressivity,meco_opt)",
            "the default is spelt out"
        );
        assert_eq!(read("naswot").unwrap().in_space("nats-tss"), Expression::Proxy("naswot".into()));
        assert_eq!(read("vkdnw_single").unwrap().proxies(), ["vkdnw_dim", "vkdnw"]);
        assert_eq!(read("logrank(2*naswot,synflow)").unwrap().to_string(), "logrank(2*naswot,1*synflow)");
        assert!(read("none.json").unwrap_err().contains("cannot be read"));
        assert!(read("").is_err() && read("product(naswot)").is_err() && read("logrank()").is_err());
    }
}
