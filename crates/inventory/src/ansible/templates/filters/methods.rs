//! The methods of Python strings, lists and dictionaries in templates.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State, Value};

use super::{invalid, split};

/// Calls a method that the engine does not know.
pub(super) fn call(
    _state: &mut State<'_, '_>,
    value: &Value,
    name: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    let unknown = || Error::new(ErrorKind::UnknownMethod, format!("the method `{name}`"));
    let argument = |at: usize| arguments.get(at).map(ToString::to_string);
    if let Some(text) = value.as_str() {
        let characters = argument(0);
        let is_stripped = |letter: char| {
            characters
                .as_ref()
                .map_or(letter.is_whitespace(), |set| set.contains(letter))
        };
        return Ok(match name {
            "upper" => Value::from(text.to_uppercase()),
            "lower" => Value::from(text.to_lowercase()),
            "strip" => Value::from(text.trim_matches(is_stripped)),
            "lstrip" => Value::from(text.trim_start_matches(is_stripped)),
            "rstrip" => Value::from(text.trim_end_matches(is_stripped)),
            "split" => Value::from(split(text, argument(0).as_deref())),
            "splitlines" => Value::from(text.lines().map(Value::from).collect::<Vec<_>>()),
            "startswith" => Value::from(text.starts_with(&argument(0).ok_or_else(unknown)?)),
            "endswith" => Value::from(text.ends_with(&argument(0).ok_or_else(unknown)?)),
            "replace" => Value::from(text.replace(
                &argument(0).ok_or_else(unknown)?,
                &argument(1).ok_or_else(unknown)?,
            )),
            "find" => Value::from(
                text.find(&argument(0).ok_or_else(unknown)?)
                    .and_then(|at| text.get(..at))
                    .map_or(-1, |before| {
                        i64::try_from(before.chars().count()).unwrap_or(i64::MAX)
                    }),
            ),
            "zfill" => {
                let width = arguments
                    .first()
                    .and_then(Value::as_usize)
                    .ok_or_else(unknown)?
                    .min(1000);
                Value::from(format!("{text:0>width$}"))
            }
            "join" => {
                let parts = arguments.first().ok_or_else(unknown)?.try_iter()?;
                Value::from(
                    parts
                        .map(|part| part.to_string())
                        .collect::<Vec<_>>()
                        .join(text),
                )
            }
            _ => return Err(unknown()),
        });
    }
    match (value.kind(), name) {
        (ValueKind::Map, "get") => {
            let found = arguments
                .first()
                .map(|key| value.get_item(key))
                .transpose()?;
            Ok(found
                .filter(|found| !found.is_undefined())
                .or_else(|| arguments.get(1).cloned())
                .unwrap_or_else(|| Value::from(())))
        }
        (ValueKind::Map, "keys") => Ok(Value::from(value.try_iter()?.collect::<Vec<_>>())),
        (ValueKind::Map, "values") => Ok(Value::from(
            value
                .try_iter()?
                .map(|key| value.get_item(&key))
                .collect::<Result<Vec<_>, _>>()?,
        )),
        (ValueKind::Map, "items") => {
            let pairs = value
                .try_iter()?
                .map(|key| Ok(Value::from(vec![key.clone(), value.get_item(&key)?])));
            Ok(Value::from(pairs.collect::<Result<Vec<_>, Error>>()?))
        }
        (ValueKind::Seq, "index") => {
            let wanted = arguments.first().ok_or_else(unknown)?;
            let at = value
                .try_iter()?
                .position(|entry| entry == *wanted)
                .ok_or_else(|| invalid("the list does not hold the value that is looked for"))?;
            Ok(Value::from(at))
        }
        _ => Err(unknown()),
    }
}
