//! Settings from a file as words of a command line.

use clap::{Arg, ArgAction};
use serde_json::Value;

/// The words that give a flag or place this value.
///
/// # Errors
/// Says what the value should be.
pub(super) fn words_of(arg: &Arg, value: &Value) -> Result<Vec<String>, String> {
    if !arg.get_action().takes_values() {
        return match (value, arg.get_action()) {
            (Value::Bool(false), _) => Ok(Vec::new()),
            (Value::Bool(true), ArgAction::SetTrue) => Ok(vec![flag(arg)]),
            _ => Err("must be true or false".into()),
        };
    }
    let values = match value {
        Value::Array(values) => values.iter().map(text).collect::<Result<Vec<_>, _>>()?,
        value => vec![text(value)?],
    };
    // One value a word, so that none takes the words behind it.
    let word = |value: String| if arg.is_positional() { value } else { format!("{}={value}", flag(arg)) };
    Ok(values.into_iter().map(word).collect())
}

fn flag(arg: &Arg) -> String {
    format!("--{}", arg.get_long().unwrap_or_default())
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(word) => Ok(word.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err("must be a text, a number, or a list of them".into()),
    }
}
