//! Which columns of another tool's table are proxies.

use std::collections::HashMap;

use zeronas_datasets::table::Key;
use zeronas_datasets::table::file::{Numbers, TableFile};

/// Words in the names of columns that hold times.
const TIMES: [&str; 14] = [
    "time",
    "times",
    "second",
    "seconds",
    "sec",
    "secs",
    "runtime",
    "walltime",
    "elapsed",
    "duration",
    "timestamp",
    "date",
    "datetime",
    "ms",
];
/// Words in the names of columns that hold ranks.
const RANKS: [&str; 3] = ["rank", "ranks", "ranking"];

/// How tables of other tools are read.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The columns that are proxies; if empty, all numeric ones whose names do not say that they are something else.
    pub proxies: Vec<String>,
    /// The column that names the architectures, where it has none of the usual names.
    pub arch_column: Option<String>,
    /// The search space, where the files do not say it.
    pub space: Option<String>,
    /// The architecture that each number of a column `index` stands for.
    pub archs_by_index: HashMap<u64, String>,
    /// Columns that are compared with, and are therefore not proxies.
    pub targets: Vec<String>,
}

/// How a column is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Why it is not a proxy; `None` where it is one.
    pub left_out: Option<String>,
}

impl Column {
    pub(super) fn left_out(name: &str, why: &str) -> Self {
        Column { name: name.to_owned(), left_out: Some(why.to_owned()) }
    }
}

impl Columns {
    /// The architectures of a table; where `key` gives them as numbers, those that the numbers stand for.
    pub(super) fn architectures(
        &self,
        table: &TableFile,
        key: &Key,
        texts: Vec<String>,
    ) -> zeronas_datasets::Result<Vec<String>> {
        let Key::Index(name) = key else { return Ok(texts) };
        if self.archs_by_index.is_empty() {
            return Ok(texts);
        }
        let arch = |(row, text): (usize, String)| {
            let known = text.parse().ok().and_then(|index: u64| self.archs_by_index.get(&index));
            let unknown = || table.cell(row, name, &format!("the benchmark has no architecture of index {text}"));
            known.cloned().ok_or_else(unknown)
        };
        texts.into_iter().enumerate().map(arch).collect()
    }

    /// The numbers of a column that is a proxy, or why it is not one.
    pub(super) fn proxy(&self, table: &TableFile, name: &str) -> zeronas_datasets::Result<Result<Numbers, String>> {
        let asked = self.proxies.iter().any(|asked| asked == name);
        if asked {
            return table.numbers(name).map(Ok);
        }
        Ok(match self.why_not(name) {
            Some(why) => Err(why.to_owned()),
            None => table.numeric(name)?,
        })
    }

    /// Why a column that nobody asks for is not a proxy, as far as its name says.
    fn why_not(&self, name: &str) -> Option<&'static str> {
        let words = || name.split(|sign: char| !sign.is_alphanumeric()).map(str::to_ascii_lowercase);
        let has = |known: &[&str]| words().any(|word| known.contains(&word.as_str()));
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let unnamed = name.is_empty() || name.starts_with("Unnamed: ") || name.starts_with("__index_level_");
        match () {
            () if unnamed => Some("has no name"),
            () if self.targets.iter().any(|target| target == name) => Some("is the target"),
            () if Key::is_name_of_key(name) => Some("says which architecture a row is"),
            () if is("seed") => Some("is the seed"),
            () if is("space") || is("status") => Some("is no score"),
            () if zeronas_proxies::proxy::find(&[name]).is_ok() => None,
            () if has(&TIMES) || words().next_back().is_some_and(|word| word == "s") => Some("is a time"),
            () if has(&RANKS) => Some("is a rank"),
            () => None,
        }
        .or_else(|| (!self.proxies.is_empty()).then_some("is not asked for"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_no_proxy() {
        let columns = Columns { targets: vec!["acc".into()], ..Columns::default() };
        for (name, why) in [
            ("nwot", None),
            ("", Some("has no name")),
            ("Unnamed: 0", Some("has no name")),
            ("time=[s]", Some("is a time")),
            ("naswot_time", Some("is a time")),
            ("seconds", Some("is a time")),
            ("rank", Some("is a rank")),
            ("mean rank", Some("is a rank")),
            ("acc", Some("is the target")),
            ("seed", Some("is the seed")),
            ("index", Some("says which architecture a row is")),
            ("params", None),
            ("logrank(a,b)", None),
        ] {
            assert_eq!(columns.why_not(name), why, "{name}");
        }
        let asked = Columns { proxies: vec!["zen".into()], ..Columns::default() };
        assert_eq!(asked.why_not("nwot"), Some("is not asked for"));
    }
}
