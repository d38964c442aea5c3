//! Renders replies as XML, in the shapes that real devices send. There is one file for each operation.
//!
//! A renderer takes readings and returns the payload of an `rpc-reply`; [`reply`] adds the root element. Namespaces have versions, and
//! the root's version may differ from the payload's, as on real releases. Nothing here draws a random value or reads a clock.

pub(crate) mod chassis_inventory;
pub(crate) mod date;
pub(crate) mod environment;
mod fec;
pub(crate) mod interface_information;
pub(crate) mod optics_diagnostics;
pub(crate) mod pic_detail;
mod pluggable;
pub(crate) mod route_engine;
pub(crate) mod system_information;
pub(crate) mod system_uptime;
pub(crate) mod xml;

pub(crate) use xml::Xml;

use crate::platform::Blueprint;

/// The `rpc-reply` around a payload.
///
/// The request's attributes come back (RFC 6241 section 4.1), and Junos adds its own namespace declarations where the request has not
/// set them. There is no XML declaration.
pub(crate) fn reply(request_attributes: &str, reply_namespace: &str, payload: &str) -> String {
    let attributes = request_attributes.trim();
    let mut root = String::with_capacity(payload.len() + attributes.len() + 200);
    root.push_str("<rpc-reply");
    if !declares(attributes, "xmlns") {
        root.push_str(" xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\"");
    }
    if !declares(attributes, "xmlns:junos") {
        root.push_str(&format!(
            " xmlns:junos=\"http://xml.juniper.net/junos/{reply_namespace}/junos\""
        ));
    }
    if !attributes.is_empty() {
        root.push(' ');
        root.push_str(attributes);
    }
    root.push_str(">\n");
    root.push_str(payload);
    root.push_str("</rpc-reply>\n");
    root
}

/// Whether `attributes` holds one of this name.
pub(crate) fn declares(attributes: &str, name: &str) -> bool {
    attributes.match_indices(name).any(|(at, _)| {
        let before = attributes[..at].chars().next_back();
        let after = attributes[at + name.len()..].trim_start();
        before.is_none_or(char::is_whitespace) && after.starts_with('=')
    })
}

/// An error as Junos words it.
pub(crate) fn rpc_error(message: &str, bad_element: Option<&str>) -> String {
    let mut xml = Xml::new();
    xml.open("rpc-error");
    xml.leaf("error-type", "protocol");
    xml.leaf("error-tag", "operation-failed");
    xml.leaf("error-severity", "error");
    xml.leaf("error-message", message);
    if let Some(element) = bad_element {
        xml.open("error-info");
        xml.leaf("bad-element", element);
        xml.close("error-info");
    }
    xml.close("rpc-error");
    xml.into_text()
}

/// The namespace of a payload: `junos-interface`, `junos-chassis`.
fn payload_namespace(blueprint: &Blueprint, component: &str) -> String {
    format!(
        "xmlns=\"http://xml.juniper.net/junos/{}/{component}\"",
        blueprint.payload_namespace
    )
}

/// A payload in the item of a routing engine or member, on devices that answer so.
///
/// The second item holds a name only: a member that has nothing to say.
fn wrapped(blueprint: &Blueprint, payload: String) -> String {
    let Some(name) = blueprint.wrapped_in else {
        return payload;
    };
    let item = |name: &str, payload: &str| {
        format!(
            "<multi-routing-engine-item>\n<re-name>{name}</re-name>\n{payload}</multi-routing-engine-item>\n"
        )
    };
    format!(
        "<multi-routing-engine-results>\n{}{}</multi-routing-engine-results>\n",
        item(name, &payload),
        item("member1", "")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_echoed_and_not_declared_twice() {
        let plain = reply("message-id=\"7\"", "23.4R1", "<a/>\n");
        assert!(plain.starts_with(
            "<rpc-reply xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\" xmlns:junos="
        ));
        assert!(plain.contains(" message-id=\"7\">\n<a/>\n</rpc-reply>"));
        let own = reply(
            "xmlns=\"urn:x\" xmlns:nc=\"urn:y\" message-id='8'",
            "23.4R1",
            "",
        );
        assert_eq!(own.matches("xmlns=").count(), 1);
        assert!(declares("a=\"1\" xmlns = \"2\"", "xmlns"));
        assert!(!declares("xmlns:nc=\"2\"", "xmlns"));
    }

    #[test]
    fn an_error_names_what_it_cannot_read() {
        let error = rpc_error("syntax error", Some("get-<x>"));
        assert!(error.contains("<bad-element>get-&lt;x&gt;</bad-element>"));
    }
}
