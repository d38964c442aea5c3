//! Arguments of `ssh`, as inventories have them in `ansible_ssh_common_args`.

use std::path::PathBuf;

use super::config::key_and_value;
use super::options::HostOptions;

/// Flags without a value that do not matter to a NETCONF session.
const PASSED_OVER: &str = "AaCfGgKkMNnqsTtVvXxYy";

/// What the arguments say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// Above what files of configuration say.
    pub options: HostOptions,
    /// `-F`: the file to read in place of the usual ones; `none` for none at all.
    pub config_file: Option<PathBuf>,
}

impl Arguments {
    /// Reads arguments separated by blanks and quoted as in a shell.
    ///
    /// # Errors
    ///
    /// A sentence, if they cannot be understood.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut arguments = Self::default();
        let mut words = split_shell(text)?.into_iter();
        while let Some(word) = words.next() {
            let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
                return Err(format!("expected an option of ssh; found \"{word}\""));
            };
            for (at, flag) in flags.char_indices() {
                if PASSED_OVER.contains(flag) {
                    continue;
                }
                let here = flags.get(at + flag.len_utf8()..).unwrap_or_default();
                if "oJFilp".contains(flag) {
                    let value = if here.is_empty() {
                        words
                            .next()
                            .ok_or_else(|| format!("-{flag} lacks its value"))?
                    } else {
                        here.to_owned()
                    };
                    arguments.take(flag, &value)?;
                } else {
                    let warning = format!("the ssh option -{flag} is not known and has no effect");
                    arguments.options.warnings.push(warning);
                    // Its value, if it has one, is not to be taken for an option.
                    if here.is_empty()
                        && words
                            .as_slice()
                            .first()
                            .is_some_and(|w| !w.starts_with('-'))
                    {
                        words.next();
                    }
                }
                break;
            }
        }
        Ok(arguments)
    }

    fn take(&mut self, flag: char, value: &str) -> Result<(), String> {
        let (keyword, value) = match flag {
            'o' => {
                let wrong = || format!("-o is followed by Option=value; found \"{value}\"");
                let (keyword, value) = key_and_value(value).ok_or_else(wrong)?;
                if value.is_empty() {
                    return Err(wrong());
                }
                (keyword, value)
            }
            'F' => {
                self.config_file.get_or_insert_with(|| PathBuf::from(value));
                return Ok(());
            }
            'J' => ("ProxyJump", value),
            'i' => ("IdentityFile", value),
            'l' => ("User", value),
            _ => ("Port", value),
        };
        let set = self.options.set(keyword, value, "the ssh arguments");
        set.map_err(|reason| format!("{keyword}: {reason}"))
    }
}

/// Splits as `/bin/sh` does: blanks, single and double quotes, backslashes.
fn split_shell(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err("a quote ' is opened and not closed".to_owned()),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        Some('"') => break,
                        Some('\\') => match characters.next() {
                            Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                            Some(c) => word.extend(['\\', c]),
                            None => return Err("it ends in a backslash".to_owned()),
                        },
                        Some(c) => word.push(c),
                        None => return Err("a quote \" is opened and not closed".to_owned()),
                    }
                }
            }
            '\\' => match characters.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("it ends in a backslash".to_owned()),
            },
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::super::options::{HostKeyChecking, Proxy};
    use super::*;

    #[test]
    fn what_inventories_have_is_understood() {
        let arguments = Arguments::parse(
            "-o ControlMaster=auto -oControlPersist=60s -o StrictHostKeyChecking=no \
             -o UserKnownHostsFile=/dev/null -o 'ProxyCommand=ssh -W %h:%p -q \"jump host\"' -F none -i ~/k -vvp 22",
        )
        .unwrap();
        let options = &arguments.options;
        assert_eq!(options.host_key_checking, Some(HostKeyChecking::Off));
        assert_eq!(options.user_known_hosts, Some(vec!["/dev/null".to_owned()]));
        let command = "ssh -W %h:%p -q \"jump host\"".to_owned();
        assert_eq!(options.proxy, Some(Proxy::Command(command)));
        assert_eq!(options.identity_files, ["~/k"]);
        assert_eq!(options.port, Some(22));
        assert_eq!(arguments.config_file, Some("none".into()));
        assert_eq!(options.warnings, [""; 0]);
    }

    #[test]
    fn jump_hosts_and_users_are_understood_and_the_first_counts() {
        let arguments = Arguments::parse("-J lab@j1,j2:2222 -o \"ProxyJump j3\" -l lab").unwrap();
        let Some(Proxy::Jump(hops)) = &arguments.options.proxy else {
            panic!("{arguments:?}")
        };
        assert_eq!(hops.len(), 2);
        assert_eq!(arguments.options.user.as_deref(), Some("lab"));
    }

    #[test]
    fn what_is_not_known_is_named_and_what_is_wrong_is_an_error() {
        let arguments = Arguments::parse("-o Fancy=1 -b 192.0.2.1 -p 22").unwrap();
        assert_eq!(
            arguments.options.warnings,
            [
                "the ssh arguments: `Fancy` is not known and has no effect",
                "the ssh option -b is not known and has no effect"
            ]
        );
        assert_eq!(arguments.options.port, Some(22));
        for wrong in ["-o", "-o Port", "-p x", "host", "-o 'Port=22", "-J ''"] {
            assert!(Arguments::parse(wrong).is_err(), "{wrong}");
        }
    }
}
