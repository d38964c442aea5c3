//! The function `lookup` and its list forms: `env` reads the environment, `vars` the host's variables. No other plugin runs.

use minijinja::value::{Kwargs, Rest, ValueOrKwargs};
use minijinja::{Error, ErrorKind, State, Value};

use super::invalid;

/// `lookup('env', NAME, …)`: one value, or several with commas between; a list with `wantlist=true`.
pub(super) fn lookup(
    state: &State<'_, '_>,
    plugin: &str,
    names: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let (values, is_list) = find(state, plugin, names)?;
    if is_list {
        return Ok(Value::from(values));
    }
    let mut values = values;
    Ok(match (values.pop(), values.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            let texts = values
                .into_iter()
                .chain(last)
                .map(|value| value.to_string());
            Value::from(texts.collect::<Vec<_>>().join(","))
        }
    })
}

/// `query('env', NAME, …)`: always a list.
pub(super) fn query(
    state: &State<'_, '_>,
    plugin: &str,
    names: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let (values, _) = find(state, plugin, names)?;
    Ok(Value::from(values))
}

/// The values in the order of the names, and whether a list is wanted.
fn find(
    state: &State<'_, '_>,
    plugin: &str,
    names: Rest<ValueOrKwargs>,
) -> Result<(Vec<Value>, bool), Error> {
    if !matches!(plugin, "env" | "vars") {
        return Err(Error::new(
            ErrorKind::UnknownFunction,
            format!("the lookup `{plugin}`"),
        ));
    }
    let names = names.into_values();
    let (names, options) = minijinja::value::from_args::<(&[Value], Kwargs)>(&names)?;
    let default = options.get::<Option<Value>>("default")?;
    let is_list = options.get::<Option<bool>>("wantlist")?.unwrap_or(false);
    options.assert_all_used()?;
    let mut values = Vec::new();
    for name in names {
        // A list of names is as good as the names.
        let several = name.kind() == minijinja::value::ValueKind::Seq;
        let names: Vec<Value> = match several {
            true => name.try_iter()?.collect(),
            false => vec![name.clone()],
        };
        for name in names {
            values.push(one(state, plugin, &name, default.as_ref())?);
        }
    }
    Ok((values, is_list))
}

fn one(
    state: &State<'_, '_>,
    plugin: &str,
    name: &Value,
    default: Option<&Value>,
) -> Result<Value, Error> {
    let name = name
        .as_str()
        .ok_or_else(|| invalid(format!("the lookup `{plugin}` takes names")))?;
    if plugin == "env" {
        let value = std::env::var(name).ok().map(Value::from);
        return Ok(value
            .or_else(|| default.cloned())
            .unwrap_or_else(|| Value::from("")));
    }
    let found = state.lookup(name).filter(|value| !value.is_undefined());
    found
        .or_else(|| default.cloned())
        .ok_or_else(|| Error::from(ErrorKind::UndefinedError))
}
