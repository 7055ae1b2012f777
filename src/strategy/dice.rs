//! The random numbers of one run, in the order in which it asks for them.

use zeronas_random::Stream;

/// A stream of the counter-based generator and its current position.
#[derive(Clone, Debug)]
pub(super) struct Dice {
    stream: Stream,
    next: u64,
}

impl Dice {
    /// The random numbers for the part called `name` of this run.
    pub fn new(name: &str, seed: u64, run: u64) -> Self {
        Dice { stream: Stream::new(&format!("search.{name}.{run}"), seed), next: 0 }
    }

    fn advance(&mut self) -> u64 {
        let place = self.next;
        self.next += 1;
        place
    }

    /// A number below `n`, which must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        let place = self.advance();
        self.stream.below(place, n as u64) as usize
    }

    /// A number strictly between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        let place = self.advance();
        self.stream.uniform(place)
    }

    /// A standard normal number.
    pub fn normal(&mut self) -> f64 {
        // The generator makes the normal number `i` from its numbers 2 i and 2 i + 1.
        let pair = self.next.div_ceil(2);
        self.next = 2 * pair + 2;
        self.stream.normal(pair)
    }

    /// A choice by these probabilities, which add up to 1.
    pub fn choose(&mut self, probabilities: &[f64]) -> usize {
        let mut rest = self.uniform();
        for (choice, probability) in probabilities.iter().enumerate() {
            rest -= probability;
            if rest < 0.0 {
                return choice;
            }
        }
        probabilities.len() - 1
    }

    /// Shuffles the elements.
    pub fn shuffle<T>(&mut self, elements: &mut [T]) {
        for last in (1..elements.len()).rev() {
            elements.swap(last, self.below(last + 1));
        }
    }
}
