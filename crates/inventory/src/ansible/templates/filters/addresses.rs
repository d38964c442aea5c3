//! The filter `ansible.utils.ipaddr`, in the forms that give an address.

use std::net::IpAddr;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

/// `'192.0.2.1/24' | ipaddr('address')` is the address without the network; without a query, the value itself. What is no address is
/// false, and of a list only the addresses stay.
pub(super) fn ipaddr(value: &Value, query: Option<&str>) -> Result<Value, Error> {
    let query = query.unwrap_or_default();
    if !matches!(query, "" | "address") {
        return Err(Error::new(
            ErrorKind::UnknownFilter,
            format!("filter ipaddr('{query}'); ipaddr('address') is supported"),
        ));
    }
    if value.kind() == ValueKind::Seq {
        let values = value.try_iter()?.filter_map(|value| one(&value, query));
        return Ok(Value::from(values.collect::<Vec<_>>()));
    }
    Ok(one(value, query).unwrap_or_else(|| Value::from(false)))
}

fn one(value: &Value, query: &str) -> Option<Value> {
    let text = value.as_str()?;
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let number: IpAddr = address.parse().ok()?;
    let most: u8 = if number.is_ipv4() { 32 } else { 128 };
    let is_length = |length: &str| length.parse::<u8>().is_ok_and(|length| length <= most);
    if length.is_some_and(|length| !is_length(length)) {
        return None;
    }
    Some(match query {
        "address" => Value::from(number.to_string()),
        _ => Value::from(text),
    })
}
