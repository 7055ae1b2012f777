//! Designed spaces give the benchmarks' networks, and mistakes in their files are named.

use super::*;
use crate::space::{NatsSss, NbMacro, Sampler, sample};
use std::collections::HashSet;

fn design(text: &str) -> Designed {
    let mut design: Design = toml::from_str(text).unwrap();
    if design.name.is_empty() {
        design.name = "mine".into();
    }
    Designed::new(design).unwrap()
}

const NB_MACRO: &str = include_str!("../../../examples/spaces/nb-macro-again.toml");
const NATS_SSS: &str = include_str!("../../../examples/spaces/nats-sss-again.toml");
const MOBILE: &str = include_str!("../../../examples/spaces/small-mobile.toml");

/// Parameters and FLOPs of all rows, and the canonical key wherever the benchmark has one.
#[test]
fn nas_bench_macro_can_be_written_as_a_file() {
    let (own, benchmark) = (design(NB_MACRO), NbMacro::default());
    let (own_all, all) = (own.enumerable().unwrap(), benchmark.enumerable().unwrap());
    assert_eq!(own_all.size(), all.size());
    let mut keys = HashSet::new();
    for index in 0..all.size() {
        let (arch, written) = (own_all.nth(index), all.nth(index));
        let digits: String = arch.as_str().chars().filter(char::is_ascii_digit).collect();
        assert_eq!(digits, written.as_str());
        if index % 7 == 0 {
            let (net, expected) = (own.network(&arch).unwrap(), benchmark.network(&written).unwrap());
            let counts = |net: &Network| (net.parameter_count(), net.flops());
            assert_eq!(counts(&net), counts(&expected), "{arch}");
            keys.insert((own.key(&arch).unwrap(), benchmark.key(&written).unwrap()));
        }
    }
    let [ours, theirs] =
        [keys.iter().map(|pair| &pair.0).collect::<HashSet<_>>(), keys.iter().map(|pair| &pair.1).collect()];
    assert_eq!((ours.len(), theirs.len()), (keys.len(), keys.len()), "keys are the benchmark's, one to one");
}

#[test]
fn the_size_space_of_nats_bench_can_be_written_as_a_file() {
    let (own, benchmark) = (design(NATS_SSS), NatsSss::default());
    assert_eq!(own.enumerable().unwrap().size(), 32_768);
    for widths in sample(&benchmark, Sampler::Uniform, 200, 0).unwrap() {
        let words: Vec<String> = widths.as_str().split(':').map(|width| format!("c{width}")).collect();
        let arch = own.parse(&words.join("|")).unwrap();
        let (net, expected) = (own.network(&arch).unwrap(), benchmark.network(&widths).unwrap());
        assert_eq!((net.parameter_count(), net.flops()), (expected.parameter_count(), expected.flops()), "{arch}");
    }
}

#[test]
fn every_number_is_an_architecture_and_every_architecture_one_number() {
    let space = design(
        "classes = 3\nresolution = 8\nactivation = ['relu', 'silu']\n[stem]\nchannels = [4, 8]\n\
         [[stage]]\nblock = ['plain', 'residual']\nvary = 'block'\ndepth = [1, 3]\nkernel = [1, 3]\n\
         [[stage]]\nblock = 'cell'\nchannels = 8\nstride = 2\nnodes = [['skip'], [['none', 'conv1x1'], 'sep3x3']]\n\
         [head]\nchannels = [8, 16]",
    );
    let all = space.enumerable().unwrap();
    assert_eq!(all.size(), 2 * 2 * (4 + 64) * 2 * 2);
    let archs: Vec<Arch> = (0..all.size()).map(|index| all.nth(index)).collect();
    assert_eq!(archs.iter().collect::<HashSet<_>>().len(), archs.len());
    assert_eq!(archs[0].as_str(), "relu.c4|d1/plain.k1|none|c8");
    assert_eq!(archs[archs.len() - 1].as_str(), "silu.c8|d3/residual.k3/residual.k3/residual.k3|conv1x1|c16");
    let codes = space.encoded().unwrap();
    for arch in archs.iter().step_by(37) {
        assert_eq!(space.read(arch.as_str()).unwrap(), *arch);
        assert_eq!(codes.decode(&codes.encode(arch).unwrap()).unwrap(), *arch);
        assert!(space.canonical_network(arch).unwrap().is_some());
        let neighbours = space.neighbours(arch).unwrap();
        assert!(!neighbours.contains(arch));
        assert_eq!(neighbours.iter().collect::<HashSet<_>>().len(), neighbours.len());
    }
}

