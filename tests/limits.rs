//! Limits on the cost of architectures, in every command that takes them.

mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use support::{refuses, rows, run};
use zeronas::space::{Constrained, Constraint, Sampler, SearchSpace, find, sample};
use zeronas::strategy::{self, Evaluated, Start};

fn limits(texts: &[&str]) -> Vec<Constraint> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn succeeds(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "zeronas {words}\n{stderr}");
    stderr
}

/// Spaces small enough to build hundreds of their networks, with limits that leave out most of each.
fn limited() -> Vec<(Arc<dyn SearchSpace>, Vec<Constraint>)> {
    let space = |name: &str, settings: &[(&str, u64)]| -> Arc<dyn SearchSpace> {
        let asked: Vec<(&str, serde_json::Value)> =
            settings.iter().map(|&(name, value)| (name, value.into())).collect();
        find(name, &asked).unwrap().into()
    };
    vec![
        (space("nats-tss", &[("channels", 4), ("cells", 1)]), limits(&["params=5k..6k", "depth=8"])),
        (space("nats-sss", &[]), limits(&["flops=10M", "peak_memory=256KiB"])),
        (space("nb101", &[("stem", 8), ("modules", 1)]), limits(&["effective_params=12k", "depth=5.."])),
        (space("nb-macro", &[("channels", 4)]), limits(&["params=75k", "peak_memory_int8=40KB"])),
        (space("nb301", &[("channels", 2), ("layers", 2)]), limits(&["params=2500"])),
    ]
}

/// Whatever a strategy proposes, in every space, keeps to the limits.
#[test]
fn every_candidate_of_every_strategy_keeps_to_the_limits() {
    for (space, limits) in limited() {
        let constrained = Constrained::of(space.clone(), &limits, None).unwrap();
        for name in strategy::NAMES {
            if name == "every" && space.enumerable().is_none_or(|all| all.size() > 100_000) {
                continue;
            }
            let recipe = strategy::find(name, &[]).unwrap();
            let mut search = recipe.start(Start::new(constrained.clone(), 1, 0)).unwrap();
            let mut count = 0;
            while count < 60 {
                let asked = search.ask().unwrap();
                if asked.is_empty() {
                    break;
                }
                count += asked.len();
                for arch in &asked {
                    assert!(constrained.admits(arch).unwrap(), "{name} in {}: {arch}", space.name());
                    let net = space.network(arch).unwrap();
                    for limit in limits.iter().filter(|limit| limit.name() == "params") {
                        assert!(limit.admits(net.parameter_count() as f64), "{name} in {}: {arch}", space.name());
                    }
                }
                let value = |arch: &zeronas::space::Arch| space.network(arch).unwrap().flops() as f64;
                let seen: Vec<Evaluated> =
                    asked.into_iter().map(|arch| Evaluated { objectives: vec![value(&arch)], arch }).collect();
                search.tell(&seen).unwrap();
            }
            assert!(count > 0, "{name} in {} proposes nothing", space.name());
        }
    }
}

#[test]
fn a_sample_keeps_to_the_limits_and_is_the_start_of_a_larger_one() {
    for (space, limits) in limited() {
        let constrained = Constrained::of(space.clone(), &limits, None).unwrap();
        for sampler in [Sampler::Uniform, Sampler::Benchmark] {
            let few = sample(constrained.as_ref(), sampler, 5, 3).unwrap();
            let more = sample(constrained.as_ref(), sampler, 20, 3).unwrap();
            assert_eq!(few, more[..5]);
            assert!(more.iter().all(|arch| constrained.admits(arch).unwrap()), "{}", space.name());
        }
    }
}

/// Even if few architectures keep to the limits, all of them are found, and the message says that there are no more.
#[test]
fn a_sample_larger_than_what_keeps_to_the_limits_is_refused() {
    let space: Arc<dyn SearchSpace> = find("nats-tss", &[("channels", 2), ("cells", 1)]).unwrap().into();
    let all = space.enumerable().unwrap();
    let params = |index| space.network(&all.nth(index)).unwrap().parameter_count();
    let counts: Vec<u64> = (0..all.size()).map(params).collect();
    let most = *counts.iter().max().unwrap();
    let there = counts.iter().filter(|&&count| count == most).count();
    assert!(there < 10);
    let constrained = Constrained::of(space.clone(), &limits(&[&format!("params={most}..")]), None).unwrap();
    for (sampler, words) in [(Sampler::Benchmark, "were found that keep"), (Sampler::Uniform, "keep")] {
        assert_eq!(sample(constrained.as_ref(), sampler, there, 0).unwrap().len(), there);
        let error = sample(constrained.as_ref(), sampler, there + 1, 0).unwrap_err().to_string();
        assert!(error.contains(&format!("only {there} {words} to the limits")), "{error}");
    }
}

