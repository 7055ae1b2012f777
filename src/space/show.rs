//! What an architecture is, without running it.

use super::{Names, SpaceChoice, networks};
use crate::Result;
use crate::listener::Listener;
use crate::text::{Column, Table, Text};
use std::fmt::Write;
use std::path::PathBuf;
use zeronas_proxies::network::{Network, Op};

/// Describes an architecture: its graph, canonical key, parameters, FLOPs, live and dead parts.
#[derive(Clone, Debug)]
pub struct ShowRequest {
    /// The space.
    pub space: SpaceChoice,
    /// The architecture, as its benchmark writes it, or by index or hash in the table at [`from`](Self::from).
    pub arch: String,
    /// A benchmark table that knows the architecture.
    pub from: Option<PathBuf>,
    /// The column of that table that names the architectures, if it has none of the usual names.
    pub arch_column: Option<String>,
    /// Whether to list every layer of the network as written, too.
    pub all_layers: bool,
    /// Whether to return the network as written, in its JSON form, instead of the description.
    pub json: bool,
    /// Whether to return a drawing as SVG instead of the description.
    pub svg: bool,
}

impl ShowRequest {
    /// Asks for the description of this architecture of the default space.
    pub fn new(arch: &str) -> Self {
        ShowRequest {
            space: SpaceChoice::default(),
            arch: arch.to_owned(),
            from: None,
            arch_column: None,
            all_layers: false,
            json: false,
            svg: false,
        }
    }

    /// Returns the text.
    ///
    /// # Errors
    /// Names the setting, or what is wrong with the architecture.
    pub fn run(&self, listener: &dyn Listener) -> Result<Text> {
        let space = self.space.space()?;
        let arch = Names::new(space.as_ref(), self.from.as_deref(), self.arch_column.as_deref(), listener)?
            .arch(&self.arch)?;
        if self.svg {
            return Ok(space.drawing(&arch)?.standalone(arch.as_str()).into());
        }
        let written = space.network(&arch)?;
        if self.json {
            return Ok((networks::json_of(&written, Some(arch.as_str()))? + "\n").into());
        }
        let canonical = space.canonical_network(&arch)?;

        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name:<14}{value}");
        };
        line("architecture", arch.to_string());
        line("space", space.name().into());
        line("canonical key", space.key(&arch)?.unwrap_or_else(|| "none: no path from input to output".into()));
        line("parameters", count(written.parameter_count(), canonical.as_ref().map(Network::parameter_count)));
        line("FLOPs", count(written.flops(), canonical.as_ref().map(Network::flops)));
        line("layers", count(written.layers().len() as u64, canonical.as_ref().map(|net| net.layers().len() as u64)));
        text.push('\n');
        let mut line = |live: bool, part: &str| {
            let _ = writeln!(text, "{:<14}{part}", state(live));
        };
        space.graph(&arch)?.iter().for_each(|part| line(part.live, &part.text));
        let text = Text::from(text);
        Ok(if self.all_layers { text.and("\n").and(layers(&written)).and("\n") } else { text })
    }
}

fn state(live: bool) -> &'static str {
    if live { "live" } else { "dead" }
}

/// Every layer of a network.
fn layers(network: &Network) -> Table {
    let columns = [
        Column::word("state").key(),
        Column::word("layer").key(),
        Column::word("kind").key(),
        Column::number("output").key(),
        Column::prose("inputs"),
    ];
    let mut table = Table::new("layer", columns);
    for (layer, live) in network.layers().iter().zip(network.live()) {
        let inputs: Vec<&str> = layer.inputs.iter().map(|&id| network.layer(id).name.as_str()).collect();
        let from = if matches!(layer.op, Op::Input(_)) { "images".into() } else { inputs.join(" + ") };
        table.row([state(live), &layer.name, layer.op.kind(), &layer.shape.to_string(), &from]);
    }
    table
}

/// Formats a count of the network as written and, if it differs, of the canonical network.
fn count(written: u64, live: Option<u64>) -> String {
    match live {
        Some(live) if live != written => format!("{} (canonical network: {})", grouped(written), grouped(live)),
        _ => grouped(written),
    }
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let start = digits.len() % 3;
    let mut groups: Vec<&str> = Vec::new();
    if start > 0 {
        groups.push(&digits[..start]);
    }
    groups.extend((start..digits.len()).step_by(3).map(|at| &digits[at..at + 3]));
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!([grouped(7), grouped(123), grouped(1234), grouped(15_625_000)], ["7", "123", "1,234", "15,625,000"]);
    }
}
