//! The best architectures by name, what the proxies would pick, and what the best are made of.

use super::super::average::{ProxyReadings, Readings};
use super::super::display::number;
use super::super::join::{BadPolicy, Direction, Target, standing};
use super::super::measure::Measure;
use super::super::operations::{Group, Operations};
use super::super::{Report, average::Reading};
use super::frame::Section;
use super::table::{Cell, Html, breakable};
use super::{escape, push};
use crate::space::SearchSpace;

/// How many of the best are listed.
const LISTED: usize = 10;
/// For how many proxies the place of each of the best is shown.
const BESIDE: usize = 6;

/// What the section is made from.
pub(super) struct Best<'a> {
    pub report: &'a Report,
    pub operations: &'a Operations,
    pub readings: &'a Readings,
    pub targets: &'a [Target],
    pub direction: &'a dyn Fn(&str) -> Direction,
    pub space: Option<&'a dyn SearchSpace>,
}

/// An architecture with its drawing, as a cell of a table.
pub(crate) fn drawn(arch: &str, space: Option<&dyn SearchSpace>) -> Cell {
    Cell::html(format!("<code>{}</code>{}", breakable(arch), drawing(arch, space)))
}

/// The drawing of an architecture; nothing where it cannot be drawn.
pub(crate) fn drawing(arch: &str, space: Option<&dyn SearchSpace>) -> String {
    let drawing = space.and_then(|space| space.drawing(&space.parse(arch).ok()?).ok());
    drawing.map(|drawing| drawing.svg(arch)).unwrap_or_default()
}