#[test]
fn limits_that_nothing_keeps_to_are_told_with_the_closest_value() {
    let space: Arc<dyn SearchSpace> = zeronas::space::as_published("nats-tss").unwrap().into();
    let error =
        |texts: &[&str]| Constrained::of(space.clone(), &limits(texts), None).map(drop).unwrap_err().to_string();
    let told = error(&["params=1k", "depth=100"]);
    assert!(told.contains("params=1000") && told.contains("the closest has params "), "{told}");
    let told = error(&["latncy=3"]);
    assert!(told.contains("`latncy` is none of params, flops"), "{told}");
}

#[test]
fn commands_leave_out_what_breaks_a_limit_and_say_so() {
    let dir = tempfile::tempdir().unwrap();
    let tiny = "--channels 4 --cells 1 --batch-size 4";
    let told = succeeds(
        dir.path(),
        &format!("score --sample 12 --limit params=5k..6k {tiny} --proxies params,naswot --top 0 --out s.csv"),
    );
    assert!(told.contains("limits: ") && told.contains(" by params=5000..6000"), "{told}");
    let params: Vec<f64> = rows(dir.path(), "s.csv")[1..]
        .iter()
        .filter(|row| row.contains(",params,"))
        .map(|row| row.split(',').nth(5).unwrap().parse().unwrap())
        .collect();
    assert_eq!(params.len(), 12);
    assert!(params.iter().all(|count| (5e3..=6e3).contains(count)), "{params:?}");

    succeeds(dir.path(), &format!("score --sample 30 {tiny} --proxies params,naswot --top 0 --out all.csv"));
    let search = "search --strategy rea --evaluate proxy:params --budget evaluations=40 --runs 2";
    let told = succeeds(dir.path(), &format!("{search} --channels 4 --cells 1 --limit params=5500 --out found"));
    assert!(told.contains("limits: "), "{told}");
    let manifest = fs::read_to_string(dir.path().join("found/manifest.json")).unwrap();
    assert!(manifest.contains("params=5500"), "{manifest}");
    // The picks are written with the costs of their networks.
    let picks = fs::read_to_string(dir.path().join("found/picks.csv")).unwrap();
    let picks: Vec<Vec<&str>> = picks.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(picks[0], ["run", "arch", "params", "flops", "peak_memory_bytes", "objective_params"]);
    assert_eq!(picks.len(), 3);
    assert!(picks[1..].iter().all(|pick| pick[2].parse::<u64>().unwrap() <= 5500 && pick[1].starts_with('|')));

    let confirm = "confirm all.csv --images embedded --recipe quick --batch-size 32 --top 2 --rungs 1";
    let told = succeeds(dir.path(), &format!("{confirm} --limit params=5500 --out confirmed"));
    assert!(told.contains(" by params=5500"), "{told}");

    refuses(
        dir.path(),
        &format!("score --sample 3 --limit params=1 {tiny} --out x.csv"),
        &["--limit", "the closest has"],
    );
    refuses(dir.path(), &format!("score --sample 3 --limit params {tiny} --out x.csv"), &["--limit", "NAME=MOST"]);
    refuses(dir.path(), &format!("score --sample 3 --limit latency=3 {tiny} --out x.csv"), &["--limit", "latency"]);
}

/// A limit on a column of a table, here of the speed of each architecture on some device.
#[test]
fn a_column_of_a_table_can_be_a_limit() {
    let dir = tempfile::tempdir().unwrap();
    let archs = sample(zeronas::space::as_published("nats-tss").unwrap().as_ref(), Sampler::Uniform, 40, 0).unwrap();
    let lines = archs.iter().enumerate().map(|(i, arch)| format!("{arch},{},{}\n", 90 + i % 7, i));
    fs::write(dir.path().join("t.csv"), format!("arch,accuracy,edge_ms\n{}", lines.collect::<String>())).unwrap();
    let search =
        "search --strategy random --evaluate table --table t.csv --feedback accuracy --budget evaluations=30 --runs 1";
    succeeds(dir.path(), &format!("{search} --limit edge_ms=9 --out found --seed 3"));
    refuses(dir.path(), &format!("{search} --limit edge_mss=9 --out other"), &["--limit", "edge_mss", "edge_ms"]);
}
