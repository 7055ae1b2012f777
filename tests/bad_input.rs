//! Bad input: exit code 2 and a message that names the file, row or flag at fault.

mod support;

use std::fs;
use support::{refuses, run, score, zeronas};

const OK: &str = "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|";

#[test]
fn malformed_architectures() {
    let dir = tempfile::tempdir().unwrap();
    for (arch, part) in [
        ("|conv_7x7~0|+|none~0|none~1|+|none~0|none~1|none~2|", "no operation `conv_7x7`"),
        ("|none~0|+|none~0|+|none~0|none~1|none~2|", "node 2 takes 2 edges"),
        ("|none~0|+|none~0|none~0|+|none~0|none~1|none~2|", "must come from node 1"),
    ] {
        refuses(dir.path(), &format!("score --arch {arch} --out s.csv"), &["architecture", part]);
        refuses(dir.path(), &format!("show --arch {arch}"), &["architecture", part]);
    }
    fs::write(dir.path().join("archs.txt"), format!("{OK}\n|none~0|\n")).unwrap();
    refuses(dir.path(), "score --archs archs.txt --out s.csv", &["archs.txt", "line 2"]);
    fs::write(dir.path().join("twice.txt"), format!("{OK}\n\n{OK}\n")).unwrap();
    refuses(dir.path(), "score --archs twice.txt --out s.csv", &["twice.txt", "line 3", "line 1 already"]);
    fs::write(dir.path().join("empty.txt"), "# nothing\n").unwrap();
    refuses(dir.path(), "score --archs empty.txt --out s.csv", &["empty.txt", "no architecture"]);
}

#[test]
fn malformed_architectures_of_the_other_spaces() {
    let dir = tempfile::tempdir().unwrap();
    for (space, arch, part) in [
        ("nb101", "0111100111000110000100000;maxpool3x3,maxpool3x3,maxpool3x3", "10 edges"),
        ("nb101", "010101000;maxpool3x3", "edge 1 -> 0 makes a cycle"),
        ("nb101", "010001000;conv7x7-bn-relu", "no operation `conv7x7-bn-relu`"),
        ("nb101", "01000100;maxpool3x3", "8 entries is not square"),
        ("nb101", "010001000;", "the operations are 0"),
        ("nb101", "010000000;maxpool3x3", "no path leads from the input to the output"),
        ("nb101", "8:8:8:8:8", "must read `BITS;"),
        ("nats-sss", "8:8:12:8:8", "width 3 is `12`"),
        ("nats-sss", "8:8:8:8", "this has 4"),
    ] {
        refuses(dir.path(), &format!("score --space {space} --arch {arch} --out s.csv"), &["architecture", part]);
        refuses(dir.path(), &format!("show --space {space} --arch {arch}"), &["architecture", part]);
    }
    fs::write(dir.path().join("archs.txt"), "8:8:8:8:8\n8:8:8:8:72\n").unwrap();
    refuses(dir.path(), "score --space nats-sss --archs archs.txt --out s.csv", &["archs.txt", "line 2", "`72`"]);
}

#[test]
fn image_files() {
    let dir = tempfile::tempdir().unwrap();
    let mut records = vec![0u8; 3 * 3073];
    fs::write(dir.path().join("short.bin"), &records[..3073 + 100]).unwrap();
    records[2 * 3073] = 11;
    fs::write(dir.path().join("label.bin"), &records).unwrap();
    records[2 * 3073] = 9;
    fs::write(dir.path().join("three.bin"), &records).unwrap();
    let score = |images: &str, more: &str| format!("score --arch {OK} --images {images} --out s.csv {more}");
    refuses(dir.path(), &score("short.bin", ""), &["short.bin"]);
    refuses(dir.path(), &score("label.bin", ""), &["label.bin", "11", "record 3"]);
    refuses(dir.path(), &score("three.bin", "--batch-size 4"), &["4", "3"]);
    refuses(dir.path(), &score("noise", "--augment"), &["--augment", "noise"]);
    let nb101 = "score --space nb101 --sample 1 --protocol naswot --out s.csv";
    refuses(dir.path(), nb101, &["--protocol", "naswot", "nb101"]);
    refuses(dir.path(), &score("three.bin", "--batch-size 2 --classes 5"), &["label 9"]);
    refuses(dir.path(), &score("absent.bin", ""), &["absent.bin"]);
    refuses(dir.path(), &score("embedded", "--batch-size 257"), &["257", "256"]);
    refuses(dir.path(), &score("embedded", "--batch-size 0"), &["batch"]);
}

