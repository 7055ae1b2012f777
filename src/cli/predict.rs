//! `zeronas predict`: what a trained network says of pictures.

use super::terminal::{done, say};
use std::path::PathBuf;
use zeronas::Result;
use zeronas::predict::PredictRequest;

/// Classify pictures with a trained network
///
/// Writes a row for each picture: `image`, `class`, the class's `probability`, and `probability_CLASS` of every class. Pictures are
/// prepared as those of the training were: the square in the middle is cut out, scaled to the network's size, and normalised by the
/// mean and deviation of the training images.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas predict --trained trained --images new-pictures --out predictions.csv
  zeronas predict --trained trained --images cat.jpg --out prediction.csv")]
pub struct PredictArgs {
    /// The folder of a training
    #[arg(long, value_name = "DIR")]
    trained: PathBuf,

    /// A picture, or a folder of pictures: all in it, and in the folders in it
    #[arg(long, value_name = "PATH")]
    images: PathBuf,

    /// The table: CSV if the name ends in .csv, otherwise Parquet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Threads; they change no result [default: all cores]
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
