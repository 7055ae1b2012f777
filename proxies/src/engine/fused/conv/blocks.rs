//! Groups of channels combined into blocks, so that kernels write whole vectors.

use super::super::layout::LANES;
use super::Layer;
use std::ops::Range;

/// Some groups: the channels that are read and those that are written, the latter in multiples of 8, with padding after the last group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub groups: Range<usize>,
    pub reads: Range<usize>,
    pub writes: Range<usize>,
}

impl Block {
    /// Number of weights of one tap.
    pub fn len(&self) -> usize {
        self.reads.len() * self.writes.len()
    }
}

/// Divides `groups` groups into blocks, given the channels that a group reads and writes and their totals with padding.
fn blocks(groups: usize, [read, written]: [usize; 2], [all_read, all_written]: [usize; 2]) -> Vec<Block> {
    if groups == 1 {
        return vec![Block { groups: 0..1, reads: 0..all_read, writes: 0..all_written }];
    }
    // The smallest number of groups that ends at a vector's end.
    let size = (1..=LANES).find(|size| (size * written).is_multiple_of(LANES)).unwrap_or(LANES);
    let block = |first: usize| {
        let groups = first..groups.min(first + size);
        let writes = (groups.len() * written).next_multiple_of(LANES);
        let start = first * written;
        Block { reads: first * read..groups.end * read, writes: start..start + writes, groups }
    };
    (0..groups).step_by(size).map(block).collect()
}

impl Layer {
    /// Input and output channels of one group.
    pub(super) fn of_group(&self) -> [usize; 2] {
        [self.inputs / self.groups, self.outputs / self.groups]
    }

    /// The blocks of the forward step and of the weight gradient. A depthwise convolution is a single block that reads one
    /// channel at a time.
    pub(super) fn forward_blocks(&self) -> Vec<Block> {
        if self.is_depthwise() {
            return vec![Block { groups: 0..self.groups, reads: 0..1, writes: 0..self.z.channels }];
        }
        blocks(self.groups, self.of_group(), [self.x.channels, self.z.channels])
    }

    /// The blocks of the backward step to an input of `by_x` channels with their padding.
    pub(super) fn backward_blocks(&self, by_x: usize) -> Vec<Block> {
        if self.is_depthwise() {
            return vec![Block { groups: 0..self.groups, reads: 0..1, writes: 0..by_x }];
        }
        let [inputs, outputs] = self.of_group();
        blocks(self.groups, [outputs, inputs], [self.z.channels, by_x])
    }
}
