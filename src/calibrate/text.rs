//! The results of a calibration as text, with the verdict at the end.

use super::job::Calibrated;
use super::{Calibration, Judged};
use crate::report::display;
use crate::text::{Cell, Column, Table, Text};

impl Calibrated {
    /// The results as text.
    pub fn text(&self) -> Text {
        let Calibration { judged, networks, by_chance, ceiling, verdict } = &self.calibration;
        let steps = judged.first().map_or(&[][..], |one| &one.curve[..one.curve.len().saturating_sub(1)]);
        let fixed = [
            Column::word("candidate").key(),
            Column::word("kind"),
            Column::number("kendall").key(),
            Column::number("spearman\ngiven params").called("partial_spearman"),
        ];
        let first =
            |(count, _): &(usize, _)| Column::number(format!("first {count}")).called(format!("kendall_first_{count}"));
        let mut table = Table::new("candidate", fixed.into_iter().chain(steps.iter().map(|step| first(step).detail())));
        let mut best: Vec<&Judged> = judged.iter().collect();
        let tau = |one: &Judged| one.kendall.value.unwrap_or(f64::NEG_INFINITY);
        best.sort_by(|a, b| tau(b).total_cmp(&tau(a)));
        for one in best {
            let earlier = one.curve.iter().take(steps.len()).map(|(_, estimate)| estimate);
            let numbers = [&one.kendall, &one.partial].into_iter().chain(earlier).map(Cell::from);
            table.row([Cell::from(&one.name), one.kind.name().into()].into_iter().chain(numbers));
        }
        let ceiling = ceiling.map_or_else(String::new, |ceiling| {
            let (tau, noise, repeated) = (display::estimate(&ceiling.kendall), ceiling.noise, ceiling.repeated);
            format!(
                "ceiling: perfect knowledge would reach {tau}; a training has a standard deviation of {noise:.3}, from {repeated} networks\n"
            )
        });
        let notes: String = self.notes.iter().map(|note| format!("note: {note}\n")).collect();
        let title = format!(
            "Kendall's tau-b with the labels of {networks} of {} architectures, the combination's by leaving one out\n",
            self.archs
        );
        Text::from(title).and(table).and(format!(
            "\nin brackets: 95 % intervals\n{ceiling}{notes}the best tau is reached by {:.1} % of shuffled labels\nverdict: {}\nwritten: {}\n",
            100.0 * by_chance,
            verdict.says(),
            self.file.display(),
        ))
    }
}
