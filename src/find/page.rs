//! The report page of a find: how many architectures each step kept, the trainings, and the network's mistakes.

use super::judged::{Judged, Wrong};
use super::story::Found;
use crate::Result;
use crate::report::page::frame::{Page, Section};
use crate::report::page::table::{Cell, Html, breakable};
use crate::report::page::text::listed;
use crate::report::page::{captioned, drawing, escape};
use crate::space::SearchSpace;
use crate::train::{EpochRow, figures};
use crate::words::counted;
use serde_json::Value;
use std::fmt::Write;
use zeronas_datasets::ImageSet;

/// The largest number of classes for which a table counts every pair.
const MOST_CLASSES: usize = 20;
/// The largest number of pairs of classes, and of pictures, that are shown.
const MOST_SHOWN: usize = 24;

/// The contents of the page.
pub(super) struct Story<'a> {
    pub found: &'a Found,
    pub space: &'a dyn SearchSpace,
    pub history: &'a [EpochRow],
    /// The network's predictions for the test images, if there are any.
    pub judged: Option<(&'a Judged, &'a ImageSet)>,
    pub manifest: &'a Value,
}

impl Story<'_> {
    /// The page.
    pub fn html(&self) -> Result<String> {
        let title = format!("zeronas found {}", self.found.arch);
        let drawn: String = figures(self.history)?.iter().map(captioned).collect();
        let mut page = Page::new(title, format!("<h1>Found: {}</h1>\n", breakable(&self.found.arch)))
            .section(Section::new("The network").html(&self.network()))
            .section(Section::new("From many to one").html(&self.steps()))
            .section(Section::new("Trained against each other").html(&self.candidates()))
            .section(Section::new("Its training").html(&format!("<div class=\"figures\">\n{drawn}</div>\n")));
        if let Some((judged, test)) = self.judged {
            page = page
                .section(Section::new("What it takes for what").html(&confusion(judged)))
                .section(Section::new("Pictures that it gets wrong").html(&wrong(judged, test)));
        }
        Ok(page.section(Section::new("How it was found").html(&listed(self.manifest))).html())
    }

    fn network(&self) -> String {
        let Found { arch, params, flops, peak_memory_bytes, .. } = self.found;
        let mut html = Html::new(&["", "value", "limit"]);
        for (name, label, value) in [
            ("params", "parameters", params),
            ("flops", "FLOPs (multiply-accumulates for one image)", flops),
            ("peak_memory", "bytes of activations at a time, for one image in 32-bit floats", peak_memory_bytes),
        ] {
            let limits: Vec<&str> = self
                .found
                .limits
                .iter()
                .filter_map(|limit| limit.split_once('='))
                .filter(|(limited, _)| *limited == name)
                .map(|(_, limit)| limit)
                .collect();
            html.row(vec![Cell::text(label), Cell::count(*value as usize), Cell::text(&limits.join(", "))]);
        }
        let drawing = drawing(arch, Some(self.space));
        let tested = format!("<p>Accuracy: {}.</p>\n", escape(&self.found.tested()));
        format!("{tested}{}{drawing}\n", html.finish())
    }

    fn steps(&self) -> String {
        let Found { scored, confirmed, chance, ranked_by, epochs, .. } = self.found;
        let mut html = Html::new(&["step", "networks", "how"]);
        let mut row = |step: &str, networks: usize, how: String| {
            html.row(vec![Cell::text(step), Cell::count(networks), Cell::text(&how)]);
        };
        row("scored without training", *scored, format!("ranked by {ranked_by}"));
        let chance = chance.as_ref().map(|chance| format!("; {chance}")).unwrap_or_default();
        row("trained against each other", *confirmed, format!("the worse ones dropped out after each rung{chance}"));
        row("trained to the end", 1, format!("{} on all training images", counted(*epochs, "epoch", "epochs")));
        html.finish()
    }

    fn candidates(&self) -> String {
        let mut html = Html::new(&["architecture", "validation accuracy, %"]);
        for (arch, accuracy) in &self.found.candidates {
            html.row(vec![Cell::html(breakable(arch.as_str())), Cell::number(*accuracy, 2)]);
        }
        let seeds = match self.found.seeds {
            1 => String::new(),
            seeds => format!(" At the last rung it is the mean over {seeds} seeds."),
        };
        let note = format!(
            "<p class=\"note\">On images that were held out of the training images, after the last epoch that each was trained \
             for.{seeds}</p>\n"
        );
        note + &html.finish()
    }
}

fn confusion(judged: &Judged) -> String {
    let Judged { classes, taken, .. } = judged;
    let [right, all] = judged.right();
    let note = format!(
        "<p class=\"note\">{right} of {all} test images are classified rightly. Rows are what images are, columns what the network takes them for.</p>\n"
    );
    if classes.len() > MOST_CLASSES {
        return note + &pairs(judged);
    }
    let mut header = vec!["is".to_owned()];
    header.extend(classes.iter().map(|class| format!("taken for {class}")));
    let mut html = Html::new(&header);
    for (is, counts) in taken.iter().enumerate() {
        let mut cells = vec![Cell::text(&classes[is])];
        cells.extend(counts.iter().map(|&count| Cell::count(count)));
        html.row(cells);
    }
    note + &html.finish()
}

/// Lists the pairs of classes that are confused most often.
fn pairs(judged: &Judged) -> String {
    let Judged { classes, taken, .. } = judged;
    let all = (0..classes.len()).flat_map(|is| (0..classes.len()).map(move |taken_for| (is, taken_for)));
    let mut mistaken: Vec<_> = all.filter(|&(is, other)| is != other && taken[is][other] > 0).collect();
    mistaken.sort_by_key(|&(is, other)| std::cmp::Reverse(taken[is][other]));
    let mut html = Html::new(&["is", "taken for", "images"]);
    for &(is, other) in mistaken.iter().take(MOST_SHOWN) {
        html.row(vec![Cell::text(&classes[is]), Cell::text(&classes[other]), Cell::count(taken[is][other])]);
    }
    html.finish()
}

fn wrong(judged: &Judged, test: &ImageSet) -> String {
    let Judged { classes, wrong, .. } = judged;
    if wrong.is_empty() {
        return "<p>None.</p>\n".into();
    }
    let shown = wrong.len().min(MOST_SHOWN);
    let mut html = format!("<p class=\"note\">{shown} of {}, those first of which it is surest.</p>\n", wrong.len());
    html.push_str("<div class=\"pictures\">\n");
    for Wrong { image, is, taken_for, probability } in &wrong[..shown] {
        let Some(address) = test.data_address(*image) else {
            return "<p>The test images are arrays of floats, which a page cannot show.</p>\n".into();
        };
        let said = format!("{}, taken for {} ({:.0} %)", classes[*is], classes[*taken_for], 100.0 * probability);
        let said = escape(&said);
        let _ =
            writeln!(html, "<figure><img src=\"{address}\" alt=\"{said}\"><figcaption>{said}</figcaption></figure>");
    }
    html + "</div>\n"
}
