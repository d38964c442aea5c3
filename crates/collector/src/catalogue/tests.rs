//! Catalogues: what an entry asks, how files add up, and what is said of mistakes.

use super::*;

fn parse(text: &str) -> Result<Catalogue, Problems> {
    let mut reading = Reading::default();
    reading.text(Path::new("c.yml"), text, 0);
    reading.finish()
}

fn operations(catalogue: &Catalogue, interface: Option<&str>) -> Vec<String> {
    catalogue
        .commands
        .iter()
        .map(|command| command.operation(interface))
        .collect()
}

#[test]
fn the_built_in_catalogue_asks_four_rpcs_and_then_pic_detail() {
    let catalogue = Catalogue::read(&[]).unwrap();
    assert_eq!(
        operations(&catalogue, Some("et-0/0/*")),
        [
            "<get-system-information/>",
            "<get-chassis-inventory/>",
            "<get-interface-optics-diagnostics-information/>",
            "<get-interface-information><extensive/></get-interface-information>",
            "<get-pic-detail/>",
        ]
    );
    let last = catalogue.commands.last().unwrap();
    assert_eq!(last.per, Per::Pic);
    assert_eq!(
        last.operation_for_pic(0, 1),
        "<get-pic-detail><fpc-slot>0</fpc-slot><pic-slot>1</pic-slot></get-pic-detail>"
    );
}

#[test]
fn a_device_filters_itself_only_where_the_catalogue_says_how() {
    let catalogue =
        parse("- {name: s, rpc: r, parser: system_information, interfaces: interface-name}\n")
            .unwrap();
    assert_eq!(
        operations(&catalogue, Some("et-0/0/*")),
        ["<r><interface-name>et-0/0/*</interface-name></r>"]
    );
    assert_eq!(operations(&catalogue, None), ["<r/>"]);
}

#[test]
fn a_bare_list_is_a_catalogue_too() {
    let catalogue =
        parse("- {name: s, rpc: get-system-information, parser: system_information}\n").unwrap();
    assert_eq!(operations(&catalogue, None), ["<get-system-information/>"]);
}

#[test]
fn arguments_in_the_originals_form_are_what_ansible_makes_of_them() {
    let catalogue = parse(
        "- {name: s, rpc: r, parser: system_information, rpc_args: {interface_name: [et-0/0/1, et-0/0/2], extensive: true, level: 2}}\n",
    )
    .unwrap();
    assert_eq!(
        operations(&catalogue, None),
        [
            "<r><extensive/><interface-name>et-0/0/1</interface-name><interface-name>et-0/0/2</interface-name><level>2</level></r>"
        ]
    );
    let both =
        "- {name: s, rpc: r, parser: system_information, args: {a: true}, rpc_args: {a: true}}\n";
    let problems = parse(both).unwrap_err();
    assert!(
        problems.to_string().contains("`args` and `rpc_args`"),
        "{problems}"
    );
    let odd = "- {name: s, rpc: r, parser: system_information, rpc_args: {a: [1.5]}}\n";
    assert!(
        parse(odd)
            .unwrap_err()
            .to_string()
            .contains("the argument `a` of `s`")
    );
}

#[test]
fn a_text_cannot_end_its_element() {
    let catalogue =
        parse("- {name: s, rpc: r, parser: system_information, args: {a: '</a><b/>'}}\n").unwrap();
    assert_eq!(
        operations(&catalogue, None),
        ["<r><a>&lt;/a&gt;&lt;b/&gt;</a></r>"]
    );
}

#[test]
fn a_number_is_an_argument_too() {
    let catalogue =
        parse("- {name: s, rpc: r, parser: system_information, args: {fpc-slot: 0, x: '0.10'}}\n")
            .unwrap();
    assert_eq!(
        operations(&catalogue, None),
        ["<r><fpc-slot>0</fpc-slot><x>0.10</x></r>"]
    );
    let fraction = parse("- {name: s, rpc: r, parser: system_information, args: {x: 0.10}}\n");
    let problem = fraction.unwrap_err().to_string();
    assert!(problem.contains("put other numbers in quotes"), "{problem}");
}

