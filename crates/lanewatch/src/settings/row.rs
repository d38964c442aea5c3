//! A row of the table of settings, and the macro that makes the table and [`Settings`](super::Settings) from one list.

use super::value::Accepts;

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
    /// Who takes it as a flag. `plan` takes what `collect` takes, and `config show` takes all.
    pub(crate) commands: &'static [&'static str],
    /// What holds when it is not given and there is no default in the table.
    pub(crate) otherwise: Option<&'static str>,
    /// A variable of somebody else that wins over everything, flags included.
    pub(crate) overruled_by: Option<&'static str>,
    /// A variable of somebody else that counts where `LANEWATCH_…` is not set.
    pub(crate) also: Option<&'static str>,
    /// The default, as one would write it.
    pub(crate) default: fn() -> Option<String>,
    /// What may be written.
    pub(crate) accepts: Accepts,
}

impl Row {
    /// What a row is that says nothing.
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
        default: || None,
        accepts: Accepts::NOTHING,
    };

    /// `output_dir` → `--output-dir`.
    pub(crate) fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }

    /// `output_dir` → `LANEWATCH_OUTPUT_DIR`.
    pub(crate) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_uppercase())
    }

    /// Whether a command, given as `lake sync`, takes it as a flag. A secret is never one: other users of the machine see flags.
    pub(crate) fn is_flag_of(&self, command: &str) -> bool {
        let takes = |command| self.commands.contains(&command);
        let is_taken =
            takes(command) || command == "config show" || (command == "plan" && takes("collect"));
        is_taken && !self.accepts.is_secret
    }

    /// What is said of it in one line, with its default.
    pub(crate) fn help(&self) -> String {
        let doc = self.doc.join("").trim().to_owned();
        let default = (self.default)();
        match default.as_deref().or(self.otherwise) {
            Some(default) => format!("{doc} [default: {default}]"),
            None => doc,
        }
    }
}

/// What all variables of ours begin with.
pub(super) const PREFIX: &str = "LANEWATCH_";

/// Makes `Settings`, a field a setting, and `ROWS`, a row a setting, from one list of
/// `/// doc`, `name: Type = default { what differs from a blank row },`.
macro_rules! settings {
    ($( $(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:expr, { $($field:ident: $said:expr),* $(,)? } )*) => {
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
                $($field: $said,)*
                ..Row::BLANK
            },
        )*];

        impl Default for Settings {
            fn default() -> Self {
                Self { $( $name: $default, )* }
            }
        }

        impl Settings {
            /// Takes each value from the layers. What cannot be read is a problem, and the default stands in for it.
            pub(super) fn read(layers: &Layers, problems: &mut Vec<Problem>) -> Self {
                Self { $( $name: layers.read(stringify!($name), problems).unwrap_or_else(|| $default), )* }
            }

            /// Each setting's value as one would write it; none where it is not set.
            pub(super) fn shown(&self) -> Vec<Option<String>> {
                vec![$( self.$name.show(), )*]
            }
        }
    };
}
pub(super) use settings;
