//! `zeronas export`: a network for other programs.

use super::space::SpaceArgs;
use super::terminal::done;
use clap::ValueEnum;
use std::path::PathBuf;
use zeronas::export::{ExportRequest, ExportSource, Exported, Format};
use zeronas::{Error, Result};

/// Write a network as ONNX or as a PyTorch module
///
/// --to onnx writes one file; --to torch writes a folder with model.py, a plain nn.Module, and model.safetensors. Both yield the logits that
/// zeronas computes with running statistics in the batch norms. A network from --arch or --network has its initial weights; one from
/// --trained has the weights that `zeronas train` left in that folder.
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

    /// Output folder of a training
    #[arg(long, value_name = "DIR", conflicts_with = "arch")]
    trained: Option<PathBuf>,

    /// What to write
    #[arg(long, value_name = "FORMAT")]
    to: FormatArg,

    /// Seed of the initial weights of a network that was not trained
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
pub fn run(args: ExportArgs) -> Result<()> {
    let source = match (args.arch, args.network, args.trained) {
        (_, Some(path), _) => ExportSource::Network(path),
        (_, _, Some(folder)) => ExportSource::Trained(folder),
        (Some(arch), None, None) => ExportSource::Arch { space: args.space.into(), arch },
        (None, None, None) => {
            return Err(Error::setting("network", "say what to export: `arch=`, `network=` or `trained=`"));
        }
    };
    let to = match args.to {
        FormatArg::Onnx => Format::Onnx,
        FormatArg::Torch => Format::Torch,
    };
    let Exported { files, parameters } = ExportRequest { source, to, seed: args.seed, out: args.out }.run()?;
    let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let sentence = format!("{}: {parameters} parameters", files.join(", "));
    done(&sentence, [("files", files.into()), ("parameters", parameters.into())])
}
