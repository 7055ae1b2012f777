use super::super::{NatsSss, NatsTss, Nb101, sample};
use super::*;
use crate::space::Sampler;

const PLAIN: &str = r#"{"input": [3, 8, 8], "layers": [
    {"name": "conv", "op": "conv", "channels": 4, "kernel": 3, "padding": 1},
    {"name": "pool", "op": "global_average"},
    {"name": "fc", "op": "linear", "features": 2}]}"#;

/// The error for a network with these layers.
fn refusal(layers: &str) -> String {
    let text = format!(r#"{{"name": "mine", "input": [3, 8, 8], "layers": [{layers}]}}"#);
    Networks::parse(&[text]).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn every_network_of_the_benchmarks_comes_back_from_its_json() {
    let spaces: [&dyn SearchSpace; 3] = [&NatsTss::default(), &NatsSss::default(), &Nb101::default()];
    for space in spaces {
        for arch in sample(space, Sampler::Uniform, 20, 4).unwrap() {
            let written = space.network(&arch).unwrap();
            let networks = Networks::parse(&[json_of(&written, Some("it")).unwrap()]).unwrap();
            let it = networks.parse("it").unwrap();
            assert_eq!(networks.network(&it).unwrap(), written);
            let live = networks.canonical_network(&it).unwrap();
            assert_eq!(live.is_some(), space.canonical_network(&arch).unwrap().is_some(), "{arch}");
        }
    }
}

#[test]
fn a_layer_reads_the_one_before_it_and_the_last_yields_the_logits() {
    let networks = Networks::parse(&[PLAIN]).unwrap();
    let net = networks.network(&networks.nth(0)).unwrap();
    assert_eq!((networks.nth(0).as_str(), net.classes(), net.layers().len()), ("network1", 2, 4));
    assert_eq!(net.parameter_count(), 4 * 3 * 9 + 2 * 4 + 2);
}

#[test]
fn a_layer_that_cannot_be_is_named() {
    for (layers, words) in [
        (r#"{"name": "act", "op": "mish"}"#, vec!["layer `act`", "mish", "relu", "hard_swish"]),
        (r#"{"name": "act"}"#, vec!["layer `act`", "`op`"]),
        (r#"{"name": "act", "op": 3}"#, vec!["layer `act`", "`op`", "3"]),
        (r#"{"name": "act", "op": "relu", "slope": 1}"#, vec!["layer `act`", "slope"]),
        (r#"{"name": "act", "op": "leaky_relu", "slop": 1}"#, vec!["layer `act`", "slop", "slope"]),
        (r#"{"name": "dw", "op": "conv", "channels": 4, "kernel": 3, "groups": 3}"#, vec!["layer `dw`", "`groups`"]),
        (r#"{"name": "dw", "op": "conv", "channels": 4, "kernel": 3, "groups": 0}"#, vec!["layer `dw`", "`groups`"]),
        (r#"{"name": "c", "op": "conv", "channels": 4, "kernel": [3, 3, 3]}"#, vec!["layer `c`", "[height, width]"]),
        (r#"{"name": "c", "op": "conv", "channels": 4, "kernel": 3, "stride": 0}"#, vec!["layer `c`", "`stride`"]),
        (r#"{"name": "c", "op": "conv", "channels": 4, "kernel": 3, "dilation": 4}"#, vec!["layer `c`", "spans 9"]),
        (r#"{"name": "b", "op": "batch_norm", "eps": 0}"#, vec!["layer `b`", "`eps`"]),
        (r#"{"name": "c", "op": "conv", "kernel": 3}"#, vec!["layer `c`", "channels"]),
        (r#"{"name": "r", "op": "relu", "inputs": ["x"]}"#, vec!["layer `r`", "no layer `x`"]),
        (r#"{"name": "p", "op": "max_pool", "kernel": 9}"#, vec!["layer `p`", "smaller than the kernel"]),
        (r#"{"name": "f", "op": "linear", "features": 18446744073709551615}"#, vec!["layer `f`", "`features`"]),
        (r#"{"name": "w", "op": "conv", "channels": 65536, "kernel": 61, "padding": 30}"#, vec!["layer `w`", "most"]),
        (r#"{"name": "input", "op": "relu"}"#, vec!["layer `input`", "another layer"]),
        (r#"{"name": "r", "op": "relu"}"#, vec!["vector of logits"]),
        ("", vec!["vector of logits"]),
    ] {
        let refusal = refusal(layers);
        assert!(words.iter().all(|word| refusal.contains(word)), "{layers}: {refusal}");
    }
    for text in ["", "{}", "[]", r#"{"input": [3, 8], "layers": []}"#, r#"{"input": [3, 0, 0], "layers": []}"#] {
        assert!(Networks::parse(&[text]).is_err(), "{text}");
    }
}

#[test]
fn networks_of_one_set_take_the_same_images() {
    let named = |name: &str, text: &str| text.replacen('{', &format!(r#"{{"name": "{name}", "#), 1);
    let parse = |texts: &[String]| Networks::parse(texts).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(parse(&[named("a", PLAIN), named("a", PLAIN)]).contains("`a` is there twice"));
    assert!(parse(&[named("a", PLAIN), named("b", &PLAIN.replace("8, 8", "4, 4"))]).contains("`b` takes 3x4x4"));
    assert!(parse(&[named("a", PLAIN), named("b", &PLAIN.replace(": 2}", ": 5}"))]).contains("5 classes"));
    let audio = Networks::parse(&[named("a", &PLAIN.replace("[3, 8, 8", "[1, 8, 20"))]).unwrap();
    assert_eq!(audio.input(), Shape::new(1, 8, 20));
    assert_eq!(audio.macro_settings()["input"], json!("1x8x20"));
    assert!(parse(&[]).contains("no network"));
}

#[test]
fn networks_of_one_live_part_have_one_key() {
    let dead =
        PLAIN.replace(r#"{"name": "pool""#, r#"{"name": "dead", "op": "relu"}, {"name": "pool", "inputs": ["conv"]"#);
    let networks = Networks::parse(&[PLAIN, &dead]).unwrap();
    let [one, two] = [0, 1].map(|i| networks.key(&networks.nth(i)).unwrap().unwrap());
    assert_eq!((one.len(), &one), (64, &two));
    let other = Networks::parse(&[PLAIN.replace("\"conv\", \"op\"", "\"stem\", \"op\"")]).unwrap();
    assert_ne!(other.key(&other.nth(0)).unwrap(), Some(one));
}
