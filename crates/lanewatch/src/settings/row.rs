//! A row of the table of settings, and the macro that makes the table and [`Settings`](super::Settings) from one list.

use super::value::{Accepts, Value};

/// A setting, apart from its value.
#[derive(Debug)]
pub(crate) struct Row {
    /// As in `lanewatch.toml` and, in capitals, behind `LANEWATCH_`; with hyphens it is the flag.
    pub(crate) name: &'static str,
    /// What it is for: a sentence without its full stop, then, if there is more to say, the rest.
    pub(crate) doc: &'static [&'static str],
    /// What help shows in place of a value.
    pub(crate) value: &'static str,
    /// A flag of one letter.
    pub(crate) short: Option<char>,
    /// The heading in help and in the reference.
    pub(crate) group: &'static str,
    /// The commands with a flag for it. `plan` has the flags of `collect`, and `config show` has all.
    pub(crate) commands: &'static [&'static str],
    /// What applies when it is not given and the table has no default.
    pub(crate) otherwise: Option<&'static str>,
    /// A variable of another program that overrides everything, flags included.
    pub(crate) overruled_by: Option<&'static str>,
    /// A variable of another program that is read where `LANEWATCH_…` is not set.
    pub(crate) also: Option<&'static str>,
    /// The name that it had before: still read everywhere, and shown nowhere.
    pub(crate) formerly: Option<&'static str>,
    /// The default, as one would write it.
    pub(crate) default: fn() -> Option<String>,
    /// What may be written.
    pub(crate) accepts: Accepts,
}

impl Row {
    /// An empty row, for the fields that a setting leaves out.
    pub(super) const BLANK: Self = Self {
        name: "",
        doc: &[],
        value: "",
        short: None,
        group: "",
        commands: &[],
        otherwise: None,
        overruled_by: None,
        also: None,
        formerly: None,
        default: || None,
        accepts: Accepts::NOTHING,
    };

    /// `output_dir` → `--output-dir`.
    pub(crate) fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }

    /// `output_dir` → `LANEWATCH_OUTPUT_DIR`.
    pub(crate) fn variable(&self) -> String {
        variable_of(self.name)
    }

    /// Whether it has this name, or had it before.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name == name || self.formerly == Some(name)
    }

    /// Whether a command, given as `lake sync`, takes it as a flag. A secret is never one: other users of the machine see flags.
    pub(crate) fn is_flag_of(&self, command: &str) -> bool {
        let takes = |command| self.commands.contains(&command);
        let is_taken = takes(command)
            || matches!(command, "config show" | "config get")
            || (command == "plan" && takes("collect"));
        is_taken && !self.accepts.is_secret
    }

    /// The line of `--help`, with the default.
    pub(crate) fn help(&self) -> String {
        let doc = self.doc.join("").trim().to_owned();
        let default = (self.default)();
        match default.as_deref().or(self.otherwise) {
            Some(default) => format!("{doc} [default: {default}]"),
            None => doc,
        }
    }
}

/// `output_dir` → `LANEWATCH_OUTPUT_DIR`.
pub(super) fn variable_of(name: &str) -> String {
    format!("{PREFIX}{}", name.to_uppercase())
}

/// The prefix of our variables.
pub(super) const PREFIX: &str = "LANEWATCH_";

/// Where the values of settings come from.
pub(super) trait ValueSource {
    /// The value of the setting of this name, unless none was given or it cannot be read.
    fn value<T: Value>(&mut self, name: &str) -> Option<T>;
}

/// Makes `Settings`, a field a setting, and `ROWS`, a row a setting, from one list of
/// `/// doc`, `name: Type = default { what differs from a blank row },`.
macro_rules! settings {
    ($( $(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:expr, { $($field:ident: $value:expr),* $(,)? } )*) => {
        /// What the user asked for. A field for each row of the table.
        #[derive(Debug, Clone)]
        pub(crate) struct Settings {
            $( $(#[doc = $doc])+ pub(crate) $name: $type, )*
        }

        /// All settings.
        pub(crate) static ROWS: &[Row] = &[$(
            Row {
                name: stringify!($name),
                doc: &[$($doc),+],
                accepts: <$type as Value>::ACCEPTS,
                default: || { let default: $type = $default; default.show() },
                $($field: $value,)*
                ..Row::BLANK
            },
        )*];

        impl Default for Settings {
            fn default() -> Self {
                Self { $( $name: $default, )* }
            }
        }

        impl Settings {
            /// Takes each value from the source. A value that is not given or cannot be read is the default.
            pub(super) fn read(source: &mut impl ValueSource) -> Self {
                Self { $( $name: source.value(stringify!($name)).unwrap_or_else(|| $default), )* }
            }

            /// Each setting's value as one would write it; none where it is not set.
            pub(super) fn shown(&self) -> Vec<Option<String>> {
                vec![$( self.$name.show(), )*]
            }
        }
    };
}
pub(super) use settings;
