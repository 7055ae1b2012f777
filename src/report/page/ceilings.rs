//! Ceilings for any proxy: how well it agrees with itself, and how well trainings agree with each other.

use super::super::noise::Noise;
use super::super::seeds::SeedSpread;
use super::frame::Section;
use super::table::{Cell, Html};

/// The section; empty where nothing was measured twice.
pub(crate) fn section(noise: &[Noise], seeds: &[SeedSpread]) -> Section {
    Section::new("How far it can go")
        .part("Trainings against each other", of_targets(noise))
        .part("Proxies against themselves, over seeds", of_proxies(seeds))
}

fn of_targets(noise: &[Noise]) -> String {
    if noise.is_empty() {
        return String::new();
    }
    let header = ["target", "runs", "n", "ρ of two runs", "τ of two runs", "ρ in the best tenth", "ceiling for ρ"];
    let mut html = Html::new(&header);
    for one in noise {
        html.row(vec![
            Cell::text(&one.target),
            Cell::small(&one.runs.join(", ")),
            Cell::count(one.n),
            Cell::number(one.correlations.0, 3),
            Cell::number(one.correlations.1, 3),
            Cell::number(one.best_tenth, 3),
            Cell::number(one.ceiling, 3),
        ]);
    }
    let note = "<p class=\"note\">Two trainings of the same architectures rank them so alike. The ceiling is about the most that anything can \
        correlate with the mean of these runs: √(k r / (1 + (k − 1) r)), with r the ρ of two runs and k their number.</p>\n";
    html.finish() + note
}

fn of_proxies(seeds: &[SeedSpread]) -> String {
    if seeds.is_empty() {
        return String::new();
    }
    let mut html = Html::new(&["proxy", "seeds", "n", "ρ of two seeds", "least", "largest", "ceiling for ρ"]);
    for one in seeds {
        html.row(vec![
            Cell::text(&one.proxy),
            Cell::count(one.seeds),
            Cell::count(one.n),
            Cell::number(Some(one.mean), 3),
            Cell::number(Some(one.range.0), 3),
            Cell::number(Some(one.range.1), 3),
            Cell::number(one.ceiling, 3),
        ]);
    }
    let note = "<p class=\"note\">A seed decides weights and minibatches. The ceiling is about the most that the mean over the seeds can \
        correlate with anything: √(k r / (1 + (k − 1) r)), with r the mean ρ of two seeds and k their number.</p>\n";
    html.finish() + note
}