#[test]
fn tables() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("no_arch.csv", "name,accuracy\na,1\n");
    write("twice.csv", &format!("arch,accuracy\n{OK},1\n{OK},2\n"));
    write("foreign.csv", "arch,accuracy\n8:8:8:8:8,1\n");
    write("text.csv", &format!("arch,accuracy\n{OK},good\n"));
    fs::write(dir.path().join("broken.parquet"), "PAR1 no").unwrap();
    score(dir.path(), &format!("--arch {OK} --proxies params --out s.csv"));
    for (name, part) in [
        ("no_arch.csv", "arch"),
        ("twice.csv", "twice.csv"),
        ("broken.parquet", "broken.parquet"),
        ("absent.csv", "absent"),
    ] {
        refuses(dir.path(), &format!("score --archs {name} --out t.csv"), &[part]);
        refuses(dir.path(), &format!("report s.csv --benchmark {name} --out r"), &[part]);
    }
    refuses(dir.path(), "score --archs foreign.csv --out t.csv", &["foreign.csv", "row 1", "8:8:8:8:8"]);
    refuses(dir.path(), "report s.csv --benchmark text.csv --out r", &["text.csv"]);
    refuses(dir.path(), "report no_arch.csv --benchmark foreign.csv --out r", &["no_arch.csv", "column"]);
    refuses(dir.path(), "report s.csv --benchmark foreign.csv --out r", &["none of the 1 scored", OK]);
    fs::create_dir(dir.path().join("folder.csv")).unwrap();
    refuses(
        dir.path(),
        "report folder.csv --benchmark foreign.csv --out r",
        &["folder.csv", "a folder without a file"],
    );
    refuses(dir.path(), "report s.csv --benchmark folder.csv --out r", &["folder.csv"]);
    refuses(dir.path(), "compare s.csv folder.csv", &["folder.csv", "a folder without a file"]);
    refuses(dir.path(), "compare s.csv foreign.csv", &["no proxy in common", "params", "accuracy"]);
    refuses(dir.path(), "compare s.csv foreign.csv --match params=accuracy", &["no architecture in common", OK]);
    refuses(dir.path(), "compare s.csv foreign.csv --match zen=accuracy", &["--match zen", "params"]);
    refuses(dir.path(), "compare s.csv foreign.csv --match zen", &["--match", "A=B"]);
    refuses(dir.path(), "compare s.csv absent.csv", &["absent.csv"]);
    write("good.csv", &format!("arch,a,b\n{OK},1,2\n"));
    refuses(dir.path(), "report s.csv --benchmark good.csv --out r", &["--target", "a", "b"]);
    refuses(dir.path(), "report s.csv --benchmark good.csv --target c --out r", &["c", "a", "b"]);
    let report = |more: &str| format!("report s.csv --benchmark good.csv --target a --out r {more}");
    for (more, parts) in [
        ("--subset some", &["--subset", "no-dead-edges"][..]),
        ("--subset zen>3", &["--subset zen>3", "neither"]),
        ("--subset b>9", &["--subset b>9", "none of 1"]),
        ("--given zen", &["--given zen", "params, a, b"]),
        ("--aggregate x=sum(params)", &["--aggregate", "logrank"]),
        ("--aggregate x=logrank(params,zen)", &["--aggregate x", "`zen`", "params"]),
        ("--lower-is-better zen", &["--lower-is-better zen", "params"]),
        ("--top 0", &["--top"]),
    ] {
        refuses(dir.path(), &report(more), parts);
    }
    assert!(!dir.path().join("r").exists(), "a refused report leaves nothing behind");
}

#[test]
fn flags() {
    let dir = tempfile::tempdir().unwrap();
    let score = |more: &str| format!("score --arch {OK} --out s.csv {more}");
    for (more, parts) in [
        ("--shard 3/2", &["--shard", "part 3 of 2"][..]),
        ("--shard 0/2", &["--shard", "from 1"]),
        ("--shard half", &["--shard", "I/N"]),
        ("--threads 0", &["--threads"]),
        ("--seeds 0", &["--seeds"]),
        ("--seed 18446744073709551615 --seeds 2", &["--seeds"]),
        ("--proxies naswot,magic", &["magic", "synflow"]),
        ("--proxies naswot,naswot", &["naswot", "twice"]),
        ("--channels 0", &["--channels"]),
        ("--cells 0", &["--cells"]),
        ("--resolution 30", &["--resolution", "multiple of 4"]),
        ("--device cuda", &["--device", "cuda"]),
        ("--init zeros", &["--init"]),
        ("--space nb999", &["--space", "nb999", "nats-tss, nats-sss, nb101"]),
        ("--stem 16", &["--stem", "nats-tss", "--channels"]),
        ("--space nb101 --channels 16", &["--channels", "nb101", "--stem"]),
        ("--space nb101 --stem 4", &["--stem", "at least 5"]),
        ("--space nb101 --stacks 4 --resolution 12", &["--resolution", "multiple of 8"]),
        ("--space nats-sss --cells 1", &["--cells", "nats-sss", "--classes"]),
        ("--sampler benchmark", &["--sampler", "--arch"]),
        ("--sample 3", &["--arch", "--sample"]),
        ("--from t.csv", &["t.csv"]),
        ("--sample-seed 3", &["--sample-seed", "--arch"]),
    ] {
        refuses(dir.path(), &score(more), parts);
    }
    let search =
        "search --evaluate table --table zeronas-mini --feedback test_accuracy --out found --budget evaluations=2";
    refuses(dir.path(), &format!("{search} --strategy genetc"), &["--strategy", "genetc", "'genetic'"]);
    refuses(dir.path(), "score --sample 15626 --out s.csv", &["--sample", "15625"]);
    refuses(dir.path(), "score --sample 0 --out s.csv", &["--sample"]);
    refuses(dir.path(), "score --out s.csv", &["--arch"]);
    refuses(dir.path(), &format!("score --arch {OK}"), &["--out"]);
    assert!(fs::read_dir(dir.path()).unwrap().next().is_none(), "a refused run leaves nothing behind");
}

