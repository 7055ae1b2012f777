//! Tables of other tools, as they come: each is read with the right numbers, or refused with the right words.

mod support;

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::Path;

use polars::prelude::*;
use support::{images, refuses, run, zeronas};
use zeronas::space::{NatsTss, SearchSpace};

/// Three architectures of nats-tss.
const ARCHS: [&str; 3] = [
    "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
    "|nor_conv_1x1~0|+|skip_connect~0|avg_pool_3x3~1|+|nor_conv_1x1~0|skip_connect~1|none~2|",
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
];

fn succeeds(folder: &Path, words: &str) -> (String, String) {
    let output = run(folder, words);
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "zeronas {words}\n{stderr}");
    (stdout, stderr)
}

/// A benchmark in which the architectures rank as listed.
fn benchmark(folder: &Path) {
    let rows: String = ARCHS.iter().enumerate().map(|(i, arch)| format!("{arch},{}\n", 90 + i)).collect();
    fs::write(folder.join("bench.csv"), format!("arch,acc\n{rows}")).unwrap();
}

/// Returns the proxies of a report with their numbers of architectures, and the messages about columns.
fn reported(folder: &Path, scores: &str, more: &str) -> (Vec<(String, String)>, String) {
    let words = format!("report {scores} --benchmark bench.csv --target acc --bootstrap 0 --out r {more}");
    let (_, stderr) = succeeds(folder, &words);
    let text = fs::read_to_string(folder.join("r/summary.csv")).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        let cells: HashMap<&str, &str> = header.iter().copied().zip(line.split(',')).collect();
        (cells["proxy"].to_owned(), format!("{} {}", cells["n"], cells["spearman"]))
    };
    (lines.map(row).collect(), stderr)
}

fn proxies(found: &[(String, String)]) -> Vec<&str> {
    found.iter().map(|(proxy, _)| proxy.as_str()).collect()
}