#[test]
fn what_is_wrong_is_said() {
    for (text, expected) in [
        ("rpc_commands: []\n", "names no RPC"),
        ("{}\n", "names no RPC"),
        (
            "rpc_commands: {name: x}\n",
            "c.yml:1: `rpc_commands` is a mapping; a list of RPCs was expected",
        ),
        (
            "rpc_command: []\n",
            "c.yml:1: a catalogue has no key `rpc_command`: there are include, rpc_commands; did you mean `rpc_commands`?",
        ),
        (
            "- {name: s, rpc: r, parser: system_infomation}\n",
            "c.yml:1: unknown parser `system_infomation` of `s`",
        ),
        (
            "- {name: s, rpc: 'a><b', parser: system_information}\n",
            "`a><b` of `s` cannot be the name of an XML element",
        ),
        (
            "- {name: s/t, rpc: r, parser: system_information}\n",
            "`s/t` cannot be part of a file name",
        ),
        (
            "- {name: pic_detail_0_12, rpc: r, mapping: {items: a/b, fields: {c: {type: int}}}}\n",
            "c.yml:1: `pic_detail_0_12` ends as the files of an RPC that is asked of each PIC do",
        ),
        (
            "- {name: s, rpc: r, parser: pic_detail}\n- {name: s, rpc: q, parser: pic_detail}\n",
            "c.yml:2: the name `s` is given to two RPCs; their files would be the same (the other is c.yml:1)",
        ),
        (
            "- {name: s, rpc: r}\n",
            "c.yml:1: `s` lacks a `parser` or a `mapping`",
        ),
        (
            "- {rpc: r, parser: pic_detail}\n",
            "c.yml:1: an RPC of the catalogue lacks `name`",
        ),
        (
            "- {name: s, parser: pic_detail}\n",
            "c.yml:1: `s` lacks `rpc`",
        ),
        (
            "- {name: s, rpc: r, parsre: pic_detail}\n",
            "did you mean `parser`?",
        ),
        (
            "- {name: s, rpc: r, parser: pic_detail, per: pics}\n",
            "did you mean `pic`?",
        ),
        (
            "- x\n",
            "c.yml:1: an RPC of the catalogue is text; keys with values were expected",
        ),
        (
            "include: nowhere.yml\n",
            "c.yml:1: cannot read the catalogue nowhere.yml",
        ),
    ] {
        let problem = parse(text).unwrap_err().to_string();
        assert!(
            problem.starts_with("c.yml:") && problem.contains(expected),
            "{text}: {problem}"
        );
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let problems = parse("- {name: a, rpc: r}\n- {name: b, parser: x}\n")
        .unwrap_err()
        .0;
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(1), Some(2), Some(2)]);
}

#[test]
fn files_add_up_and_what_is_included_twice_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let entry = |name: &str| {
        format!(
            "rpc_commands:\n  - {{name: {name}, rpc: get-{name}, parser: system_information}}\n"
        )
    };
    let a = write(
        "a.yml",
        &format!("include: [built-in, c.yml]\n{}", entry("a")),
    );
    let b = write(
        "b.yml",
        &format!("include: [built-in, c.yml, b.yml]\n{}", entry("b")),
    );
    write("c.yml", &entry("c"));
    let names = |files: &[PathBuf]| -> Vec<String> {
        let commands = Catalogue::read(files).unwrap().commands;
        commands.into_iter().map(|command| command.name).collect()
    };
    let built_in = [
        "system_information",
        "chassis_inventory",
        "optics_diagnostics",
        "interface_statistics",
    ];
    let expected = |own: &[&'static str]| [&built_in[..], own, &["pic_detail"][..]].concat();
    assert_eq!(names(&[a.clone(), b.clone()]), expected(&["c", "a", "b"]));
    assert_eq!(names(&[b]), expected(&["c", "b"]));
    let only = write("only.yml", "include: c.yml\n");
    assert_eq!(names(&[only]), ["c", "pic_detail"]);
    let clash = write(
        "clash.yml",
        &format!("include: a.yml\n{}", entry("optics_diagnostics")),
    );
    let problem = Catalogue::read(&[clash]).unwrap_err().to_string();
    assert!(
        problem.contains("clash.yml:3: the name `optics_diagnostics` is given to two RPCs"),
        "{problem}"
    );
    drop(a);
}
