//! Scores of small networks of every space, with all proxies on every engine, against those of an earlier version of this program: a
//! change that is not meant to change scores must not change a bit of them.
//!
//! `tests/golden/README.md` says how the files were made. `RECORD=1 cargo test --release --features emulation --test recorded` writes
//! them again.

mod support;

use std::path::Path;
use support::run;
use zeronas_random::fnv1a64;

/// Networks to score: a name and the flags.
const SETS: [(&str, &str); 5] = [
    ("tss", "--space nats-tss --channels 4 --cells 1 --resolution 16 --sample 4 --sample-seed 5"),
    ("tss-written", "--space nats-tss --channels 8 --cells 1 --resolution 16 --sample 2 --as-written --init perturbed"),
    ("sss", "--space nats-sss --resolution 16 --archs widths.txt --init kaiming-uniform --seed 3"),
    ("nb101", "--space nb101 --stem 8 --stacks 2 --modules 1 --resolution 16 --sample 3 --sample-seed 1"),
    ("own", "--network own.json --seeds 2"),
];

const WIDTHS: &str = "8:16:8:24:16\n16:8:8:8:24\n";

/// Windows and strides that no benchmark has.
const OWN: &str = r#"{"name": "own", "input": [3, 16, 16], "layers": [
    {"name": "stem", "op": "conv", "channels": 6, "kernel": 5, "stride": 2, "padding": 2},
    {"name": "bn", "op": "batch_norm"},
    {"name": "a", "op": "relu"},
    {"name": "b", "op": "conv", "channels": 10, "kernel": 3, "padding": 1},
    {"name": "c", "op": "batch_norm"},
    {"name": "pool", "op": "max_pool", "inputs": ["a"], "kernel": 3, "padding": 1},
    {"name": "d", "op": "conv", "channels": 10, "kernel": 1},
    {"name": "sum", "op": "sum", "inputs": ["c", "d"]},
    {"name": "average", "op": "average_pool", "kernel": 2, "stride": 2},
    {"name": "e", "op": "relu"},
    {"name": "f", "op": "concat", "inputs": ["e", "average"]},
    {"name": "g", "op": "conv", "channels": 12, "kernel": 3, "stride": 2, "padding": 1},
    {"name": "h", "op": "batch_norm"},
    {"name": "i", "op": "relu"},
    {"name": "mean", "op": "global_average"},
    {"name": "fc", "op": "linear", "features": 7}
], "output": "fc", "boundaries": ["bn", "average"]}"#;

const PROXIES: &str = "naswot,naswot_bayeswatch,lnwot,swap,nregions,synflow,logsynflow,synflow_bn,synflow_reduce_bn,grad_norm,\
                       grad_norm_global,snip,plain,fisher,grasp,ntk,az_expressivity,az_progressivity,az_trainability,zico,jacob_cov,\
                       epe_nas,zen,l2_norm,params,flops,effective_params,effective_flops";

/// Proxies that magnify rounding: on another machine their values cannot be compared.
const LOOSE: [&str; 7] = ["ntk", "zico", "synflow_bn", "az_trainability", "az_progressivity", "epe_nas", "jacob_cov"];

/// What determines the bits besides this program.
fn machine(emulation: bool) -> String {
    let arch = std::env::consts::ARCH;
    #[cfg(target_arch = "x86_64")]
    let vectors =
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") { "avx2 fma" } else { "plain" };
    #[cfg(not(target_arch = "x86_64"))]
    let vectors = "plain";
    let libm = if cfg!(target_env = "gnu") { "glibc" } else { "no glibc" };
    let compiler = if emulation {
        let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
        let version = std::process::Command::new(compiler).arg("--version").output().unwrap().stdout;
        format!(", {}", String::from_utf8(version).unwrap().lines().next().unwrap())
    } else {
        String::new()
    };
    format!("{arch}, {vectors}, {libm}{compiler}")
}

