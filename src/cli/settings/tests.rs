use super::super::Cli;
use super::*;
use clap::CommandFactory;

/// A command line with its settings from a file of this text.
fn with(text: &str, line: &str) -> Result<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.toml");
    std::fs::write(&path, text).unwrap();
    let words = format!("{line} --config {}", path.display());
    let expanded = expanded(&Cli::command(), words.split_whitespace().map(OsString::from).collect())?;
    let line = expanded.join(" ".as_ref()).into_string().unwrap();
    Ok(line.split(" --config").next().unwrap().to_owned())
}

#[test]
fn settings_of_a_file_come_ahead_of_those_given() {
    let text = "sample = 20\nseed = 3\nproxies = ['naswot', 'zen']\naugment = true\nexact = false\n\
                [report]\nbenchmark = 'table.csv'\n[score]\nbatch_size = 8";
    let all = "zeronas score --augment --batch-size=8 --proxies=naswot --proxies=zen --sample=20 --seed=3 --out it.csv";
    assert_eq!(with(text, "zeronas score --out it.csv").unwrap(), all);
    let less =
        "zeronas score --augment --batch-size=8 --proxies=naswot --proxies=zen --seed 4 --arch 6111 --out it.csv";
    assert_eq!(
        with(text, "zeronas score --seed 4 --arch 6111 --out it.csv").unwrap(),
        less,
        "--arch stands in for --sample"
    );
    let places = "zeronas report one.csv two.csv --benchmark=table.csv --out folder";
    let report = "scores = ['one.csv', 'two.csv']\n[report]\nbenchmark = 'table.csv'";
    assert_eq!(with(report, "zeronas report --out folder").unwrap(), places);
    assert_eq!(
        with(report, "zeronas report other.csv --out folder").unwrap(),
        "zeronas report --benchmark=table.csv other.csv --out folder"
    );
}

#[test]
fn what_is_no_setting_is_named_with_what_is_nearest() {
    for (text, parts) in [
        ("batch-sise = 8", ["zeronas score has no setting `batch-sise`", "`batch-size`"]),
        ("[scores]\nseed = 1", ["there is no command `scores`", "`score`"]),
        ("augment = 'yes'", ["`augment`", "must be true or false"]),
        ("seed = {a = 1}", ["there is no command `seed`", ""]),
        ("command = 'report'", ["has settings of zeronas report", ""]),
        ("seed = ", ["run.toml", "1"]),
    ] {
        let error = with(text, "zeronas score --out it.csv").unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{text}: {error}");
    }
}

#[test]
fn every_flag_can_stand_in_a_file() {
    let mut program = Cli::command();
    program.build();
    let mut left = vec![&program];
    while let Some(command) = left.pop() {
        let mut keys: Vec<String> = command.get_arguments().map(key_of).collect();
        let count = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), count, "{}", command.get_name());
        left.extend(command.get_subcommands());
    }
}

#[test]
fn a_record_asks_for_the_same_again() {
    let line = "zeronas report one.csv two.csv --benchmark t.csv --top 1,5 --out folder --bad drop --json";
    let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
    let mut program = Cli::command();
    let matches = program.try_get_matches_from_mut(&words).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let record = Record::of(&program, &matches, &words);
    let text = record.text();
    assert!(text.contains("\ncommand = \"report\"\n"), "{text}");
    std::fs::write(dir.path().join("run.toml"), &text).unwrap();
    let again = format!("zeronas report --out other --like {}", dir.path().display());
    let again = expanded(&Cli::command(), again.split(' ').map(OsString::from).collect()).unwrap();
    let again = again.join(" ".as_ref()).into_string().unwrap();
    let expected = "zeronas report one.csv two.csv --bad=drop --benchmark=t.csv --top=1 --top=5 --out other";
    assert!(again.starts_with(expected), "{again}\n{text}");
}
