//! What ranks architectures without training: a proxy, or an aggregate of several.

use crate::report::aggregate::Aggregate;
use std::fmt;
use std::str::FromStr;

/// A proxy by its name, or `logrank(proxy,proxy,...)` or another rule as in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// One proxy by its values.
    Proxy(String),
    /// Several made into one.
    Aggregate(Aggregate),
}

impl Expression {
    /// The proxies that it is made of.
    pub fn proxies(&self) -> Vec<String> {
        match self {
            Expression::Proxy(name) => vec![name.clone()],
            Expression::Aggregate(aggregate) => aggregate.members.clone(),
        }
    }
}

impl FromStr for Expression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Err("names no proxy; write a proxy, or a rule of several as in logrank(proxy,proxy,...)".into()),
            text if text.contains('(') => text.parse().map(Expression::Aggregate),
            text => Ok(Expression::Proxy(text.into())),
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
        assert!(read("").is_err() && read("product(naswot)").is_err() && read("logrank()").is_err());
    }
}
