//! The progress of jobs as text.

use super::{State, Status, Total};
use crate::text::{Cell, Column, Table, Text};
use crate::words::duration;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

/// Returns a table of the jobs. Below it, the parts of each split job are summed up and missing parts are named.
pub fn text(jobs: &[Status], now: SystemTime) -> Text {
    let says_more = jobs.iter().any(|job| !job.about.is_empty());
    let about = if says_more { Column::prose("about").detail() } else { Column::hidden("about") };
    let columns = [
        Column::word("job").key(),
        Column::word("command"),
        Column::word("state").key(),
        Column::number("done").key(),
        Column::number("of").called("total"),
        Column::word("unit").key(),
        Column::number("left").called("seconds_left"),
        Column::number("last written").called("seconds_since_written").detail(),
        about,
    ];
    let mut table = Table::new("job", columns);
    for job in jobs {
        table.row(row(job, now));
    }
    let sums = split(jobs).into_values().map(|parts| format!("\n{}", sum(&parts)));
    Text::from(table).and(sums.collect::<String>() + "\n")
}

fn row(job: &Status, now: SystemTime) -> Vec<Cell> {
    let since = job.written.1.and_then(|at| now.duration_since(at).ok()).map(|since| since.as_secs_f64());
    let left = job.seconds_left(now);
    let at_most = if matches!(job.total, Total::AtMost(_)) { "≤ " } else { "" };
    let total = job.total.number();
    vec![
        job.path.display().to_string().into(),
        job.command.into(),
        job.state.word().into(),
        job.done.into(),
        Cell::of(format!("{at_most}{total}"), total as u64),
        job.unit.into(),
        Cell::of(left.map_or_else(|| "-".into(), |left| format!("{at_most}{}", duration(left))), left),
        Cell::of(since.map_or_else(|| "-".into(), |since| format!("{} ago", duration(since))), since),
        (&job.about).into(),
    ]
}

/// Groups the parts of each split job: those in the same folder with the same number of parts.
fn split(jobs: &[Status]) -> BTreeMap<(&Path, usize), Vec<&Status>> {
    let mut split: BTreeMap<(&Path, usize), Vec<&Status>> = BTreeMap::new();
    for job in jobs {
        if let (Some((_, count)), Some(folder)) = (job.part, job.path.parent()) {
            split.entry((folder, count)).or_default().push(job);
        }
    }
    split
}

fn sum(parts: &[&Status]) -> String {
    let count = parts.iter().filter_map(|job| job.part).map(|(_, count)| count).max().unwrap_or(0);
    let of = |state: State| parts.iter().filter(|job| job.state == state).count();
    let there = |index: usize| parts.iter().any(|job| job.part.is_some_and(|(part, _)| part == index));
    let missing: Vec<String> = (1..=count).filter(|index| !there(*index)).map(|index| index.to_string()).collect();
    let (done, total) = parts.iter().fold((0, 0), |(done, total), job| (done + job.done, total + job.total.number()));
    let missing = match missing.as_slice() {
        [] => String::new(),
        missing => format!("; not there: {}", missing.join(", ")),
    };
    format!(
        "{} of {count} parts: {} finished, {} running, {} cut off; {done} of at most {total} networks{missing}",
        parts.len(),
        of(State::Finished),
        of(State::Running),
        of(State::CutOff),
    )
}
