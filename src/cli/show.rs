//! `zeronas show`: what an architecture is, without running it.

use super::progress::Notes;
use super::reading::ArchColumnArg;
use super::space::SpaceArgs;
use super::terminal::{print, raw};
use std::fmt::Write;
use std::path::PathBuf;
use zeronas::Result;
use zeronas::space::{self, ShowRequest};

/// Show an architecture's graph, canonical key, parameters, FLOPs, and live and dead parts
#[derive(Debug, clap::Args)]
#[command(after_help = spaces())]
pub struct ShowArgs {
    #[command(flatten)]
    space: SpaceArgs,

    /// Architecture, as its benchmark writes it
    #[arg(long, value_name = "ARCH")]
    arch: String,

    /// A benchmark table in which --arch may be an `index` or `module_hash`
    #[arg(long, value_name = "TABLE")]
    from: Option<PathBuf>,

    #[command(flatten)]
    column: ArchColumnArg,

    /// List every layer of the network as written
    #[arg(long)]
    all_layers: bool,

    /// Print the network, as written, in the JSON form that `zeronas score --network` reads
    #[arg(long, conflicts_with = "all_layers")]
    json: bool,

    /// Print a drawing as SVG: the cell as a graph, or the chain of blocks; parts on no path from input to output are grey
    #[arg(long, conflicts_with_all = ["all_layers", "json"])]
    svg: bool,
}

/// Every space with its notations and an example.
fn spaces() -> String {
    let mut text = "Spaces, and how their architectures are written:\n".to_owned();
    for benchmark in space::all() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {}: {}", benchmark.name, benchmark.about);
        let _ = writeln!(text, "      {}", benchmark.notation);
        let _ = writeln!(text, "      zeronas show --space {} --arch '{}'", benchmark.name, benchmark.example);
    }
    text
}

/// Prints the description.
pub fn run(args: ShowArgs) -> Result<()> {
    let request = ShowRequest {
        space: args.space.into(),
        arch: args.arch,
        from: args.from,
        arch_column: args.column.arch_column,
        all_layers: args.all_layers,
        json: args.json,
        svg: args.svg,
    };
    let shown = request.run(&Notes)?;
    // What other programs read has lines of its own.
    if request.json || request.svg { raw(&shown.to_string()) } else { print(&shown) }
}
