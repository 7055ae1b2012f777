//! The readers of tables and of image sets on mutated files: they either refuse with a reason or return something, never panic,
//! and no file takes long. This is a separate test binary because it silences the panics that decoders catch themselves.
//!
//! `SECONDS=300 cargo test --release -p zeronas-datasets --test mutated -- --ignored --nocapture`; `fuzz/` looks deeper.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use zeronas_datasets::BenchmarkTable;
use zeronas_datasets::image::{Found, Reading};
use zeronas_datasets::table::file::TableFile;
use zeronas_datasets::table::list;
use zeronas_random::Stream;

/// The longest time that a small file may take.
const LONGEST: Duration = Duration::from_secs(20);

/// Tables and lists as people write them.
const TABLES: [&str; 9] = [
    "arch,proxy,score\n|a~0|,naswot,1.5\n|b~0|,synflow,-inf\n",
    "arch;acc;note\n\"a;b\";91,5;\"x\"\"y\"\nc;;\n",
    "arch\tvalue\tother\nx\t1e300\t0x1\ny\tNaN\t-0\n",
    "{\"arch\": \"a\", \"x\": 1, \"y\": [1, 2]}\n{\"arch\": \"b\", \"x\": null}\n",
    "[{\"arch\": \"a\", \"acc\": 3.5}, {\"arch\": \"b\", \"acc\": 1e5}]",
    "{\"a\": {\"acc\": 1}, \"b\": {\"acc\": 2}}",
    "# a list\n6111\n8:16:8:24:16\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|\n",
    "\u{feff}arch,acc\r\na,1\r\nb,2\r\n",
    "Genotype(normal=[('skip_connect', 0)], normal_concat=[2])\n",
];

/// Pieces that are inserted into files.
const PIECES: [&[u8]; 14] = [
    b"\"",
    b",",
    b"\n",
    b"\0",
    b"{",
    b"]",
    b"NaN",
    b"-1",
    b"18446744073709551616",
    b"1e999",
    b"\xff\xff\xff\xff",
    b"\x80",
    b"\x1f\x8b\x08\x00",
    b"PAR1",
];

struct Dice {
    stream: Stream,
    drawn: u64,
}

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.drawn += 1;
        (self.stream.bits(self.drawn) >> 20) as usize % n.max(1)
    }

    /// Returns one of the seeds with a few places changed, now and then with the end of another.
    fn mutated(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..1 + self.below(6) {
            // Most headers lie at the start.
            let end = if self.below(2) == 0 { bytes.len().min(64) } else { bytes.len() };
            let at = self.below(end);
            let until = (at + 1 + self.below(9)).min(bytes.len());
            match self.below(8) {
                0..=2 if at < bytes.len() => bytes[at] = self.below(256) as u8,
                3 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                4 if at < until => drop(bytes.drain(at..until)),
                5 => drop(bytes.splice(at..at, PIECES[self.below(PIECES.len())].iter().copied())),
                6 if self.below(4) == 0 => {
                    let other = &seeds[self.below(seeds.len())];
                    bytes.truncate(at);
                    bytes.extend(&other[self.below(other.len())..]);
                }
                7 if self.below(4) == 0 => bytes.truncate(at),
                _ => {}
            }
        }
        bytes
    }
}

/// Passes mutated files to `read` for as long as requested.
fn read_mutated(what: &str, seeds: &[Vec<u8>], mut read: impl FnMut(&mut Dice, &[u8]) -> bool) {
    let seconds = std::env::var("SECONDS").map_or(5, |seconds| seconds.parse().unwrap());
    let start = Instant::now();
    let (mut count, mut whole) = (0, 0);
    panic::set_hook(Box::new(|_| ()));
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut dice = Dice { stream: Stream::new(what, count), drawn: 0 };
        let bytes = dice.mutated(seeds);
        let begun = Instant::now();
        let done = panic::catch_unwind(AssertUnwindSafe(|| read(&mut dice, &bytes)));
        let kept = std::env::temp_dir().join(format!("mutated-{what}-{count}"));
        if done.is_err() || begun.elapsed() > LONGEST {
            fs::write(&kept, &bytes).unwrap();
            let _ = panic::take_hook();
            panic!("{what} {count}, kept as {}: {:?}, panicked: {}", kept.display(), begun.elapsed(), done.is_err());
        }
        whole += u64::from(done.unwrap_or(false));
        count += 1;
    }
    let _ = panic::take_hook();
    println!("{count} {what}, {whole} of them were read");
    assert!(whole > count / 50, "{whole} of {count} {what} were read");
}

fn data(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.is_file() && path.extension().is_none_or(|ending| ending != "py"));
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
#[ignore = "takes as long as SECONDS says; 5 each unless set"]
fn tables() {
    let mut seeds: Vec<Vec<u8>> = TABLES.map(|text| text.as_bytes().to_vec()).into();
    seeds.extend(data("").into_iter().map(|(_, bytes)| bytes));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.table");
    read_mutated("tables", &seeds, |_, bytes| {
        let table = TableFile::of_bytes(&path, bytes.to_vec());
        let whole = table.is_ok();
        if let Ok(table) = table {
            for name in table.names() {
                let _ = (table.texts(name), table.numeric(name), table.wholes(name));
            }
            if let Ok(benchmark) = BenchmarkTable::of(table, None) {
                benchmark.numeric_columns().iter().for_each(|name| drop(benchmark.column(name)));
            }
        }
        fs::write(&path, bytes).unwrap();
        list(&path, None).is_ok() || whole
    });
}

#[test]
#[ignore = "takes as long as SECONDS says; 5 each unless set"]
fn images() {
    let is_picture = |path: &Path| {
        let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        ["gif", "jpg", "webp", "tif", "bmp", "png"].contains(&ending.as_str())
    };
    let seeds: Vec<Vec<u8>> = data("images").into_iter().map(|(_, bytes)| bytes).collect();
    let pictures: Vec<Vec<u8>> =
        data("images").into_iter().filter(|(path, _)| is_picture(path)).map(|(_, bytes)| bytes).collect();
    let folder = tempfile::tempdir().unwrap();
    let class = folder.path().join("pictures/class");
    fs::create_dir_all(&class).unwrap();
    read_mutated("images", &seeds, |dice, bytes| {
        let (path, set) = match dice.below(3) {
            0 => (class.join("picture.png"), folder.path().join("pictures")),
            1 => (folder.path().join("set"), folder.path().join("set")),
            _ => (folder.path().join("images.npy"), folder.path().join("images.npy")),
        };
        let picture = dice.mutated(&pictures);
        fs::write(&path, if path.starts_with(&class) { &picture } else { bytes }).unwrap();
        let reading = Reading { classes: (dice.below(2) == 0).then_some(43), skip_damaged: dice.below(2) == 0 };
        let splits = Found::open(&set, &reading).and_then(|found| found.read(8));
        fs::remove_file(&path).unwrap();
        splits.map(|splits| splits.line()).is_ok()
    });
}
