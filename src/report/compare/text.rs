//! A comparison in words.

use super::super::average::Reading;
use super::super::display::{estimate, number};
use super::{Agreement, Difference};
use crate::text::{Table, Text};

/// The comparison as tables: agreement, what the manifests differ in, and the `most` rows that move most for each proxy.
pub fn text(agreements: &[Agreement], settings: Option<&[Difference]>, most: usize) -> Text {
    let mut parts = vec![agreement(agreements).into(), differing(settings)];
    parts.extend(agreements.iter().filter_map(|one| moved(one, most)));
    Text::joined(parts, "\n\n")
}

fn agreement(agreements: &[Agreement]) -> Table {
    let mut table = Table::ruled([
        "proxy",
        "n",
        "only A",
        "only B",
        "equal",
        "status changed",
        "spearman",
        "kendall",
        "largest difference",
    ])
    .right_with_titles(1..9);
    for one in agreements {
        let proxy = if one.a == one.b { one.a.clone() } else { format!("{} / {}", one.a, one.b) };
        let counts =
            [one.n, one.only_a.len(), one.only_b.len(), one.equal, one.status_changed].map(|count| count.to_string());
        let mut row = vec![proxy];
        row.extend(counts);
        row.extend([estimate(&one.spearman), estimate(&one.kendall)]);
        row.push(one.largest_difference.map_or_else(|| number(None, 0), difference));
        table.row(row);
    }
    table
}

fn differing(settings: Option<&[Difference]>) -> Text {
    match settings {
        None => "not both files carry a manifest, so what was done differently is not known".into(),
        Some([]) => "the manifests are the same".into(),
        Some(settings) => {
            let mut table = Table::ruled(["setting", "A", "B"]);
            let said = |text: &str| if text.is_empty() { "(not said)".to_owned() } else { text.to_owned() };
            for one in settings {
                table.row([one.key.clone(), said(&one.a), said(&one.b)]);
            }
            Text::from("the manifests differ in\n").and(table)
        }
    }
}

fn moved(one: &Agreement, most: usize) -> Option<Text> {
    let mut table = Table::ruled(["architecture", "A", "B", "rank A", "rank B", "places"]).right_with_titles(1..6);
    let moving = one.moves.iter().filter(|moved| moved.change().is_some_and(|change| change != 0.0)).take(most);
    for moved in moving {
        let change = moved.change().map_or_else(String::new, |change| format!("{change:+}"));
        let rank = |rank: Option<f64>| rank.map_or_else(|| number(None, 0), |rank| rank.to_string());
        let row = [reading(&moved.a), reading(&moved.b), rank(moved.rank_a), rank(moved.rank_b), change];
        table.row(std::iter::once(moved.arch.clone()).chain(row));
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

fn reading(reading: &Reading) -> String {
    match reading {
        Reading::Value(value) => format!("{value:.6}"),
        Reading::LnZero => "ln 0".into(),
        Reading::Bad(status) => status.clone(),
    }
}
