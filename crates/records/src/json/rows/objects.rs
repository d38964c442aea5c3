//! The objects of a document that are to be rows, in every shape that there has been: lists, or objects by interface name; lanes
//! beside the interfaces or in them; a list of lanes alone.

use std::borrow::Cow;

use crate::json::DocumentError;
use crate::json::cell::text;
use crate::json::named::interface_of;
use crate::json::node::{Node, Object};
use crate::json::shape::{self, UnknownShape};
use crate::note::{Note, Notes, shortened};
use crate::tables::{DocumentPlace, TABLES};

/// An object that is to be a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowObject<'j> {
    pub(super) rpc: &'static str,
    pub(super) row: &'j Object<'j>,
    /// The document around it, which may say once what holds for all.
    pub(super) around: Option<&'j Object<'j>>,
    /// The interface's name, where it is the object's key or the key of the interface object around it.
    name: Option<&'j str>,
}

impl<'j> RowObject<'j> {
    pub(super) fn interface_name(&self) -> Option<Cow<'j, str>> {
        let own = self.row.get("if_name").and_then(text);
        let older = || interface_of(self.row).map(Cow::Borrowed);
        own.or(self.name.map(Cow::Borrowed)).or_else(older)
    }

    /// Whether it says its states and its device's name, as our objects do once they are joined: then it says all that is known.
    pub(super) fn is_joined(&self) -> bool {
        self.row.contains_key("hostname") && self.row.iter().any(|(key, _)| key.ends_with("_state"))
    }
}

/// Adds the objects of a document to those of their tables, which are in the order of [`TABLES`]. An object that nothing else tells from
/// any other is a row if it has a key that `measures`.
pub(super) fn gather<'j>(
    rpc: &'static str,
    document: &'j Node<'j>,
    measures: &dyn Fn(&str) -> bool,
    found: &mut [Vec<RowObject<'j>>],
    notes: &mut Notes,
) -> Result<(), DocumentError> {
    let is_listed = TABLES
        .iter()
        .any(|table| matches!(table.document, DocumentPlace::List { rpc: of, .. } if of == rpc));
    let refused = |expected| DocumentError {
        rpc,
        shape: UnknownShape::of(document, expected),
    };
    let mut gathering = Gathering {
        rpc,
        around: document.as_object(),
        measures,
        notes,
        found: Vec::new(),
        strangers: 0,
    };
    let is_list = |node: &&Node<'_>| matches!(node, Node::List(_) | Node::Object(_));
    let (is_known, expected) = match document {
        Node::List(items) => {
            let (kind, expected) = match is_listed {
                true => (Kind::Either, shape::OPTICS),
                false => (Kind::Interface, shape::STATISTICS),
            };
            gathering.list(document, kind, None);
            (!items.is_empty(), expected)
        }
        _ if is_listed => {
            let lists = [("interfaces", Kind::Interface), ("lanes", Kind::Lane)];
            let mut has_list = false;
            for (key, kind) in lists {
                if let Some(list) = document.get(key) {
                    has_list |= is_list(&list);
                    gathering.list(list, kind, None);
                }
            }
            (has_list, shape::OPTICS)
        }
        Node::Object(members) => {
            let listed = document.get("interfaces").filter(is_list);
            gathering.list(listed.unwrap_or(document), Kind::Interface, None);
            let is_known = listed.is_some() || members.is_empty() || !gathering.found.is_empty();
            (is_known, shape::STATISTICS)
        }
        _ => (false, shape::STATISTICS),
    };
    // Nothing stands where rows should, or not one of the objects that stand there is one.
    if !is_known || (gathering.found.is_empty() && gathering.strangers > 0) {
        return Err(refused(expected));
    }
    let place = |wanted: &str| {
        TABLES.iter().position(|table| match table.document {
            DocumentPlace::List { rpc: of, key } => of == rpc && key == wanted,
            DocumentPlace::ByInterface { rpc: of } => of == rpc,
        })
    };
    for (kind, object) in gathering.found {
        let key = match kind {
            Kind::Lane => "lanes",
            _ => "interfaces",
        };
        if let Some(objects) = place(key).and_then(|at| found.get_mut(at)) {
            objects.push(object);
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Interface,
    Lane,
    /// A lane if it has a number.
    Either,
}

struct Gathering<'j, 'n> {
    rpc: &'static str,
    around: Option<&'j Object<'j>>,
    measures: &'n dyn Fn(&str) -> bool,
    notes: &'n mut Notes,
    found: Vec<(Kind, RowObject<'j>)>,
    /// What stands where a row should and is none.
    strangers: usize,
}

impl<'j> Gathering<'j, '_> {
    /// The objects of a list, or of an object by interface name; `name` is the interface around them.
    fn list(&mut self, list: &'j Node<'j>, kind: Kind, name: Option<&'j str>) {
        match list {
            Node::List(items) => {
                for item in items {
                    self.one(item, kind, name);
                }
            }
            Node::Object(members) => {
                for (key, member) in members.iter() {
                    // What stands once for all is no interface.
                    if member.as_object().is_some() {
                        self.one(member, kind, name.or(Some(key)));
                    }
                }
            }
            other => self.stranger(other),
        }
    }

    fn one(&mut self, node: &'j Node<'j>, kind: Kind, name: Option<&'j str>) {
        let Some(row) = node.as_object() else {
            return self.stranger(node);
        };
        let kind = match kind {
            Kind::Either if row.contains_key("lane") => Kind::Lane,
            Kind::Either => Kind::Interface,
            kind => kind,
        };
        if !shape::is_of_interface(name, row, self.measures) {
            return self.stranger(node);
        }
        let object = RowObject {
            rpc: self.rpc,
            row,
            around: self.around,
            name,
        };
        self.found.push((kind, object));
        if kind == Kind::Interface
            && self.rpc == "optics_diagnostics"
            && let Some(lanes) = row.get("lanes")
        {
            let own = interface_of(row).or(name);
            self.list(lanes, Kind::Lane, own);
        }
    }

    fn stranger(&mut self, node: &Node<'_>) {
        self.strangers += 1;
        self.notes.push(Note {
            rpc: self.rpc.into(),
            interface: None,
            lane: None,
            field: "document".into(),
            found: shortened(&node.to_string()),
            expected: "an object of an interface or a lane".into(),
        });
    }
}
