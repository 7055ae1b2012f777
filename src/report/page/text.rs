//! What the page says in words: what was compared, how every number is defined, and where the scores come from.

use serde_json::Value;

use super::super::Report;
use super::super::average::Readings;
use super::super::join::{BadPolicy, Target};
use super::super::scores::ScoreFile;
use super::table::{Cell, Html};
use super::{About, details, escape, push};
use crate::words::counted;

/// The title, and the facts without which no number means anything.
pub(super) fn head(readings: &Readings, targets: &[Target], about: &About<'_>) -> String {
    let names: Vec<String> = targets.iter().map(|target| escape(&target.name)).collect();
    let manifest = |path: &str| about.manifest.pointer(path).map(plain_json).unwrap_or_default();
    let settings = about.settings;
    let bad = match settings.bad {
        BadPolicy::Worst => "share the worst rank and are left out of Pearson's r",
        BadPolicy::Drop => "are left out of everything",
    };
    let intervals = match settings.bootstrap {
        0 => "No intervals were asked for.".to_owned(),
        draws => format!(
            "Intervals are the 2.5 and 97.5 percentiles over {draws} resamples of the architectures (seed {}).",
            settings.seed
        ),
    };
    let mut body = String::new();
    push(
        &mut body,
        &format!("<h1>{} against {}</h1>", counted(readings.proxies.len(), "proxy", "proxies"), names.join(", ")),
    );
    push(
        &mut body,
        &format!(
            "<p><b>{} of {} scored architectures</b> (subset: <code>{}</code>). Architectures without a score {bad}. \
             {intervals} Correlations are signed.</p>",
            manifest("/subset/kept"),
            manifest("/subset/scored"),
            escape(&manifest("/subset/rule"))
        ),
    );
    push(
        &mut body,
        &format!(
            "<p class=\"note\">Benchmark <code>{}</code>, SHA-256 <code>{}</code>; zeronas {}.</p>",
            escape(&manifest("/benchmark/file")),
            escape(&manifest("/benchmark/sha256")),
            escape(&manifest("/version"))
        ),
    );
    body
}

/// How every number is defined.
pub(super) fn methods(report: &Report, about: &About<'_>) -> String {
    let settings = about.settings;
    let mut items = vec![
        "<b>Seeds.</b> Scores are averaged over seeds before anything is ranked; proxies on a log scale by their logarithms. \
         An architecture that has no score under one of the seeds has none."
            .to_owned(),
        "<b>Spearman's ρ</b> is Pearson's r of average ranks; <b>Kendall's τ</b> is τ-b; both count ties. <b>Pearson's r</b> is \
         over the architectures that have a number."
            .to_owned(),
    ];
    if let Some(given) = &report.given {
        items.push(format!(
            "<b>ρ given {}</b> is Spearman's partial correlation, (ρ<sub>xy</sub> − ρ<sub>xz</sub>ρ<sub>yz</sub>) / \
             √((1 − ρ<sub>xz</sub>²)(1 − ρ<sub>yz</sub>²)): what is left of ρ once both sides are freed of the rank of {0}. A proxy \
             that only measures size has none left.",
            escape(given)
        ));
    }
    items.push(
        "<b>Best of k</b> is the best target among the k best scores, <b>regret at k</b> what it falls short of the best \
         there is, <b>precision at k</b> the share of the k best scores that are among the k best targets. Where a k-th \
         place falls among ties, each is the expectation over all ways to break them."
            .into(),
    );
    items.push(
        "<b>nDCG at k</b> has gain 2<sup>t</sup> − 1 and discount log<sub>2</sub>(place + 1), ties sharing their gain: \
         <code>sklearn.metrics.ndcg_score([2**t - 1], [score], k=k)</code>, with accuracies t in percent. \
         The values that VKDNW (CVPR 2025) reports agree with k = 1000."
            .into(),
    );
    items.push(
        "<b>Tenths</b> are by target, equal targets standing together. Inside a tenth its members are resampled."
            .into(),
    );
    let aggregates = about.manifest.get("aggregates").and_then(Value::as_array).into_iter().flatten();
    let aggregates: Vec<String> = aggregates
        .filter_map(|made| Some(format!("<code>{}</code>", escape(made.get("aggregate")?.as_str()?))))
        .collect();
    if !aggregates.is_empty() {
        items.push(format!(
            "<b>Aggregates</b> are label-free: {} are made of the members' ranks or z-scores over the architectures of this report, \
             and no target takes part.",
            aggregates.join(", ")
        ));
    }
    if settings.bootstrap > 0 {
        items.push(
            "<b>A against B.</b> Both are computed on the same architectures in every draw, so their difference has an \
             interval of its own; each correlation counts by its proxy's declared direction."
                .into(),
        );
    }
    items.push(
        "An undefined number (a constant column, too few architectures, more than 5 % of draws undefined) is shown as –."
            .into(),
    );
    let items: String = items.iter().map(|item| format!("<li>{item}</li>\n")).collect();
    format!("<ul>\n{items}</ul>\n")
}

/// The manifest of the report and of each score file.
pub(super) fn provenance(about: &About<'_>) -> String {
    let mut own = about.manifest.clone();
    if let Some(own) = own.as_object_mut() {
        own.remove("scores");
    }
    files(about.files) + &details("This report", &listed(&own))
}

/// The manifest of each score file.
pub(crate) fn files(files: &[ScoreFile]) -> String {
    let mut body = String::new();
    for file in files {
        let name = format!("<code>{}</code>", escape(&file.path.display().to_string()));
        match &file.manifest {
            Some(manifest) => body += &details(&name, &listed(manifest)),
            None => {
                push(&mut body, &format!("<p>{name} carries no manifest: how its scores were made is not known.</p>"))
            }
        }
    }
    body
}

/// A manifest as a table.
pub(crate) fn listed(manifest: &Value) -> String {
    let mut html = Html::new(&["setting", "value"]);
    for (key, value) in manifest.as_object().into_iter().flatten() {
        // Code may break anywhere, as paths and checksums have to.
        html.row(vec![Cell::text(key), Cell::html(format!("<code>{}</code>", escape(&plain_json(value))))]);
    }
    html.finish()
}

/// JSON as people write it: text without quotes.
fn plain_json(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
