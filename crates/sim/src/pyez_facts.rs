//! Replies to the operations that PyEZ and other clients send to collect facts about a device.
//!
//! Replies are short and true for the device. Shell commands are refused, as for a read-only user. Other operations get a syntax error,
//! which clients take for a platform without that feature.

use crate::{
    model::Device,
    operation::Operation,
    platform::{Platform, Style},
    render::{Xml, rpc_error},
};

/// The address under which a classic device knows its own routing engine inside the chassis.
const INTERNAL_ADDRESS: &str = "128.0.0.4";

/// The reply to an operation of this kind; `None` for all others.
pub(crate) fn reply(device: &Device, operation: &Operation, user: &str) -> Option<String> {
    let style = device.blueprint.style;
    match operation.name.as_str() {
        "get-software-information" => Some(software(device)),
        "get-virtual-chassis-information" if is_switch(device) && style == Style::Classic => {
            Some(virtual_chassis(device))
        }
        "get-system-nodes-information" if style == Style::Evo => Some(nodes()),
        "get-interface-information" if operation.argument("routing-instance").is_some() => {
            Some(internal_interfaces())
        }
        "get-ethernet-switching-table-information" if is_switch(device) => {
            Some("<l2ng-l2ald-rtb-macdb>\n</l2ng-l2ald-rtb-macdb>\n".to_owned())
        }
        "get-config" | "get-configuration" => Some(configuration(device, &operation.name)),
        "file-show" => Some(file(
            device,
            operation.argument("filename").unwrap_or_default(),
        )),
        "file-list" => Some(format!(
            "<directory-list root-path=\"/var/home/{user}/\">\n</directory-list>\n"
        )),
        "request-shell-execute" => Some(rpc_error(
            "permission denied",
            Some("request-shell-execute"),
        )),
        _ => None,
    }
}

fn is_switch(device: &Device) -> bool {
    device.blueprint.hardware_model != Platform::Mx480.hardware_model()
}

/// Every operation about software has the same reply, for one routing engine or all.
fn software(device: &Device) -> String {
    let mut xml = Xml::new();
    xml.open("software-information");
    xml.leaf("host-name", &device.name);
    xml.leaf("product-model", device.blueprint.hardware_model);
    xml.leaf("product-name", device.blueprint.hardware_model);
    xml.leaf("junos-version", device.blueprint.os_version);
    xml.close("software-information");
    let software = xml.into_text();
    match device.blueprint.style {
        Style::Evo => software,
        Style::Classic => format!(
            "<multi-routing-engine-results>\n<multi-routing-engine-item>\n<re-name>re0</re-name>\n{software}</multi-routing-engine-item>\n</multi-routing-engine-results>\n"
        ),
    }
}

fn virtual_chassis(device: &Device) -> String {
    let mut xml = Xml::new();
    xml.open("virtual-chassis-information");
    xml.open("preprovisioned-virtual-chassis-information");
    xml.leaf("virtual-chassis-mode", "Enabled");
    xml.close("preprovisioned-virtual-chassis-information");
    xml.open("member-list");
    xml.open("member");
    xml.leaf("member-status", "Prsnt");
    xml.leaf("member-id", 0);
    xml.leaf("member-serial-number", &device.serial);
    xml.leaf("member-model", device.blueprint.hardware_model);
    xml.leaf("member-role", "Master*");
    xml.close("member");
    xml.close("member-list");
    xml.close("virtual-chassis-information");
    xml.into_text()
}

fn nodes() -> String {
    let mut xml = Xml::new();
    xml.open("system-nodes-information");
    xml.open("system-nodes-info-entry");
    xml.leaf("system-node-info-node-name", "re0");
    xml.open("system-node-info-node-attributes-list");
    xml.leaf("system-node-info-node-attribute", "RE (Active)");
    xml.close("system-node-info-node-attributes-list");
    xml.close("system-nodes-info-entry");
    xml.close("system-nodes-information");
    xml.into_text()
}

fn internal_interfaces() -> String {
    let mut xml = Xml::new();
    xml.open_with("interface-information", "junos:style=\"terse\"");
    xml.open("physical-interface");
    xml.leaf("name", "em1");
    xml.open("logical-interface");
    xml.leaf("name", "em1.0");
    xml.open("address-family");
    xml.leaf("address-family-name", "inet");
    xml.open("interface-address");
    xml.leaf("ifa-local", format!("{INTERNAL_ADDRESS}/2"));
    xml.close("interface-address");
    xml.close("address-family");
    xml.close("logical-interface");
    xml.close("physical-interface");
    xml.close("interface-information");
    xml.into_text()
}

/// Name and domain, whatever part of the configuration was asked for.
fn configuration(device: &Device, operation: &str) -> String {
    let mut xml = Xml::new();
    let is_standard = operation == "get-config";
    if is_standard {
        xml.open("data");
    }
    xml.open("configuration");
    xml.open("system");
    xml.leaf("host-name", &device.name);
    xml.leaf("domain-name", "example.net");
    xml.close("system");
    xml.close("configuration");
    if is_standard {
        xml.close("data");
    }
    xml.into_text()
}

fn file(device: &Device, path: &str) -> String {
    let content = match (path, device.blueprint.style) {
        ("/usr/share/cevo/cevo_version", Style::Evo) => device.blueprint.os_version.to_owned(),
        ("/etc/hosts.junos", _) => format!("{INTERNAL_ADDRESS} master re0 node"),
        _ => {
            return rpc_error(
                &format!("could not resolve file: {path}"),
                Some("file-show"),
            );
        }
    };
    let mut xml = Xml::new();
    xml.leaf_with(
        "file-content",
        &format!("filename=\"{path}\""),
        &format!("\n{content}\n"),
    );
    xml.into_text()
}
