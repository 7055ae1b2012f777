//! The request that compares two runs.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::average::{Readings, average};
use super::super::join::BadPolicy;
use super::super::reading::{ReadAs, space_of};
use super::super::scores::ScoreFile;
use super::super::{Error, Settings};
use super::{Agreement, agreements, differences, page, text, write};
use crate::listener::Listener;
use crate::results::Folder;
use crate::text::Text;
use crate::words::Word;

/// Compares two runs: other seeds, batches or protocols, or another tool's scores.
#[derive(Clone, Debug)]
pub struct CompareRequest {
    /// Score file of the first run, or another tool's table.
    pub a: PathBuf,
    /// Score file of the second run.
    pub b: PathBuf,
    /// Pairs of proxies that are compared although their names differ, each with the proxy of the first run first.
    pub matches: Vec<(String, String)>,
    /// A benchmark table, needed where a table of scores has only the benchmark's `index`.
    pub benchmark: Option<PathBuf>,
    /// How the files are read.
    pub read: ReadAs,
    /// What architectures without a score count as.
    pub bad: BadPolicy,
    /// Bootstrap draws for the intervals; 0 leaves them out.
    pub bootstrap: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// How many of the architectures that move most the text lists for each proxy.
    pub rows: usize,
    /// Folder for the tables and a page, if they are to be written.
    pub out: Option<PathBuf>,
}

/// The result of a [`CompareRequest`].
pub struct Compared {
    /// How the runs agree, proxy by proxy.
    pub agreements: Vec<Agreement>,
    /// The same as text, with the settings in which the manifests differ and what moves most.
    pub text: Text,
}

impl CompareRequest {
    /// Creates a comparison of these two files, with default settings.
    pub fn new(a: impl Into<PathBuf>, b: impl Into<PathBuf>) -> Self {
        let Settings { bad, bootstrap, seed, .. } = Settings::default();
        CompareRequest {
            a: a.into(),
            b: b.into(),
            matches: Vec::new(),
            benchmark: None,
            read: ReadAs::default(),
            bad,
            bootstrap,
            seed,
            rows: 5,
            out: None,
        }
    }

    /// Compares the runs, and writes the tables and the page if there is a folder for them.
    ///
    /// # Errors
    /// Names the file, row or setting at fault, and says so where the files have nothing in common.
    pub fn run(&self, listener: &dyn Listener) -> crate::Result<Compared> {
        let benchmark = self.benchmark.as_deref().map(|path| self.read.open(path)).transpose()?;
        let mut columns = self.read.columns(benchmark.as_ref(), &[])?;
        let mut read = |path: &Path| -> crate::Result<(Readings, ScoreFile)> {
            let mut scores = self.read.scores(&[path.to_owned()], &columns, listener)?;
            // The other file may use a notation that several spaces share.
            columns.space = columns.space.take().or(scores.space.take());
            Ok((average(&scores)?, scores.files.swap_remove(0)))
        };
        let ((a, file_a), (b, file_b)) = (read(&self.a)?, read(&self.b)?);
        let names = self.names(&a, &b)?;
        let settings = Settings { bad: self.bad, bootstrap: self.bootstrap, seed: self.seed, ..Settings::default() };
        let found = agreements(&a, &b, &names, &|proxy| self.read.direction(proxy), &settings);
        if found.iter().all(|one| one.moves.is_empty()) {
            return Err(self.nothing("architecture", &a.archs, &b.archs).into());
        }
        let differing = differences(file_a.manifest.as_ref(), file_b.manifest.as_ref());
        if let Some(out) = &self.out {
            let manifest = json!({
                "command": "compare",
                "version": env!("CARGO_PKG_VERSION"),
                "bad": settings.bad.word(),
                "bootstrap": self.bootstrap,
                "seed": self.seed,
                "a": file_a.described(),
                "b": file_b.described(),
            });
            let folder = Folder::create(out, &manifest)?;
            write(&folder, &found, differing.as_deref())?;
            let space = space_of(columns.space.as_deref(), benchmark.as_ref(), &a.archs);
            let page = page::Compared {
                names: [&self.a, &self.b].map(|path| path.display().to_string()),
                readings: [&a, &b],
                agreements: &found,
                differences: differing.as_deref(),
                direction: &|proxy| self.read.direction(proxy),
                space: space.as_deref(),
                manifest: &manifest,
            };
            folder.write_text("report.html", &page.html())?;
        }
        let intervals = match self.bootstrap {
            0 => String::new(),
            draws => {
                format!("\nin brackets: 95 % interval over {draws} resamples of the architectures, seed {}", self.seed)
            }
        };
        let head = format!("A {}\nB {}\n", self.a.display(), self.b.display());
        let page = self.out.iter().map(|out| format!("\npage: {}", out.join("report.html").display()));
        let text = Text::from(head).and(text(&found, differing.as_deref(), self.rows)).and(intervals);
        let text = page.fold(text, Text::and);
        Ok(Compared { agreements: found, text })
    }

    /// Proxies that have the same name in both runs, and those that are matched.
    fn names(&self, a: &Readings, b: &Readings) -> Result<Vec<(String, String)>, Error> {
        let of = |readings: &Readings| readings.proxies.iter().map(|proxy| proxy.proxy.clone()).collect::<Vec<_>>();
        let (of_a, of_b) = (of(a), of(b));
        for (first, second) in &self.matches {
            for (name, known) in [(first, &of_a), (second, &of_b)] {
                if !known.contains(name) {
                    return Err(Error::UnknownProxy { setting: "match", name: name.clone(), known: known.join(", ") });
                }
            }
        }
        let matched = |name: &String| self.matches.iter().any(|(first, second)| first == name || second == name);
        let same = of_a.iter().filter(|name| of_b.contains(name) && !matched(name));
        let names: Vec<_> = self.matches.iter().cloned().chain(same.map(|name| (name.clone(), name.clone()))).collect();
        if names.is_empty() { Err(self.nothing("proxy", &of_a, &of_b)) } else { Ok(names) }
    }

    fn nothing(&self, what: &'static str, of_a: &[String], of_b: &[String]) -> Error {
        let some = |all: &[String]| {
            let more = if all.len() > 3 { ", ..." } else { "" };
            all.iter().take(3).cloned().collect::<Vec<_>>().join(", ") + more
        };
        Error::NothingToCompare { a: self.a.clone(), b: self.b.clone(), what, of_a: some(of_a), of_b: some(of_b) }
    }
}
