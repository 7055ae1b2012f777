//! The report on searches as one HTML page, in the style of that on scores.

use super::pairs::DRAWS;
use super::{Report, explored, figures};
use crate::Result;
use crate::report::bootstrap::Estimate;
use crate::report::figure::Section as Place;
use crate::report::page::frame::{Page, Section};
use crate::report::page::table::{Cell, Html};
use crate::report::page::text::listed;
use crate::report::page::{details, drawn, escape, of_section, of_sections, push, write_figures};
use crate::results::Folder;
use crate::search::record::RecordedStep;
use crate::search::{Record, Spread, spread::digits};
use crate::space::as_published;
use crate::words::counted;

/// Writes `report.html` and every figure as `figures/NAME.svg`.
///
/// # Errors
/// Names the file that cannot be written or the figure that cannot be drawn.
pub(super) fn write(folder: &Folder, report: &Report, records: &[Record]) -> Result<()> {
    let figures = figures::all(report, records)?;
    write_figures(folder, &figures)?;
    let names: Vec<&str> = records.iter().map(|record| record.label.as_str()).collect();
    let mut head = String::new();
    push(&mut head, &format!("<h1>{}</h1>", escape(&title(records))));
    head += &untimed(report, records);
    for warning in super::notes::warnings(records) {
        push(&mut head, &format!("<p class=\"warning\">{}</p>", escape(&warning)));
    }
    let mut page = Page::new(format!("zeronas searches: {}", names.join(", ")), head)
        .section(Section::new("What was found").html(&finals(report, records)))
        .section(Section::new("The picks").html(&picks(records)))
        .explore(explored::json(records));
    for column in report.columns() {
        let curves = of_sections(&figures, &[Place::Incumbent, Place::Regret], Some(column));
        page = page.section(Section::new(column).html(&curves));
    }
    if !report.pairs.is_empty() {
        page = page.section(Section::new("Run against run").html(&pairs(report, records)));
    }
    if !report.fronts.is_empty() {
        let fronts = of_section(&figures, Place::Front, None) + &fronts(report, records);
        page = page.section(Section::new("Several objectives").html(&fronts));
    }
    let manifests = records.iter();
    let manifests = manifests
        .map(|record| details(&format!("<code>{}</code>", escape(&record.label)), &listed(&record.manifest)))
        .collect::<String>();
    page = page
        .section(Section::new("How the numbers are defined").html(METHODS))
        .section(Section::new("How the searches were made").html(&manifests));
    folder.write_text("report.html", &page.html())
}

fn title(records: &[Record]) -> String {
    match records {
        [record] => {
            let strategy = record.manifest["strategy"].as_str().unwrap_or_default();
            format!(
                "{} of {strategy} in {}",
                counted(record.runs.len(), "run", "runs"),
                record.manifest["space"].as_str().unwrap_or_default()
            )
        }
        _ => format!("{} searches side by side", records.len()),
    }
}

/// Notes on searches that have no simulated seconds, or whose feedback is also the final value.
fn untimed(report: &Report, records: &[Record]) -> String {
    let mut body = String::new();
    for (search, record) in records.iter().enumerate() {
        let name = escape(&record.label);
        if record.manifest["cost"].is_null() && record.manifest["train"].is_null() {
            push(
                &mut body,
                &format!(
                    "<p class=\"note\"><code>{name}</code> has no simulated seconds: no column of training times was given.</p>"
                ),
            );
        }
        let feedback = record.manifest["feedback"].as_str();
        if report.rows.iter().any(|row| row.search == search && feedback == Some(&row.column)) {
            push(
                &mut body,
                &format!(
                    "<p class=\"warning\"><code>{name}</code> picks by the very column that says what picks are worth; with an accuracy on test images this flatters every strategy.</p>"
                ),
            );
        }
    }
    body
}

fn finals(report: &Report, records: &[Record]) -> String {
    let mut html = Html::new(&[
        "search",
        "strategy",
        "runs",
        "evaluations",
        "missing",
        "simulated s",
        "scoring s",
        "final",
        "mean ± std",
        "median",
        "quartiles",
        "best there is",
        "regret",
    ]);
    for row in &report.rows {
        let runs = if row.known == row.runs { row.runs.to_string() } else { format!("{} of {}", row.known, row.runs) };
        let found = row.found().map_or_else(|| "–".into(), |found| unbroken(&found));
        let digits = row.spread.map_or(2, |spread| digits(spread.mean));
        let quartiles = row.quartiles.map_or_else(
            || "–".into(),
            |quartiles| unbroken(&format!("{:.digits$} to {:.digits$}", quartiles.lower, quartiles.upper)),
        );
        html.row(vec![
            Cell::text(&records[row.search].label),
            Cell::text(&row.strategy),
            Cell::text(&runs),
            Cell::number(Some(row.evaluations), 1),
            Cell::number(Some(row.missing), 1),
            Cell::number(Some(row.seconds), 1),
            Cell::number(row.scoring, 1),
            Cell::text(&row.column),
            Cell::text(&found),
            Cell::number(row.quartiles.map(|quartiles| quartiles.median), digits),
            Cell::text(&quartiles),
            Cell::number(row.best_possible, digits),
            Cell::number(row.regret(), digits),
        ]);
    }
    html.finish()
}

/// The maximum number of distinct picks listed per search.
const MOST_PICKS: usize = 20;

