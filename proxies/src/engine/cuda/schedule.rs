//! Several programs as one sequence of launches, with commands of the same shape merged.

use super::program::{Finished, Shape};
use std::collections::BTreeMap;

/// Maximum number of entries of one launch.
const ENTRIES: usize = 4096;

/// One launch: the commands (program, place in it) that run together.
pub(super) struct Launch {
    pub shape: Shape,
    pub commands: Vec<(usize, usize)>,
}

/// Commands of one shape that no longer wait for anything.
#[derive(Default)]
struct Ready {
    /// The longest path from one of them to the end of its program.
    tallest: usize,
    commands: Vec<(usize, usize)>,
}

impl Ready {
    fn add(&mut self, height: usize, command: (usize, usize)) {
        self.tallest = self.tallest.max(height);
        self.commands.push(command);
    }
}

/// Orders all commands so that each comes after those it waits for. The next launch is that of the ready command with the longest path to
/// the end of its program, and takes along all ready commands of the same shape.
pub(super) fn schedule(programs: &[&Finished]) -> Vec<Launch> {
    let mut waiting: Vec<Vec<usize>> = Vec::with_capacity(programs.len());
    let mut ready: BTreeMap<Shape, Ready> = BTreeMap::new();
    for (place, program) in programs.iter().enumerate() {
        for (i, command) in program.commands.iter().enumerate().filter(|(_, command)| command.after.is_empty()) {
            ready.entry(command.shape).or_default().add(program.heights[i], (place, i));
        }
        waiting.push(program.commands.iter().map(|command| command.after.len()).collect());
    }
    let mut launches = Vec::new();
    while let Some(shape) = ready.iter().max_by_key(|(_, ready)| ready.tallest).map(|(shape, _)| *shape) {
        let Ready { tallest, mut commands } = ready.remove(&shape).unwrap_or_default();
        if commands.len() > ENTRIES {
            ready.insert(shape, Ready { tallest, commands: commands.split_off(ENTRIES) });
        }
        for &(program, i) in &commands {
            for &follower in &programs[program].followers[i] {
                waiting[program][follower] -= 1;
                if waiting[program][follower] == 0 {
                    let shape = programs[program].commands[follower].shape;
                    ready.entry(shape).or_default().add(programs[program].heights[follower], (program, follower));
                }
            }
        }
        launches.push(Launch { shape, commands });
    }
    launches
}

#[cfg(test)]
mod tests {
    use super::super::arguments::SumParts;
    use super::super::program::Program;
    use super::super::source::Kernel;
    use super::*;
    use crate::engine::Precision;

    /// A chain of `links` launches, and a launch of another shape that nothing waits for.
    fn program(links: u64) -> Finished {
        let mut program = Program::default();
        let mut push = |kernel, partial, total| {
            program.push(kernel, Precision::F32, [1, 1], &SumParts { partial, total, ..SumParts::default() });
        };
        (0..links).for_each(|i| push(Kernel::SumParts, 1 + i, 2 + i));
        push(Kernel::Spread, 100, 101);
        program.finish()
    }

    #[test]
    fn programs_share_launches_and_every_command_runs_after_those_it_waits_for() {
        let programs = [program(3), program(5), program(3)];
        let programs: Vec<&Finished> = programs.iter().collect();
        let launches = schedule(&programs);
        // The longest chain, and one more launch for all single ones.
        assert_eq!(launches.len(), 6);
        let mut done: Vec<Vec<usize>> = vec![Vec::new(); programs.len()];
        for (program, i) in launches.iter().flat_map(|launch| &launch.commands) {
            let command = &programs[*program].commands[*i];
            assert!(command.after.iter().all(|before| done[*program].contains(before)));
            done[*program].push(*i);
        }
        assert_eq!(done.iter().map(Vec::len).collect::<Vec<_>>(), [4, 6, 4]);
    }
}
