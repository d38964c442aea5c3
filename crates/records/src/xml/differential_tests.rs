//! The scanner held against quick-xml: every event of what it reads, and every tag of what its quick ways read.

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event as Theirs;

use super::damage::Damage;
use super::scanner::{Scanner, XmlEvent};

/// The event as a text; nothing for what does not matter.
fn told(event: &Result<XmlEvent<'_>, Damage>) -> Option<String> {
    Some(match event {
        Ok(XmlEvent::Start(tag)) => format!("start {}|{}", tag.name.written, tag.attributes),
        Ok(XmlEvent::Empty(tag)) => format!("empty {}|{}", tag.name.written, tag.attributes),
        Ok(XmlEvent::End(name)) => format!("end {name}"),
        Ok(XmlEvent::Text(text)) => format!("text {text}"),
        Ok(XmlEvent::CData(text)) => format!("cdata {text}"),
        Ok(XmlEvent::Reference(name)) => format!("reference {name}"),
        Ok(XmlEvent::Passed) => return None,
        Ok(XmlEvent::Eof) => "eof".to_owned(),
        Err(_) => "error".to_owned(),
    })
}

/// Every event as a text; the last one is `eof` or `error`.
fn ours(xml: &str) -> Vec<String> {
    let mut scanner = Scanner::new(xml);
    let mut found = Vec::new();
    loop {
        let event = scanner.next();
        found.extend(told(&event));
        if matches!(event, Ok(XmlEvent::Eof) | Err(_)) {
            return found;
        }
    }
}

/// The tags alone, by the quick ways wherever they are open.
fn our_tags(xml: &str) -> Vec<String> {
    let mut scanner = Scanner::new(xml);
    let mut found = Vec::new();
    loop {
        let event = if let Some(tag) = scanner.expected_start() {
            Ok(XmlEvent::Start(tag))
        } else if let Some(name) = scanner.expected_end() {
            Ok(XmlEvent::End(name))
        } else {
            scanner.other_tag()
        };
        found.extend(told(&event));
        match event {
            Ok(XmlEvent::Start(tag)) if scanner.leaf().is_some() => {
                found.push(format!("end {}", tag.name.written));
            }
            Ok(XmlEvent::Eof) | Err(_) => return found,
            _ => {}
        }
    }
}

/// The same by quick-xml.
fn theirs(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().allow_dangling_amp = true;
    let mut found = Vec::new();
    loop {
        let rest = |tag: &quick_xml::events::BytesStart<'_>| {
            let name = tag.name().into_inner().to_owned();
            format!("{name}|{}", &tag[name.len()..])
        };
        found.push(match reader.read_event() {
            // Which it lets pass, and XML does not.
            Ok(Theirs::Start(tag) | Theirs::Empty(tag)) if tag.contains('<') => "error".to_owned(),
            Ok(Theirs::Comment(text)) if text.contains("<!--") => "error".to_owned(),
            Ok(Theirs::Start(tag)) => format!("start {}", rest(&tag)),
            Ok(Theirs::Empty(tag)) => format!("empty {}", rest(&tag)),
            Ok(Theirs::End(tag)) => format!("end {}", tag.name().into_inner()),
            Ok(Theirs::Text(text)) => format!("text {}", &*text),
            Ok(Theirs::CData(text)) => format!("cdata {}", &*text),
            Ok(Theirs::GeneralRef(name)) => format!("reference {}", &*name),
            Ok(Theirs::Eof) => "eof".to_owned(),
            Ok(_) => continue,
            Err(_) => "error".to_owned(),
        });
        if matches!(found.last().map(String::as_str), Some("eof" | "error")) {
            return found;
        }
    }
}

fn tags_of(events: Vec<String>) -> Vec<String> {
    let is_tag = |event: &String| {
        !["text ", "cdata ", "reference "]
            .iter()
            .any(|other| event.starts_with(other))
    };
    events.into_iter().filter(is_tag).collect()
}

#[test]
fn every_kind_of_markup_is_found_as_quick_xml_finds_it() {
    for xml in [
        "<a>1</a>",
        "\u{feff}<?xml version=\"1.0\"?><!-- x > y --><a b='>' c=\"'/>\">t &amp; &#65;<![CDATA[ <x> ]]]></a  >",
        "<a/><b /><c d='e'/>< f/>",
        "<a><b></a>",
        "<a></b>",
        "</a>",
        "a & b &c",
        "<a&b;c></a&b;c>",
        "<a x=\"1></a>",
        "<a",
        "<",
        "<a>text",
        "<a\n x='1'\n>\n</a\n>",
        "<a'b>c'>d</a'b>c'>",
        "<a></ a>",
        "<></>",
        "<//>",
        "<a/ >",
        "<a/></>",
        "< x></ >",
        "<é>ü</é>",
    ] {
        assert_eq!(ours(xml), theirs(xml), "{xml:?}");
        assert_eq!(our_tags(xml), tags_of(theirs(xml)), "{xml:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Pieces of markup in any order: far more of what can go wrong than any bytes at all.
    #[test]
    fn pieces_of_markup_are_read_as_quick_xml_reads_them(pieces in prop::collection::vec(
        prop::sample::select(vec![
            "<a>", "</a>", "<b x='1'>", "</b>", "<c/>", "text", " ", "\n", "&amp;", "&", ";", "<", ">", "/", "'", "\"", "=",
            "<!-- ", " -->", "<![CDATA[", "]]>", "<?p", "?>", "a", "é", "<a", "</", "/>", "j:a", "<j:a>", "</j:a>",
        ]), 0..25)) {
        let xml = pieces.concat();
        // Where an end overlaps its beginning quick-xml goes by rules of its own.
        prop_assume!(!["<!-->", "<!--->", "<?>"].iter().any(|overlap| xml.contains(overlap)));
        prop_assert_eq!(ours(&xml), theirs(&xml), "{:?}", xml);
        prop_assert_eq!(our_tags(&xml), tags_of(theirs(&xml)), "{:?}", xml);
    }

    #[test]
    fn damaged_replies_are_read_as_quick_xml_reads_them(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        length in 0_usize..60,
    ) {
        let reply = &REPLIES[which.index(REPLIES.len())];
        let start = place.index(reply.len());
        let end = reply.len().min(start + length);
        let damaged = [&reply.as_bytes()[..start], &reply.as_bytes()[end..]].concat();
        let Ok(damaged) = String::from_utf8(damaged) else { return Ok(()) };
        prop_assert_eq!(ours(&damaged), theirs(&damaged));
        prop_assert_eq!(our_tags(&damaged), tags_of(theirs(&damaged)));
    }
}

static REPLIES: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| {
    let folders = |path: &std::path::Path| -> Vec<_> {
        let entries = std::fs::read_dir(path).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let groups = folders(std::path::Path::new("../../fixtures/junos"));
    let cases = groups.iter().flat_map(|group| folders(group));
    let replies = cases.filter_map(|case| std::fs::read_to_string(case.join("reply.xml")).ok());
    replies.collect()
});
