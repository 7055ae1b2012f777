//! Counts of the space and of its networks, and notation.

use super::*;

const B0: &str = "e1k3l1se1|e6k3l2se1|e6k5l2se1|e6k3l3se1|e6k5l3se1|e6k5l4se1|e6k3l1se1";

/// EfficientNet-B0 has 5,288,548 parameters; the second and third are the smallest network's and the first of the benchmark's results
/// (2.50116 million parameters).
#[test]
fn counts_are_the_benchmarks() {
    let space = AccelNb::default();
    for (text, expected) in
        [(B0, (5_288_548, 385_825_092)), (["e1k3l1se0"; 7].join("|").as_str(), (1_798_072, 51_595_768))]
    {
        let net = space.network(&space.parse(text).unwrap()).unwrap();
        assert_eq!((net.parameter_count(), net.flops()), expected, "{text}");
    }
    let first = "e6k3l1se0|e4k5l2se0|e6k3l3se0|e6k5l3se0|e6k5l2se0|e1k3l2se0|e1k3l2se0";
    let net = space.network(&space.parse(first).unwrap()).unwrap();
    assert_eq!(net.parameter_count(), 2_501_160);
}

#[test]
fn the_activation_brings_its_gate_and_no_parameters() {
    let networks = [Act::Relu, Act::Silu].map(|activation| {
        let space = AccelNb { classes: 4, resolution: 32, activation };
        space.network(&space.parse(B0).unwrap()).unwrap()
    });
    assert_eq!(networks[0].parameter_count(), networks[1].parameter_count());
    for (net, [act, gate]) in networks.iter().zip([["relu", "hard_sigmoid"], ["silu", "sigmoid"]]) {
        let kind = |name: &str| net.layers().iter().find(|layer| layer.name == name).unwrap().op.kind();
        assert_eq!([kind("stage1.block0.expand_act"), kind("stage1.block0.se.gate")], [act, gate]);
    }
}

#[test]
fn the_space_has_36_to_the_sixth_times_48_architectures() {
    let space = AccelNb::default();
    assert_eq!(space.size(), 36_u128.pow(6) * 48);
    assert_eq!(space.nth(0).as_str(), ["e1k3l1se0"; 7].join("|"));
    let last = "e6k5l3se1|e6k5l3se1|e6k5l3se1|e6k5l3se1|e6k5l3se1|e6k5l4se1|e6k5l3se1";
    assert_eq!(space.nth(space.size() - 1).as_str(), last);
    assert_eq!(space.read(last).unwrap(), space.nth(space.size() - 1));
}

#[test]
fn mistakes_are_named() {
    for (from, to, reason) in [
        ("e1k3l1se1|", "", "this has 6"),
        ("e6k5l3se1", "e6k5l5se1", "the number of blocks of group 5 is `5`, not one of 1, 2, 3"),
        ("e6k5l4se1", "e5k5l4se1", "the expansion of group 6 is `5`"),
        ("e6k5l4se1", "e6k5l5se1", "not one of 1, 2, 3, 4"),
        ("e6k5l4se1", "e6k5l4", "must read e6k3l2se1"),
        ("e6k5l4se1", "e6k5l4se2", "squeeze-excite of group 6"),
    ] {
        let message = AccelNb::default().parse(&B0.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(message.contains(reason), "{to}: {message}");
    }
    assert!(AccelNb::default().parse("").is_err());
    assert_eq!(AccelNb::default().decode(&[9; 28]), None);
}
