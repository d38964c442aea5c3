//! One RPC of the catalogue, and its operation as text: nothing further along puts XML together.

use std::collections::BTreeMap;

use records::ReplyReader;

/// One RPC.
#[derive(Debug, Clone)]
pub struct Command {
    /// What its files are called.
    pub name: String,
    /// The operation's element.
    pub(super) rpc: String,
    pub(super) arguments: BTreeMap<String, Argument>,
    /// The element that takes the interface filter.
    pub(super) interfaces: Option<String>,
    /// Whether it is asked once, or once for each PIC with transceivers.
    pub per: Per,
    /// Who reads the reply.
    pub reader: ReplyReader,
    /// The mapping as written, on one line, for the run report: a replay needs no catalogue.
    pub mapping: Option<String>,
}

/// How often an RPC is asked in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Per {
    /// Once.
    #[default]
    Device,
    /// Once for each FPC and PIC that the chassis inventory shows to hold transceivers.
    Pic,
}

/// A child of the operation.
#[derive(Debug, Clone)]
pub(super) enum Argument {
    Flag(bool),
    Text(String),
    /// One child for each.
    Several(Vec<Self>),
}

impl Argument {
    /// Adds the elements to those of an operation.
    fn write(&self, name: &str, children: &mut String) {
        match self {
            Self::Flag(false) => {}
            Self::Flag(true) => children.push_str(&format!("<{name}/>")),
            Self::Text(text) => {
                children.push_str(&format!("<{name}>{}</{name}>", escape(text)));
            }
            Self::Several(arguments) => {
                for argument in arguments {
                    argument.write(name, children);
                }
            }
        }
    }
}

impl Command {
    /// The operation for a device: `<get-…>…</get-…>`. The device filters interfaces itself where the filter is one name or glob.
    pub fn operation(&self, interface: Option<&str>) -> String {
        let filter = self
            .interfaces
            .as_deref()
            .zip(interface)
            .map(|(element, name)| (element, Argument::Text(name.to_owned())));
        self.build(filter.into_iter())
    }

    /// The operation for one PIC.
    pub fn operation_for_pic(&self, fpc: u32, pic: u32) -> String {
        self.build(
            [
                ("fpc-slot", Argument::Text(fpc.to_string())),
                ("pic-slot", Argument::Text(pic.to_string())),
            ]
            .into_iter(),
        )
    }

    fn build<'a>(&'a self, more: impl Iterator<Item = (&'a str, Argument)>) -> String {
        let mut children = String::new();
        let own = self
            .arguments
            .iter()
            .map(|(name, argument)| (name.as_str(), argument.clone()));
        for (name, argument) in own.chain(more) {
            argument.write(name, &mut children);
        }
        let rpc = &self.rpc;
        if children.is_empty() {
            format!("<{rpc}/>")
        } else {
            format!("<{rpc}>{children}</{rpc}>")
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
