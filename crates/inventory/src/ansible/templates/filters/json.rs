//! The template filters `to_json`, `to_nice_json` and `from_json`.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

use super::invalid;

/// JSON as Python writes it: a space after each comma and colon, and letters beyond ASCII as escapes.
pub(super) fn write(value: &Value, indent: Option<usize>) -> Result<String, Error> {
    let mut text = String::new();
    write_json(value, indent, 0, &mut text)?;
    Ok(text)
}

fn write_json(
    value: &Value,
    indent: Option<usize>,
    depth: usize,
    text: &mut String,
) -> Result<(), Error> {
    if depth > super::super::DEEPEST {
        return Err(invalid("the value is nested too deep for JSON"));
    }
    let line = |text: &mut String, depth: usize| {
        if let Some(indent) = indent {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent * depth));
        }
    };
    let comma = if indent.is_some() { "," } else { ", " };
    match value.kind() {
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => text.push_str("null"),
        ValueKind::Bool => text.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => text.push_str(&value.to_string()),
        ValueKind::Map => {
            let mut keys: Vec<Value> = value.try_iter()?.collect();
            if indent.is_some() {
                keys.sort();
            }
            text.push('{');
            for (at, key) in keys.iter().enumerate() {
                text.push_str(if at > 0 { comma } else { "" });
                line(text, depth + 1);
                write_text(&key.to_string(), text);
                text.push_str(": ");
                write_json(&value.get_item(key)?, indent, depth + 1, text)?;
            }
            if !keys.is_empty() {
                line(text, depth);
            }
            text.push('}');
        }
        ValueKind::Seq | ValueKind::Iterable => {
            text.push('[');
            let mut is_empty = true;
            for (at, value) in value.try_iter()?.enumerate() {
                is_empty = false;
                text.push_str(if at > 0 { comma } else { "" });
                line(text, depth + 1);
                write_json(&value, indent, depth + 1, text)?;
            }
            if !is_empty {
                line(text, depth);
            }
            text.push(']');
        }
        _ => write_text(&value.to_string(), text),
    }
    Ok(())
}

fn write_text(value: &str, text: &mut String) {
    text.push('"');
    for letter in value.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            ' '..='~' => text.push(letter),
            letter => text.extend(
                letter
                    .encode_utf16(&mut [0; 2])
                    .iter()
                    .map(|unit| format!("\\u{unit:04x}")),
            ),
        }
    }
    text.push('"');
}

pub(super) fn read(text: &str) -> Result<Value, Error> {
    fn value(json: serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::from(()),
            serde_json::Value::Bool(value) => Value::from(value),
            serde_json::Value::Number(number) => number.as_i64().map_or_else(
                || {
                    number
                        .as_f64()
                        .map_or_else(|| Value::from(number.to_string()), Value::from)
                },
                Value::from,
            ),
            serde_json::Value::String(text) => Value::from(text),
            serde_json::Value::Array(values) => {
                Value::from(values.into_iter().map(value).collect::<Vec<_>>())
            }
            serde_json::Value::Object(entries) => {
                Value::from_pairs(entries.into_iter().map(|(key, json)| (key, value(json))))
            }
        }
    }
    serde_json::from_str(text)
        .map(value)
        .map_err(|_| invalid("`from_json` was given what is no JSON"))
}