#[test]
fn an_output_that_cannot_be_written_is_named_before_anything_is_computed() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &format!("score --arch {OK} --out no/such/folder/s.csv"));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("--out: no/such/folder/s.csv: there is no folder `no/such/folder`"), "{stderr}");
    for (out, part) in
        [("s.json", "written as .parquet or .csv"), ("s.csv.gz", "written as .parquet or .csv"), (".", "is a folder")]
    {
        refuses(dir.path(), &format!("score --arch {OK} --out {out}"), &["--out", out, part]);
    }
    refuses(dir.path(), "score --archs absent.txt --out s.csv", &["absent.txt"]);
    assert!(fs::read_dir(dir.path()).unwrap().next().is_none(), "a refused run leaves nothing behind");
}

#[test]
fn resuming_with_other_settings_names_what_differs() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), "--sample 2 --out done.parquet");
    let tiny = support::TINY.join(" ");
    for (more, part) in [
        ("--batch-size 9 --sample 2 --channels 4 --cells 1", "batch-size was 8 and is 9"),
        (&format!("{tiny} --sample 3"), "archs was 2 and is 3"),
        (&format!("{tiny} --sample 2 --seed 1"), "seed was 0 and is 1"),
        (&format!("{tiny} --sample 2 --as-written"), "as-written was false and is true"),
        (&format!("{tiny} --sample 2 --images synthetic"), "images-fingerprint"),
    ] {
        refuses(dir.path(), &format!("score {more} --out done.parquet --resume"), &["done.parquet", part]);
    }
    fs::write(dir.path().join("alien.parquet"), "no").unwrap();
    refuses(dir.path(), "score --sample 2 --out alien.parquet --resume", &["alien.parquet"]);
}

#[test]
fn a_damaged_journal_is_named_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    score(dir.path(), "--sample 2 --out a.csv");
    let manifest = fs::read_to_string(dir.path().join("a.csv.manifest.json")).unwrap();
    fs::write(dir.path().join("b.csv.journal"), manifest + "{\"network\":17}\n").unwrap();
    let words = format!("score {} --sample 2 --out b.csv --resume", support::TINY.join(" "));
    refuses(dir.path(), &words, &["b.csv.journal", "line 2"]);
}

#[test]
fn help_teaches_and_completions_complete() {
    let dir = tempfile::tempdir().unwrap();
    let help = run(dir.path(), "score --help");
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(text.contains("Examples:") && text.contains("--as-written"), "{text}");
    for shell in ["bash", "zsh", "fish"] {
        let script = zeronas(dir.path()).args(["completions", shell]).output().unwrap();
        assert!(script.status.success() && String::from_utf8(script.stdout).unwrap().contains("zeronas"));
    }
}

#[test]
fn show_knows_every_space() {
    let dir = tempfile::tempdir().unwrap();
    for (words, lines) in [
        ("nats-sss --arch 8:8:8:8:8", ["canonical key 8:8:8:8:8\n", "parameters    11,714\n", "stage 2: 8 channels"]),
        // Vertex 1 leads nowhere; counts and hash are those of the benchmark's one-vertex cell.
        (
            "nb101 --arch 0110000000010000;maxpool3x3,conv3x3-bn-relu",
            [
                "canonical key b49ac8c578b4561d79ac7087988f1c61\n",
                "dead          vertex 1: maxpool3x3 of input",
                "live          vertex 2: conv3x3-bn-relu of input",
            ],
        ),
    ] {
        let text = String::from_utf8(run(dir.path(), &format!("show --space {words}")).stdout).unwrap();
        for line in lines {
            assert!(text.contains(line), "{text}");
        }
    }
}

#[test]
fn show_tells_live_from_dead() {
    let dir = tempfile::tempdir().unwrap();
    let arch = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|";
    let text = String::from_utf8(run(dir.path(), &format!("show --arch {arch}")).stdout).unwrap();
    for line in ["canonical key 0\n", "316,346 (canonical network: 73,306)", "dead          node 0 -> node 1"] {
        assert!(text.contains(line), "{text}");
    }
}
