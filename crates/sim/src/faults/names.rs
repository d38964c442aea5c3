//! The names of the faults on a command line, `name` or `name:number`, and the list of them for people.

use std::{fmt, str::FromStr};

use super::Fault;

/// A kind of fault, as it is listed.
#[derive(Debug)]
pub struct FaultKind {
    /// What it is called.
    pub name: &'static str,
    /// The number that may follow the name after a colon; `None` for a fault without a size.
    pub argument: Option<FaultArgument>,
    /// The effect, as half a sentence.
    pub about: &'static str,
    make: fn(u64) -> Fault,
}

/// The number of a fault.
#[derive(Debug)]
pub struct FaultArgument {
    /// Its unit, as in a usage line: `BYTES_PER_SECOND`.
    pub name: &'static str,
    /// The default.
    pub default: u64,
}

/// All kinds, in the order in which a session meets them.
pub const FAULT_KINDS: &[FaultKind] = &[
    FaultKind {
        name: "port-closed",
        argument: None,
        about: "no server listens on the port",
        make: |_| Fault::PortClosed,
    },
    FaultKind {
        name: "black-hole",
        argument: None,
        about: "connections are accepted, and nothing is sent",
        make: |_| Fault::BlackHole,
    },
    FaultKind {
        name: "slow-banner",
        argument: argument("BYTES_PER_SECOND", 1),
        about: "the SSH banner comes slowly",
        make: |bytes_per_second| Fault::SlowBanner { bytes_per_second },
    },
    FaultKind {
        name: "cut",
        argument: argument("BYTES", 3_000),
        about: "the TCP connection ends after so many bytes",
        make: |after_bytes| Fault::Cut { after_bytes },
    },
    FaultKind {
        name: "changed-host-key",
        argument: None,
        about: "the host key is not the one in known_hosts",
        make: |_| Fault::ChangedHostKey,
    },
    FaultKind {
        name: "refused-login",
        argument: None,
        about: "every login is refused",
        make: |_| Fault::RefusedLogin,
    },
    FaultKind {
        name: "no-hello",
        argument: None,
        about: "the NETCONF subsystem starts and sends nothing",
        make: |_| Fault::NoHello,
    },
    FaultKind {
        name: "false-base-1.1",
        argument: None,
        about: "base:1.1 is announced, the framing of 1.0 is spoken",
        make: |_| Fault::FalseBase11,
    },
    FaultKind {
        name: "late-reply",
        argument: argument("SECONDS", 3_600),
        about: "each reply waits before its first byte",
        make: |seconds| Fault::LateReply { seconds },
    },
    FaultKind {
        name: "rpc-error",
        argument: None,
        about: "each request is answered by an rpc-error",
        make: |_| Fault::RpcError,
    },
    FaultKind {
        name: "wrong-message-id",
        argument: None,
        about: "each reply carries another message-id",
        make: |_| Fault::WrongMessageId,
    },
    FaultKind {
        name: "text-before-reply",
        argument: None,
        about: "a control character and a line of a log come before each reply",
        make: |_| Fault::TextBeforeReply,
    },
    FaultKind {
        name: "garbage-framing",
        argument: None,
        about: "each reply is replaced by bytes in no known framing",
        make: |_| Fault::GarbageFraming,
    },
    FaultKind {
        name: "slow-reply",
        argument: argument("BYTES_PER_SECOND", 1),
        about: "the second half of each reply comes slowly",
        make: |bytes_per_second| Fault::SlowReply { bytes_per_second },
    },
    FaultKind {
        name: "cut-reply",
        argument: argument("BYTES", 2_000),
        about: "the session ends within each reply, after so many bytes of it",
        make: |after_bytes| Fault::CutReply { after_bytes },
    },
    FaultKind {
        name: "endless-reply",
        argument: argument("BYTES_PER_SECOND", 65_536),
        about: "a reply begins and goes on for ever",
        make: |bytes_per_second| Fault::EndlessReply { bytes_per_second },
    },
    FaultKind {
        name: "huge-reply",
        argument: argument("MEGABYTES", 100),
        about: "each reply is filled up to this size with comments",
        make: |megabytes| Fault::HugeReply { megabytes },
    },
    FaultKind {
        name: "killed",
        argument: argument("REPLIES", 1),
        about: "the session is ended after so many replies",
        make: |after_replies| Fault::Killed { after_replies },
    },
    FaultKind {
        name: "passes-after",
        argument: argument("CONNECTIONS", 1),
        about: "the device's other faults are gone after so many connections",
        make: |connections| Fault::PassesAfter { connections },
    },
    FaultKind {
        name: "spares-replies",
        argument: argument("REPLIES", 1),
        about: "faults of replies leave the first of each session alone",
        make: |replies| Fault::SparesReplies { replies },
    },
];

const fn argument(name: &'static str, default: u64) -> Option<FaultArgument> {
    Some(FaultArgument { name, default })
}

/// Text that names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAFault {
    /// There is no fault of this name.
    #[error("there is no fault `{found}`{}", .similar.map_or_else(all_names, |name| format!("; did you mean `{name}`?")))]
    Unknown {
        /// The name found.
        found: String,
        /// The name that was meant, perhaps.
        similar: Option<&'static str>,
    },
    /// The fault has no size.
    #[error("the fault `{name}` takes no number; found `{found}`")]
    NoArgument {
        /// The fault.
        name: &'static str,
        /// What stands after the colon.
        found: String,
    },
    /// What stands after the colon is not a size.
    #[error("the fault `{name}` takes a whole number of {unit} from 1 up; found `{found}`")]
    Argument {
        /// The fault.
        name: &'static str,
        /// What its number counts.
        unit: String,
        /// What stands after the colon.
        found: String,
    },
}

