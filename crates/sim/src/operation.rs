//! Parses a request into an operation with arguments, and maps CLI commands inside `<command>` to operations.
//!
//! Operations are read by local name. Arguments are the operation's children; deeper content (filters, configurations) is ignored.

use quick_xml::{Reader, events::Event};

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Operation {
    /// Local name of the element: `get-pic-detail`.
    pub(crate) name: String,
    /// Name and text of its children, in order; a flag has no text.
    pub(crate) arguments: Vec<(String, String)>,
    /// The operation's own text: the command of `<command>`.
    pub(crate) text: String,
}

impl Operation {
    /// Reads the XML of an operation; the reason, if it is not one element.
    pub(crate) fn parse(xml: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(xml);
        let mut operation = Self::default();
        let mut depth = 0_usize;
        loop {
            match reader.read_event().map_err(|error| error.to_string())? {
                Event::Start(start) => {
                    operation.element(depth, local(start.name().as_ref()));
                    depth += 1;
                }
                Event::Empty(start) => operation.element(depth, local(start.name().as_ref())),
                Event::End(_) => depth = depth.saturating_sub(1),
                Event::Text(text) => operation.append(depth, &text),
                Event::CData(text) => operation.append(depth, &text),
                Event::GeneralRef(entity) => {
                    operation.append(depth, &format!("&{};", &*entity));
                }
                Event::Eof if operation.name.is_empty() => return Err("no element".to_owned()),
                Event::Eof if depth > 0 => return Err(format!("<{}> has no end", operation.name)),
                Event::Eof => break,
                _ => {}
            }
        }
        operation.text = operation.text.trim().to_owned();
        for (_, text) in &mut operation.arguments {
            *text = text.trim().to_owned();
        }
        Ok(operation)
    }

    /// The operation that a command of the CLI stands for; `None` for a command that is not known.
    ///
    /// Pipes and `invoke-on` are for the caller: they are not understood here.
    pub(crate) fn of_command(command: &str) -> Option<Self> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let named = |name: &str, arguments: Vec<(String, String)>| Self {
            name: name.to_owned(),
            arguments,
            text: String::new(),
        };
        let flag = |word: &str| (word.to_owned(), String::new());
        match words.as_slice() {
            ["show", "version"] => Some(named("get-software-information", Vec::new())),
            ["show", "system", "information"] => Some(named("get-system-information", Vec::new())),
            ["show", "chassis", "hardware"] => Some(named("get-chassis-inventory", Vec::new())),
            ["show", "chassis", "environment"] => {
                Some(named("get-environment-information", Vec::new()))
            }
            ["show", "chassis", "routing-engine"] => {
                Some(named("get-route-engine-information", Vec::new()))
            }
            ["show", "chassis", "pic", slots @ ..] => {
                let pairs = slots
                    .chunks_exact(2)
                    .map(|pair| (pair[0].to_owned(), pair[1].to_owned()));
                Some(named("get-pic-detail", pairs.collect()))
            }
            ["show", "interfaces", "diagnostics", "optics", names @ ..] => {
                let names = names
                    .iter()
                    .map(|name| ("interface-name".to_owned(), (*name).to_owned()));
                Some(named(
                    "get-interface-optics-diagnostics-information",
                    names.collect(),
                ))
            }
            ["show", "interfaces", rest @ ..] => {
                let arguments = rest.iter().map(|word| match *word {
                    "terse" | "brief" | "detail" | "extensive" | "media" => flag(word),
                    name => ("interface-name".to_owned(), name.to_owned()),
                });
                Some(named("get-interface-information", arguments.collect()))
            }
            _ => None,
        }
    }

    /// The text of an argument.
    pub(crate) fn argument(&self, name: &str) -> Option<&str> {
        let mut found = self
            .arguments
            .iter()
            .filter(|(argument, _)| argument == name);
        found.next().map(|(_, text)| text.as_str())
    }

    fn element(&mut self, depth: usize, name: &str) {
        match depth {
            0 if self.name.is_empty() => self.name = name.to_owned(),
            1 => self.arguments.push((name.to_owned(), String::new())),
            _ => {}
        }
    }

    fn append(&mut self, depth: usize, text: &str) {
        match depth {
            1 => self.text.push_str(text),
            2 => {
                if let Some((_, argument)) = self.arguments.last_mut() {
                    argument.push_str(text);
                }
            }
            _ => {}
        }
    }
}

/// A name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_whatever_the_prefix_and_the_space() {
        let operation = Operation::parse(
            "<nc:get-pic-detail xmlns:nc=\"urn:x\">\n<nc:fpc-slot> 1 </nc:fpc-slot><pic-slot>2</pic-slot><extensive/></nc:get-pic-detail>",
        )
        .unwrap();
        assert_eq!(operation.name, "get-pic-detail");
        assert_eq!(operation.argument("fpc-slot"), Some("1"));
        assert_eq!(operation.argument("pic-slot"), Some("2"));
        assert_eq!(operation.argument("extensive"), Some(""));
        assert_eq!(operation.argument("media"), None);
    }

    #[test]
    fn what_is_no_element_is_refused() {
        for wrong in ["", "hello", "<a>", "<a></b>"] {
            assert!(Operation::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn commands_stand_for_operations() {
        let command = Operation::parse(
            "<command format=\"xml\">show chassis pic fpc-slot 0 pic-slot 1</command>",
        )
        .unwrap();
        let operation = Operation::of_command(&command.text).unwrap();
        assert_eq!(operation.name, "get-pic-detail");
        assert_eq!(operation.argument("pic-slot"), Some("1"));
        let operation = Operation::of_command("show interfaces et-0/0/1 extensive").unwrap();
        assert_eq!(operation.argument("interface-name"), Some("et-0/0/1"));
        assert_eq!(operation.argument("extensive"), Some(""));
        assert_eq!(Operation::of_command("request system reboot"), None);
    }
}
