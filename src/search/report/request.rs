//! Requests to compare searches.

use super::{text, write};
use crate::search::Record;
use crate::text::Text;
use crate::{Error, Result};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Compares searches: what they found, how fast, and which is better run by run.
#[derive(Clone, Debug)]
pub struct SearchReportRequest {
    /// Folders of finished searches.
    pub searches: Vec<PathBuf>,
    /// Folder for the report.
    pub out: PathBuf,
}

/// The result of a [`SearchReportRequest`].
pub struct SearchReported {
    /// The searches.
    pub records: Vec<Record>,
    /// The page.
    pub page: PathBuf,
    /// The comparison as text.
    pub text: Text,
}

impl SearchReportRequest {
    /// Creates a request that compares these searches into this folder.
    pub fn new(searches: Vec<PathBuf>, out: impl Into<PathBuf>) -> Self {
        SearchReportRequest { searches, out: out.into() }
    }

    /// Reads and compares the searches, and writes the page, figures and tables.
    ///
    /// # Errors
    /// Names the folder or file at fault.
    pub fn run(&self) -> Result<SearchReported> {
        let mut records = Vec::with_capacity(self.searches.len());
        for folder in &self.searches {
            if same(folder, &self.out) {
                return Err(Error::setting("out", format!("{} is one of the searches", self.out.display())));
            }
            records.push(Record::read(folder)?);
        }
        distinguish(&mut records, &self.searches);
        let manifest = json!({
            "command": "search-report",
            "version": env!("CARGO_PKG_VERSION"),
            "searches": records.iter().zip(&self.searches)
                .map(|(record, folder)| json!({ "folder": folder, "manifest": record.manifest }))
                .collect::<Vec<_>>(),
        });
        write(&records, &self.out, &manifest)?;
        let page = self.out.join("report.html");
        let text = text(&records).and(format!("\npage: {}\n", page.display()));
        Ok(SearchReported { records, page, text })
    }
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Labels folders of the same name by their whole path.
fn distinguish(records: &mut [Record], folders: &[PathBuf]) {
    let labels: Vec<String> = records.iter().map(|record| record.label.clone()).collect();
    for ((record, folder), label) in records.iter_mut().zip(folders).zip(&labels) {
        if labels.iter().filter(|other| *other == label).count() > 1 {
            record.label = folder.display().to_string();
        }
    }
}