/// The distinct picks of the runs, those that most runs picked first, and among them the best first.
fn picks(records: &[Record]) -> String {
    let finals = records.iter().flat_map(|record| &record.finals);
    let mut columns: Vec<&String> = Vec::new();
    finals.for_each(|name| {
        if !columns.contains(&name) {
            columns.push(name);
        }
    });
    let mut header = vec!["pick", "search", "runs that picked it"];
    header.extend(columns.iter().map(|name| name.as_str()));
    let mut html = Html::new(&header);
    let mut left_out = 0;
    for record in records {
        let space = record.manifest["space"].as_str().and_then(|name| as_published(name).ok());
        let picked = record.runs.iter().filter_map(|run| Some(&run.steps[run.steps.last()?.incumbent]));
        let mut picks: Vec<(usize, &RecordedStep)> = Vec::new();
        for step in picked {
            match picks.iter_mut().find(|pick| pick.1.arch == step.arch) {
                Some(pick) => pick.0 += 1,
                None => picks.push((1, step)),
            }
        }
        let worth = |step: &RecordedStep| step.finals.first().copied().flatten().unwrap_or(f64::NEG_INFINITY);
        picks.sort_by(|a, b| b.0.cmp(&a.0).then(worth(b.1).total_cmp(&worth(a.1))));
        left_out += picks.len().saturating_sub(MOST_PICKS);
        for (runs, step) in picks.into_iter().take(MOST_PICKS) {
            let mut cells = vec![drawn(&step.arch, space.as_deref()), Cell::text(&record.label), Cell::count(runs)];
            cells.extend(columns.iter().map(|name| {
                let place = record.finals.iter().position(|own| own == *name);
                let value = place.and_then(|place| step.finals[place]);
                Cell::number(value, value.map_or(2, digits))
            }));
            html.row(cells);
        }
    }
    let note = match left_out {
        0 => String::new(),
        more => format!("<p class=\"note\">{more} more are in the searches' own tables.</p>\n"),
    };
    html.finish() + &note
}

/// Kept on one line.
fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

fn pairs(report: &Report, records: &[Record]) -> String {
    let mut html = Html::new(&["A", "B", "final", "runs", "A less B", "A better", "B better"]);
    for pair in &report.pairs {
        html.row(vec![
            Cell::text(&records[pair.a].label),
            Cell::text(&records[pair.b].label),
            Cell::text(&pair.column),
            Cell::count(pair.runs),
            Cell::estimate(Estimate { value: Some(pair.difference), interval: pair.interval }, digits(pair.level) + 1),
            Cell::number(Some(pair.a_better), 3),
            Cell::number(Some(pair.b_better), 3),
        ]);
    }
    let note = format!(
        "<p class=\"note\">Runs are paired by their number. Equal seeds do not make them meet the same chances, but for the pool of a warm-up; intervals are 95 % over {DRAWS} resamples of the runs.</p>\n"
    );
    html.finish() + &note
}

fn fronts(report: &Report, records: &[Record]) -> String {
    let mut body = String::new();
    let mut html = Html::new(&["search", "objectives", "front", "hypervolume", "runs"]);
    for front in &report.fronts {
        let spread = Spread::of(front.hypervolumes.iter().copied());
        let spread = spread.map_or_else(|| "–".into(), |spread| format!("{:.3} ± {:.3}", spread.mean, spread.std));
        html.row(vec![
            Cell::text(&records[front.search].label),
            Cell::text(&front.objectives.join(", ")),
            Cell::count(front.points.len()),
            Cell::text(&spread),
            Cell::count(front.hypervolumes.len()),
        ]);
    }
    body += &html.finish();
    for front in &report.fronts {
        let mut header = vec!["architecture"];
        header.extend(front.objectives.iter().map(String::as_str));
        let mut html = Html::new(&header);
        for (arch, values) in &front.points {
            let values = values.iter().zip(&front.signs).map(|(value, sign)| Cell::number(Some(sign * value), 2));
            html.row(std::iter::once(Cell::text(arch)).chain(values).collect());
        }
        body += &details(&format!("The front of {}", escape(&records[front.search].label)), &html.finish());
    }
    body
}

const METHODS: &str = "<ul>\n\
<li><b>The incumbent</b> of a run is the evaluated architecture with the best feedback so far, the first of equals; the pick is \
the last incumbent. Where the best of a search by proxies were trained, it is the best of those.</li>\n\
<li><b>Simulated seconds</b> add up what the table says each evaluation takes, or what it took where networks were really \
trained. A run goes on while they are below the \
budget, so that the last evaluation may overshoot (NATS-Bench's protocol). <b>Scoring seconds</b> are measured: what proxies \
took, each network once a run by each proxy, over all seeds of a score file; blank where some were not timed.</li>\n\
<li><b>Missing</b> counts proposals that have no value, as in a table of a part of the space: they are no evaluation, and the \
strategy proposes others.</li>\n\
<li><b>Mean ± std</b> is over the runs' picks; the standard deviation is divided by the number of runs. <b>Regret</b> is what \
a pick falls short of the best architecture of the table.</li>\n\
<li><b>Curves</b> are the median and quartiles over runs of what the incumbent is worth; a run that has ended keeps its \
last.</li>\n\
<li><b>Hypervolume</b> is the share of the box between the worst and best value of each objective, over all evaluations of the \
searches on this page, that a run's front dominates.</li>\n</ul>\n";
