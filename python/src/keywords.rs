//! The keywords of a request, as texts that are parsed one by one.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use zeronas::words::Word;
use zeronas::{Error, Result};
use zeronas_datasets::nearest;

/// The keywords given, each with its values; a keyword that is `True` has none.
pub struct Keywords {
    given: BTreeMap<String, Vec<String>>,
    /// The keywords that have been asked for.
    known: Vec<String>,
}

impl Keywords {
    pub fn new(given: BTreeMap<String, Vec<String>>) -> Self {
        Keywords { given, known: Vec::new() }
    }

    fn take(&mut self, name: &str) -> Option<Vec<String>> {
        self.known.push(name.to_owned());
        self.given.remove(name)
    }

    /// Whether the keyword is `True`.
    pub fn flag(&mut self, name: &str) -> Result<bool> {
        match self.take(name) {
            None => Ok(false),
            Some(values) if values.is_empty() => Ok(true),
            Some(values) => Err(Error::setting(name, format!("is True or False, not {}", values.join(", ")))),
        }
    }

    /// Returns the only value, if the keyword is given.
    pub fn one<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>> {
        self.one_by(name, read)
    }

    /// Returns one of a few words, if the keyword is given.
    pub fn word<T: Word>(&mut self, name: &str) -> Result<Option<T>> {
        self.one_by(name, |name, text| T::read(text).map_err(|reason| Error::setting(name, reason)))
    }

    fn one_by<T>(&mut self, name: &str, read: impl Fn(&str, &str) -> Result<T>) -> Result<Option<T>> {
        match self.take(name).as_deref() {
            None => Ok(None),
            Some([value]) => read(name, value).map(Some),
            Some(values) => Err(Error::setting(name, format!("takes one value, not {}", values.len()))),
        }
    }

    /// Returns all values; none if the keyword is not given.
    pub fn all<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Vec<T>> {
        self.take(name).unwrap_or_default().iter().map(|value| read(name, value)).collect()
    }

    /// Returns all values, where a text may contain several separated by commas; none if the keyword is not given.
    pub fn split<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Vec<T>> {
        let values = self.take(name).unwrap_or_default();
        values.iter().flat_map(|value| value.split(',')).map(|value| read(name, value)).collect()
    }

    /// Rejects keywords that have not been asked for.
    pub fn finish(self, request: &str) -> Result<()> {
        let Some(name) = self.given.keys().next() else { return Ok(()) };
        let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
        let hint = nearest(name, &known).map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
        Err(Error::setting(name, format!("a {request} has no such setting{hint}")))
    }
}

fn read<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T> {
    text.parse().map_err(|reason| Error::setting(name, format!("`{text}`: {reason}")))
}
