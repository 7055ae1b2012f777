//! The page of a comparison.

use serde_json::Value;

use super::super::average::{ProxyReadings, Readings};
use super::super::join::Direction;
use super::super::page::data::{self, Column};
use super::super::page::frame::{Page, Section};
use super::super::page::table::{Cell, Html};
use super::super::page::text::listed;
use super::super::page::{drawn, escape};
use super::{Agreement, Difference};
use crate::space::SearchSpace;

/// How many of the architectures that move most are listed for each proxy.
const LISTED: usize = 20;

/// What a page is made from.
pub(super) struct Compared<'a> {
    /// The names of the two runs.
    pub names: [String; 2],
    /// Their readings.
    pub readings: [&'a Readings; 2],
    pub agreements: &'a [Agreement],
    pub differences: Option<&'a [Difference]>,
    pub direction: &'a dyn Fn(&str) -> Direction,
    pub space: Option<&'a dyn SearchSpace>,
    pub manifest: &'a Value,
}

impl Compared<'_> {
    /// The page.
    pub fn html(&self) -> String {
        let [a, b] = self.names.each_ref().map(|name| escape(name));
        let head = format!("<h1>Two runs</h1>\n<p><b>A</b> is <code>{a}</code>, <b>B</b> is <code>{b}</code>.</p>\n");
        let mut moved = Section::new("What moves most");
        for one in self.agreements {
            moved = moved.part(&one.a, self.moves(one));
        }
        Page::new("zeronas compare", head)
            .section(Section::new("Agreement").html(&self.agreement()))
            .explore(self.explored())
            .section(moved)
            .section(Section::new("What was done differently").html(&self.settings()))
            .section(Section::new("Where this comes from").html(&listed(self.manifest)).folded())
            .html()
    }

    fn agreement(&self) -> String {
        let header = [
            "proxy",
            "Spearman's ρ",
            "Kendall's τ",
            "n",
            "only A",
            "only B",
            "equal",
            "status changed",
            "largest difference",
        ];
        let mut html = Html::new(&header);
        for one in self.agreements {
            let proxy = if one.a == one.b { one.a.clone() } else { format!("{} / {}", one.a, one.b) };
            html.row(vec![
                Cell::text(&proxy),
                Cell::estimate(one.spearman, 3),
                Cell::estimate(one.kendall, 3),
                Cell::count(one.n),
                Cell::count(one.only_a.len()),
                Cell::count(one.only_b.len()),
                Cell::count(one.equal),
                Cell::count(one.status_changed),
                Cell::number(one.largest_difference, 4),
            ]);
        }
        html.finish()
    }

    /// Both runs' scores of the architectures that either has, and by how many places each moves.
    fn explored(&self) -> Option<String> {
        let mut archs: Vec<String> = self.readings.iter().flat_map(|readings| readings.archs.iter().cloned()).collect();
        archs.sort_unstable();
        archs.dedup();
        let place = |arch: &str| archs.binary_search_by(|known| known.as_str().cmp(arch)).ok();
        let mut columns = Vec::new();
        for one in self.agreements {
            for (run, (readings, name)) in ["A", "B"].into_iter().zip(self.readings.iter().zip([&one.a, &one.b])) {
                let Some(proxy) = readings.proxies.iter().find(|proxy| proxy.proxy == *name) else { continue };
                let mut spread = ProxyReadings { readings: vec![None; archs.len()], took: Vec::new(), ..proxy.clone() };
                for (arch, reading) in readings.archs.iter().zip(&proxy.readings) {
                    if let Some(place) = place(arch) {
                        spread.readings[place] = reading.clone();
                    }
                }
                let label = format!("{run} {}", proxy.label());
                spread.proxy = format!("{run}_{name}");
                columns.push(Column::proxy(&spread, (self.direction)(name), None).labelled(label));
            }
        }
        for one in self.agreements {
            let mut changes = vec![None; archs.len()];
            for moved in &one.moves {
                if let Some(place) = place(&moved.arch) {
                    changes[place] = moved.change();
                }
            }
            columns.push(Column::other(format!("places_{}", one.a), changes));
        }
        data::json(&archs, &columns, self.space)
    }

    fn moves(&self, one: &Agreement) -> String {
        let mut html = Html::new(&["architecture", "A", "B", "rank A", "rank B", "places"]);
        let moving = one.moves.iter().filter(|moved| moved.change().is_some_and(|change| change != 0.0));
        let mut any = false;
        for moved in moving.take(LISTED) {
            any = true;
            html.row(vec![
                drawn(&moved.arch, self.space),
                Cell::reading(Some(&moved.a)),
                Cell::reading(Some(&moved.b)),
                Cell::number(moved.rank_a, 1),
                Cell::number(moved.rank_b, 1),
                Cell::number(moved.change(), 1),
            ]);
        }
        if any { html.finish() } else { "<p>Nothing moves.</p>\n".into() }
    }

    fn settings(&self) -> String {
        let Some(differences) = self.differences else {
            return "<p>Not both files carry a manifest, so this is not known.</p>\n".into();
        };
        if differences.is_empty() {
            return "<p>The manifests are the same.</p>\n".into();
        }
        let mut html = Html::new(&["setting", "A", "B"]);
        let said = |text: &str| Cell::text(if text.is_empty() { "(not said)" } else { text });
        for one in differences {
            html.row(vec![Cell::text(&one.key), said(&one.a), said(&one.b)]);
        }
        html.finish()
    }
}
