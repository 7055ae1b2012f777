//! The distinct architectures that a run has evaluated, and the objectives of each among all of them.

use super::evaluator::{Evaluator, Reading};
use crate::space::Arch;
use std::collections::HashMap;

/// Architectures in the order of their first evaluation.
#[derive(Default)]
pub(super) struct Pool {
    archs: Vec<Arch>,
    readings: Vec<Reading>,
    places: HashMap<Arch, usize>,
    /// The objectives of each as last told, if they change with the set.
    told: HashMap<Arch, Vec<f64>>,
}

impl Pool {
    /// Adds an architecture if it is new.
    pub fn add(&mut self, arch: &Arch, reading: Reading) {
        if !self.places.contains_key(arch) {
            self.places.insert(arch.clone(), self.archs.len());
            self.archs.push(arch.clone());
            self.readings.push(reading);
        }
    }

    /// Recomputes the objectives of all architectures.
    pub fn revalue(&mut self, evaluator: &Evaluator) {
        for (arch, values) in self.archs.iter().zip(evaluator.values(&self.readings)) {
            match self.told.get_mut(arch) {
                Some(told) => *told = values,
                None => drop(self.told.insert(arch.clone(), values)),
            }
        }
    }

    /// What [`Pool::revalue`] found last.
    pub fn told(&self) -> &HashMap<Arch, Vec<f64>> {
        &self.told
    }

    /// All architectures, sorted by the first objective, best first; equal ones keep their order.
    pub fn ranked(&self, evaluator: &Evaluator) -> Vec<Arch> {
        let values = evaluator.values(&self.readings);
        let mut order: Vec<usize> = (0..self.archs.len()).collect();
        order.sort_by(|&a, &b| values[b][0].total_cmp(&values[a][0]));
        order.into_iter().map(|place| self.archs[place].clone()).collect()
    }
}
