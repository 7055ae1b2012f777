//! An index of a folder of results: every page beneath it, and what it is about.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::page::escape;
use super::page::frame::{Page, Section};
use super::page::table::{Cell, Html};
use crate::results::replace_text;
use crate::{Error, Result};

/// How many levels of folders are searched.
const DEEPEST: usize = 6;
/// The index itself.
const INDEX: &str = "index.html";
/// The keys of a manifest that tell results apart, in the order in which they are shown.
const TOLD: [&str; 10] =
    ["targets", "space", "strategy", "evaluate", "arch", "proxies", "images", "subset", "benchmark", "seed"];

/// Makes a page that lists the results in a folder.
#[derive(Clone, Debug)]
pub struct IndexRequest {
    /// The folder.
    pub folder: PathBuf,
    /// The page; by default `index.html` in the folder.
    pub out: Option<PathBuf>,
}

/// A page among the results.
struct Found {
    /// Its path, which begins with that of the folder.
    path: PathBuf,
    /// Its title, as HTML.
    title: String,
    /// The manifest beside it; null where there is none.
    manifest: Value,
}

impl IndexRequest {
    /// Creates a request for an index of this folder, inside it.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        IndexRequest { folder: folder.into(), out: None }
    }

    /// Returns whether a path is a folder that holds pages of results, directly or in its subfolders, rather than parts of a score file.
    pub fn has_pages(path: &Path) -> bool {
        let mut found = Vec::new();
        path.is_dir() && IndexRequest::new(path).look(path, 0, &mut found).is_ok() && !found.is_empty()
    }

    /// Writes the page and returns its path.
    ///
    /// # Errors
    /// Names the folder that cannot be read or has no pages, or the file that cannot be written.
    pub fn run(&self) -> Result<PathBuf> {
        let mut found = Vec::new();
        self.look(&self.folder, 0, &mut found)?;
        if found.is_empty() {
            return Err(Error::file(&self.folder, "has no pages of results in it or in its folders".to_owned()));
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        let out = self.out.clone().unwrap_or_else(|| self.folder.join(INDEX));
        replace_text(&out, &self.page(&found, &out))?;
        Ok(out)
    }

    fn look(&self, folder: &Path, depth: usize, found: &mut Vec<Found>) -> Result<()> {
        let entries = fs::read_dir(folder).map_err(Error::io(folder, "cannot be read"))?;
        for entry in entries {
            let entry = entry.map_err(Error::io(folder, "cannot be read"))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(Error::io(&path, "cannot be read"))?;
            if kind.is_dir() && depth < DEEPEST {
                self.look(&path, depth + 1, found)?;
            } else if kind.is_file() && path.extension().is_some_and(|end| end == "html") && entry.file_name() != INDEX
            {
                let manifest = fs::read_to_string(folder.join("manifest.json")).ok();
                let manifest = manifest.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
                let title = title(&path)?;
                found.push(Found { path, title, manifest });
            }
        }
        Ok(())
    }

    fn page(&self, found: &[Found], out: &Path) -> String {
        let home = out.parent().unwrap_or(Path::new(""));
        let mut html = Html::new(&["page", "title", "made by", "about"]);
        for one in found {
            // Links are relative to the folder of the index; pages outside it are linked by their whole path.
            let link = one.path.strip_prefix(home).map(Path::to_owned).or_else(|_| one.path.canonicalize());
            let link = link.unwrap_or_else(|_| one.path.clone()).display().to_string().replace('\\', "/");
            let name = one.path.strip_prefix(&self.folder).unwrap_or(&one.path).display().to_string();
            let command = one.manifest.get("command").and_then(Value::as_str).unwrap_or("–");
            html.row(vec![
                Cell::html(format!(
                    "<a href=\"{}\">{}</a>",
                    escape(&link.replace('%', "%25").replace('#', "%23")),
                    escape(&name)
                )),
                Cell::html(one.title.clone()),
                Cell::text(command),
                Cell::text(&about(&one.manifest)),
            ]);
        }
        let title = format!("Results in {}", self.folder.display());
        Page::new(format!("zeronas: {title}"), format!("<h1>{}</h1>\n", escape(&title)))
            .section(Section::new("Pages").html(&html.finish()))
            .html()
    }
}

/// How far into a page its title is looked for, in bytes.
const HEAD: u64 = 4096;

/// The title of a page, as HTML; empty where it has none.
fn title(path: &Path) -> Result<String> {
    let mut head = Vec::new();
    let file = fs::File::open(path).map_err(Error::io(path, "cannot be read"))?;
    file.take(HEAD).read_to_end(&mut head).map_err(Error::io(path, "cannot be read"))?;
    let head = String::from_utf8_lossy(&head);
    let title = head.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    // A title is HTML already; one that contains a tag is not taken over.
    Ok(title.map(|(title, _)| title).filter(|title| !title.contains('<')).unwrap_or_default().to_owned())
}

/// Says what results are about, from their manifest.
fn about(manifest: &Value) -> String {
    let said = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(list) if !list.is_empty() => Some(
            list.iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(", "),
        ),
        Value::Object(fields) => fields.get("rule").or(fields.get("file")).and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    let told = TOLD.iter().filter_map(|key| Some(format!("{key}: {}", said(manifest.get(key)?)?)));
    told.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_beneath_is_listed_with_what_it_is_about() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("a/no-dead#edges")).unwrap();
        fs::write(at("a/report.html"), "<title>of a &amp; b</title>").unwrap();
        fs::write(
            at("a/manifest.json"),
            r#"{"command": "report", "targets": ["acc"], "subset": {"rule": "all"}, "seed": 0}"#,
        )
        .unwrap();
        fs::write(at("a/no-dead#edges/report.html"), "").unwrap();
        assert!(IndexRequest::new(at("a/no-dead")).run().is_err());
        let request = IndexRequest::new(folder.path());
        let page = request.run().unwrap();
        assert_eq!(page, at("index.html"));
        request.run().expect("an index lists itself not");
        let html = fs::read_to_string(page).unwrap();
        assert!(
            html.contains("<a href=\"a/report.html\">") && html.contains("href=\"a/no-dead%23edges/report.html\""),
            "{html}"
        );
        assert!(html.contains("<td>of a &amp; b</td>"), "{html}");
        assert!(html.contains("targets: acc; subset: all; seed: 0") && !html.contains("index.html"));
    }

    #[test]
    fn a_folder_without_pages_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let error = IndexRequest::new(folder.path()).run().unwrap_err().to_string();
        assert!(error.contains("no pages"), "{error}");
    }
}
