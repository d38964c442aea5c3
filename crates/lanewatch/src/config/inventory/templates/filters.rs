//! The filters, functions and methods that Ansible has and the engine lacks, or has in another way.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value};
use regex::{Captures, Regex};

/// The names of functions, which are no variables.
pub(super) const FUNCTIONS: &[&str] = &[
    "lookup",
    "query",
    "q",
    "range",
    "dict",
    "namespace",
    "debug",
];

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("bool", to_bool);
    environment.add_filter("int", to_int);
    environment.add_filter("float", to_float);
    environment.add_filter("ternary", ternary);
    environment.add_filter("split", |text: &str, by: Option<&str>| {
        Value::from(split(text, by))
    });
    environment.add_filter("regex_replace", regex_replace);
    environment.add_filter("regex_search", regex_search);
    environment.add_filter("regex_escape", |text: &str| regex::escape(text));
    environment.add_filter("to_json", |value: &Value| to_json(value, None));
    environment.add_filter("to_nice_json", |value: &Value| to_json(value, Some(4)));
    environment.add_filter("from_json", from_json);
    environment.add_filter("b64encode", |text: &str| BASE64_STANDARD.encode(text));
    environment.add_filter("b64decode", b64decode);
    environment.add_filter("basename", |path: &str| {
        path.rsplit('/').next().unwrap_or_default().to_owned()
    });
    environment.add_filter("dirname", |path: &str| {
        path.rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .to_owned()
    });
    environment.add_filter("mandatory", |value: &Value| {
        if value.is_undefined() {
            Err(Error::from(ErrorKind::UndefinedError))
        } else {
            Ok(value.clone())
        }
    });
    environment.add_filter("combine", combine);
    environment.add_filter("flatten", flatten);
    environment.add_filter("union", |a: Vec<Value>, b: Vec<Value>| {
        distinct(a.into_iter().chain(b))
    });
    environment.add_filter("intersect", |a: Vec<Value>, b: Vec<Value>| {
        distinct(a.into_iter().filter(|value| b.contains(value)))
    });
    environment.add_filter("difference", |a: Vec<Value>, b: Vec<Value>| {
        distinct(a.into_iter().filter(|value| !b.contains(value)))
    });
    environment.add_test("match", |text: &str, pattern: &str| {
        compile(&format!("^(?:{pattern})")).map(|regex| regex.is_match(text))
    });
    environment.add_test("search", |text: &str, pattern: &str| {
        compile(pattern).map(|regex| regex.is_match(text))
    });
    for name in ["lookup", "query", "q"] {
        environment.add_function(name, lookup);
    }
    environment.set_unknown_method_callback(method);
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// `yes`, `on`, `true` and `1` are true, whatever their case; everything else is not.
fn to_bool(value: &Value) -> Value {
    match value.kind() {
        ValueKind::None | ValueKind::Bool => value.clone(),
        _ => Value::from(matches!(
            value.to_string().to_lowercase().as_str(),
            "yes" | "on" | "true" | "1"
        )),
    }
}

/// A whole number, the fraction cut off; what is no number is the default, and that is 0.
fn to_int(value: &Value, default: Option<Value>) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = value.to_string();
    let text = text.trim().replace('_', "");
    let number = match value.kind() {
        ValueKind::Bool => Some(i64::from(value.is_true())),
        _ => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
    };
    Ok(number.map_or_else(|| default.unwrap_or_else(|| Value::from(0)), Value::from))
}

/// The whole part of a float that has room in 64 bits.
fn whole(number: f64) -> Option<i64> {
    format!("{:.0}", number.trunc()).parse().ok()
}

/// A float; what is no number is the default, and that is 0.0.
fn to_float(value: &Value, default: Option<Value>) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let number = match value.kind() {
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        _ => value.to_string().trim().parse().ok(),
    };
    Ok(number.map_or_else(|| default.unwrap_or_else(|| Value::from(0.0)), Value::from))
}

/// The second value if the first is true, else the third; where the first is none, the fourth if there is one.
fn ternary(value: &Value, yes: Value, no: Value, none: Option<Value>) -> Value {
    match none {
        Some(none) if value.is_none() => none,
        _ if value.is_true() => yes,
        _ => no,
    }
}

fn split(text: &str, by: Option<&str>) -> Vec<Value> {
    match by {
        None => text.split_whitespace().map(Value::from).collect(),
        Some(by) => text.split(by).map(Value::from).collect(),
    }
}

fn compile(pattern: &str) -> Result<Regex, Error> {
    Regex::new(pattern).map_err(|_| invalid("this regular expression is not supported (look-around and references back in it are not)"))
}

fn with_flags(pattern: &str, options: &Kwargs) -> Result<Regex, Error> {
    let flags = [("ignorecase", "i"), ("multiline", "m")];
    let mut set = String::new();
    for (name, letter) in flags {
        if options.get::<Option<bool>>(name)?.unwrap_or(false) {
            set += letter;
        }
    }
    compile(&if set.is_empty() {
        pattern.to_owned()
    } else {
        format!("(?{set}){pattern}")
    })
}

