//! Template filters and functions of Ansible that minijinja lacks or implements differently.

mod addresses;
mod json;
mod lookups;
mod methods;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Value};
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
    environment.add_filter("to_json", |value: &Value| json::write(value, None));
    environment.add_filter("to_nice_json", |value: &Value| json::write(value, Some(4)));
    environment.add_filter("from_json", json::read);
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
    environment.add_filter("extract", extract);
    for name in ["ipaddr", "ansible.utils.ipaddr", "ansible.netcommon.ipaddr"] {
        environment.add_filter(name, addresses::ipaddr);
    }
    environment.add_function("lookup", lookups::lookup);
    for name in ["query", "q"] {
        environment.add_function(name, lookups::query);
    }
    environment.set_unknown_method_callback(methods::call);
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

/// What the expression finds, or a list of the groups that are named after it; null if it finds nothing.
fn regex_search(text: &str, pattern: &str, groups: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let groups = groups.into_values();
    let (groups, options) = minijinja::value::from_args::<(&[Value], Kwargs)>(&groups)?;
    let regex = with_flags(pattern, &options)?;
    options.assert_all_used()?;
    let Some(found) = regex.captures(text) else {
        return Ok(Value::from(()));
    };
    if groups.is_empty() {
        return Ok(Value::from(found.get(0).map_or("", |part| part.as_str())));
    }
    let parts = groups
        .iter()
        .map(|group| Value::from(filled(&group.to_string(), &found)));
    Ok(Value::from(parts.collect::<Vec<_>>()))
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

/// `key | extract(container, more)`: the entry of this key, and in it the entry of `more`, or of each key in it.
fn extract(key: &Value, container: &Value, more: Option<&Value>) -> Result<Value, Error> {
    let found = container.get_item(key)?;
    match more {
        None => Ok(found),
        Some(keys) if keys.kind() == ValueKind::Seq => keys
            .try_iter()?
            .try_fold(found, |found, key| found.get_item(&key)),
        Some(key) => found.get_item(key),
    }
}
