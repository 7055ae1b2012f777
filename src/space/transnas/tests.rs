//! Counts of both spaces and of their networks, and notation.

use super::*;
use crate::space::{Encoded, Enumerable, SearchSpace};
use std::collections::HashSet;

fn counts(space: &dyn SearchSpace, text: &str) -> (u64, u64) {
    let net = space.network(&space.parse(text).unwrap()).unwrap();
    (net.parameter_count(), net.flops())
}

/// Parameters are those that NASLib's own network classes have.
#[test]
fn counts_are_the_benchmarks() {
    let (cells, chains) = (TransnasMicro::default(), TransnasMacro::default());
    assert_eq!(counts(&cells, "333333"), (41_443_935, 8_469_904_959));
    assert_eq!(counts(&cells, "111111"), (573_279, 165_183_039));
    assert_eq!(counts(&cells, "64-41414-0_00_000").0, 51_807);
    assert_eq!(counts(&chains, "64-4324-basic"), (11_678_303, 1_855_487_551));
    assert_eq!(counts(&chains, "111114").0, 1_293_023);
}

#[test]
fn micro_has_4096_architectures() {
    let space = TransnasMicro::default();
    let archs: HashSet<_> = (0..space.size()).map(|index| space.nth(index)).collect();
    assert_eq!(archs.len(), 4_096);
    let dead = |arch| space.graph(arch).unwrap().iter().any(|part| !part.live);
    // The cells without a path, and those without dead edges: NAS-Bench-Suite-Zero's subset holds these and the empty cell.
    let keys: Vec<Option<String>> = archs.iter().map(|arch| space.key(arch).unwrap()).collect();
    assert_eq!(keys.iter().filter(|key| key.is_none()).count(), 169);
    assert_eq!(keys.iter().flatten().collect::<HashSet<_>>().len(), 1_375);
    assert_eq!(archs.iter().filter(|arch| !dead(arch)).count(), 2_128);
}

#[test]
fn micro_networks_of_one_key_are_equal_and_others_differ() {
    let space = TransnasMicro { channels: 4, classes: 3, resolution: 33 };
    let mut networks: Vec<(String, String)> = Vec::new();
    for index in (0..space.size()).step_by(7) {
        let arch = space.nth(index);
        let canonical = space.canonical_network(&arch).unwrap();
        assert_eq!(canonical.is_some(), space.key(&arch).unwrap().is_some(), "{arch}");
        let Some(canonical) = canonical else { continue };
        let live = space.network(&arch).unwrap().live_part().unwrap().unwrap();
        assert_eq!((live.parameter_count(), live.flops()), (canonical.parameter_count(), canonical.flops()), "{arch}");
        networks.push((space.key(&arch).unwrap().unwrap(), crate::space::networks::json_of(&canonical, None).unwrap()));
    }
    let keys: HashSet<&str> = networks.iter().map(|(key, _)| key.as_str()).collect();
    let texts: HashSet<&str> = networks.iter().map(|(_, text)| text.as_str()).collect();
    let both: HashSet<&(String, String)> = networks.iter().collect();
    assert_eq!((keys.len(), texts.len()), (both.len(), both.len()));
}

#[test]
fn macro_has_3256_architectures() {
    let space = TransnasMacro::default();
    let archs: HashSet<_> = (0..space.size()).map(|index| space.nth(index)).collect();
    assert_eq!((space.size(), archs.len()), (3_256, 3_256));
    for arch in &archs {
        assert_eq!(space.decode(&space.encode(arch).unwrap()).as_ref(), Some(arch));
    }
}

#[test]
fn every_notation_is_read_and_the_benchmarks_written() {
    let cells = TransnasMicro::default();
    for text in ["64-41414-1_30_321", "130321", "(1, 3, 0, 3, 2, 1)", "[1,3,0,3,2,1]", "\"64-41414-1_30_321\""] {
        assert_eq!(cells.parse(text).unwrap().as_str(), "64-41414-1_30_321");
    }
    let chains = TransnasMacro::default();
    for text in ["64-2314-basic", "2314", "(2, 3, 1, 4)", "(2, 3, 1, 4, 0, 0)"] {
        assert_eq!(chains.parse(text).unwrap().as_str(), "64-2314-basic");
    }
}

#[test]
fn mistakes_are_named() {
    for (text, reason) in [
        ("", "this has 0"),
        ("33333", "this has 5"),
        ("333334", "not `4`"),
        ("64-414-1_30_321", "of other layers"),
        ("64-41414-13_0_321", "must read 64-41414-a_bc_def"),
        ("(1, 3, 0, 3, 2)", "this has 5"),
        ("(1, 'a')", "something else than numbers"),
    ] {
        let message = TransnasMicro::default().parse(text).unwrap_err().to_string();
        assert!(message.contains(reason), "{text}: {message}");
    }
    for (text, reason) in [
        ("432", "this has 3"),
        ("1111114", "this has 7"),
        ("1111", "1 to 4 layers halve the side, here 0 do"),
        ("3333", "1 to 3 layers double the channels, here 0 do"),
        ("4444", "here 4 do"),
        ("5111", "not `5`"),
        ("64-4324", "must read 64-DDDD-basic"),
    ] {
        let message = TransnasMacro::default().parse(text).unwrap_err().to_string();
        assert!(message.contains(reason), "{text}: {message}");
    }
    assert_eq!(TransnasMacro::default().decode(&[9; 6]), None);
    assert_eq!(TransnasMacro::default().decode(&[3, 0, 0, 0, 0, 1]), None, "a gap");
}

#[test]
fn networks_of_small_images_are_built() {
    for side in [17, 18, 24, 31, 32, 63] {
        let cells = TransnasMicro { channels: 2, classes: 2, resolution: side };
        assert!(counts(&cells, "111111").0 > 0);
        let chains = TransnasMacro { channels: 2, classes: 2, resolution: side };
        assert!(counts(&chains, "3334").0 > 0);
    }
    assert!(TransnasMicro { channels: 2, classes: 2, resolution: 16 }.check().is_err());
}
