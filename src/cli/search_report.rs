//! `zeronas search-report`: several searches side by side.

use crate::search::Record;
use crate::search::report;
use crate::{Error, Result};
use serde_json::json;
use std::path::PathBuf;

/// Compare searches: what they found, how fast, and which is better run against run
///
/// Prints means and standard deviations as papers do, and the comparison of every two searches, run against run by their
/// numbers. Warns where searches differ in more than their strategy. Writes report.html with curves of the incumbents and
/// their regret against evaluations and simulated seconds and Pareto fronts with their hypervolume, the figures as SVG, and
/// every table as CSV and Parquet.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  zeronas search-report random rea staged --out strategies")]
pub struct SearchReportArgs {
    /// Folders of finished searches
    #[arg(required = true, value_name = "DIR")]
    searches: Vec<PathBuf>,

    /// Folder for the report; created if missing, and an earlier report in it is replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Reads, compares, prints and writes.
///
/// # Errors
/// Names the folder or file at fault.
pub fn run(args: &SearchReportArgs) -> Result<()> {
    let mut records = Vec::with_capacity(args.searches.len());
    for folder in &args.searches {
        if same(folder, &args.out) {
            return Err(Error::flag("--out", format!("{} is one of the searches", args.out.display())));
        }
        records.push(Record::read(folder)?);
    }
    distinguish(&mut records, &args.searches);
    let manifest = json!({
        "command": "search-report",
        "version": env!("CARGO_PKG_VERSION"),
        "searches": records.iter().zip(&args.searches)
            .map(|(record, folder)| json!({ "folder": folder, "manifest": record.manifest }))
            .collect::<Vec<_>>(),
    });
    report::write(&records, &args.out, &manifest)?;
    let page = args.out.join("report.html");
    crate::print(&format!("{}\npage: {}\n", report::text(&records), page.display()))
}

fn same(a: &std::path::Path, b: &std::path::Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Folders of one name go by their whole path.
fn distinguish(records: &mut [Record], folders: &[PathBuf]) {
    let labels: Vec<String> = records.iter().map(|record| record.label.clone()).collect();
    for ((record, folder), label) in records.iter_mut().zip(folders).zip(&labels) {
        if labels.iter().filter(|other| *other == label).count() > 1 {
            record.label = folder.display().to_string();
        }
    }
}