fn all_names() -> String {
    let names: Vec<_> = FAULT_KINDS.iter().map(|kind| kind.name).collect();
    format!("; there are {}", names.join(", "))
}

impl FaultKind {
    /// As in a usage line: `cut[:BYTES]`.
    pub fn usage(&self) -> String {
        match &self.argument {
            None => self.name.to_owned(),
            Some(argument) => format!("{}[:{}]", self.name, argument.name),
        }
    }

    /// The fault of this kind and size.
    fn of(&self, size: Option<&str>) -> Result<Fault, NotAFault> {
        let size = match (&self.argument, size) {
            (None, None) => 0,
            (Some(argument), None) => argument.default,
            (None, Some(found)) => {
                return Err(NotAFault::NoArgument {
                    name: self.name,
                    found: found.to_owned(),
                });
            }
            (Some(argument), Some(found)) => match found.parse() {
                Ok(size) if size > 0 => size,
                _ => {
                    return Err(NotAFault::Argument {
                        name: self.name,
                        unit: argument.name.to_lowercase().replace('_', " "),
                        found: found.to_owned(),
                    });
                }
            },
        };
        Ok((self.make)(size))
    }
}

impl FromStr for Fault {
    type Err = NotAFault;

    /// Reads `no-hello`, `cut` (with the default size) or `cut:500`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, size) = match text.split_once(':') {
            Some((name, size)) => (name, Some(size)),
            None => (text, None),
        };
        match FAULT_KINDS.iter().find(|kind| kind.name == name) {
            Some(kind) => kind.of(size),
            None => Err(NotAFault::Unknown {
                found: name.to_owned(),
                similar: similar(name),
            }),
        }
    }
}

/// The name that is nearest to a misspelt one, if any is near.
fn similar(misspelt: &str) -> Option<&'static str> {
    let near = |kind: &FaultKind| {
        let likeness = strsim::jaro_winkler(kind.name, misspelt);
        (likeness > 0.8).then_some((likeness, kind.name))
    };
    let nearest = FAULT_KINDS
        .iter()
        .filter_map(near)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.map(|(_, name)| name)
}

impl Fault {
    /// The name and the number, each where it is in [`FAULT_KINDS`].
    fn parts(self) -> (&'static str, Option<u64>) {
        match self {
            Self::PortClosed => ("port-closed", None),
            Self::BlackHole => ("black-hole", None),
            Self::SlowBanner { bytes_per_second } => ("slow-banner", Some(bytes_per_second)),
            Self::Cut { after_bytes } => ("cut", Some(after_bytes)),
            Self::ChangedHostKey => ("changed-host-key", None),
            Self::RefusedLogin => ("refused-login", None),
            Self::NoHello => ("no-hello", None),
            Self::FalseBase11 => ("false-base-1.1", None),
            Self::LateReply { seconds } => ("late-reply", Some(seconds)),
            Self::RpcError => ("rpc-error", None),
            Self::WrongMessageId => ("wrong-message-id", None),
            Self::TextBeforeReply => ("text-before-reply", None),
            Self::GarbageFraming => ("garbage-framing", None),
            Self::SlowReply { bytes_per_second } => ("slow-reply", Some(bytes_per_second)),
            Self::CutReply { after_bytes } => ("cut-reply", Some(after_bytes)),
            Self::EndlessReply { bytes_per_second } => ("endless-reply", Some(bytes_per_second)),
            Self::HugeReply { megabytes } => ("huge-reply", Some(megabytes)),
            Self::Killed { after_replies } => ("killed", Some(after_replies)),
            Self::PassesAfter { connections } => ("passes-after", Some(connections)),
            Self::SparesReplies { replies } => ("spares-replies", Some(replies)),
        }
    }
}

impl fmt::Display for Fault {
    /// As it is read: `no-hello`, `cut:3000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (name, None) => f.write_str(name),
            (name, Some(size)) => write!(f, "{name}:{size}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_reads_as_it_writes() {
        for kind in FAULT_KINDS {
            let fault: Fault = kind.name.parse().unwrap();
            let written = fault.to_string();
            assert_eq!(written.parse(), Ok(fault), "{written}");
            match &kind.argument {
                None => assert_eq!(written, kind.name),
                Some(argument) => {
                    assert_eq!(written, format!("{}:{}", kind.name, argument.default));
                    let sized: Fault = format!("{}:7", kind.name).parse().unwrap();
                    assert_eq!(sized.to_string(), format!("{}:7", kind.name));
                }
            }
        }
    }

    #[test]
    fn what_is_no_fault_is_told_what_would_be_one() {
        let error = |text: &str| text.parse::<Fault>().unwrap_err().to_string();
        assert_eq!(
            error("blackhole"),
            "there is no fault `blackhole`; did you mean `black-hole`?"
        );
        let unlike = error("fire");
        assert!(
            unlike.starts_with("there is no fault `fire`; there are port-closed, "),
            "{unlike}"
        );
        assert_eq!(
            error("no-hello:3"),
            "the fault `no-hello` takes no number; found `3`"
        );
        for wrong in ["", "0", "-1", "fast"] {
            assert_eq!(
                error(&format!("slow-reply:{wrong}")),
                format!(
                    "the fault `slow-reply` takes a whole number of bytes per second from 1 up; found `{wrong}`"
                )
            );
        }
    }
}
