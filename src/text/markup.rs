//! Tables for papers and pages: LaTeX and Markdown.

use super::{Column, Form, Table};

impl Table {
    /// Returns the table in Markdown, as GitHub and most other programs read it.
    pub fn markdown(&self) -> String {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', "<br>");
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let rule = |column: &Column| if column.form == Form::Number { "---:" } else { "---" }.to_owned();
        let titles = self.each(|column| escaped(&self.columns[column].title));
        let rules = self.each(|column| rule(&self.columns[column]));
        let rows = self.cells().map(|row| line(row.into_iter().map(|text| escaped(&text)).collect()));
        line(titles) + &line(rules) + &rows.collect::<String>()
    }

    /// Returns a LaTeX `tabular` with the rules of the package booktabs.
    pub fn latex(&self) -> String {
        let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
        let form = |column: usize| if self.columns[column].form == Form::Number { "r" } else { "l" }.to_owned();
        let titles = line(self.each(|column| latex(&self.columns[column].title)));
        let rows: String = self.cells().map(|row| line(row.iter().map(|text| latex(text)).collect())).collect();
        let forms = self.each(form).concat();
        format!("\\begin{{tabular}}{{{forms}}}\n\\toprule\n{titles}\\midrule\n{rows}\\bottomrule\n\\end{{tabular}}\n")
    }

    fn each(&self, of: impl Fn(usize) -> String) -> Vec<String> {
        self.shown().into_iter().map(of).collect()
    }

    fn cells(&self) -> impl Iterator<Item = Vec<String>> {
        let text =
            |row: usize, column: usize| self.rows[row].get(column).map_or(String::new(), |cell| cell.text.clone());
        (0..self.rows.len()).map(move |row| self.each(|column| text(row, column)))
    }
}

/// Escapes text for LaTeX; the hyphen of a negative number becomes a minus sign.
fn latex(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', letter]),
            '\\' => escaped += "\\textbackslash{}",
            '~' => escaped += "\\textasciitilde{}",
            '^' => escaped += "\\textasciicircum{}",
            '|' => escaped += "\\textbar{}",
            '<' => escaped += "\\textless{}",
            '>' => escaped += "\\textgreater{}",
            '±' => escaped += "$\\pm$",
            '\n' => escaped.push(' '),
            '-' if before.is_none_or(|before| " [(".contains(before)) && text.len() > 1 => escaped += "$-$",
            letter => escaped.push(letter),
        }
        before = Some(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new("correlation", [Column::word("proxy"), Column::number("rho"), Column::hidden("n")]);
        table.row(["grad_norm|x", "-0.305 [-0.434, -0.158]", "1"]);
        table.row(["zen", "-", "1"]);
        table
    }

    #[test]
    fn markdown_keeps_its_bars_apart_from_the_cells() {
        let expected = "| proxy | rho |\n| --- | ---: |\n| grad_norm\\|x | -0.305 [-0.434, -0.158] |\n| zen | - |\n";
        assert_eq!(table().markdown(), expected);
    }

    #[test]
    fn latex_shows_letters_as_they_are_and_minus_signs_as_such() {
        let expected = "\\begin{tabular}{lr}\n\\toprule\nproxy & rho \\\\\n\\midrule\n\
                        grad\\_norm\\textbar{}x & $-$0.305 [$-$0.434, $-$0.158] \\\\\nzen & - \\\\\n\\bottomrule\n\\end{tabular}\n";
        assert_eq!(table().latex(), expected);
        assert_eq!(latex("1.5 ± 2 % of a-b"), "1.5 $\\pm$ 2 \\% of a-b");
    }
}