/// Python's replacement text: `\1` and `\g<name>` are what a group matched.
fn regex_replace(
    text: &str,
    pattern: Option<&str>,
    by: Option<&str>,
    options: Kwargs,
) -> Result<String, Error> {
    let pattern = options
        .get::<Option<&str>>("pattern")?
        .or(pattern)
        .unwrap_or_default();
    let by = options
        .get::<Option<&str>>("replacement")?
        .or(by)
        .unwrap_or_default();
    let count = options.get::<Option<usize>>("count")?.unwrap_or(0);
    let regex = with_flags(pattern, &options)?;
    options.assert_all_used()?;
    Ok(regex
        .replacen(text, count, |found: &Captures<'_>| filled(by, found))
        .into_owned())
}

fn filled(by: &str, found: &Captures<'_>) -> String {
    let mut text = String::new();
    let mut rest = by;
    while let Some((before, after)) = rest.split_once('\\') {
        text += before;
        let group = |name: &str| {
            name.parse()
                .map_or_else(|_| found.name(name), |at: usize| found.get(at))
                .map_or("", |part| part.as_str())
        };
        if let Some((name, more)) = after
            .strip_prefix("g<")
            .and_then(|after| after.split_once('>'))
        {
            text += group(name);
            rest = more;
        } else if let Some(digit) = after
            .get(..1)
            .filter(|digit| digit.bytes().all(|byte| byte.is_ascii_digit()))
        {
            text += group(digit);
            rest = after.get(1..).unwrap_or_default();
        } else {
            let (letter, more) = after.split_at_checked(1).unwrap_or((after, ""));
            text += match letter {
                "n" => "\n",
                "t" => "\t",
                other => other,
            };
            rest = more;
        }
    }
    text + rest
}

/// What the expression finds, or a list of the groups that are named after it; nothing if it finds nothing.
fn regex_search(text: &str, pattern: &str, groups: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let groups = groups.into_values();
    let (groups, options) = minijinja::value::from_args::<(&[Value], Kwargs)>(&groups)?;
    let regex = with_flags(pattern, &options)?;
    options.assert_all_used()?;
    let Some(found) = regex.captures(text) else {
        return Ok(Value::from(""));
    };
    if groups.is_empty() {
        return Ok(Value::from(found.get(0).map_or("", |part| part.as_str())));
    }
    let parts = groups
        .iter()
        .map(|group| Value::from(filled(&group.to_string(), &found)));
    Ok(Value::from(parts.collect::<Vec<_>>()))
}

/// JSON as Python writes it: a space after each comma and colon, and letters beyond ASCII as escapes.
fn to_json(value: &Value, indent: Option<usize>) -> Result<String, Error> {
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
    if depth > super::DEEPEST {
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

fn from_json(text: &str) -> Result<Value, Error> {
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

fn b64decode(text: &str) -> Result<String, Error> {
    let bytes = BASE64_STANDARD
        .decode(text.trim())
        .map_err(|_| invalid("`b64decode` was given what is no Base64"))?;
    String::from_utf8(bytes).map_err(|_| invalid("`b64decode` gives what is no text"))
}

/// Mappings put over one another, the later over the earlier; with `recursive=true` the mappings in them too.
fn combine(first: Value, others: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let others = others.into_values();
    let (others, options) = minijinja::value::from_args::<(&[Value], Kwargs)>(&others)?;
    let is_recursive = options.get::<Option<bool>>("recursive")?.unwrap_or(false);
    options.assert_all_used()?;
    others
        .iter()
        .try_fold(first, |base, over| merged(&base, over, is_recursive, 0))
}

fn merged(base: &Value, over: &Value, is_recursive: bool, depth: usize) -> Result<Value, Error> {
    if base.kind() != ValueKind::Map || over.kind() != ValueKind::Map || depth > super::DEEPEST {
        return Err(invalid("`combine` takes mappings"));
    }
    let mut entries: Vec<(Value, Value)> = Vec::new();
    for key in base.try_iter()? {
        let value = base.get_item(&key)?;
        entries.push((key, value));
    }
    for key in over.try_iter()? {
        let value = over.get_item(&key)?;
        match entries.iter_mut().find(|(known, _)| *known == key) {
            Some((_, entry))
                if is_recursive
                    && entry.kind() == ValueKind::Map
                    && value.kind() == ValueKind::Map =>
            {
                *entry = merged(entry, &value, true, depth + 1)?
            }
            Some((_, entry)) => *entry = value,
            None => entries.push((key, value)),
        }
    }
    Ok(Value::from_pairs(entries))
}

fn flatten(values: Value) -> Result<Value, Error> {
    fn into(values: &Value, flat: &mut Vec<Value>, depth: usize) -> Result<(), Error> {
        for value in values.try_iter()? {
            match value.kind() {
                ValueKind::Seq if depth < super::DEEPEST => into(&value, flat, depth + 1)?,
                _ => flat.push(value),
            }
        }
        Ok(())
    }
    let mut flat = Vec::new();
    into(&values, &mut flat, 0)?;
    Ok(Value::from(flat))
}

fn distinct(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut seen = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

/// `lookup('env', NAME)`: the one source outside of the inventory that is read.
fn lookup(plugin: &str, names: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let names = names.into_values();
    let (names, options) = minijinja::value::from_args::<(&[Value], Kwargs)>(&names)?;
    let default = options.get::<Option<Value>>("default")?;
    options.assert_all_used()?;
    if !matches!(plugin, "env" | "ansible.builtin.env") {
        return Err(Error::new(
            ErrorKind::UnknownFunction,
            format!("the lookup `{plugin}`"),
        ));
    }
    let values = names.iter().map(|name| {
        let value = std::env::var(name.to_string()).ok().map(Value::from);
        value
            .or_else(|| default.clone())
            .unwrap_or_else(|| Value::from(""))
    });
    let mut values: Vec<Value> = values.collect();
    Ok(match (values.pop(), values.is_empty()) {
        (Some(only), true) => only,
        (last, _) => Value::from(
            values
                .into_iter()
                .chain(last)
                .map(|value| value.to_string())
                .collect::<Vec<_>>()
                .join(","),
        ),
    })
}

/// Methods of Python's text, lists and dictionaries.
fn method(
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