impl Best<'_> {
    pub fn section(&self) -> Section {
        let mut section = Section::new("The best architectures").html(&self.said());
        for target in self.targets {
            section = section.part(format!("The best by {}", target.name), self.by_target(target));
        }
        section
            .part("What each proxy would pick", self.picks())
            .part("What the best are made of", operations(self.operations))
    }

    /// The best of all in a sentence for each target.
    fn said(&self) -> String {
        let mut html = String::new();
        for target in self.targets {
            let ranked = self.ranked(|arch| target.values.get(arch).copied());
            let Some(&(best, value)) = ranked.first() else { continue };
            let strongest = self.strongest(target);
            let pick = strongest.first().and_then(|proxy| {
                let (pick, _) = *self.standings(proxy).first()?;
                let worth = *target.values.get(&self.readings.archs[pick])?;
                let place = 1 + ranked.iter().filter(|other| other.1 > worth).count();
                Some(format!(
                    " Of the proxies, <b>{}</b> ranks most like it; its own first choice has {} and is number {place} of {}.",
                    escape(&proxy.proxy),
                    number(Some(worth), 2),
                    ranked.len()
                ))
            });
            push(
                &mut html,
                &format!(
                    "<p>The best by <b>{}</b> is <code>{}</code> with <b>{}</b>.{}{}</p>",
                    escape(&target.name),
                    breakable(&self.readings.archs[best]),
                    number(Some(value), 2),
                    self.apart(target),
                    pick.unwrap_or_default()
                ),
            );
        }
        html
    }

    /// What sets the best hundredth apart: the operation that it has most in excess of the average of all, and the one that it lacks most.
    fn apart(&self, target: &Target) -> String {
        let of = |group| self.operations.groups.iter().find(|made| made.by == target.name && made.group == group);
        let (Some(best), Some(all)) = (of(Group::BestHundredth), of(Group::All)) else { return String::new() };
        let ahead = |place: &usize| best.means[*place] - all.means[*place];
        let places = || 0..self.operations.names.len();
        let most = places().max_by(|a, b| ahead(a).total_cmp(&ahead(b))).filter(|place| ahead(place) > 0.0);
        let least = places().min_by(|a, b| ahead(a).total_cmp(&ahead(b))).filter(|place| ahead(place) < 0.0);
        let (Some(most), Some(least)) = (most, least) else { return String::new() };
        let told = |place: usize, how: &str| {
            let name = escape(&self.operations.names[place]);
            format!("{how} <code>{name}</code> ({:.2} each, all have {:.2})", best.means[place], all.means[place])
        };
        format!(" What sets the best 1 % apart from all: {}, and {}.", told(most, "more"), told(least, "less"))
    }

    fn by_target(&self, target: &Target) -> String {
        let ranked = self.ranked(|arch| target.values.get(arch).copied());
        let beside = self.strongest(target);
        let beside: Vec<_> = beside.into_iter().take(BESIDE).map(|proxy| (proxy, self.standings(proxy))).collect();
        let mut header = vec!["architecture".to_owned(), target.name.clone()];
        header.extend(beside.iter().map(|(proxy, _)| format!("place by {}", proxy.proxy)));
        let mut html = Html::new(&header);
        for &(arch, value) in ranked.iter().take(LISTED) {
            let mut cells = vec![drawn(&self.readings.archs[arch], self.space), Cell::number(Some(value), 2)];
            cells.extend(beside.iter().map(|(_, standings)| {
                let own = standings.iter().find(|standing| standing.0 == arch).map(|standing| standing.1);
                let place = own.map(|own| 1 + standings.iter().filter(|other| other.1 > own).count());
                place.map_or_else(|| Cell::number(None, 0), Cell::count)
            }));
            html.row(cells);
        }
        html.finish()
    }

    fn picks(&self) -> String {
        let mut header = vec!["proxy".to_owned(), "its first choice".to_owned()];
        for target in self.targets {
            header.extend([target.name.clone(), format!("place by {}", target.name)]);
        }
        let mut html = Html::new(&header);
        let ranked: Vec<_> =
            self.targets.iter().map(|target| self.ranked(|arch| target.values.get(arch).copied())).collect();
        for proxy in &self.readings.proxies {
            let standings = self.standings(proxy);
            let Some(&(pick, first)) = standings.first() else { continue };
            let equal = standings.iter().take_while(|other| other.1 == first).count();
            let mut cell = drawn(&self.readings.archs[pick], self.space);
            if equal > 1 {
                cell = cell.noted(&format!("one of {equal} of equal score"));
            }
            let mut cells = vec![Cell::text(&proxy.proxy), cell];
            for (target, ranked) in self.targets.iter().zip(&ranked) {
                let worth = target.values.get(&self.readings.archs[pick]).copied();
                let place = worth.map(|worth| 1 + ranked.iter().filter(|other| other.1 > worth).count());
                cells.push(Cell::number(worth, 2));
                cells.push(place.map_or_else(|| Cell::number(None, 0), Cell::count));
            }
            html.row(cells);
        }
        html.finish()
    }

    /// The proxies, sorted by how closely they rank like a target in their good direction.
    fn strongest(&self, target: &Target) -> Vec<&ProxyReadings> {
        let strength = |proxy: &ProxyReadings| {
            let row = self.report.summary.iter().find(|row| row.target == target.name && row.proxy == proxy.proxy)?;
            Some(row.direction.sign() * row.estimate(Measure::Spearman).value?)
        };
        let mut proxies: Vec<(f64, &ProxyReadings)> =
            self.readings.proxies.iter().filter_map(|proxy| Some((strength(proxy)?, proxy))).collect();
        proxies.sort_by(|a, b| b.0.total_cmp(&a.0));
        proxies.into_iter().map(|(_, proxy)| proxy).collect()
    }

    /// The architectures that have a number, the highest first.
    fn ranked(&self, value: impl Fn(&str) -> Option<f64>) -> Vec<(usize, f64)> {
        let archs = self.readings.archs.iter().enumerate();
        let mut ranked: Vec<(usize, f64)> = archs.filter_map(|(place, arch)| Some((place, value(arch)?))).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// The architectures with what a proxy ranks them by, the best first.
    fn standings(&self, proxy: &ProxyReadings) -> Vec<(usize, f64)> {
        let direction = (self.direction)(&proxy.proxy);
        let of = |reading: &Option<Reading>| {
            Some(direction.sign() * standing(reading.as_ref()?, direction, BadPolicy::Drop)?)
        };
        let known = proxy.readings.iter().enumerate();
        let mut ranked: Vec<(usize, f64)> = known.filter_map(|(place, reading)| Some((place, of(reading)?))).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }
}

fn operations(operations: &Operations) -> String {
    if operations.groups.is_empty() {
        return String::new();
    }
    let mut header = vec!["ranked by".to_owned(), "group".to_owned(), "architectures".to_owned()];
    header.extend(operations.names.iter().cloned());
    let mut html = Html::new(&header);
    // All architectures are the same group for every proxy that scored them all, so only targets show it.
    let told = operations.groups.iter().filter(|made| made.is_target || made.group != Group::All);
    for made in told {
        let mut cells = vec![Cell::text(&made.by), Cell::text(made.group.name()), Cell::count(made.n)];
        cells.extend(made.means.iter().map(|mean| Cell::number(Some(*mean), 2)));
        html.row(cells);
    }
    let note = "<p class=\"note\">How many of each operation an architecture has on average, those on no path from input to output left \
        out.</p>\n";
    note.to_owned() + &html.finish()
}
