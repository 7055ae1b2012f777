//! A program: the launches of a pass, recorded before any of them runs, with what each has to wait for.

use super::arguments::Arguments;
use super::device::Address;
use super::source::Kernel;
use super::work::{Work, Works};
use crate::engine::Precision;
use std::collections::HashMap;

/// What launches must have in common to be merged into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Shape {
    pub kernel: Kernel,
    pub double: bool,
    pub grid: [u32; 2],
}

impl Shape {
    pub fn precision(self) -> Precision {
        if self.double { Precision::F64 } else { Precision::F32 }
    }
}

/// A launch.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub shape: Shape,
    /// The bytes of its arguments.
    pub arguments: Vec<u8>,
    pub work: Work,
    /// Earlier commands of the program that must have run: they write what this one reads, or use what it writes.
    pub after: Vec<usize>,
}

/// The commands that use an address.
#[derive(Clone, Debug, Default)]
struct Users {
    writer: Option<usize>,
    /// Those since it was last written.
    readers: Vec<usize>,
}

/// Launches in an order in which they may run. A piece of memory is identified by its first address, which all commands that use it have
/// to give.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub commands: Vec<Command>,
    users: HashMap<Address, Users>,
}

/// A complete program, with what it takes to schedule its launches.
#[derive(Debug)]
pub(super) struct Finished {
    pub commands: Vec<Command>,
    /// Which commands wait for each.
    pub followers: Vec<Vec<usize>>,
    /// The longest path from each to the end, in commands.
    pub heights: Vec<usize>,
}

impl Program {
    /// Completes the program.
    pub fn finish(self) -> Finished {
        let (mut followers, mut heights) = (vec![Vec::new(); self.commands.len()], vec![0; self.commands.len()]);
        for (i, command) in self.commands.iter().enumerate().rev() {
            for &before in &command.after {
                followers[before].push(i);
                heights[before] = heights[before].max(heights[i] + 1);
            }
        }
        Finished { commands: self.commands, followers, heights }
    }

    /// Adds a launch.
    pub fn push(
        &mut self,
        kernel: Kernel,
        precision: Precision,
        grid: [usize; 2],
        arguments: &(impl Arguments + Works),
    ) {
        let this = self.commands.len();
        let mut after = Vec::new();
        let given = |addresses: Vec<Address>| addresses.into_iter().filter(|&address| address != 0);
        for address in given(arguments.reads()) {
            let users = self.users.entry(address).or_default();
            after.extend(users.writer);
            users.readers.push(this);
        }
        for address in given(arguments.writes()) {
            let users = self.users.entry(address).or_default();
            after.extend(users.writer.replace(this));
            after.append(&mut users.readers);
        }
        after.sort_unstable();
        after.dedup();
        after.retain(|&command| command != this);
        let double = precision == Precision::F64;
        let work = arguments.work(grid, if double { 8 } else { 4 });
        let shape = Shape { kernel, double, grid: grid.map(|blocks| blocks as u32) };
        self.commands.push(Command { shape, arguments: arguments.encode(), work, after });
    }
}

#[cfg(test)]
mod tests {
    use super::super::arguments::SumParts;
    use super::*;

    fn after(edges: &[(Address, Address)]) -> Vec<Vec<usize>> {
        let mut program = Program::default();
        for &(partial, total) in edges {
            let arguments = SumParts { partial, total, parts: 1, length: 1 };
            program.push(Kernel::SumParts, Precision::F32, [1, 1], &arguments);
        }
        program.commands.into_iter().map(|command| command.after).collect()
    }

    #[test]
    fn a_command_waits_for_who_writes_what_it_reads_and_who_uses_what_it_writes() {
        // 1 -> 2 and 1 -> 3 side by side, 3 -> 4, then 2 is written again.
        assert_eq!(after(&[(1, 2), (1, 3), (3, 4), (4, 2)]), [vec![], vec![], vec![1], vec![0, 2]]);
        // 2 is written again once it has been read.
        assert_eq!(after(&[(1, 2), (2, 3), (5, 2)]), [vec![], vec![0], vec![0, 1]]);
        // Added to in place.
        assert_eq!(after(&[(1, 1), (1, 1)]), [vec![], vec![0]]);
    }
}
