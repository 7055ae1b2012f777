//! JSON: an object per line, or an array of objects. The columns are the keys, in the order of their first occurrence.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::cells::Cells;
use super::columns::Columns;
use super::number::Decimal;

/// Whether a text is JSON that may hold rows.
pub(super) fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('{') || (text.starts_with('[') && text[1..].trim_start().starts_with('{'))
}

/// Reads the columns of a text, or says what is wrong with it.
pub(super) fn read(text: &str) -> Result<Columns, String> {
    let text = &*strict(text);
    let rows: Vec<Row> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(|error| format!("its JSON is damaged: {error}"))?
    } else {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let row = |(number, line)| {
            serde_json::from_str(line).map_err(|error| format!("line {} is no JSON object: {error}", number + 1))
        };
        lines.map(row).collect::<Result<_, _>>()?
    };
    let mut columns = Columns { decimal: Decimal::Point, ..Columns::default() };
    let mut places: HashMap<String, usize> = HashMap::new();
    for (row, Row(pairs)) in rows.into_iter().enumerate() {
        for (name, value) in pairs {
            let place = *places.entry(name.clone()).or_insert_with(|| {
                columns.names.push(name.clone());
                columns.columns.push(Cells::default());
                columns.names.len() - 1
            });
            let column = &mut columns.columns[place];
            if column.len() > row {
                return Err(format!("row {} has `{name}` twice", row + 1));
            }
            column.fill(row);
            if (value.is_array() || value.is_object()) && !columns.nested.contains(&place) {
                columns.nested.push(place);
            }
            match value {
                Value::Null => column.push(""),
                Value::String(text) => column.push(text.trim()),
                other => column.push(&other.to_string()),
            }
        }
    }
    let rows = columns.columns.iter().map(Cells::len).max().unwrap_or_default();
    columns.columns.iter_mut().for_each(|column| column.fill(rows));
    Ok(columns)
}

/// Returns the text with Python's words for numbers that JSON lacks put in quotes, so that numeric columns can contain them.
fn strict(text: &str) -> Cow<'_, str> {
    const WORDS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];
    if !WORDS.iter().any(|word| text.contains(word)) {
        return text.into();
    }
    let mut made = String::with_capacity(text.len() + 64);
    let (mut in_text, mut rest) = (false, text);
    while let Some(sign) = rest.chars().next() {
        let word = WORDS.iter().find(|word| !in_text && rest.starts_with(**word));
        let taken = match word {
            Some(word) => word.len(),
            // A character after a backslash does not end the string.
            None if sign == '\\' => sign.len_utf8() + rest[1..].chars().next().map_or(0, char::len_utf8),
            None => sign.len_utf8(),
        };
        in_text ^= word.is_none() && sign == '"';
        let quote = if word.is_some() { "\"" } else { "" };
        made += &format!("{quote}{}{quote}", &rest[..taken]);
        rest = &rest[taken..];
    }
    made.into()
}

/// The pairs of an object in their order.
struct Row(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Row(pairs))
            }
        }

        from.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_lacks_are_those_of_python() {
        let text = r#"{"arch": "NaN \" NaN", "a": NaN, "b": -Infinity, "c": [Infinity]}"#;
        let strict = r#"{"arch": "NaN \" NaN", "a": "NaN", "b": "-Infinity", "c": ["Infinity"]}"#;
        assert_eq!(super::strict(text), strict);
        assert!(read(text).is_ok());
        assert!(matches!(super::strict("{\"a\": 1}"), Cow::Borrowed(_)));
    }
}
