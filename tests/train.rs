//! Whole trainings of the built program: the weights are the same however a training is interrupted, and nothing is lost.

mod support;

use safetensors::SafeTensors;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use support::{images, refuses, run, zeronas};

const ARCH: &str = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_1x1~2|";

/// The flags of a small training that still takes a few hundred steps.
fn words(more: &str) -> String {
    format!(
        "train --arch {ARCH} --channels 4 --cells 1 --images cifar --recipe nats-12 --epochs 6 --batch-size 4 \
         --valid-split 40 {more}"
    )
}

fn trained(folder: &Path, more: &str) -> Output {
    let output = run(folder, &words(more));
    assert!(output.status.success(), "{more}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The tensors of a file, by name.
fn tensors(path: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors: Vec<_> = file.tensors().into_iter().map(|(name, view)| (name, view.data().to_vec())).collect();
    tensors.sort();
    tensors
}

/// The history without the columns that depend on the clock.
fn history(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("history.csv")).unwrap();
    let timeless = |line: &str| line.split(',').take(12).collect::<Vec<_>>().join(",");
    text.lines().map(timeless).collect()
}

fn assert_same(one: &Path, two: &Path) {
    assert_eq!(history(one), history(two));
    for file in ["weights.safetensors", "checkpoint.safetensors"] {
        assert!(tensors(&one.join(file)) == tensors(&two.join(file)), "{file} differs");
    }
}

/// Starts a training and returns it once its first checkpoint is there.
fn started(folder: &Path, out: &str) -> Child {
    let line = words(&format!("--out {out}"));
    let mut child = zeronas(folder).args(line.split_whitespace()).stderr(Stdio::piped()).spawn().unwrap();
    while !folder.join(out).join("checkpoint.safetensors").exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

/// Ends a training early, after its first checkpoint, and returns its folder and output. If it finished before, as on a busy
/// machine, another one is started.
fn cut(folder: &Path, name: &str, end: impl Fn(Child) -> Output) -> (String, Output) {
    for attempt in 0..20 {
        let out = format!("{name}-{attempt}");
        let output = end(started(folder, &out));
        if !output.status.success() && !folder.join(&out).join("weights.safetensors").exists() {
            return (out, output);
        }
    }
    panic!("no training was cut before its end");
}

fn kill(mut child: Child) -> Output {
    child.kill().unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_killed_training_goes_on_to_the_same_weights() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    trained(dir.path(), "--out whole");
    let whole = dir.path().join("whole");
    let rows = history(&whole);
    assert_eq!(rows.len(), 7);
    assert!(
        rows[0].starts_with("epoch,steps,learning_rate,train_loss,train_accuracy,train_top5,valid_loss"),
        "{}",
        rows[0]
    );
    assert!(rows[6].starts_with("6,240,"), "160 training images are 40 steps an epoch: {}", rows[6]);
    for file in
        ["history.parquet", "curves.html", "manifest.json", "figures/loss.svg", "checkpoint.previous.safetensors"]
    {
        assert!(whole.join(file).exists(), "{file}");
    }

    for later in 0..3 {
        let (out, _) = cut(dir.path(), &format!("killed{later}"), |child| {
            std::thread::sleep(Duration::from_millis(20 * later));
            kill(child)
        });
        refuses(dir.path(), &words(&format!("--out {out}")), &["checkpoint.safetensors", "--resume"]);
        trained(dir.path(), &format!("--out {out} --resume"));
        assert_same(&whole, &dir.path().join(out));
    }
    // Nothing is left to do, and threads change nothing.
    let again = trained(dir.path(), "--out whole --resume");
    assert!(String::from_utf8(again.stderr).unwrap().contains("0 epochs trained"));
    trained(dir.path(), "--out alone --threads 1");
    assert_same(&whole, &dir.path().join("alone"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_training_stops_within_an_epoch_and_goes_on_there() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    let (out, output) = cut(dir.path(), "stopped", |child| {
        Command::new("kill").args(["-INT", &child.id().to_string()]).output().unwrap();
        child.wait_with_output().unwrap()
    });
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("interrupted in epoch") && stderr.contains("--resume"), "{stderr}");
    trained(dir.path(), &format!("--out {out} --resume"));
    trained(dir.path(), "--out whole");
    assert_same(&dir.path().join("whole"), &dir.path().join(out));
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_checkpoint_before() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    let (out, _) = cut(dir.path(), "full", kill);
    let checkpoint = dir.path().join(&out).join("checkpoint.safetensors");
    let before = tensors(&checkpoint);
    // A limit on file size stands in for a full disk: once its signal is ignored, writing past the limit is an error.
    let refused = |more: &str, named: &str| {
        let line = quoted(&words(more));
        let limited = format!("trap '' XFSZ; ulimit -f 8; exec '{}' {line}", env!("CARGO_BIN_EXE_zeronas"));
        let output = Command::new("sh").args(["-c", &limited]).current_dir(dir.path()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(named), "{stderr}");
    };
    refused(&format!("--out {out} --resume"), "cannot be written");
    assert!(tensors(&checkpoint) == before);
    refused("--out fresh", "checkpoint.safetensors cannot be written");
    let left = fs::read_dir(dir.path().join("fresh")).unwrap().flatten();
    let left: Vec<_> = left.filter(|entry| entry.file_name().to_string_lossy().ends_with(".unfinished")).collect();
    assert!(left.is_empty(), "the disk is not left full of it");
    trained(dir.path(), &format!("--out {out} --resume"));
    trained(dir.path(), "--out whole");
    assert_same(&dir.path().join("whole"), &dir.path().join(out));
}

/// Quotes words for a shell.
#[cfg(unix)]
fn quoted(words: &str) -> String {
    words.split_whitespace().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_is_good() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    trained(dir.path(), "--out t");
    let out = dir.path().join("t");
    let (current, previous) = (out.join("checkpoint.safetensors"), out.join("checkpoint.previous.safetensors"));
    let weights = tensors(&out.join("weights.safetensors"));
    let mut bytes = fs::read(&current).unwrap();
    let middle = bytes.len() - 100;
    bytes[middle] ^= 0x10;
    fs::write(&current, bytes).unwrap();
    refuses(
        dir.path(),
        &words("--out t --resume"),
        &["checkpoint.safetensors", "checksum", "checkpoint.previous.safetensors"],
    );
    fs::rename(&previous, &current).unwrap();
    trained(dir.path(), "--out t --resume");
    assert!(tensors(&out.join("weights.safetensors")) == weights);
}

#[test]
fn a_training_that_diverges_says_where() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    let output = run(dir.path(), &words("--learning-rate 1e36 --out bad"));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("in epoch 1, step") && stderr.contains("learning rate 1.000e36"), "{stderr}");
}

#[test]
fn bad_flags_are_named() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    for (more, parts) in [
        ("--device cuda", &["--device", "cuda"][..]),
        ("--threads 0", &["--threads"]),
        ("--learning-rate -1", &["--learning-rate"]),
        ("--classes 5", &["label"]),
    ] {
        refuses(dir.path(), &words(&format!("{more} --out t")), parts);
    }
    let train = |more: &str| format!("train --channels 4 --cells 1 --out t {more}");
    let arch = format!("--arch {ARCH}");
    for (more, parts) in [
        (format!("{arch} --images cifar --recipe quick --epochs 0"), &["--epochs"][..]),
        (format!("{arch} --images cifar --recipe quick --batch-size 201"), &["--batch-size", "200"]),
        (format!("{arch} --images cifar --recipe quick --batch-size 0"), &["--batch-size"]),
        (format!("{arch} --images cifar --recipe quick --valid-split 200"), &["--valid-split", "200"]),
        (format!("{arch} --images cifar --recipe nb101-108"), &["--valid-split", "10000"]),
        (format!("{arch} --images cifar --recipe quick --valid-split absent.txt"), &["absent.txt"]),
        (
            format!("{arch} --images cifar --recipe slow"),
            &["--recipe", "nats-200, nats-12, nb101-108, nb-macro-50, quick"],
        ),
        (format!("{arch} --images absent --recipe quick"), &["absent"]),
        (format!("{arch} --recipe quick"), &["--images"]),
        (
            "--arch |none~0|+|none~0|none~1|+|none~0|none~1|none~2| --images cifar --recipe quick --batch-size 8"
                .into(),
            &["no path leads", "--as-written"],
        ),
    ] {
        refuses(dir.path(), &train(&more), parts);
    }
    assert!(!dir.path().join("t").exists(), "a refused training leaves nothing behind");
    trained(dir.path(), "--out t");
    refuses(dir.path(), &words("--out t --resume --seed 5"), &["checkpoint.safetensors", "seed was 0 and is 5 now"]);
    refuses(dir.path(), &words("--out t --resume --exact"), &["exact was false and is true now"]);
}

