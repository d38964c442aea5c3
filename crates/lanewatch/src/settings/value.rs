//! Parses and prints the values of settings. A value has one form in flags, variables and `lanewatch.toml`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use collector::{HostKeys, NetconfVersion, Shard};
use metrics::{Detail, MetricNames};
use secrecy::SecretString;
use sinks::RawReplies;
use sinks::lake::Compression;
use sinks::lake::sync::{S3Checksum, S3Encryption};

use crate::view::ColorChoice;

/// What may be written for a setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Accepts {
    /// The end of a sentence: "must be …".
    pub(crate) expected: &'static str,
    /// All that may be written, if that is a short list.
    pub(crate) choices: &'static [&'static str],
    /// Whether it is a path: in a file, one that begins at that file's folder.
    pub(crate) is_path: bool,
    /// Whether there may be several.
    pub(crate) is_list: bool,
    /// What the flag means when it stands alone; none where it needs a value.
    pub(crate) alone: Option<&'static str>,
    /// Whether the flag may be given several times, each time for one more.
    pub(crate) is_counted: bool,
    /// Whether nobody may see it.
    pub(crate) is_secret: bool,
}

impl Accepts {
    pub(super) const NOTHING: Self = Self::text("nothing");

    pub(super) const fn text(expected: &'static str) -> Self {
        Self {
            expected,
            choices: &[],
            is_path: false,
            is_list: false,
            alone: None,
            is_counted: false,
            is_secret: false,
        }
    }

    pub(super) const fn one_of(expected: &'static str, choices: &'static [&'static str]) -> Self {
        Self {
            choices,
            ..Self::text(expected)
        }
    }
}

/// A type that a setting can have.
pub(crate) trait Value: Sized {
    const ACCEPTS: Accepts;

    /// What was written, unless it means nothing.
    fn parse(text: &str) -> Option<Self>;

    /// The same, where several were written.
    fn parse_all(texts: &[String]) -> Option<Self> {
        match texts {
            [text] => Self::parse(text),
            _ => None,
        }
    }

    /// The value as one would write it; none where there is none.
    fn show(&self) -> Option<String>;
}

impl<T: Value> Value for Option<T> {
    const ACCEPTS: Accepts = T::ACCEPTS;

    fn parse(text: &str) -> Option<Self> {
        T::parse(text).map(Some)
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(Value::show)
    }
}

impl<T: Value> Value for Vec<T> {
    const ACCEPTS: Accepts = Accepts {
        is_list: true,
        ..T::ACCEPTS
    };

    fn parse(text: &str) -> Option<Self> {
        T::parse(text).map(|value| vec![value])
    }

    fn parse_all(texts: &[String]) -> Option<Self> {
        texts.iter().map(|text| T::parse(text)).collect()
    }

    fn show(&self) -> Option<String> {
        let shown: Vec<_> = self.iter().filter_map(Value::show).collect();
        (!shown.is_empty()).then(|| shown.join(", "))
    }
}

impl Value for String {
    const ACCEPTS: Accepts = Accepts::text("text that is not empty");

    fn parse(text: &str) -> Option<Self> {
        (!text.trim().is_empty()).then(|| text.to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(self.clone())
    }
}

impl Value for SecretString {
    const ACCEPTS: Accepts = Accepts {
        is_secret: true,
        ..Accepts::text("a secret that is not empty")
    };

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::from(text))
    }

    fn show(&self) -> Option<String> {
        Some("(set)".to_owned())
    }
}

impl Value for PathBuf {
    const ACCEPTS: Accepts = Accepts {
        is_path: true,
        ..Accepts::text("a path")
    };

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| inventory::expand_home(text))
    }

    fn show(&self) -> Option<String> {
        Some(self.display().to_string())
    }
}

