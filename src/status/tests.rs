use super::*;
use std::fs::{self, File};
use std::io::Write;

fn journal(path: &Path, manifest: &str, lines: usize) {
    let lines: String = (0..lines).map(|line| format!("{{\"network\":\"{line}\"}}\n")).collect();
    fs::write(path, format!("{manifest}\n{lines}{{\"cut o")).unwrap();
}

fn at(path: &Path) -> Result<Vec<Status>> {
    let Found { jobs, mut errors } = StatusRequest { paths: vec![path.to_owned()] }.run();
    errors.pop().map_or(Ok(jobs), Err)
}

#[test]
fn a_path_without_a_job_keeps_nobody_from_hearing_of_the_others() {
    let dir = tempfile::tempdir().unwrap();
    journal(&dir.path().join("a.csv.journal"), r#"{"archs": 3}"#, 1);
    fs::write(dir.path().join("notes.txt"), "").unwrap();
    let paths = ["notes.txt", "a.csv", "none"].map(|name| dir.path().join(name)).to_vec();
    let Found { jobs, errors } = StatusRequest { paths }.run();
    assert_eq!(jobs.iter().map(|job| job.done).collect::<Vec<_>>(), [1]);
    for (error, name) in errors.iter().zip(["notes.txt", "none"]) {
        assert!(error.to_string().contains(name), "{error}");
    }
    assert_eq!(errors.len(), 2);
}

#[test]
fn a_journal_says_whether_a_process_is_at_work() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("scores.parquet.journal");
    journal(&path, r#"{"archs": 30, "seeds": 2}"#, 7);
    let out = dir.path().join("scores.parquet");
    for asked in [&path, &out, &dir.path().to_owned()] {
        let found = at(asked).unwrap().remove(0);
        assert_eq!((found.path.as_path(), found.state, found.done), (out.as_path(), State::CutOff, 7));
        assert_eq!((found.total, found.unit), (Total::AtMost(60), "networks"));
    }
    let file = File::open(&path).unwrap();
    file.lock().unwrap();
    let found = at(&out).unwrap().remove(0);
    assert_eq!(found.state, State::Running);
    let later = found.written.0.unwrap() + std::time::Duration::from_secs(70);
    assert_eq!(found.seconds_left(later).map(f64::round), Some(530.0), "7 in 70 s, and 53 are left");
    drop(file);
    assert!(at(&dir.path().join("other")).unwrap_err().to_string().contains("there is no job"));
}

#[test]
fn parts_are_added_up_and_those_that_are_missing_named() {
    let dir = tempfile::tempdir().unwrap();
    for part in [1, 3] {
        let manifest = format!(r#"{{"archs": 100, "seeds": 1, "shard": {{"index": {part}, "count": 4}}}}"#);
        journal(&dir.path().join(format!("part-{part}.csv.journal")), &manifest, 10 * part);
    }
    let jobs = at(dir.path()).unwrap();
    assert_eq!(jobs.iter().map(|job| job.part).collect::<Vec<_>>(), [Some((1, 4)), Some((3, 4))]);
    let shown = text(&jobs, SystemTime::now()).to_string();
    let sum = "2 of 4 parts: 0 finished, 0 running, 2 cut off; 40 of at most 50 networks; not there: 2, 4";
    assert!(shown.contains(sum) && shown.contains("≤ 25"), "{shown}");
}

#[test]
fn a_search_says_its_runs_evaluations_and_best() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = File::create(dir.path().join("journal.jsonl")).unwrap();
    let steps =
        r#"{"steps":{"run":1,"first":0,"steps":[{"objectives":[0.5],"arch":"a"},{"objectives":[0.75],"arch":"b"}]}}"#;
    let ended = r#"{"ended":{"run":0,"missing":0,"ended":"evaluations"}}"#;
    writeln!(file, "{{\"command\":\"search\",\"runs\":5}}\n{steps}\n{ended}").unwrap();
    let found = at(dir.path()).unwrap().remove(0);
    assert_eq!((found.command, found.done, found.total, found.unit), ("search", 1, Total::Exactly(5), "runs"));
    assert_eq!(found.about, "2 evaluations, best 0.750");
}

#[test]
fn trainings_are_counted_in_epochs() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let folder = dir.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("manifest.json"), r#"{"arch": "8:8:8:8:8", "epochs": 12}"#).unwrap();
        fs::write(folder.join("history.csv"), "epoch,loss\n1,2\n2,1\n").unwrap();
        folder
    };
    let found = at(&folder("one")).unwrap().remove(0);
    assert_eq!((found.state, found.done, found.total), (State::CutOff, 2, Total::Exactly(12)));
    fs::write(folder("two").join("weights.safetensors"), "").unwrap();
    assert_eq!(at(&dir.path().join("two")).unwrap()[0].state, State::Finished);
    // The folder that contains them is a confirmation: 2 to epoch 3, one of them to epoch 12.
    let manifest = r#"{"command": "confirm", "top": 2, "rungs": [3, 12], "factor": 2}"#;
    fs::write(dir.path().join("manifest.json"), manifest).unwrap();
    let found = at(dir.path()).unwrap().remove(0);
    assert_eq!((found.command, found.done, found.total), ("confirm", 4, Total::AtMost(15)));
}
