//! `zeronas view`: score files as a page, or an index of the pages in a folder.

use std::path::PathBuf;

use super::progress::Notes;
use super::reading::ReadArgs;
use super::terminal::print;
use zeronas::Result;
use zeronas::report::index::IndexRequest;
use zeronas::report::view::ViewRequest;

/// Make a page of score files, or an index of the pages in a folder of results
///
/// A page of score files needs no benchmark: it shows the best architectures with their drawings, figures to explore, which proxies rank
/// alike, and what has no score. For a folder that holds pages, such as the reports of an experiment, it makes an index.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas view scores.parquet
  zeronas view shard-*.parquet --out scores.html
  zeronas view experiments")]
pub struct ViewArgs {
    /// Score files from any tool, all of one search space; or one folder of results
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// The page [default: beside the first file, with its name; in a folder, index.html]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Search space of score files that do not name theirs, for the drawings
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,

    #[command(flatten)]
    read: ReadArgs,
}

/// Writes the page and says where.
///
/// # Errors
/// Names the file, row or flag at fault.
pub fn run(args: ViewArgs) -> Result<()> {
    let ViewArgs { paths, out, space, read } = args;
    let page = match &paths[..] {
        [folder] if IndexRequest::has_pages(folder) => IndexRequest { folder: folder.clone(), out }.run()?,
        _ => ViewRequest { scores: paths, out, space, read: read.into() }.run(&Notes)?,
    };
    print(&format!("page: {}\n", page.display()).into())
}
