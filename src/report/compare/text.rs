//! A comparison as text.

use super::super::average::Reading;
use super::super::display::number;
use super::{Agreement, Difference};
use crate::space::arch_cell;
use crate::text::{Cell, Column, Table, Text};

/// The comparison as tables: agreement, what the manifests differ in, and the `most` rows that move most for each proxy.
pub fn text(agreements: &[Agreement], settings: Option<&[Difference]>, most: usize) -> Text {
    let mut parts = vec![agreement(agreements).into(), differing(settings)];
    parts.extend(agreements.iter().filter_map(|one| moved(one, most)));
    Text::joined(parts, "\n\n")
}

fn agreement(agreements: &[Agreement]) -> Table {
    let counts = ["only A", "only B", "equal", "status changed"].map(|title| Column::number(title).detail());
    let mut columns = vec![Column::word("proxy").key(), Column::hidden("b"), Column::number("n")];
    columns.extend(counts);
    columns.extend([
        Column::number("spearman"),
        Column::number("kendall"),
        Column::number("largest difference").detail(),
    ]);
    let mut table = Table::new("agreement", columns);
    for one in agreements {
        let proxy = if one.a == one.b { one.a.clone() } else { format!("{} / {}", one.a, one.b) };
        let counts = [one.n, one.only_a.len(), one.only_b.len(), one.equal, one.status_changed];
        let mut row = vec![Cell::of(proxy, one.a.as_str()), (&one.b).into()];
        row.extend(counts.map(Cell::from));
        row.extend([(&one.spearman).into(), (&one.kendall).into()]);
        let largest = one.largest_difference;
        row.push(Cell::of(largest.map_or_else(|| number(None, 0), difference), largest));
        table.row(row);
    }
    table
}

fn differing(settings: Option<&[Difference]>) -> Text {
    match settings {
        None => "not both files carry a manifest, so what was done differently is not known".into(),
        Some([]) => "the manifests are the same".into(),
        Some(settings) => {
            let mut table =
                Table::new("setting", [Column::word("setting").key(), Column::prose("A"), Column::prose("B")]);
            let said = |text: &str| if text.is_empty() { "(not said)".to_owned() } else { text.to_owned() };
            for one in settings {
                table.row([one.key.clone(), said(&one.a), said(&one.b)]);
            }
            Text::from("the manifests differ in\n").and(table)
        }
    }
}

fn moved(one: &Agreement, most: usize) -> Option<Text> {
    let numbers = ["A", "B", "rank A", "rank B", "places"].map(Column::number);
    let names = [Column::hidden("proxy"), Column::word("architecture").called("arch").key()];
    let mut table = Table::new("move", names.into_iter().chain(numbers));
    let moving = one.moves.iter().filter(|moved| moved.change().is_some_and(|change| change != 0.0)).take(most);
    for moved in moving {
        let change = moved.change().map_or_else(String::new, |change| format!("{change:+}"));
        let rank = |rank: Option<f64>| Cell::of(rank.map_or_else(|| number(None, 0), |rank| rank.to_string()), rank);
        let names = [Cell::from(&one.a), arch_cell(None, &moved.arch)];
        let [a, b] = [&moved.a, &moved.b].map(reading);
        let numbers = [a, b, rank(moved.rank_a), rank(moved.rank_b), Cell::of(change, moved.change())];
        table.row(names.into_iter().chain(numbers));
    }
    (!table.rows.is_empty()).then(|| Text::from(format!("{}: what moves most\n", one.a)).and(table))
}

fn difference(difference: f64) -> String {
    match difference {
        0.0 => "0".into(),
        difference if (1e-3..1e6).contains(&difference) => format!("{difference:.3}"),
        difference => format!("{difference:.1e}"),
    }
}

fn reading(reading: &Reading) -> Cell {
    match reading {
        Reading::Value(value) => Cell::number(Some(*value), 6),
        Reading::LnZero => "ln 0".into(),
        Reading::Bad(status) => status.into(),
    }
}