/// The scores of all sets as lines `set,network,proxy,score,status`. Before each set is a line with the hash of its whole score file
/// (without the seconds in it).
fn scores(engine: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("widths.txt"), WIDTHS).unwrap();
    std::fs::write(dir.path().join("own.json"), OWN).unwrap();
    let mut lines = Vec::new();
    for (set, words) in SETS {
        let rest = format!("--proxies {PROXIES} --images synthetic --batch-size 8 --top 0 --out {set}.csv {engine}");
        let output = run(dir.path(), &format!("score {words} {rest}"));
        assert!(output.status.success(), "{set}: {}", String::from_utf8_lossy(&output.stderr));
        lines.extend(lines_of(set, &support::rows(dir.path(), &format!("{set}.csv"))));
    }
    lines
}

fn lines_of(set: &str, rows: &[String]) -> Vec<String> {
    let header: Vec<&str> = rows[0].split(',').collect();
    let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let (arch, seed, proxy) = (column("arch"), column("seed"), column("proxy"));
    let (score, status) = (column("score"), column("status"));
    let mut known: Vec<(String, String)> = Vec::new();
    let mut lines = vec![format!("# {set} {:016x}", fnv1a64(rows.join("\n").as_bytes()))];
    for row in &rows[1..] {
        // Architectures of nb101 contain a comma and are therefore quoted.
        let mut quoted = false;
        let fields: Vec<&str> = row
            .split(|c: char| {
                quoted ^= c == '"';
                c == ',' && !quoted
            })
            .collect();
        let network = (fields[arch].to_owned(), fields[seed].to_owned());
        let place = known.iter().position(|other| *other == network).unwrap_or_else(|| {
            known.push(network);
            known.len() - 1
        });
        lines.push(format!("{set},{place},{},{},{}", fields[proxy], fields[score], fields[status]));
    }
    lines
}

/// Compares bytes on a machine like the one that the file was recorded on, and values within `limit` on any other.
fn check(name: &str, engine: &str, limit: f64) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/scores/{name}.csv"));
    let machine = format!("# recorded on {}", machine(engine.contains("emulation")));
    let found = scores(engine);
    if std::env::var_os("RECORD").is_some() {
        std::fs::write(&path, format!("{machine}\n{}\n", found.join("\n"))).unwrap();
        return;
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let (recorded_on, recorded) = text.split_once('\n').unwrap();
    let recorded: Vec<&str> = recorded.lines().collect();
    assert_eq!(found.len(), recorded.len(), "{name}: rows");
    let same = recorded_on == machine;
    if !same {
        println!("{name}: {recorded_on}, and this is {machine}: values within {limit} of each other will do");
    }
    let different: Vec<String> = found
        .iter()
        .zip(&recorded)
        .filter(|(found, recorded)| if same { found != *recorded } else { !alike(found, recorded, limit) })
        .map(|(found, recorded)| format!("{found}\n    recorded: {recorded}"))
        .collect();
    assert!(different.is_empty(), "{name}: {} lines differ:\n{}", different.len(), different.join("\n"));
}

fn alike(found: &str, recorded: &str, limit: f64) -> bool {
    if found.starts_with('#') {
        return recorded.starts_with('#');
    }
    let fields = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let (found, recorded) = (fields(found), fields(recorded));
    let value = |fields: &[String]| fields[3].parse::<f64>().ok();
    let close = match (value(&found), value(&recorded)) {
        (Some(found), Some(recorded)) => (found - recorded).abs() <= limit * recorded.abs().max(found.abs()),
        (found, recorded) => found == recorded,
    };
    found[..3] == recorded[..3] && (LOOSE.contains(&found[2].as_str()) || close && found[4] == recorded[4])
}

#[test]
fn fused_scores_are_the_recorded_ones() {
    check("fused-f32", "--engine fused", 5e-2);
}

#[test]
fn exact_scores_are_the_recorded_ones() {
    check("exact-f32", "--engine fused --exact", 5e-2);
}

#[test]
fn fused_scores_in_float64_are_the_recorded_ones() {
    check("fused-f64", "--engine fused --dtype f64", 1e-7);
}

#[test]
fn candle_scores_are_the_recorded_ones() {
    check("candle-f64", "--engine candle --dtype f64", 1e-7);
}

#[test]
#[cfg_attr(not(feature = "emulation"), ignore = "needs --features emulation and a C++ compiler")]
fn emulated_scores_are_the_recorded_ones() {
    check("emulation-f32", "--device emulation,usual", 5e-2);
    check("emulation-f64", "--device emulation,usual --dtype f64", 1e-7);
}
