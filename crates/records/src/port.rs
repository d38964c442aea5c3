//! Where a port is: the key by which interface, chassis and PIC data are joined.
//!
//! `et-0/0/32:1` is channel 1 of FPC 0, PIC 0, port 32. The prefix says how fast a port runs today and is no part of
//! the place. Nothing here knows which ports a device has.

/// FPC slot, PIC slot and port number: the place of one module in one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortLocation {
    /// Slot of the FPC (line card).
    pub fpc: u32,
    /// Slot of the PIC on the FPC.
    pub pic: u32,
    /// Port number on the PIC, the `N` of `Xcvr N`.
    pub port: u32,
}

/// An interface name of the form `xx-F/P/N[:C]`, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortName<'a> {
    /// What stands before the hyphen: `et`, `xe`, `ge`, …
    pub prefix: &'a str,
    /// Where the port is.
    pub location: PortLocation,
    /// The channel of a broken-out port.
    pub channel: Option<u32>,
    /// The name without its channel.
    pub base: &'a str,
}

/// Prefixes of interfaces that the device makes up on a line card: they are numbered like ports but have no module.
/// They never give their name to a module.
const PSEUDO_PREFIXES: [&str; 22] = [
    "bcm", "cp", "demux", "gr", "ip", "lc", "lsq", "lt", "mams", "ms", "mt", "pd", "pe", "pfe",
    "pfh", "rms", "si", "sp", "sxe", "ud", "vms", "vt",
];

impl<'a> PortName<'a> {
    /// Takes a physical interface's name apart; `None` for names without a port location (`irb`, `ae0`, `lo0`) and
    /// for logical interfaces (`et-0/0/0.0`).
    pub fn parse(name: &'a str) -> Option<Self> {
        let (prefix, rest) = name.split_once('-')?;
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let (place, channel) = match rest.split_once(':') {
            Some((place, channel)) => (place, Some(slot(channel)?)),
            None => (rest, None),
        };
        let mut slots = place.split('/');
        let location = PortLocation {
            fpc: slot(slots.next()?)?,
            pic: slot(slots.next()?)?,
            port: slot(slots.next()?)?,
        };
        if slots.next().is_some() {
            return None;
        }
        let base = name.split(':').next().unwrap_or(name);
        Some(Self {
            prefix,
            location,
            channel,
            base,
        })
    }

    /// False for interfaces that are numbered like ports but have none (`pfe-0/0/0`, `lc-0/0/0`, …).
    pub fn can_hold_a_module(&self) -> bool {
        !PSEUDO_PREFIXES.contains(&self.prefix)
    }
}

/// A slot or port number: digits alone, so that `+1` and ` 1` are not numbers here, and no more than an int32 column
/// holds.
fn slot(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse()
        .ok()
        .filter(|slot| i32::try_from(*slot).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_belongs_to_its_port_whatever_the_prefix() {
        for (name, fpc, pic, port, channel) in [
            ("et-0/0/32", 0, 0, 32, None),
            ("xe-10/2/7:3", 10, 2, 7, Some(3)),
            ("mge-0/0/1", 0, 0, 1, None),
        ] {
            let found = PortName::parse(name).unwrap();
            assert_eq!(found.location, PortLocation { fpc, pic, port });
            assert_eq!(found.channel, channel);
        }
        assert_eq!(PortName::parse("et-0/0/3:1").unwrap().base, "et-0/0/3");
        assert!(!PortName::parse("pfe-5/0/0").unwrap().can_hold_a_module());
    }

    #[test]
    fn what_is_not_a_port_has_no_location() {
        for name in [
            "",
            "irb",
            "ae0",
            "et-",
            "et-0/0",
            "et-0/0/0.0",
            "et-0/0/0/0",
            "et-0/0/+1",
            "-0/0/0",
            "et-0/0/4294967295",
        ] {
            assert_eq!(PortName::parse(name), None, "{name}");
        }
    }
}
