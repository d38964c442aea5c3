//! What an address is: a name or a number, and nothing around it. What a URL, a network or a port has beside it is told with the likely value.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The address, with the brackets of an IPv6 address taken off.
///
/// # Errors
///
/// What is wrong with it, as the end of a sentence, with the likely value where there is one.
pub(crate) fn address(written: &str) -> Result<String, String> {
    let meant = |reason: &str, likely: &str| {
        let likely = likely.trim_matches(['[', ']']);
        match likely.is_empty() || address(likely).is_err() {
            true => reason.to_owned(),
            false => format!("{reason}; write `{likely}`"),
        }
    };
    let trimmed = written.trim();
    if trimmed.is_empty() {
        return Err("it is empty".to_owned());
    }
    if trimmed != written {
        return Err(meant("it begins or ends with a blank", trimmed));
    }
    if let Some((_, rest)) = written.split_once("://") {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        return Err(meant("it is a URL, not an address", without_port(host).0));
    }
    if let Some((before, behind)) = written.split_once('/') {
        let reason = match behind.bytes().all(|byte| byte.is_ascii_digit()) {
            true => "it is an address with the length of its network",
            false => "it holds a `/`",
        };
        return Err(meant(reason, before));
    }
    if let Some((_, host)) = written.rsplit_once('@') {
        return Err(meant("the user belongs into `ansible_user`", host));
    }
    if written.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err("it holds a blank or a control character".to_owned());
    }
    if written.contains([',', ';']) {
        return Err("it is a list: a host has one address".to_owned());
    }
    let (host, port) = without_port(written);
    if let Some(port) = port {
        let reason = format!("the port belongs into `ansible_port: {port}`");
        return Err(meant(&reason, host));
    }
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let name = bare.unwrap_or(host);
    if bare.is_some() || name.contains(':') {
        let number = name.split_once('%').map_or(name, |(number, _)| number);
        return match number.parse::<Ipv6Addr>() {
            Ok(_) => Ok(name.to_owned()),
            Err(_) => Err("it is no IPv6 address".to_owned()),
        };
    }
    let is_numeric =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_dotted = name.split('.').count() == 4 && name.split('.').all(is_numeric);
    if is_dotted && name.parse::<Ipv4Addr>().is_err() {
        return Err(
            "it is no IPv4 address: four numbers from 0 to 255 without leading zeros".to_owned(),
        );
    }
    Ok(name.to_owned())
}

/// `host:port` and `[host]:port` in two; an IPv6 address without brackets has no port.
fn without_port(text: &str) -> (&str, Option<&str>) {
    let split = match text.strip_prefix('[') {
        Some(_) => text
            .rsplit_once("]:")
            .map(|(host, port)| (host.trim_start_matches('['), port)),
        None if text.matches(':').count() > 1 => None,
        None => text.split_once(':'),
    };
    split.map_or((text, None), |(host, port)| (host, Some(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_addresses() {
        for (written, read) in [
            ("core-1.lab.example", "core-1.lab.example"),
            ("core_1", "core_1"),
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8::7", "2001:db8::7"),
            ("[::1]", "::1"),
            ("fe80::1%eth0", "fe80::1%eth0"),
            ("0042", "0042"),
        ] {
            assert_eq!(address(written), Ok(read.to_owned()), "{written}");
        }
    }

    #[test]
    fn what_stands_around_an_address_is_told_with_the_likely_value() {
        for (written, told) in [
            ("", "it is empty"),
            (
                "192.0.2.53/24",
                "the length of its network; write `192.0.2.53`",
            ),
            ("2001:db8::7/64", "write `2001:db8::7`"),
            (
                "https://192.0.2.1:8443/x",
                "a URL, not an address; write `192.0.2.1`",
            ),
            ("ssh://u@[::1]:22", "write `::1`"),
            ("192.0.2.1 ", "a blank; write `192.0.2.1`"),
            ("a:830", "`ansible_port: 830`; write `a`"),
            ("[::1]:830", "`ansible_port: 830`; write `::1`"),
            ("u@core-1", "`ansible_user`; write `core-1`"),
            ("a b", "holds a blank"),
            ("192.0.2.1,192.0.2.2", "it is a list"),
            ("192.0.2.300", "no IPv4 address"),
            ("192.0.02.1", "no IPv4 address"),
            ("[core]", "no IPv6 address"),
            ("2001:db8::x", "no IPv6 address"),
        ] {
            let error = address(written).unwrap_err();
            assert!(error.contains(told), "{written}: {error}");
        }
    }
}
