//! Groups of channels combined into blocks, so that kernels write whole vectors, and the layout of a block's weights.

use super::super::layout::LANES;
use super::Layer;
use std::ops::Range;

/// Written channels whose weights lie together, so that a kernel reads the weights of its channels from one end to the other.
pub(super) const PANEL: usize = 16;

/// Some groups: the channels that are read and those that are written, the latter in multiples of 8, with padding after the last group.
///
/// Its weights lie in panels of channels that are written, each `[tap][read channel][written channel]`.
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

    /// Its panels, as ranges of written channels that count from the first of the block.
    pub fn panels(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let channels = self.writes.len();
        (0..channels).step_by(PANEL).map(move |first| first..channels.min(first + PANEL))
    }
}

/// Location of a vector of written channels in weights of `rows` rows per panel (one for each tap and read channel): the index of
/// its first row, and the numbers from one row to the next.
#[inline(always)]
pub(super) fn in_panel(rows: usize, channels: usize, channel: usize) -> (usize, usize) {
    let first = channel / PANEL * PANEL;
    (first * rows + channel - first, PANEL.min(channels - first))
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