#[test]
fn a_space_may_have_more_architectures_than_can_be_counted() {
    let stage = "[[stage]]\nblock = 'mbconv'\nchannels = [8, 16, 24, 32]\nkernel = [3, 5, 7]\nexpansion = [1, 2, 3, 4, 6]\n\
                 depth = [1, 2, 3, 4]\nvary = 'block'\ngate = ['none', 'se']\n";
    let space = design(&format!("resolution = 16\n{}", stage.repeat(12)));
    assert!(space.enumerable().is_none());
    let archs = sample(&space, Sampler::Benchmark, 20, 0).unwrap();
    assert_eq!(archs.iter().collect::<HashSet<_>>().len(), 20);
    for arch in &archs {
        assert_eq!(space.read(arch.as_str()).unwrap(), *arch);
        assert!(space.network(arch).unwrap().parameter_count() > 0);
    }
    let smaller = design(&format!("resolution = 16\n{}", stage.repeat(3)));
    assert!(smaller.enumerable().unwrap().size() > 10_u128.pow(18));
}

#[test]
fn blocks_are_what_they_are_called() {
    let space = design(MOBILE);
    let arch = space.enumerable().unwrap().nth(0);
    let parts: Vec<String> = space.graph(&arch).unwrap().into_iter().map(|part| part.text).collect();
    assert!(parts[1].contains("mbconv") && parts[1].contains("kernel 3"), "{parts:?}");
    let kinds = |net: &Network| net.layers().iter().map(|layer| layer.op.kind()).collect::<HashSet<_>>();
    let squeezed = space.enumerable().unwrap().nth(space.enumerable().unwrap().size() - 1);
    assert!(kinds(&space.network(&squeezed).unwrap()).contains("mul"));
}

#[test]
fn settings_that_images_decide_are_not_part_of_the_description() {
    let space = design(MOBILE);
    let described = &space.macro_settings()[DESIGN];
    let fitted = Designed::of_manifest(described, &[("classes", json!(7)), ("resolution", json!(64))]).unwrap();
    assert_eq!((fitted.classes(), fitted.resolution()), (7, 64));
    assert_eq!(fitted.macro_settings()[DESIGN], space.macro_settings()[DESIGN]);
    assert_eq!(fitted.segments, space.segments);
    let error = Designed::of_manifest(described, &[("cells", json!(1))]).unwrap_err().to_string();
    assert!(error.starts_with("`cells=`:"), "{error}");
}

