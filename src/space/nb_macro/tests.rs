//! Counts of the space and of its networks, and notation.

use super::*;
use std::collections::HashSet;

fn counts(space: NbMacro, text: &str) -> (u64, u64) {
    let net = space.network(&space.parse(text).unwrap()).unwrap();
    // The table's FLOPs have no addition for the linear layer's bias.
    (net.parameter_count(), net.flops() - space.classes as u64)
}

/// `params` and `flops` of nas-bench-macro_cifar10.json.
#[test]
fn counts_are_the_benchmarks() {
    for (text, expected) in [
        ("00000000", (387_882, 7_713_280)),
        ("22212220", (1_985_514, 85_164_544)),
        ("02012100", (890_666, 47_327_744)),
        ("11111221", (2_181_386, 65_012_224)),
        ("00011110", (1_118_378, 31_390_208)),
    ] {
        assert_eq!(counts(NbMacro::default(), text), expected, "{text}");
    }
}

#[test]
fn the_space_has_6561_architectures_of_3969_networks() {
    let space = NbMacro::default();
    assert_eq!(space.size(), 6_561);
    let archs: HashSet<Arch> = (0..space.size()).map(|index| space.nth(index)).collect();
    assert_eq!(archs.len(), 6_561);
    let keys: HashSet<Option<String>> = archs.iter().map(|arch| space.key(arch).unwrap()).collect();
    assert_eq!(keys.len(), 3_969);
}

#[test]
fn identities_behind_the_first_block_are_moved_back() {
    let space = NbMacro { channels: 4, classes: 3, resolution: 16 };
    let [one, two] = ["10010201", "10012010"].map(|text| space.parse(text).unwrap());
    assert_eq!(space.key(&one).unwrap().as_deref(), Some("10010210"));
    assert_ne!(space.key(&one).unwrap(), space.key(&two).unwrap());
    let other = space.parse("10001210").unwrap();
    assert_eq!(space.key(&other).unwrap(), space.key(&one).unwrap());
    let [written, canonical] = [space.network(&one).unwrap(), space.canonical_network(&one).unwrap().unwrap()];
    assert_eq!(written.flops(), canonical.flops());
    assert_eq!(canonical, space.network(&space.parse("10010210").unwrap()).unwrap());
}

#[test]
fn mistakes_are_named() {
    for (text, reason) in
        [("", "this has 0"), ("0000000", "this has 7"), ("000000000", "this has 9"), ("00000003", "not `3`")]
    {
        let message = NbMacro::default().parse(text).unwrap_err().to_string();
        assert!(message.contains(reason), "{text}: {message}");
    }
    assert_eq!(NbMacro::default().decode(&[3; 8]), None);
}
