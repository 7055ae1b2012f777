//! `zeronas predict`: classifies pictures with a trained network.

use super::terminal::{done, say};
use std::path::PathBuf;
use zeronas::Result;
use zeronas::predict::PredictRequest;

/// Classify pictures with a trained network
///
/// Writes a row for each picture: `image`, `class`, the class's `probability`, and `probability_CLASS` for every class. Pictures are
/// prepared as in the training: the square in the middle is cut out, scaled to the network's size, and normalised with the same
/// mean and standard deviation.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas predict --trained trained --images new-pictures --out predictions.csv
  zeronas predict --trained trained --images cat.jpg --out prediction.csv")]
pub struct PredictArgs {
    /// Output folder of a training
    #[arg(long, value_name = "DIR")]
    trained: PathBuf,

    /// A picture, or a folder of pictures; pictures in its subfolders count too
    #[arg(long, value_name = "PATH")]
    images: PathBuf,

    /// Table to write: CSV if the name ends in .csv, otherwise Parquet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Number of threads; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// Predicts and says so.
pub fn run(args: PredictArgs) -> Result<()> {
    let PredictArgs { trained, images, out, threads } = args;
    let predictions = PredictRequest { trained, images, out: Some(out.clone()), threads }.run()?;
    predictions.left_out.iter().for_each(|what| say(&what.to_string()));
    let count = predictions.images.len();
    let out = out.display();
    done(
        &format!("{out}: {count} {}", if count == 1 { "picture" } else { "pictures" }),
        [("out", out.to_string().into()), ("pictures", count.into()), ("left_out", predictions.left_out.len().into())],
    )
}
