//! Reading and writing `e6k3l2se1|...`, and the choices that it stands for.

use super::{Arch, GROUPS, Group};
use crate::{Error, Result};

const EXPANSIONS: [usize; 3] = [1, 4, 6];
const KERNELS: [usize; 2] = [3, 5];

/// Largest number of blocks in each group.
const MOST_BLOCKS: [usize; GROUPS] = [3, 3, 3, 3, 3, 4, 3];

/// Number of choices per group.
const OF_GROUP: usize = 4;

/// The number of choices at each place, group by group.
pub(super) const CHOICES: [usize; OF_GROUP * GROUPS] = {
    let mut choices = [2; OF_GROUP * GROUPS];
    let mut group = 0;
    while group < GROUPS {
        choices[OF_GROUP * group] = EXPANSIONS.len();
        choices[OF_GROUP * group + 1] = KERNELS.len();
        choices[OF_GROUP * group + 2] = MOST_BLOCKS[group];
        group += 1;
    }
    choices
};

/// Reads seven groups; the error says which is wrong and how.
pub(super) fn read(text: &str) -> Result<[Group; GROUPS]> {
    let bad = |reason: String| Error::Architecture { text: text.into(), reason };
    let groups: Vec<&str> = text.split('|').collect();
    let count = groups.len();
    if count != GROUPS {
        return Err(bad(format!("{GROUPS} groups are joined by `|`, this has {count}")));
    }
    let read = groups.into_iter().enumerate().map(|(i, group)| {
        let most = MOST_BLOCKS[i];
        let form = || bad(format!("group {} is `{group}`, which must read e6k3l2se1", i + 1));
        let parts = || {
            let (expansion, rest) = group.strip_prefix('e')?.split_once('k')?;
            let (kernel, rest) = rest.split_once('l')?;
            let (blocks, squeeze) = rest.split_once("se")?;
            Some([expansion, kernel, blocks, squeeze])
        };
        let [expansion, kernel, blocks, squeeze] = parts().ok_or_else(form)?;
        let one_of = |what: &str, known: Vec<usize>, word: &str| {
            let found = known.iter().copied().find(|number| number.to_string() == word);
            let all: Vec<String> = known.iter().map(usize::to_string).collect();
            found.ok_or_else(|| bad(format!("{what} of group {} is `{word}`, not one of {}", i + 1, all.join(", "))))
        };
        Ok(Group {
            expansion: one_of("the expansion", EXPANSIONS.into(), expansion)?,
            kernel: one_of("the kernel", KERNELS.into(), kernel)?,
            blocks: one_of("the number of blocks", (1..=most).collect(), blocks)?,
            squeeze: one_of("squeeze-excite", vec![0, 1], squeeze)? == 1,
        })
    });
    let read = read.collect::<Result<Vec<Group>>>()?;
    read.try_into().map_err(|_| bad(format!("{GROUPS} groups are joined by `|`, this has {count}")))
}

pub(super) fn write(groups: &[Group; GROUPS]) -> Arch {
    let group = |group: &Group| {
        let Group { expansion, kernel, blocks, squeeze } = group;
        format!("e{expansion}k{kernel}l{blocks}se{}", u8::from(*squeeze))
    };
    Arch(groups.iter().map(group).collect::<Vec<_>>().join("|").into())
}

/// The choices of the groups.
pub(super) fn encode(groups: &[Group; GROUPS]) -> Vec<usize> {
    let place = |known: &[usize], number: usize| known.iter().position(|known| *known == number).unwrap_or(0);
    let choices = groups.iter().flat_map(|group| {
        let (expansion, kernel) = (place(&EXPANSIONS, group.expansion), place(&KERNELS, group.kernel));
        [expansion, kernel, group.blocks - 1, usize::from(group.squeeze)]
    });
    choices.collect()
}

/// The groups of choices, as many as [`CHOICES`] has and each below its number there.
pub(super) fn groups(choices: &[usize]) -> [Group; GROUPS] {
    std::array::from_fn(|group| {
        let of = &choices[OF_GROUP * group..][..OF_GROUP];
        Group { expansion: EXPANSIONS[of[0]], kernel: KERNELS[of[1]], blocks: of[2] + 1, squeeze: of[3] == 1 }
    })
}
