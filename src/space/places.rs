//! Spaces in which every sequence of choices is an architecture: conversion of numbers to sequences.

/// How many sequences there are.
pub fn count(choices: &[usize]) -> u128 {
    choices.iter().map(|&count| count as u128).product()
}

/// Sequence number `index`, below [`count`]: the last place varies fastest.
pub fn nth(choices: &[usize], index: u128) -> Vec<usize> {
    let mut rest = index;
    let mut sequence: Vec<usize> = choices
        .iter()
        .rev()
        .map(|&count| {
            let choice = (rest % count as u128) as usize;
            rest /= count as u128;
            choice
        })
        .collect();
    sequence.reverse();
    sequence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_sequences_in_order() {
        let choices = [2, 3, 2];
        let all: Vec<Vec<usize>> = (0..count(&choices)).map(|index| nth(&choices, index)).collect();
        assert_eq!(all.len(), 12);
        assert!(all.is_sorted() && all[11] == [1, 2, 1]);
    }
}
