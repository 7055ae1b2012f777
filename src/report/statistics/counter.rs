//! Running counts of integer keys, for Kendall's tau in O(n log n).
//!
//! A tree with [`WIDTH`] children per node, where each node holds the prefix sums of its children: an update adds to the tail
//! of one node per level, which the compiler turns into a few vector additions, and a query reads one number per level.
//! With 15,625 keys there are three levels, and this is about four times as fast as a binary indexed tree.

/// Children of a node.
const WIDTH: usize = 32;

/// Counts keys, and says how many up to any key have been counted.
pub(super) struct Counter {
    /// From the leaves to the root.
    levels: Vec<Vec<[u32; WIDTH]>>,
}

impl Counter {
    /// Counts keys below `size`.
    pub(super) fn new(size: usize) -> Self {
        let mut levels = Vec::new();
        let mut nodes = size.max(1);
        while levels.is_empty() || nodes > 1 {
            nodes = nodes.div_ceil(WIDTH);
            levels.push(vec![[0; WIDTH]; nodes]);
        }
        Counter { levels }
    }

    /// Counts `key` another `count` times.
    pub(super) fn add(&mut self, key: usize, count: u32) {
        let mut index = key;
        for level in &mut self.levels {
            let place = (index % WIDTH) as u32;
            for (child, sum) in (0_u32..).zip(&mut level[index / WIDTH]) {
                *sum += if child >= place { count } else { 0 };
            }
            index /= WIDTH;
        }
    }

    /// The count of all keys up to and including `key`.
    pub(super) fn up_to(&self, key: usize) -> u32 {
        let mut sum = 0;
        let mut index = key;
        for (depth, level) in self.levels.iter().enumerate() {
            let (node, place) = (index / WIDTH, index % WIDTH);
            // Above the leaves, only the children before this one count: this one's part is in the levels below.
            sum += if depth == 0 {
                level[node][place]
            } else if place > 0 {
                level[node][place - 1]
            } else {
                0
            };
            index = node;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_a_plain_sum() {
        for size in [1, 31, 32, 33, 1024, 1025, 40_000] {
            let (mut counter, mut plain) = (Counter::new(size), vec![0_u32; size]);
            for i in 0..500 {
                let key = (i * 7919 + i * i * 31) % size;
                counter.add(key, 1 + i as u32 % 3);
                plain[key] += 1 + i as u32 % 3;
                let asked = (i * 104_729) % size;
                assert_eq!(counter.up_to(asked), plain[..=asked].iter().sum::<u32>(), "{asked} of {size}");
            }
        }
    }
}
