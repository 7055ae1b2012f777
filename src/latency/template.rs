//! Lists the rows that an operator table needs for a search space.

use super::{OperatorTable, operators};
use crate::listener::{Listener, Stop};
use crate::space::{Arch, ArchChoice, SearchSpace, SpaceChoice, enumerate};
use crate::words::counted;
use crate::{Error, Result};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use zeronas_random::Stream;

/// Spaces up to this size are enumerated.
const WHOLE: u128 = 1 << 15;

/// In a larger space, sampling ends after this many architectures in a row without a new operator.
const PATIENCE: usize = 1000;

/// Lists the operators of a space, with an empty column for their milliseconds.
#[derive(Clone, Debug)]
pub struct TemplateRequest {
    /// The space; ignored for networks of your own.
    pub space: SpaceChoice,
    /// The architectures. By default all of the space; if they are too many, it is sampled until nothing new comes.
    pub archs: Option<ArchChoice>,
    /// The table. Operators that it has already stay, with their milliseconds.
    pub out: PathBuf,
}

/// The result of a [`TemplateRequest`].
#[derive(Clone, Debug)]
pub struct Template {
    /// The operators.
    pub table: OperatorTable,
    /// Operators that are new in the file.
    pub added: usize,
    /// Number of architectures that were examined.
    pub archs: usize,
    /// Which architectures these were, in words.
    pub which: String,
}

impl TemplateRequest {
    /// A request to write the operators of this space to this file.
    pub fn new(space: SpaceChoice, out: impl Into<PathBuf>) -> Self {
        TemplateRequest { space, archs: None, out: out.into() }
    }

    /// Writes the table.
    ///
    /// # Errors
    /// Names the setting, file or architecture at fault; [`Error::Interrupted`] after `stop`, with nothing written.
    pub fn run(&self, stop: &Stop, listener: &dyn Listener) -> Result<Template> {
        let space = match &self.archs {
            Some(archs) => archs.space(&self.space)?,
            None => self.space.space()?,
        };
        self.run_on(space.as_ref(), stop, listener)
    }

    /// The same for a space that has already been built.
    ///
    /// # Errors
    /// As [`TemplateRequest::run`].
    pub fn run_on(&self, space: &dyn SearchSpace, stop: &Stop, listener: &dyn Listener) -> Result<Template> {
        let mut table = OperatorTable::default();
        if self.out.exists() {
            table = OperatorTable::open(&self.out)?;
        }
        let before = table.rows().len();
        let mut looked_at = 0;
        let mut look = |arch: &Arch, table: &mut OperatorTable| -> Result<bool> {
            if stop.load(Ordering::Relaxed) {
                let total = looked_at + 1;
                return Err(Error::Interrupted { done: looked_at, total, what: "architectures" });
            }
            looked_at += 1;
            let mut is_new = false;
            if let Some(net) = space.canonical_network(arch)? {
                for operator in operators(&net)? {
                    is_new |= table.add(operator, None);
                }
            }
            Ok(is_new)
        };
        let whole = space.enumerable().filter(|all| all.size() <= WHOLE);
        let which = match (&self.archs, whole) {
            (Some(archs), _) => {
                for arch in archs.read(space, listener)?.0 {
                    look(&arch, &mut table)?;
                }
                "those that were asked for".to_owned()
            }
            (None, Some(_)) => {
                for arch in enumerate(space)? {
                    look(&arch, &mut table)?;
                }
                "all".to_owned()
            }
            (None, None) => {
                let stream = Stream::new("latency.template", 0);
                let mut numbers = 0..;
                let mut below = |n| stream.below(numbers.next().unwrap_or(u64::MAX), n);
                let mut vain = 0;
                while vain < PATIENCE {
                    let unknown = || Error::setting("space", format!("{} has no program that draws", space.name()));
                    let arch = space.draw(&mut below).ok_or_else(unknown)?;
                    vain = if look(&arch, &mut table)? { 0 } else { vain + 1 };
                }
                format!("drawn until {PATIENCE} in a row brought no other operator")
            }
        };
        table.write(&self.out)?;
        Ok(Template { added: table.rows().len() - before, table, archs: looked_at, which })
    }
}

impl Template {
    /// Describes the result in a sentence.
    pub fn sentence(&self) -> String {
        let operators = counted(self.table.rows().len(), "operator", "operators");
        let unfilled = self.table.rows().iter().filter(|(_, time)| time.is_none()).count();
        let archs = counted(self.archs, "architecture", "architectures");
        format!("{operators}, {} of them new, {unfilled} without `ms`; of {archs}, {}", self.added, self.which)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Archs;

    #[test]
    fn a_template_grows_and_keeps_what_is_filled_in() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("operators.csv");
        let one = TemplateRequest {
            archs: Some(Archs::Named(vec!["0".into()]).into()),
            ..TemplateRequest::new(SpaceChoice::default(), &out)
        };
        let first = one.run(&Stop::default(), &()).unwrap();
        assert_eq!((first.archs, first.added), (1, first.table.rows().len()));
        let mut table = first.table;
        table.fill(0, 1.5);
        table.write(&out).unwrap();

        let two = TemplateRequest { archs: Some(Archs::Named(vec!["0".into(), "1462".into()]).into()), ..one };
        let second = two.run(&Stop::default(), &()).unwrap();
        assert!(second.added > 0 && second.table.rows().len() == table.rows().len() + second.added);
        assert_eq!(second.table.rows()[0].1, Some(1.5));
        assert!(second.sentence().contains(&format!("{} of them new", second.added)), "{}", second.sentence());
    }

    /// Uses a space that is too large to be enumerated.
    #[test]
    fn whatever_is_drawn_later_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let space = SpaceChoice::named("mobile").with("resolution", 32);
        let template = TemplateRequest::new(space.clone(), folder.path().join("operators.csv"));
        let mut table = template.run(&Stop::default(), &()).unwrap().table;
        for row in 0..table.rows().len() {
            table.fill(row, 1.0);
        }
        let space = space.space().unwrap();
        let stream = Stream::new("other", 1);
        let mut numbers = 0..;
        let mut below = |n| stream.below(numbers.next().unwrap(), n);
        let covered = |_| {
            let arch = space.draw(&mut below).unwrap();
            table.predict(&space.canonical_network(&arch).unwrap().unwrap()).is_ok()
        };
        let covered = (0..100).map(covered).filter(|covered| *covered).count();
        assert!(covered >= 98, "{covered} of 100");
    }
}
