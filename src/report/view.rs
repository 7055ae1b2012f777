//! Score files as one page: the best architectures, figures to explore, which proxies rank alike, and what has no score. This needs no
//! benchmark.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::alike::alike;
use super::average::{Reading, Readings, average};
use super::figure;
use super::join::BadPolicy;
use super::page::data::{self, Column};
use super::page::frame::{Page, Section};
use super::page::table::{Cell, Html};
use super::page::text::files;
use super::page::{captioned, ceilings, drawn, escape};
use super::ranking::ranked;
use super::reading::{ReadAs, space_of};
use super::scores::{Columns, Scores};
use super::seeds::spread;
use crate::listener::Listener;
use crate::results::replace_text;
use crate::space::SearchSpace;
use crate::words::counted;

/// How many of the best are listed.
const LISTED: usize = 20;

/// Makes a page of score files.
#[derive(Clone, Debug)]
pub struct ViewRequest {
    /// Score files of any tool, or folders of their parts, all of one search space.
    pub scores: Vec<PathBuf>,
    /// The page; by default beside the first file and with its name.
    pub out: Option<PathBuf>,
    /// Search space of score files that do not name theirs.
    pub space: Option<String>,
    /// How the files are read.
    pub read: ReadAs,
}

impl ViewRequest {
    /// Creates a request for a page of these files, with default settings.
    pub fn new(scores: Vec<PathBuf>) -> Self {
        ViewRequest { scores, out: None, space: None, read: ReadAs::default() }
    }

    /// Writes the page and returns its path.
    ///
    /// # Errors
    /// Names the file, row or setting at fault.
    pub fn run(&self, listener: &dyn Listener) -> crate::Result<PathBuf> {
        let columns = Columns { space: self.space.clone(), ..self.read.columns(None, &[])? };
        let scores = self.read.scores(&self.scores, &columns, listener)?;
        let readings = average(&scores)?;
        let named = scores.said_space().or(self.space.as_deref());
        let space = space_of(named, None, &readings.archs);
        let html = self.page(&scores, &readings, space.as_deref())?;
        let beside =
            || self.scores.first().map(|first| first.with_extension("html")).unwrap_or_else(|| "scores.html".into());
        let out = self.out.clone().unwrap_or_else(beside);
        replace_text(&out, &html)?;
        Ok(out)
    }

    fn page(&self, scores: &Scores, readings: &Readings, space: Option<&dyn SearchSpace>) -> crate::Result<String> {
        let direction = |proxy: &str| self.read.direction(proxy);
        let title = format!(
            "{} by {}",
            counted(readings.archs.len(), "architecture", "architectures"),
            counted(readings.proxies.len(), "proxy", "proxies")
        );
        let proxies = readings.proxies.iter().map(|proxy| Column::proxy(proxy, direction(&proxy.proxy), None));
        let explored = data::json(&readings.archs, &proxies.collect::<Vec<_>>(), space);
        let alike = figure::alike(&alike(readings, &direction, BadPolicy::Worst))?;
        let alike = alike.map(|figure| captioned(&figure)).unwrap_or_default();
        let seeds = spread(scores, &|_| true, &direction, BadPolicy::Worst)?;
        Ok(Page::new(format!("zeronas scores: {title}"), format!("<h1>{}</h1>\n", escape(&title)))
            .section(Section::new("The best by mean rank").html(&self.best(readings, space)))
            .explore(explored)
            .section(Section::new("Which proxies say the same").html(&alike))
            .section(ceilings::section(&[], &seeds))
            .section(Section::new("Statuses").html(&statuses(readings)))
            .section(Section::new("Where the scores come from").html(&files(&scores.files)))
            .html())
    }

    fn best(&self, readings: &Readings, space: Option<&dyn SearchSpace>) -> String {
        let (order, means) = ranked(readings, &|proxy| self.read.direction(proxy));
        let mut header = vec!["architecture".to_owned(), "mean rank".to_owned()];
        header.extend(readings.proxies.iter().map(|proxy| proxy.label()));
        let mut html = Html::new(&header);
        for &arch in order.iter().take(LISTED) {
            let mut cells = vec![drawn(&readings.archs[arch], space), Cell::number(Some(means[arch]), 1)];
            cells.extend(readings.proxies.iter().map(|proxy| Cell::reading(proxy.readings[arch].as_ref())));
            html.row(cells);
        }
        html.finish()
    }
}

fn statuses(readings: &Readings) -> String {
    let mut html = Html::new(&["proxy", "status", "architectures"]);
    for proxy in &readings.proxies {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for reading in proxy.readings.iter() {
            let status = match reading {
                Some(Reading::Value(_) | Reading::LnZero) => "ok",
                Some(Reading::Bad(status)) => status,
                None => "not scored",
            };
            *counts.entry(status).or_default() += 1;
        }
        for (status, count) in counts {
            html.row(vec![Cell::text(&proxy.proxy), Cell::text(status), Cell::count(count)]);
        }
    }
    html.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_score_file_becomes_a_page_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let arch = |op: &str| format!("|{op}~0|+|none~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|");
        let (good, bad) = (arch("nor_conv_3x3"), arch("avg_pool_3x3"));
        let lines =
            format!("{good},zen,0,3,,ok,1\n{bad},zen,0,1,,ok,1\n{good},loss,0,1,,ok,1\n{bad},loss,0,,,singular,1\n");
        fs::write(&path, crate::report::fixture::csv(&lines)).unwrap();
        let mut request = ViewRequest::new(vec![path]);
        request.read.lower_is_better = vec!["loss".into()];
        let page = request.run(&()).unwrap();
        assert_eq!(page, folder.path().join("scores.html"));
        let html = fs::read_to_string(page).unwrap();
        for part in
            ["2 architectures by 2 proxies", "The best by mean rank", "id=\"data\"", "class=\"cell\"", "singular"]
        {
            assert!(html.contains(part), "{part}");
        }
        assert!(html.find(&good).unwrap() < html.find(&bad).unwrap(), "the best comes first");
    }
}