impl Value for bool {
    const ACCEPTS: Accepts = Accepts {
        alone: Some("true"),
        ..Accepts::one_of("`true` or `false`", &["true", "false"])
    };

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for Shard {
    const ACCEPTS: Accepts = Accepts::text("one of several shards, such as `2/5`");

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// Numbers of things, of which there is one at least.
macro_rules! count {
    ($($number:ty),*) => {$(
        impl Value for $number {
            const ACCEPTS: Accepts = Accepts::text("a whole number from 1 up");

            fn parse(text: &str) -> Option<Self> {
                text.trim().parse().ok().filter(|number| *number > 0)
            }

            fn show(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
}
count!(u32, usize);

/// A port of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Port(u16);

impl Port {
    pub(crate) const fn get(self) -> u16 {
        self.0
    }
}

impl Value for Port {
    const ACCEPTS: Accepts = Accepts::text("a port from 1 to 65535");

    fn parse(text: &str) -> Option<Self> {
        let port = text.trim().parse().ok().filter(|port| *port > 0)?;
        Some(Self(port))
    }

    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

impl Value for SocketAddr {
    const ACCEPTS: Accepts =
        Accepts::text("an address with a port, such as `127.0.0.1:9830` or `[::]:9830`");

    fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// How many things are worked on at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Concurrency(usize);

impl Concurrency {
    /// The most. A semaphore takes more, and no system as many sockets.
    const MOST: usize = 1_000_000;

    pub(super) const fn of(number: usize) -> Self {
        Self(number)
    }

    pub(crate) const fn get(self) -> usize {
        self.0
    }
}

impl Value for Concurrency {
    const ACCEPTS: Accepts = Accepts::text("a whole number from 1 to 1000000");

    fn parse(text: &str) -> Option<Self> {
        let number = text.trim().parse().ok()?;
        (1..=Self::MOST).contains(&number).then_some(Self(number))
    }

    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// Each unit of time, with its length in milliseconds, the longest first.
const UNITS: &[(&str, u64)] = &[("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
/// The longest duration, in milliseconds: a day.
const LONGEST: u64 = 24 * 3_600_000;

/// `10s`, `2m`, `1h`, `500ms`, or seconds as a plain number. Waiting for no time or for ever is no setting.
/// A time that a flag gives which is no setting.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    Duration::parse(text)
}

impl Value for Duration {
    const ACCEPTS: Accepts = Accepts::text(
        "a time such as `500ms`, `10s`, `2m` or `1h`, more than none and at most `24h` (a number alone is seconds)",
    );

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = match unit.trim() {
            "" => 1000,
            unit => UNITS.iter().find(|(name, _)| *name == unit)?.1,
        };
        let length = number.parse::<u64>().ok()?.checked_mul(unit)?;
        (1..=LONGEST)
            .contains(&length)
            .then(|| Self::from_millis(length))
    }

    fn show(&self) -> Option<String> {
        let length = u64::try_from(self.as_millis()).ok()?;
        let (name, unit) = UNITS
            .iter()
            .find(|(_, unit)| length.is_multiple_of(*unit))?;
        Some(format!("{}{name}", length / unit))
    }
}

/// A number of bytes. None is a number here: a limit of nothing is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(u64);

/// Each unit of size, the largest first.
const SIZES: &[(&str, u64)] = &[
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1000),
];

impl Size {
    pub(super) const fn megabytes(megabytes: u64) -> Self {
        Self(megabytes * 1_000_000)
    }

    pub(crate) const fn bytes(self) -> u64 {
        self.0
    }
}

impl Value for Size {
    const ACCEPTS: Accepts =
        Accepts::text("a size such as `500MB`, `2GB` or `0` (a number alone is bytes)");

    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = number_and_unit(text)?;
        let unit = match unit {
            "" => 1,
            unit => {
                SIZES
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(unit))?
                    .1
            }
        };
        number.checked_mul(unit).map(Self)
    }

    fn show(&self) -> Option<String> {
        let whole = SIZES
            .iter()
            .find(|(_, unit)| self.0 > 0 && self.0.is_multiple_of(*unit));
        Some(match whole {
            Some((name, unit)) => format!("{}{name}", self.0 / unit),
            None => self.0.to_string(),
        })
    }
}

/// A number of bytes, of which there is one at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit(usize);

impl Limit {
    pub(super) const fn of(bytes: usize) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(self) -> usize {
        self.0
    }
}

impl Value for Limit {
    const ACCEPTS: Accepts = Accepts::text(
        "a size such as `500kB` or `256MB`, more than none (a number alone is bytes)",
    );

    fn parse(text: &str) -> Option<Self> {
        let bytes = usize::try_from(Size::parse(text)?.bytes()).ok()?;
        (bytes > 0).then_some(Self(bytes))
    }

    fn show(&self) -> Option<String> {
        Size(u64::try_from(self.0).ok()?).show()
    }
}

/// How old something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Age(i64);

/// Each unit of age, with its length in seconds, the longest first.
const AGES: &[(&str, i64)] = &[("d", 86_400), ("h", 3_600)];

impl Age {
    pub(crate) const fn seconds(self) -> i64 {
        self.0
    }

    /// The UTC second that is this long before `now`.
    pub(crate) const fn before(self, now: i64) -> i64 {
        now.saturating_sub(self.0)
    }

    /// The age that a flag gives which is no setting.
    pub(crate) fn of_flag(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| format!("it must be {}", Self::ACCEPTS.expected))
    }
}

impl Value for Age {
    const ACCEPTS: Accepts = Accepts::text("an age such as `7d` or `36h`, an hour at least");

    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = number_and_unit(text)?;
        let unit = AGES.iter().find(|(name, _)| *name == unit)?.1;
        let seconds = i64::try_from(number).ok()?.checked_mul(unit)?;
        (seconds > 0).then_some(Self(seconds))
    }

    fn show(&self) -> Option<String> {
        let (name, unit) = AGES.iter().find(|(_, unit)| self.0 % unit == 0)?;
        Some(format!("{}{name}", self.0 / unit))
    }
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim()))
}

/// A closed set, with the word for each.
macro_rules! choice {
    ($type:ty, $expected:literal, $($word:literal => $value:expr),+) => {
        impl Value for $type {
            const ACCEPTS: Accepts = Accepts::one_of($expected, &[$($word),+]);

            fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some($value),)+
                    _ => None,
                }
            }

            fn show(&self) -> Option<String> {
                let word = [$(($word, $value)),+].into_iter().find(|(_, value)| value == self);
                word.map(|(word, _)| word.to_owned())
            }
        }
    };
}
choice!(NetconfVersion, "`1.0` or `1.1`",
    "1.0" => NetconfVersion::V1_0, "1.1" => NetconfVersion::V1_1);
