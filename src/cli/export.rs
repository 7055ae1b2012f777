//! `zeronas export`: a network for other programs.

use super::space::SpaceArgs;
use clap::ValueEnum;
use std::path::PathBuf;
use zeronas::export::{Exported, Format, Initial};
use zeronas::space::SpaceChoice;
use zeronas::{Error, Result};

/// Write a network as ONNX or as a PyTorch module
///
/// --to onnx writes one file; --to torch writes a folder with model.py, a plain nn.Module, and model.safetensors. Both yield the logits that
/// zeronas computes, batch norms with their running statistics. A network from --network or --space has its initial weights; one from
/// --trained has what `zeronas train` left in that folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas export --trained trained --to onnx --out model.onnx
  zeronas export --network mine.json --to torch --out mine
  zeronas export --arch 6111 --to onnx --out 6111.onnx")]
pub struct ExportArgs {
    #[command(flatten)]
    space: SpaceArgs,

    /// The architecture, as its benchmark writes it
    #[arg(long, value_name = "ARCH")]
    arch: Option<String>,

    /// A network in JSON
    #[arg(long, value_name = "FILE", conflicts_with_all = ["arch", "trained"])]
    network: Option<PathBuf>,

    /// The folder of a training
    #[arg(long, value_name = "DIR", conflicts_with = "arch")]
    trained: Option<PathBuf>,

    /// What to write
    #[arg(long, value_name = "FORMAT")]
    to: FormatArg,

    /// Keys the initial weights of a network that was not trained
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// The ONNX file, or the folder of the PyTorch module
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatArg {
    /// One ONNX file
    Onnx,
    /// A folder with model.py and model.safetensors
    Torch,
}

/// Writes the files.
pub fn run(args: &ExportArgs) -> Result<()> {
    let initial = Initial { seed: args.seed, ..Initial::default() };
    let model = match (&args.arch, &args.network, &args.trained) {
        (_, Some(path), _) => zeronas::export::from_json(path, initial)?,
        (_, _, Some(folder)) => zeronas::export::from_training(folder)?,
        (Some(arch), None, None) => {
            let space = SpaceChoice::from(args.space.clone()).space()?;
            let arch = space.parse(arch)?;
            zeronas::export::Model::initial(arch.to_string(), space.network(&arch)?, initial)
        }
        (None, None, None) => {
            return Err(Error::setting("network", "say what to export: `arch=`, `network=` or `trained=`"));
        }
    };
    let format = match args.to {
        FormatArg::Onnx => Format::Onnx,
        FormatArg::Torch => Format::Torch,
    };
    let Exported { files, parameters } = zeronas::export::write(&model, format, &args.out)?;
    let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    eprintln!("{}: {parameters} parameters", files.join(", "));
    Ok(())
}
