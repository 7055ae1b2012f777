//! The whole space counted, hashes and canonical cells of it, and edits.

use super::*;
use rayon::prelude::*;

const SMALL: Nb101 = Nb101 { stem: 8, stacks: 3, modules: 1, classes: 10, resolution: 32 };

#[test]
fn the_space_has_423624_cells_each_first_of_its_class() {
    let all = enumeration::all();
    assert_eq!(all.len(), SIZE);
    assert!(all.is_sorted());
    assert!(all.par_iter().step_by(7).all(|module| module.canonical() == *module && module.pruned() == *module));
    let of_size = |vertices| all.iter().filter(|module| module.vertices() == vertices).count();
    // Ying et al. 2019 and the generator's own log.
    assert_eq!((2..=7).map(of_size).collect::<Vec<_>>(), [1, 6, 84, 2_441, 62_010, 359_082]);
}

#[test]
fn isomorphic_cells_share_hash_and_canonical_network() {
    let one = SMALL.parse("0110000100010000;conv3x3-bn-relu,maxpool3x3").unwrap();
    let two = SMALL.parse("0110000100010000;maxpool3x3,conv3x3-bn-relu").unwrap();
    assert_eq!(SMALL.key(&one).unwrap(), SMALL.key(&two).unwrap());
    assert_ne!(SMALL.network(&one).unwrap(), SMALL.network(&two).unwrap());
    assert_eq!(SMALL.canonical_network(&one).unwrap(), SMALL.canonical_network(&two).unwrap());
}

#[test]
fn dead_vertices_change_neither_hash_nor_network() {
    let dead = SMALL.parse("0110000000010000;maxpool3x3,conv3x3-bn-relu").unwrap();
    let pruned = SMALL.parse("010001000;conv3x3-bn-relu").unwrap();
    assert_eq!(SMALL.key(&dead).unwrap(), SMALL.key(&pruned).unwrap());
    assert_eq!(SMALL.network(&dead).unwrap(), SMALL.network(&pruned).unwrap());
    let live: Vec<bool> = SMALL.graph(&dead).unwrap().iter().map(|part| part.live).collect();
    assert_eq!(live, [false, true, true]);
}

#[test]
fn neighbours_are_valid_one_edit_away_and_of_other_classes() {
    let direct = SMALL.parse("0100;").unwrap();
    assert_eq!(SMALL.neighbours(&direct).unwrap(), [], "its only edge cannot go");
    let arch = SMALL.nth(300_000);
    let module = SMALL.module(&arch).unwrap();
    let neighbours = SMALL.neighbours(&arch).unwrap();
    let mut hashes = HashSet::from([module.module_hash()]);
    assert!(neighbours.len() > 10);
    for neighbour in neighbours {
        let other = SMALL.module(&neighbour).unwrap();
        let ops = module.ops().iter().zip(other.ops()).filter(|(a, b)| a != b).count();
        assert_eq!((module.edges() ^ other.edges()).count_ones() as usize + ops, 1, "{neighbour}");
        assert!(hashes.insert(other.module_hash()), "{neighbour}");
    }
}

#[test]
fn a_mutation_is_one_edit_and_can_revive_dead_vertices() {
    let mut arch = SMALL.parse("0100;").unwrap();
    let stream = zeronas_random::Stream::new("mutate", 0);
    let mut places = 0..;
    let mut below = |n| stream.below(places.next().unwrap(), n);
    let mut largest = 0;
    for _ in 0..3_000 {
        let mutant = SMALL.mutate(&arch, &mut below).unwrap();
        let (before, after) = (SMALL.encode(&arch).unwrap(), SMALL.encode(&mutant).unwrap());
        assert_eq!(before.iter().zip(&after).filter(|(a, b)| a != b).count(), 1, "{arch} {mutant}");
        largest = largest.max(SMALL.module(&mutant).unwrap().pruned().vertices());
        arch = mutant;
    }
    assert_eq!(largest, MOST_VERTICES);
}