choice!(HostKeys, "`strict`, `accept-new` or `off`",
    "strict" => Self::Strict, "accept-new" => Self::AcceptNew, "off" => Self::Off);
choice!(Compression, "`snappy`, `zstd`, `gzip` or `none`",
    "snappy" => Self::Snappy, "zstd" => Self::Zstd, "gzip" => Self::Gzip, "none" => Self::None);
choice!(MetricNames, "`documented`, `conventional`, `both` or `original`",
    "documented" => Self::Documented, "conventional" => Self::Conventional, "both" => Self::Both,
    "original" => Self::Original);
choice!(Detail, "`full`, `lanes` or `ports`",
    "full" => Self::Full, "lanes" => Self::Lanes, "ports" => Self::Ports);
choice!(ColorChoice, "`auto`, `always` or `never`",
    "auto" => Self::Auto, "always" => Self::Always, "never" => Self::Never);
choice!(S3Encryption, "`AES256`, `aws:kms` or `aws:kms:dsse`",
    "AES256" => Self::S3, "aws:kms" => Self::Kms, "aws:kms:dsse" => Self::KmsTwice);
choice!(S3Checksum, "`sha256` or `off`", "sha256" => Self::Sha256, "off" => Self::Off);
choice!(RawReplies, "`keep`, `zstd` or `drop`",
    "keep" => Self::Keep, "zstd" => Self::Zstd, "drop" => Self::Drop);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_or_is_in_seconds_and_never_ends_or_is_nothing() {
        for (text, milliseconds) in [
            ("10", 10_000),
            ("10s", 10_000),
            (" 2m ", 120_000),
            ("24 h", LONGEST),
            ("500ms", 500),
        ] {
            let expected = Some(Duration::from_millis(milliseconds));
            assert_eq!(Duration::parse(text), expected, "{text}");
        }
        for text in [
            "",
            "0",
            "0s",
            "s",
            "-1",
            "1.5s",
            "25h",
            "86401",
            "10 sec",
            "inf",
            "∞",
            "99999999999999999999",
            "18446744073709551615h",
        ] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_duration_is_shown_in_its_largest_whole_unit_and_read_back() {
        for shown in ["500ms", "90s", "5m", "24h"] {
            let read = Duration::parse(shown).unwrap();
            assert_eq!(read.show().as_deref(), Some(shown));
        }
        assert_eq!(Duration::from_secs(120).show().as_deref(), Some("2m"));
    }

    #[test]
    fn a_size_and_an_age_are_shown_in_their_largest_whole_unit_and_read_back() {
        for (text, bytes) in [
            ("0", 0),
            ("1000", 1000),
            ("500MB", 500_000_000),
            ("2 gb", 2_000_000_000),
        ] {
            let size = Size::parse(text).unwrap();
            assert_eq!(size.bytes(), bytes);
            assert_eq!(Size::parse(&size.show().unwrap()), Some(size));
        }
        for (text, seconds) in [("7d", 604_800), ("36h", 129_600), ("24h", 86_400)] {
            let age = Age::parse(text).unwrap();
            assert_eq!((age.seconds(), age.before(0)), (seconds, -seconds));
            assert_eq!(Age::parse(&age.show().unwrap()), Some(age));
        }
        for text in ["", "7", "0d", "-1d", "d", "7w", "99999999999999999999d"] {
            assert!(Age::parse(text).is_none(), "{text}");
        }
        assert!(Size::parse("1XB").is_none() && Size::parse("99999999TB").is_none());
    }

    #[test]
    fn concurrency_is_bounded_by_what_a_semaphore_takes() {
        assert_eq!(Concurrency::parse("1000000"), Some(Concurrency(1_000_000)));
        for text in ["0", "1000001", "2305843009213693952", "many"] {
            assert_eq!(Concurrency::parse(text), None, "{text}");
        }
        const { assert!(Concurrency::MOST <= tokio::sync::Semaphore::MAX_PERMITS) };
    }

    #[test]
    fn every_choice_is_read_and_shown_as_the_same_word() {
        fn check<T: Value>() {
            for word in T::ACCEPTS.choices {
                assert_eq!(T::parse(word).unwrap().show().as_deref(), Some(*word));
                assert!(T::ACCEPTS.expected.contains(&format!("`{word}`")));
            }
            assert!(T::parse("other").is_none());
        }
        check::<HostKeys>();
        check::<NetconfVersion>();
        check::<Compression>();
        check::<MetricNames>();
        check::<Detail>();
        check::<ColorChoice>();
        check::<RawReplies>();
        check::<S3Encryption>();
        check::<S3Checksum>();
        check::<bool>();
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = SecretString::parse("sesame").unwrap();
        assert_eq!(secret.show().as_deref(), Some("(set)"));
    }
}
