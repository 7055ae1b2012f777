//! What all pages are made of: sections that fold, a contents bar that lists them, the style and the scripts.

use std::fmt::Write;

use super::escape;
use crate::space::drawing::STYLE as DRAWINGS;

/// The scripts, in the order in which they run. A page is complete without them.
const SCRIPTS: [&str; 6] = [
    include_str!("script/contents.js"),
    include_str!("script/tables.js"),
    include_str!("script/drawing.js"),
    include_str!("script/data.js"),
    include_str!("script/plot.js"),
    include_str!("script/explore.js"),
];

/// A page in the making.
pub(crate) struct Page {
    title: String,
    head: String,
    sections: Vec<Section>,
    data: Option<String>,
}

/// A section and its parts, all of which fold.
pub(crate) struct Section {
    title: String,
    open: bool,
    body: String,
    parts: Vec<(String, String)>,
}

impl Section {
    /// A section with this title.
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Section { title: title.into(), open: true, body: String::new(), parts: Vec::new() }
    }

    /// Adds this HTML, before the parts.
    pub(crate) fn html(mut self, html: &str) -> Self {
        self.body += html;
        self
    }

    /// Adds a part with this title, unless there is nothing in it.
    pub(crate) fn part(mut self, title: impl Into<String>, html: String) -> Self {
        if !html.is_empty() {
            self.parts.push((title.into(), html));
        }
        self
    }

    /// Folds the section until a reader opens it.
    pub(crate) fn folded(mut self) -> Self {
        self.open = false;
        self
    }

    fn is_empty(&self) -> bool {
        self.body.is_empty() && self.parts.is_empty()
    }
}

impl Page {
    /// A page with this title that begins with this HTML.
    pub(crate) fn new(title: impl Into<String>, head: String) -> Self {
        Page { title: title.into(), head, sections: Vec::new(), data: None }
    }

    /// Adds a section, unless there is nothing in it.
    pub(crate) fn section(mut self, section: Section) -> Self {
        if !section.is_empty() {
            self.sections.push(section);
        }
        self
    }

    /// Adds architectures to explore: JSON that the scripts read, and a section for them.
    pub(crate) fn explore(mut self, data: Option<String>) -> Self {
        if let Some(data) = data {
            let html = "<div id=\"explore\"><p class=\"note\">This part needs scripts, which are switched off here. All tables and \
                figures below do without.</p></div>\n";
            self.sections.push(Section::new("Explore the architectures").html(html));
            // Nothing in it may look like an end tag or a comment of HTML.
            self.data = Some(data.replace('<', "\\u003c"));
        }
        self
    }

    /// The whole page.
    pub(crate) fn html(&self) -> String {
        let (mut contents, mut body) = (String::new(), self.head.clone());
        // Writing to a String cannot fail.
        for (place, section) in self.sections.iter().enumerate() {
            let id = format!("s{}", place + 1);
            let _ = write!(contents, "<li><a href=\"#{id}\">{}</a>", escape(&section.title));
            body += &open(&id, "section", section.open, 2, &section.title);
            body += &section.body;
            if !section.parts.is_empty() {
                contents += "<ul>";
            }
            for (number, (title, html)) in section.parts.iter().enumerate() {
                let id = format!("{id}-{}", number + 1);
                let _ = write!(contents, "<li><a href=\"#{id}\">{}</a></li>", escape(title));
                body += &open(&id, "part", true, 3, title);
                body += html;
                body += "</details>\n";
            }
            contents += if section.parts.is_empty() { "</li>\n" } else { "</ul></li>\n" };
            body += "</details>\n";
        }
        let data =
            self.data.as_ref().map(|data| format!("<script type=\"application/json\" id=\"data\">{data}</script>\n"));
        let nav = format!("<nav aria-label=\"Contents\"><ul>\n{contents}</ul></nav>\n");
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
             <title>{}</title>\n<style>\n{}{DRAWINGS}</style>\n</head>\n<body>\n{}<main>\n{body}</main>\n{}<script>\n\"use strict\";\n{}</script>\n\
             </body>\n</html>\n",
            escape(&self.title),
            include_str!("style.css"),
            if self.sections.len() > 1 { nav } else { String::new() },
            data.unwrap_or_default(),
            SCRIPTS.concat(),
        )
    }
}

fn open(id: &str, class: &str, open: bool, level: usize, title: &str) -> String {
    let open = if open { " open" } else { "" };
    format!("<details class=\"{class}\"{open}><summary><h{level} id=\"{id}\">{}</h{level}></summary>\n", escape(title))
}
