//! Which networks to train: a sample spread over the range of the scores, in an order whose first few are spread as well.

use crate::Result;
use zeronas_random::Stream;

/// Chooses `count` architectures and returns their places: their order by `standings` is cut into `count` equal parts, and one is drawn from
/// each. `take` says whether an architecture may be chosen, and is asked at most once for each. If no member of a part may be, another
/// architecture is drawn from the whole.
///
/// The result visits the parts in the order of van der Corput's sequence: the lowest, the middle, the quarters, ... It is shorter than `count`
/// if fewer architectures may be chosen.
///
/// # Errors
/// Errors of `take`.
pub fn spread(
    standings: &[f64],
    count: usize,
    seed: u64,
    mut take: impl FnMut(usize) -> Result<bool>,
) -> Result<Vec<usize>> {
    let all = standings.len();
    let chance = Stream::new("calibrate.spread", seed).permutation(all);
    let mut luck = vec![0; all];
    chance.iter().enumerate().for_each(|(turn, &place)| luck[place] = turn);
    let mut order: Vec<usize> = (0..all).collect();
    order.sort_by(|&a, &b| standings[a].total_cmp(&standings[b]).then(luck[a].cmp(&luck[b])));
    let mut asked = vec![false; all];
    let mut chosen = Vec::with_capacity(count.min(all));
    for part in parts(count) {
        let mut members = order[part * all / count..(part + 1) * all / count].to_vec();
        members.sort_by_key(|&place| luck[place]);
        for place in members {
            asked[place] = true;
            if take(place)? {
                chosen.push(place);
                break;
            }
        }
    }
    for place in chance {
        if chosen.len() == count {
            break;
        }
        if !std::mem::replace(&mut asked[place], true) && take(place)? {
            chosen.push(place);
        }
    }
    Ok(chosen)
}

/// The numbers below `count`, each once, in an order in which the first few are always spread out.
fn parts(count: usize) -> Vec<usize> {
    let bits = count.next_power_of_two().trailing_zeros();
    let mut parts = Vec::with_capacity(count);
    for turn in 0..1_usize << bits {
        let reversed = if bits == 0 { 0 } else { turn.reverse_bits() >> (usize::BITS - bits) };
        let part = (reversed * count) >> bits;
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_one_and_every_beginning_is_spread() {
        for count in [1, 2, 7, 20, 64] {
            let mut all = parts(count);
            all.sort_unstable();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
        let standings: Vec<f64> = (0..1000).map(f64::from).collect();
        let chosen = spread(&standings, 20, 3, |_| Ok(true)).unwrap();
        assert_eq!(chosen, spread(&standings, 20, 3, |_| Ok(true)).unwrap());
        assert_ne!(chosen, spread(&standings, 20, 4, |_| Ok(true)).unwrap());
        let mut parts: Vec<usize> = chosen.iter().map(|place| place / 50).collect();
        assert!(parts[..5].iter().max().unwrap() - parts[..5].iter().min().unwrap() >= 10, "{parts:?}");
        parts.sort_unstable();
        assert_eq!(parts, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn what_may_not_be_taken_is_replaced_and_asked_for_once() {
        let standings = vec![1.0; 30];
        let mut asked = Vec::new();
        let chosen = spread(&standings, 10, 0, |place| {
            asked.push(place);
            Ok(place >= 20)
        });
        let mut chosen = chosen.unwrap();
        chosen.sort_unstable();
        assert_eq!(chosen, (20..30).collect::<Vec<_>>());
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(asked.len(), 30, "each was asked for, and none twice");
        assert_eq!(spread(&standings, 10, 0, |place| Ok(place < 4)).unwrap().len(), 4);
    }
}
