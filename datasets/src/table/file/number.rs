//! Parsing of numbers as people and programs write them.

/// Marks of a missing value, in lower case. `nan` is not among them: it is a floating-point value.
const MISSING: [&str; 24] = [
    "",
    "-",
    "--",
    "---",
    "?",
    ".",
    "na",
    "n/a",
    "#n/a",
    "#na",
    "#n/a n/a",
    "<na>",
    "n.a.",
    "none",
    "null",
    "nil",
    "nat",
    "missing",
    "empty",
    "undefined",
    "1.#ind",
    "-1.#ind",
    "1.#qnan",
    "-1.#qnan",
];

/// The decimal separator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decimal {
    Point,
    Comma,
}

/// Whether a cell marks a missing value.
pub(super) fn is_missing(cell: &str) -> bool {
    cell.len() <= 8 && MISSING.contains(&cell.to_ascii_lowercase().as_str())
}

/// Parses the number in a cell, or returns `None` if there is none.
pub(super) fn number(cell: &str, decimal: Decimal) -> Option<f64> {
    match decimal {
        Decimal::Point => cell.parse().ok().or_else(|| ungrouped(cell, ',')?.parse().ok()),
        Decimal::Comma if cell.contains(['.', ',']) => {
            let whole = cell.split(',').next().unwrap_or_default();
            let grouped = if whole.contains('.') { ungrouped(cell, '.')? } else { cell.to_owned() };
            (grouped.matches(',').count() < 2 && !grouped.contains('.'))
                .then(|| grouped.replace(',', "."))?
                .parse()
                .ok()
        }
        Decimal::Comma => cell.parse().ok(),
    }
}

/// Removes the thousands separators of a number if they are in the right places: `1,234,567.5`.
fn ungrouped(cell: &str, sign: char) -> Option<String> {
    let digits = cell.trim_start_matches(['+', '-']);
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != sign).unwrap_or(digits.len());
    let mut groups = digits[..end].split(sign);
    let first = groups.next()?;
    let mut others = groups.peekable();
    others.peek()?;
    let whole = (1..=3).contains(&first.len()) && others.all(|group| group.len() == 3);
    whole.then(|| cell.replace(sign, ""))
}

/// Determines the decimal separator of a text file from all its cells that contain a comma, or a point and look like a number.
/// `usual` is returned if the cells leave it open.
pub(super) fn decimal<'a>(cells: impl Iterator<Item = &'a str>, usual: Decimal) -> Decimal {
    let (mut comma, mut point, mut open) = (false, false, false);
    for cell in cells {
        let begins = cell.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || b"+-.,".contains(&byte));
        if !begins || !cell.contains(['.', ',']) {
            continue;
        }
        match (number(cell, Decimal::Point), number(cell, Decimal::Comma)) {
            (Some(_), None) => point = true,
            (None, Some(_)) => comma = true,
            (Some(one), Some(other)) => open |= one != other && cell.contains(','),
            (None, None) => {}
        }
    }
    match (comma, point) {
        (true, false) => Decimal::Comma,
        (false, true) => Decimal::Point,
        (true, true) => Decimal::Point,
        (false, false) if open => usual,
        (false, false) => Decimal::Point,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (cell, point, comma) in [
            ("1234.5", Some(1234.5), None),
            ("1,234.5", Some(1234.5), None),
            ("-1,234,567", Some(-1_234_567.0), None),
            ("1,2345", None, Some(1.2345)),
            ("1.234,5", None, Some(1234.5)),
            ("1.234.567,5e3", None, Some(1_234_567_500.0)),
            ("1,8352e+20", None, Some(1.8352e20)),
            ("260,392", Some(260_392.0), Some(260.392)),
            ("12,34,567", None, None),
            ("1.5e-3", Some(0.0015), None),
            ("7", Some(7.0), Some(7.0)),
            ("inf", Some(f64::INFINITY), Some(f64::INFINITY)),
            ("12 px", None, None),
            ("1e,5", None, None),
        ] {
            assert_eq!((number(cell, Decimal::Point), number(cell, Decimal::Comma)), (point, comma), "{cell}");
        }
    }

    #[test]
    fn a_file_shows_its_decimal_sign() {
        let of = |cells: &[&str], usual| decimal(cells.iter().copied(), usual);
        assert_eq!(of(&["a,b", "1,5", "260,392"], Decimal::Point), Decimal::Comma);
        assert_eq!(of(&["1.5", "260,392"], Decimal::Comma), Decimal::Point);
        assert_eq!(of(&["260,392"], Decimal::Comma), Decimal::Comma);
        assert_eq!(of(&["260,392", "1.234"], Decimal::Point), Decimal::Point);
        assert_eq!(of(&["7", "8:8:8"], Decimal::Comma), Decimal::Point);
    }

    #[test]
    fn words_for_nothing_are_known() {
        assert!(["", "None", "NULL", "N/A", "-", "<NA>", "nat"].into_iter().all(is_missing));
        assert!(!["nan", "0", "none~0", "missing value"].into_iter().any(is_missing));
    }
}
