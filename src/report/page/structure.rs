//! What the drawings of a page's architectures say: the drawings in a compact form, and columns of what is counted in them.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use crate::space::drawing::kind;
use crate::space::{Drawing, SearchSpace};

/// The drawings of architectures and what is counted in them.
#[derive(Default)]
pub(super) struct Structure {
    pub tokens: Vec<Value>,
    pub drawn: Vec<String>,
    /// Dead edges, depth, and the number of each operation.
    pub columns: Vec<(String, Vec<Option<f64>>)>,
}

/// Largest number of operations for which each is counted in a column.
const MOST_COUNTED: usize = 8;

impl Structure {
    pub fn new(archs: &[String], places: &[usize], space: Option<&dyn SearchSpace>) -> Self {
        let Some(space) = space else { return Structure::default() };
        let draw = |&place: &usize| space.parse(&archs[place]).and_then(|arch| space.drawing(&arch)).ok();
        let drawings: Vec<Option<Drawing>> = places.iter().map(draw).collect();
        let mut columns = vec![
            ("dead_edges".to_owned(), drawings.iter().map(|one| Some(one.as_ref()?.dead() as f64)).collect()),
            ("depth".to_owned(), drawings.iter().map(|one| Some(one.as_ref()?.depth() as f64)).collect()),
        ];
        let counts: Vec<Option<Vec<(&str, usize)>>> =
            drawings.iter().map(|one| Some(one.as_ref()?.operations())).collect();
        let mut known: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
        let zeros: Vec<Option<f64>> = counts.iter().map(|counts| counts.as_ref().map(|_| 0.0)).collect();
        for (row, (name, count)) in
            counts.iter().enumerate().flat_map(|(row, counts)| counts.iter().flatten().map(move |count| (row, *count)))
        {
            known.entry(name).or_insert_with(|| zeros.clone())[row] = Some(count as f64);
        }
        if known.len() <= MOST_COUNTED {
            columns.extend(known.into_iter().map(|(name, counts)| (format!("n {name}"), counts)));
        }
        columns.retain(|column: &(String, Vec<Option<f64>>)| {
            let mut numbers = column.1.iter().flatten();
            let first = numbers.next();
            numbers.any(|number| Some(number) != first)
        });
        let mut tokens = Tokens::default();
        let drawn: Option<Vec<String>> =
            drawings.iter().map(|one| one.as_ref().map_or(Some(String::new()), |one| tokens.code(one))).collect();
        match drawn {
            Some(drawn) => Structure { tokens: tokens.list, drawn, columns },
            None => Structure { columns, ..Structure::default() },
        }
    }
}

/// The parts of drawings, each once.
#[derive(Default)]
struct Tokens {
    list: Vec<Value>,
    places: HashMap<String, usize>,
}

impl Tokens {
    /// Writes a drawing as indices of its parts; `None` once there are more than two characters can tell apart.
    fn code(&mut self, drawing: &Drawing) -> Option<String> {
        let mut code = String::new();
        for cell in &drawing.cells {
            self.add(json!(["t", cell.title]), &mut code)?;
            for vertex in &cell.vertices {
                let (operation, live) = (u8::from(vertex.operation), u8::from(vertex.live));
                self.add(json!(["v", vertex.label, operation, live, kind(&vertex.label)]), &mut code)?;
            }
            for edge in &cell.edges {
                let live = u8::from(edge.live);
                self.add(json!(["e", edge.from, edge.to, edge.label, live, kind(&edge.label)]), &mut code)?;
            }
        }
        Some(code)
    }

    fn add(&mut self, token: Value, code: &mut String) -> Option<()> {
        let next = self.list.len();
        let place = *self.places.entry(token.to_string()).or_insert(next);
        if place == next {
            self.list.push(token);
        }
        code.push(char::from(*DIGITS.get(place / 64)?));
        code.push(char::from(DIGITS[place % 64]));
        Some(())
    }
}

/// The digits of tokens.
pub(super) const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
