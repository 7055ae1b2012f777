//! The page of a training: its curves, its epochs in numbers, and how it was made.

use serde_json::Value;

use super::history::{EpochRow, PARTS};
use super::tally::Measures;
use crate::Result;
use crate::report::figure::Figure;
use crate::report::figure::lines::{Labels, Line, lines};
use crate::report::page::frame::{Page, Section};
use crate::report::page::table::{Cell, Html, breakable};
use crate::report::page::text::listed;
use crate::report::page::{captioned, drawing, write_figures};
use crate::results::Folder;
use crate::space::as_published;

/// Writes `curves.html` and its figures as `figures/NAME.svg`.
///
/// # Errors
/// Names the file that cannot be written or the figure that cannot be drawn.
pub fn write(folder: &Folder, history: &[EpochRow], manifest: &Value) -> Result<()> {
    let figures = figures(history)?;
    write_figures(folder, &figures)?;
    let title = manifest.get("arch").and_then(Value::as_str).unwrap_or("training");
    let drawn: String = figures.iter().map(captioned).collect();
    let space = manifest.get("space").and_then(Value::as_str).and_then(|name| as_published(name).ok());
    let head = format!("<h1>{}</h1>\n{}\n", breakable(title), drawing(title, space.as_deref()));
    let page = Page::new(format!("zeronas training: {title}"), head)
        .section(Section::new("Curves").html(&format!("<div class=\"figures\">\n{drawn}</div>\n")))
        .section(Section::new("Epoch by epoch").html(&numbers(history)))
        .section(Section::new("How it was trained").html(&listed(manifest)));
    folder.write_text("curves.html", &page.html())
}

/// The curves.
///
/// # Errors
/// Names the figure that cannot be drawn.
pub(crate) fn figures(history: &[EpochRow]) -> crate::report::Result<Vec<Figure>> {
    let curves = |of: fn(&Measures) -> f64| -> Vec<Line> {
        let curve = |measured: fn(&EpochRow) -> Option<Measures>| {
            history.iter().filter_map(|row| Some((row.epoch as f64, of(&measured(row)?)))).collect::<Vec<_>>()
        };
        PARTS
            .iter()
            .map(|&(part, measured)| (part.to_owned(), curve(measured)))
            .filter(|line| !line.1.is_empty())
            .collect()
    };
    let rate = history.iter().map(|row| (row.epoch as f64, row.learning_rate)).collect();
    let note = "Training images are augmented, and counted before the step that they are part of.";
    let figure = |name, title, note, y, drawn: &[Line]| lines(&Labels { name, title, note, axes: ["epoch", y] }, drawn);
    let drawn = [
        figure("accuracy", "Accuracy", note, "images classified rightly, %", &curves(|measures| measures.accuracy))?,
        figure("loss", "Loss", note, "mean cross entropy", &curves(|measures| measures.loss))?,
        figure(
            "learning_rate",
            "Learning rate",
            "That of each epoch's last step.",
            "rate",
            &[("rate".to_owned(), rate)],
        )?,
    ];
    Ok(drawn.into_iter().flatten().collect())
}

fn numbers(history: &[EpochRow]) -> String {
    let measured: Vec<_> = PARTS.iter().filter(|part| history.iter().any(|row| part.1(row).is_some())).collect();
    let mut header = vec!["epoch".to_owned()];
    for (part, _) in &measured {
        header.extend([format!("{part} accuracy, %"), format!("{part} top 5, %"), format!("{part} loss")]);
    }
    header.extend(["learning rate", "images a second", "seconds"].map(String::from));
    let mut html = Html::new(&header);
    for row in history {
        let mut cells = vec![Cell::text(&row.epoch.to_string())];
        for (_, of) in &measured {
            let found = of(row);
            let number = |of: fn(Measures) -> f64, digits| Cell::number(found.map(of), digits);
            cells.extend([number(|m| m.accuracy, 2), number(|m| m.top5, 2), number(|m| m.loss, 4)]);
        }
        cells.push(Cell::number(Some(row.learning_rate), 5));
        cells.push(Cell::number(Some(row.images_per_second), 0));
        cells.push(Cell::number(Some(row.seconds + row.evaluation_seconds), 1));
        html.row(cells);
    }
    html.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_page_shows_curves_numbers_and_settings() {
        let row = |epoch: usize| {
            let train = Measures { loss: 2.0 / epoch as f64, accuracy: 10.0 * epoch as f64, top5: 90.0 };
            EpochRow {
                epoch,
                steps: 8 * epoch,
                learning_rate: 0.1,
                train,
                valid: None,
                test: Some(train),
                seconds: 2.0,
                evaluation_seconds: 0.5,
                images_per_second: 128.0,
            }
        };
        let dir = tempfile::tempdir().unwrap();
        let manifest = json!({"arch": "|<b>|", "seed": 7});
        let folder = Folder::create(dir.path(), &manifest).unwrap();
        write(&folder, &[row(1), row(2), row(3)], &manifest).unwrap();
        let page = std::fs::read_to_string(dir.path().join("curves.html")).unwrap();
        assert_eq!(page.matches("<figure>").count(), 3);
        assert!(
            page.contains("|&lt;b&gt;|") && page.contains("test top 5, %") && !page.contains("valid loss"),
            "{page}"
        );
        assert!(page.contains("30.00") && page.contains("seed"));
        assert!(dir.path().join("figures/accuracy.svg").exists());
        write(&folder, &[], &manifest).unwrap();
    }
}