#[test]
fn mistakes_are_named_with_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.toml");
    let stage = "[[stage]]\nblock = 'plain'\nchannels = [8, 16]\n";
    for (text, reason) in [
        ("", "missing field `stage`"),
        ("[[stage]]\nblock = 'plain'\nchanels = 8\n", "unknown field `chanels`"),
        ("[[stage]]\nblock = 'plane'\n", "line 2"),
        ("[[stage]]\nblock = 'plain'\nkernel = [3, 4]\n", "stage 1: `kernel`: must be odd"),
        ("[[stage]]\nblock = 'plain'\nkernel = [3, 3]\n", "value 2 of the list is there twice"),
        ("[[stage]]\nblock = 'plain'\nkernel = []\n", "the list is empty"),
        ("[[stage]]\nchannels = [8, 16]\n", "stage 1: `block` is missing"),
        ("[[stage]]\nblock = 'plain'\nexpansion = [3, 6]\n", "`expansion` means nothing to its blocks"),
        ("[[stage]]\nblock = 'cell'\n", "`nodes` is missing"),
        ("[[stage]]\nblock = 'cell'\nnodes = [['skip'], ['skip']]\n", "node 2 has 1 edges"),
        (
            "[[stage]]\nblock = 'plain'\nactivation = ['relu', 'swish']\n",
            "`swish` is no activation; there are relu, relu6",
        ),
        ("[[stage]]\nblock = 'plain'\n", "nothing in it is a list"),
        (
            "[[stage]]\nblock = 'plain'\nkernel = [3, 5]\noptions = [{name = 'a'}]\n",
            "`kernel` is a list beside `options`",
        ),
        ("[[stage]]\noptions = [{name = 'a', block = 'plain'}, {name = 'a'}]\n", "two options are called `a`"),
        (&format!("name = 'nats-tss'\n{stage}"), "name of a space that comes with the program"),
        (&format!("name = 'a b'\n{stage}"), "letters, digits"),
        (&format!("[stem]\nshrink = [1, 9]\n{stage}"), "stem: `shrink`: must be 1 to 8, not 9"),
        (&format!("resolution = 0\n{stage}"), "`resolution`: must be 1 to 1024, not 0"),
        ("[[stage]]\nblock = 'plain'\nchannels = [8, 'wide']\n", "line 3"),
        ("[[stage]]\nblock = 'plain'\ndepth = [0, 2]\n", "`depth`: must be 1 to 64, not 0"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = Designed::read(&path, &[]).err().unwrap().to_string();
        assert!(error.contains(reason) && error.contains("mine.toml"), "{text}\n{error}");
    }
    std::fs::write(&path, stage).unwrap();
    let space = Designed::read(&path, &[]).unwrap();
    assert_eq!(space.name(), "mine");
    for (text, reason) in [
        ("", "`` must be c8 or c16"),
        ("c9", "stage 1: `c9` must be c8 or c16"),
        ("c8|c8", "is 1 parts joined by `|`, this has 2"),
        ("c8.k3", "`c8.k3` must be c8 or c16, joined by `.`"),
        ("c8/c8", "stage 1: 0 blocks are chosen one by one, and `c8/c8` has 1"),
    ] {
        let error = space.parse(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

/// The images' resolution as a choice: the same network, on what a camera of half or a third of the side would have seen.
#[test]
fn the_resolution_can_be_a_choice() {
    let space = design(
        "resolution = 32\n[stem]\nshrink = [1, 2, 3]\nchannels = [4, 8]\n[[stage]]\nblock = 'plain'\nchannels = 8\n",
    );
    let all = space.enumerable().unwrap();
    assert_eq!(all.size(), 6);
    let archs: Vec<Arch> = (0..6).map(|index| all.nth(index)).collect();
    assert_eq!((archs[0].as_str(), archs[3].as_str()), ("r1.c4", "r2.c8"));
    let flops: Vec<u64> = [0, 2, 4].map(|place: usize| space.network(&archs[place]).unwrap().flops()).into();
    let linear = 8 * 10 + 10;
    // 32, 16 and, with the two columns that are left over, 11 pixels a side.
    assert_eq!((flops[0] - linear) / (flops[1] - linear), 4);
    assert_eq!((flops[0] - linear) * 11 * 11, (flops[2] - linear) * 32 * 32);
    let net = space.network(&archs[2]).unwrap();
    assert_eq!((net.layers()[1].name.as_str(), net.layers()[1].op.kind()), ("stem.shrink", "average_pool"));
    assert!(space.graph(&archs[2]).unwrap()[0].text.ends_with("images shrunk by 2"));
}

/// The same space as TOML, JSON and YAML.
#[test]
fn a_space_may_be_written_in_three_ways() {
    let dir = tempfile::tempdir().unwrap();
    let read = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).unwrap();
        Designed::read(&dir.path().join(name), &[])
    };
    let toml = "classes = 4\n[stem]\nchannels = [8, 16]\n[[stage]]\nblock = ['plain', 'cell']\nkernel = 3\nnodes = [['skip']]\n";
    let json = r#"{"classes": 4, "stem": {"channels": [8, 16]},
                   "stage": [{"block": ["plain", "cell"], "kernel": 3, "nodes": [["skip"]]}]}"#;
    let yaml = "classes: 4\nstem:\n  channels: [8, 16]\nstage:\n  - block: [plain, cell]\n    kernel: 3\n    nodes: [[skip]]\n";
    let designs = [("mine.toml", toml), ("mine.json", json), ("mine.yaml", yaml), ("mine.yml", yaml)]
        .map(|(name, text)| read(name, text).unwrap().design);
    assert!(designs.iter().all(|design| *design == designs[0]));
    for (text, reason) in [
        ("classes: 4\nstage:\n  - block: plain\n    chanels: 8\n", "chanels"),
        ("classes: 4\nstage:\n  - block: plane\n", "plane"),
        ("classes: [", "mine.yaml"),
    ] {
        let error = read("mine.yaml", text).err().unwrap().to_string();
        assert!(error.contains(reason) && error.contains("mine.yaml"), "{error}");
    }
}

/// Sides that a stride does not divide, at whatever resolution is asked for.
#[test]
fn strides_need_not_divide_the_side() {
    let text = "[[stage]]\nblock = ['plain', 'preact', 'residual']\nstride = [2, 3]\nchannels = 8\n";
    let mut design: Design = toml::from_str(text).unwrap();
    design.name = "odd".into();
    for resolution in [27, 32, 7] {
        design.put(&[("resolution", json!(resolution))]).unwrap();
        let space = Designed::new(design.clone()).unwrap();
        let all = space.enumerable().unwrap();
        assert!((0..all.size()).all(|index| space.network(&all.nth(index)).is_ok()), "{resolution}");
    }
}
