//! What a search must do whatever its strategy.

use super::source::{TableColumns, Tables};
use super::*;
use crate::space::{Arch, Enumerable, NatsSss, NatsTss};
use crate::strategy::{Evaluated, Start, Strategy};
use std::path::Path;

/// A strategy that asks for these and nothing else, whatever it is told.
#[derive(Clone)]
struct Asks(Vec<Arch>);

impl Recipe for Asks {
    fn name(&self) -> &'static str {
        "asks"
    }

    fn settings(&self) -> Map<String, Value> {
        Map::new()
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn start(&self, _: Start) -> Result<Box<dyn Strategy>> {
        Ok(Box::new(self.clone()))
    }
}

impl Strategy for Asks {
    fn ask(&mut self) -> Result<Vec<Arch>> {
        Ok(self.0.clone())
    }

    fn tell(&mut self, _: &[Evaluated]) -> Result<()> {
        Ok(())
    }
}

/// Ignores everything.
impl Observer for () {
    fn steps(&self, _: u64, _: usize, _: &[Step]) -> Result<()> {
        Ok(())
    }

    fn ended(&self, _: &Run) -> Result<()> {
        Ok(())
    }
}

/// A search of nats-sss whose table has one architecture.
fn search(folder: &Path, recipe: impl Recipe + 'static) -> Search {
    let path = folder.join("table.csv");
    std::fs::write(&path, "arch,value\n8:8:8:8:8,50\n").unwrap();
    let space: Arc<dyn SearchSpace> = Arc::new(NatsSss::default());
    let tables = Arc::new(Tables::open(&[path], None, space.clone()).unwrap());
    let source = TableColumns::new(tables, &[("feedback", "value")], None).unwrap();
    let first = Evaluator::new().with(source, vec!["value".into()], |column| Objective::Column { column, sign: 1.0 });
    Search {
        space,
        recipe: Box::new(recipe),
        evaluation: Evaluation {
            first,
            training: None,
            objectives: vec!["value".into()],
            finals: Vec::new(),
            tables: None,
            timed: false,
        },
        budget: Budget::new(&[Limit::Evaluations(3)]).unwrap(),
        guide: None,
        runs: 1,
        seed: 0,
        threads: 1,
        described: Map::new(),
        known: Arc::default(),
        journal: Arc::default(),
        out: folder.join("out"),
        resume: false,
    }
}

fn outcome(search: &Search) -> Result<()> {
    search.run(&Arc::default(), &())
}

#[test]
fn what_is_asked_for_is_evaluated_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let search = search(folder.path(), Asks(vec![NatsSss::default().nth(0)]));
    outcome(&search).unwrap();
    let record = Record::read(&search.out).unwrap();
    assert_eq!((record.runs[0].steps.len(), record.picks(0)), (3, vec![Some(50.0)]));
}

#[test]
fn an_impossible_cell_is_named_with_the_strategy_that_asked_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let alien = NatsTss::default().nth(0);
    let error = outcome(&search(folder.path(), Asks(vec![alien.clone()]))).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(alien.as_str())
            && text.contains("`strategy=`: asks asked for an architecture that nats-sss does not have"),
        "{text}"
    );
}

#[test]
fn a_strategy_that_finds_nothing_in_the_table_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let error = outcome(&search(folder.path(), Asks(vec![NatsSss::default().nth(1)]))).unwrap_err().to_string();
    assert!(error.starts_with("`evaluate=`: none of the last 100000 proposals has a value"), "{error}");
}

#[test]
fn a_strategy_without_proposals_ends_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let error = outcome(&search(folder.path(), Asks(Vec::new()))).unwrap_err().to_string();
    assert!(error.contains("before its first evaluation"), "{error}");
}