#[test]
fn side_columns_are_no_proxies_and_each_is_named() {
    let dir = tempfile::tempdir().unwrap();
    benchmark(dir.path());
    let rows: String = ARCHS
        .iter()
        .enumerate()
        .map(|(i, arch)| format!("{i},{arch},{},{}.5,0.1,{},{},us\n", ["None", "2", "3"][i], 7 - i, 3 - i, 90 + i))
        .collect();
    fs::write(dir.path().join("theirs.csv"), format!(",arch,nwot,synflow,time=[s],rank,acc,origin\n{rows}")).unwrap();
    let (found, said) = reported(dir.path(), "theirs.csv", "");
    assert_eq!(proxies(&found), ["nwot", "synflow"]);
    assert!(found.iter().all(|(_, numbers)| numbers.starts_with("3 ")), "{found:?}");
    for words in [
        "proxies nwot, synflow",
        "a column (has no name)",
        "`time=[s]` (is a time)",
        "`rank` (is a rank)",
        "`acc` (is the target)",
        "`origin` (is no column of numbers: row 1: `us` is not a number)",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(dir.path().join("r/manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["scores"][0]["proxies"], serde_json::json!(["nwot", "synflow"]));
    assert_eq!(manifest["scores"][0]["left_out"]["rank"], "is a rank");
    let (found, _) = reported(dir.path(), "theirs.csv", "--proxy-columns rank,nwot");
    assert_eq!(proxies(&found), ["nwot", "rank"]);
    refuses(
        dir.path(),
        "report theirs.csv --benchmark bench.csv --target acc --out r2 --proxy-columns nwut",
        &["--proxy-columns nwut", "did you mean `nwot`?"],
    );
    // A copy of the target under another name is a proxy, and a suspicious one.
    let copies: String = ARCHS.iter().enumerate().map(|(i, arch)| format!("{arch},{i},{}\n", 90 + i)).collect();
    fs::write(dir.path().join("copy.csv"), format!("arch,nwot,label\n{copies}")).unwrap();
    let words = "report copy.csv --benchmark bench.csv --target acc --bootstrap 0 --out r3";
    let (stdout, _) = succeeds(dir.path(), words);
    assert!(stdout.contains("label is equal to the target acc"), "{stdout}");
}

#[test]
fn parquet_of_other_types_is_read() {
    let dir = tempfile::tempdir().unwrap();
    benchmark(dir.path());
    let categories = Column::new("arch".into(), ARCHS).cast(&DataType::from_categories(Categories::global())).unwrap();
    let small = Column::new("nwot".into(), [1_i16, 2, 3]);
    let decimal = Column::new("zen".into(), [1.5, 2.5, 0.25]).cast(&DataType::Decimal(10, 2)).unwrap();
    let yes = Column::new("yes".into(), [true, false, true]);
    let mut frame = DataFrame::new(3, vec![categories, small, decimal, yes]).unwrap();
    ParquetWriter::new(File::create(dir.path().join("t.bin")).unwrap()).finish(&mut frame).unwrap();
    let (found, said) = reported(dir.path(), "t.bin", "");
    assert_eq!(found, [("nwot".into(), "3 1.0".into()), ("zen".into(), "3 -0.5".into())]);
    assert!(said.contains("`yes` (holds true and false)"), "{said}");
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/tests/data/other_types.parquet");
    fs::write(dir.path().join("bench.csv"), "arch,acc\na,1\nb,2\n").unwrap();
    let output = run(dir.path(), &format!("compare {other} {other} --bootstrap 0"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn two_files_of_one_tool_go_together_by_index() {
    let dir = tempfile::tempdir().unwrap();
    let order = ["309", "429", "7"];
    let rows: String =
        ARCHS.iter().zip(order).enumerate().map(|(i, (arch, index))| format!("{index},{arch},{}\n", 90 + i)).collect();
    fs::write(dir.path().join("bench.csv"), format!("index,arch,acc\n{rows}")).unwrap();
    let file = |name: &str, proxy: &str, ends: [&str; 3]| {
        let rows: String = order.iter().zip(ends).map(|(index, end)| format!("{index}.0,{end},0.1\n")).collect();
        fs::write(dir.path().join(name), format!("index,{proxy},time=[s]\n{rows}")).unwrap();
    };
    file("nwot.csv", "nwot", ["1", "2", "3"]);
    file("synflow.csv", "synflow", ["3e20", "2e20", "1e20"]);
    let (found, _) = reported(dir.path(), "nwot.csv synflow.csv", "");
    assert_eq!(found, [("nwot".into(), "3 1.0".into()), ("synflow".into(), "3 -1.0".into())]);
    let (found, _) = reported(dir.path(), "nwot.csv synflow.csv", "--proxy-columns synflow");
    assert_eq!(proxies(&found), ["synflow"]);
}

#[test]
fn a_benchmark_by_index_alone_joins_by_index() {
    let dir = tempfile::tempdir().unwrap();
    let space = NatsTss::default();
    let archs: Vec<String> = ["0", "1000", "15624"].map(|index| space.parse(index).unwrap().to_string()).into();
    fs::write(dir.path().join("bench.csv"), "index,acc\n0,90\n1000,91\n15624,92\n").unwrap();
    fs::write(dir.path().join("by_index.csv"), "index,nwot\n0,1\n1000,2\n15624,3\n").unwrap();
    let rows: String = archs.iter().enumerate().map(|(i, arch)| format!("{arch},{i}\n")).collect();
    fs::write(dir.path().join("by_arch.csv"), format!("arch,nwot\n{rows}")).unwrap();
    for scores in ["by_index.csv", "by_arch.csv"] {
        let (found, _) = reported(dir.path(), scores, "--space nats-tss");
        assert_eq!(found, [("nwot".into(), "3 1.0".into())], "{scores}");
    }
}

#[test]
fn architectures_have_many_column_names_and_notations() {
    let dir = tempfile::tempdir().unwrap();
    benchmark(dir.path());
    for name in ["net_str", "net", "architecture", "arch_str"] {
        let rows: String = ARCHS.iter().enumerate().map(|(i, arch)| format!("{arch},{i}\n")).collect();
        fs::write(dir.path().join("theirs.csv"), format!("{name},nwot\n{rows}")).unwrap();
        assert_eq!(reported(dir.path(), "theirs.csv", "").0, [("nwot".into(), "3 1.0".into())], "{name}");
        fs::write(dir.path().join("theirs.csv"), format!("cell,nwot\n{rows}")).unwrap();
        assert_eq!(reported(dir.path(), "theirs.csv", "--arch-column cell").0, [("nwot".into(), "3 1.0".into())]);
    }
    // NASLib's tuples of the operations on the edges, both in its own order.
    let space = NatsTss::default();
    let tuples = ["(4, 0, 3, 1, 4, 3)", "(2, 4, 0, 0, 3, 2)"];
    let archs = tuples.map(|tuple| space.parse(tuple).unwrap());
    fs::write(dir.path().join("bench.csv"), format!("arch,acc\n{},90\n{},91\n", archs[0], archs[1])).unwrap();
    fs::write(dir.path().join("theirs.csv"), format!("net,nwot\n\"{}\",754.7\n\"{}\",785.6\n", tuples[0], tuples[1]))
        .unwrap();
    assert_eq!(reported(dir.path(), "theirs.csv", "").0, [("nwot".into(), "2 1.0".into())]);
}

#[test]
fn dialects_and_folders_of_parts_are_score_files() {
    let dir = tempfile::tempdir().unwrap();
    benchmark(dir.path());
    let rows: String = ARCHS.iter().enumerate().map(|(i, arch)| format!("{arch};26{i},5\n")).collect();
    fs::write(dir.path().join("s.csv"), format!("arch;nwot\n{rows}\n\n")).unwrap();
    assert_eq!(reported(dir.path(), "s.csv", "").0, [("nwot".into(), "3 1.0".into())]);
    let long: String = ARCHS.iter().enumerate().map(|(i, arch)| format!("{arch},nwot,{i}.5\n")).collect();
    let text = format!("\u{feff}arch,proxy,score\n{long}");
    fs::write(dir.path().join("long.csv"), text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()).unwrap();
    assert_eq!(reported(dir.path(), "long.csv", "").0, [("nwot".into(), "3 1.0".into())]);
    fs::create_dir(dir.path().join("parts.parquet")).unwrap();
    for (part, archs) in [&ARCHS[..2], &ARCHS[2..]].into_iter().enumerate() {
        fs::write(dir.path().join("archs.txt"), archs.join("\n")).unwrap();
        let words = format!(
            "score --archs archs.txt --channels 4 --cells 1 --proxies params --top 0 --out parts.parquet/part-{part}.parquet"
        );
        succeeds(dir.path(), &words);
    }
    assert_eq!(reported(dir.path(), "parts.parquet", "").0[0].1.split(' ').next(), Some("3"));
}

#[test]
fn lists_of_architectures_are_read_whatever_they_are_called() {
    let dir = tempfile::tempdir().unwrap();
    let lines = ARCHS.join("\n");
    for (name, text) in [
        ("one_column.csv", format!("arch_str\n{lines}\n")),
        ("bom.txt", format!("\u{feff}{lines}\n")),
        ("json", format!("[\"{}\"]", ARCHS.join("\", \""))),
        ("quoted.txt", format!("\"{}\"\r\n", ARCHS.join("\"\r\n\""))),
        ("lines.csv", lines.clone()),
    ] {
        fs::write(dir.path().join(name), text).unwrap();
        let out = format!("{name}.out.csv");
        succeeds(
            dir.path(),
            &format!("score --archs {name} --channels 4 --cells 1 --proxies params --top 0 --out {out}"),
        );
        let rows = support::rows(dir.path(), &out);
        assert!(
            rows.len() == 4 && ARCHS.iter().all(|arch| rows.iter().any(|row| row.contains(arch))),
            "{name}: {rows:?}"
        );
    }
    fs::write(dir.path().join("empty.tfrecord"), "").unwrap();
    refuses(dir.path(), "import empty.tfrecord --out t.parquet", &["empty.tfrecord", "holds no architecture"]);
    assert!(!dir.path().join("t.parquet").exists());
}

/// Small macro settings of a space, by the names of their flags.
fn small(name: &str) -> Option<&'static str> {
    [("channels", "8"), ("cells", "2"), ("stem", "8"), ("stacks", "2"), ("modules", "1")]
        .into_iter()
        .find_map(|(known, value)| (known == name).then_some(value))
}

/// The networks that are trained are those that were scored: with the file's space and macro settings. A flag that contradicts them is
/// refused.
#[test]
fn confirmed_networks_are_those_that_were_scored() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    for benchmark in zeronas::space::all() {
        let name = benchmark.name;
        let flags: Vec<(&str, &str)> =
            benchmark.macro_settings.iter().filter_map(|setting| Some((setting.name, small(setting.name)?))).collect();
        let words = flags.iter().map(|(flag, value)| format!("--{flag} {value} ")).collect::<String>();
        let score =
            format!("score --space {name} {words}--proxies params --as-written --top 0 --out {name}.parquet --arch");
        let output = zeronas(dir.path()).args(score.split_whitespace()).arg(benchmark.example).output().unwrap();
        assert!(output.status.success(), "{score} {}\n{}", benchmark.example, String::from_utf8_lossy(&output.stderr));
        let confirm = format!(
            "confirm {name}.parquet --top 1 --rungs 1 --images cifar --recipe quick --batch-size 100 --as-written"
        );
        succeeds(dir.path(), &format!("{confirm} --out {name}"));
        let scores =
            ParquetReader::new(File::open(dir.path().join(format!("{name}.parquet"))).unwrap()).finish().unwrap();
        let scored = scores.column("score").unwrap().f64().unwrap().get(0).unwrap();
        assert_eq!(trained_parameters(&dir.path().join(name)), scored as usize, "{name}");
        for (flag, value) in &flags {
            let refused = format!("{confirm} --out refused --{flag} 3");
            refuses(
                dir.path(),
                &refused,
                &[&format!("--{flag}"), "is 3", &format!("{name}.parquet was scored with {value}")],
            );
        }
        let other = zeronas::space::all().map(|other| other.name).find(|other| *other != name).unwrap();
        let parts = ["--space", &format!("{name}.parquet was scored with {name}")];
        refuses(dir.path(), &format!("{confirm} --out refused --space {other}"), &parts);
        let shortlist =
            format!("shortlist {name}.parquet --space {other} --table bench.csv --feedback acc --final acc");
        refuses(dir.path(), &shortlist, &parts);
        let search = format!(
            "search --strategy every --evaluate proxy:params --scores {name}.parquet --space {other} --runs 1 --out s"
        );
        refuses(dir.path(), &search, &parts);
    }
}

/// Returns the number of a training's parameters, counted in its weights.
fn trained_parameters(folder: &Path) -> usize {
    let training = fs::read_dir(folder).unwrap().flatten().find(|entry| entry.path().is_dir()).unwrap();
    let bytes = fs::read(training.path().join("weights.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let parameters = file.tensors().into_iter().filter(|(name, _)| !name.contains("running_"));
    parameters.map(|(_, tensor)| tensor.shape().iter().product::<usize>()).sum()
}

#[test]
fn a_pick_by_another_tool_is_of_the_space_that_its_notation_shows() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    fs::write(dir.path().join("theirs.csv"), "net,nwot\n8:8:8:8:8,1\n8:8:8:8:16,2\n").unwrap();
    let confirm = "confirm theirs.csv --top 1 --rungs 1 --images cifar --recipe quick --batch-size 100";
    let (stdout, _) = succeeds(dir.path(), &format!("{confirm} --out confirmed"));
    assert!(stdout.ends_with("pick: 8:8:8:8:16\n"), "{stdout}");
    refuses(dir.path(), &format!("{confirm} --out refused --space nats-tss"), &["--space", "nats-sss"]);
}