/// A space of each kind learns something of 200 images in a few epochs, and the official NAS-Bench-101 recipe runs.
#[test]
fn every_space_trains() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    for (name, words) in [
        ("tss", format!("--arch {ARCH} --channels 8 --cells 1 --recipe quick --epochs 12")),
        ("sss", "--space nats-sss --arch 8:8:8:8:8 --recipe quick --epochs 12".into()),
        (
            "nb101",
            "--space nb101 --arch 010001000;conv3x3-bn-relu --stem 8 --modules 1 --recipe nb101-108 --epochs 12 \
             --learning-rate 0.05 --valid-split 20"
                .into(),
        ),
    ] {
        let words = format!("train {words} --images cifar --batch-size 20 --out {name}");
        let output = run(dir.path(), &words);
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
        let rows = history(&dir.path().join(name));
        let loss = |row: &str| row.split(',').nth(3).unwrap().parse::<f64>().unwrap();
        assert!(loss(&rows[12]) < 0.95 * loss(&rows[1]), "{name} learns nothing: {rows:?}");
    }
}

#[test]
fn the_best_by_their_scores_are_confirmed() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    support::score(dir.path(), "--sample 12 --sample-seed 3 --out scores.csv");
    let archs: Vec<String> = support::rows(dir.path(), "scores.csv")[1..]
        .iter()
        .map(|row| row.split(',').nth(1).unwrap().to_owned())
        .collect();
    let table: String = archs.iter().step_by(3).enumerate().map(|(i, arch)| format!("{arch},{}\n", 80 + i)).collect();
    fs::write(dir.path().join("table.csv"), format!("arch,accuracy\n{table}")).unwrap();
    let confirm = |more: &str| {
        format!(
            "confirm scores.csv --top 4 --rungs 1,3 --channels 4 --cells 1 --images cifar --recipe quick --batch-size 20 \
             --benchmark table.csv --target accuracy --out confirmed {more}"
        )
    };
    for (more, flag) in [("--valid-split own", "--valid-split"), ("--threads 0", "--threads")] {
        refuses(dir.path(), &confirm(more), &[flag]);
    }
    assert!(!dir.path().join("confirmed").exists(), "a refused run leaves nothing behind");
    let output = run(dir.path(), &confirm(""));
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{stderr}");
    let rows = fs::read_to_string(dir.path().join("confirmed/confirmed.csv")).unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    let header = "arch,status,candidate,mean_rank,epochs,score_naswot,ln_score_synflow,score_grad_norm,without_score,valid_accuracy,\
         test_accuracy,benchmark_accuracy";
    assert_eq!((rows[0], rows.len()), (header, 5));
    let epochs: Vec<&str> = rows[1..].iter().map(|row| row.split(',').nth(4).unwrap()).collect();
    assert_eq!(epochs, ["3", "3", "1", "1"]);
    let pick = rows[1].split(',').next().unwrap();
    let told = format!("\npick: {pick}\n20 validation images cannot tell the pick from 1 other\n");
    assert!(stdout.ends_with(&told), "{stdout}");
    let folders = fs::read_dir(dir.path().join("confirmed")).unwrap().flatten().filter(|entry| entry.path().is_dir());
    assert_eq!(folders.filter(|entry| entry.path().join("curves.html").exists()).count(), 4, "a folder a candidate");
    let page = fs::read_to_string(dir.path().join("confirmed/report.html")).unwrap();
    let picked = format!("The pick is <code>{}</code>", pick.replace('|', "|<wbr>"));
    assert!(page.contains(&picked) && page.contains("<svg class=\"cell\""), "{picked}");
    assert!(stdout.contains("mean rank") && stdout.contains("naswot"), "what the scores said: {stdout}");

    refuses(dir.path(), &confirm(""), &["confirmed", "--resume"]);
    let again = run(dir.path(), &confirm("--resume"));
    assert_eq!(String::from_utf8(again.stdout).unwrap(), stdout);
    refuses(dir.path(), &confirm("--resume --epochs 3"), &["--epochs"]);
    refuses(dir.path(), &confirm("--resume --rungs 3,1"), &["--rungs"]);
    refuses(dir.path(), &confirm("--resume --seeds 0"), &["--seeds"]);
    refuses(dir.path(), &confirm("--resume --by-chance 5"), &["--by-chance", "4"]);

    // Further trainings of the two at the last rung.
    let seeds = run(dir.path(), &confirm("--resume --seeds 3"));
    let (stdout, stderr) = (String::from_utf8(seeds.stdout).unwrap(), String::from_utf8(seeds.stderr).unwrap());
    assert!(seeds.status.success() && stderr.contains(" with seed 2: "), "{stderr}");
    let ties = "20 validation images and 3 trainings of each cannot tell the pick from 1 other";
    assert!(stdout.contains(ties), "{stdout}");
    let column = |name: &str| -> Vec<String> {
        let table = fs::read_to_string(dir.path().join("confirmed/confirmed.csv")).unwrap();
        let place = table.lines().next().unwrap().split(',').position(|title| title == name).unwrap();
        table.lines().skip(1).map(|row| row.split(',').nth(place).unwrap().to_owned()).collect()
    };
    assert_eq!(column("trainings"), ["3", "3", "1", "1"]);
    assert_eq!(column("diverged_trainings"), ["0"; 4]);
    assert_eq!(column("valid_accuracy_sd").iter().filter(|sd| sd.parse::<f64>().is_ok()).count(), 2);
    let status = run(dir.path(), "status confirmed");
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("finished"), "{status}");

    // The best two, and two others.
    let best = column("candidate")
        .into_iter()
        .zip(column("arch"))
        .filter(|(candidate, _)| ["1", "2"].contains(&candidate.as_str()));
    let best: HashSet<String> = best.map(|(_, arch)| arch).collect();
    let chance = run(dir.path(), &confirm("--resume --by-chance 2 --judge accuracy-and-speed"));
    let stdout = String::from_utf8(chance.stdout).unwrap();
    assert!(stdout.contains("2 of the 4 were drawn at random; the pick is one of "), "{stdout}");
    let chosen = column("arch").into_iter().zip(column("chosen_by"));
    let ranked: HashSet<String> = chosen.filter(|(_, by)| by == "rank").map(|(arch, _)| arch).collect();
    assert_eq!((ranked, column("chosen_by").iter().filter(|by| *by == "chance").count()), (best, 2));
    assert!(column("mean_train_loss").iter().all(|loss| loss.parse::<f64>().is_ok_and(|loss| loss > 0.0)));

    // A table of other architectures is detected before anything is trained.
    fs::write(dir.path().join("table.csv"), "arch,accuracy\nanother,1\n").unwrap();
    refuses(dir.path(), &confirm("--resume"), &["--benchmark", "`accuracy`", "4 architectures"]);
}
