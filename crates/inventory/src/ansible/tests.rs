//! Tests of whole inventories: files in, hosts, variables and problems out.

use super::*;

/// Files in a folder of their own.
pub(super) struct Files(tempfile::TempDir);

impl Files {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("play")).unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    pub(super) fn sources(&self, inventories: &[&str]) -> InventorySources {
        InventorySources {
            inventories: inventories
                .iter()
                .map(|name| self.0.path().join(name))
                .collect(),
            playbook_dir: Some(self.0.path().join("play")),
            ..InventorySources::default()
        }
    }

    pub(super) fn read(&self, inventories: &[&str]) -> Result<Inventory, String> {
        self.named(Inventory::read(&self.sources(inventories)))
    }

    /// The outcome with the folder taken out of messages.
    pub(super) fn named<T>(&self, read: Result<T, Problems>) -> Result<T, String> {
        read.map_err(|problems| {
            problems
                .to_string()
                .replace(&format!("{}/", self.0.path().display()), "")
        })
    }
}

fn read(text: &str) -> Result<Inventory, String> {
    Files::new(&[("i.yaml", text)]).read(&["i.yaml"])
}

fn variable(inventory: &Inventory, host: &str, name: &str) -> Option<String> {
    inventory.host(host)?.variable(name)?.node.text()
}

#[test]
fn a_variable_set_nearer_to_the_host_wins() {
    let inventory = read(
        "all:\n  vars: {v: all, w: all}\n  children:\n    outer:\n      vars: {v: outer}\n      children:\n        inner:\n          vars: {v: inner}\n          hosts:\n            a:\n            b: {v: host}\n    zeta:\n      vars: {v: zeta}\n      hosts:\n        a:\n        c:\n",
    )
    .unwrap();
    assert_eq!(
        variable(&inventory, "a", "v").as_deref(),
        Some("inner"),
        "the deeper group wins over the later name"
    );
    assert_eq!(variable(&inventory, "b", "v").as_deref(), Some("host"));
    assert_eq!(variable(&inventory, "c", "v").as_deref(), Some("zeta"));
    assert_eq!(variable(&inventory, "a", "w").as_deref(), Some("all"));
}

#[test]
fn every_mistake_is_told_at_once_with_its_line() {
    let problems = read("all:\n  childern:\n  hosts:\n    a:\n      ansible_prot: 830\n    b: 7\n    c[1:3:\n    d[9:1]:\n").unwrap_err();
    insta::assert_snapshot!(problems, @"
    i.yaml:2: unknown key `childern` in the group `all`: a group has `hosts`, `vars` and `children`; did you mean `children`?
    i.yaml:5: unknown variable `ansible_prot`; did you mean `ansible_port`?
    i.yaml:6: the host `b` holds variables, as `name: value`; found a number
    i.yaml:7: `c[1:3`: the range has no `]`
    i.yaml:8: `d[9:1]`: the range begins after it ends: `[9:1]`
    ");
}

#[test]
fn an_inventory_without_hosts_says_what_to_write() {
    for text in ["", "# nothing\n", "all:\n", "all:\n  hosts:\n"] {
        assert_eq!(
            read(text).unwrap_err(),
            format!("i.yaml: {NO_HOSTS}"),
            "{text:?}"
        );
    }
    assert!(read("- a\n").unwrap_err().contains("found a list"));
}

#[test]
fn a_file_may_hold_variables_alone_beside_one_with_hosts() {
    let files = Files::new(&[
        ("hosts.yaml", "all: {hosts: {a: }}"),
        ("vars.yaml", "all: {vars: {rack: 7}}"),
    ]);
    let inventory = files.read(&["hosts.yaml", "vars.yaml"]).unwrap();
    assert_eq!(variable(&inventory, "a", "rack").as_deref(), Some("7"));
}

#[test]
fn a_circle_of_groups_is_told() {
    let problems =
        read("a:\n  hosts: {h: }\n  children:\n    b:\n      children:\n        a:\n").unwrap_err();
    insta::assert_snapshot!(problems, @"the groups `a`, `b` contain one another in a circle; take one of their `children` out");
}

/// What is said of a broken inventory of these files, of which the first is given.
fn broken(files: &[(&str, &str)]) -> String {
    let files_of = Files::new(files);
    match files_of.read(&[files[0].0]) {
        Err(problems) => problems,
        Ok(inventory) => {
            let wrong = inventory
                .hosts()
                .filter_map(|host| host.resolved_json().err());
            let problems = Problems(wrong.flatten().collect());
            let said = files_of.named::<()>(Err(problems)).unwrap_err();
            format!("(values) {said}")
        }
    }
}

#[test]
fn a_plugin_beside_other_sources_is_written_out_together_with_them() {
    let files = Files::new(&[
        ("inv/01.yml", "all: {hosts: {a: {role: leaf}}}\n"),
        ("inv/99.yml", "plugin: ansible.builtin.constructed\n"),
    ]);
    for (sources, command) in [
        (
            &["inv"][..],
            "`ansible-inventory -i inv --list > hosts.json`",
        ),
        (
            &["inv/01.yml", "inv/99.yml"],
            "`ansible-inventory -i inv/01.yml -i inv/99.yml --list > hosts.json`",
        ),
        (
            &["inv/99.yml"],
            "`ansible-inventory -i inv/99.yml --list > 99.json`",
        ),
    ] {
        let said = files.read(sources).unwrap_err();
        assert!(said.contains(command), "{said}");
    }
}

#[test]
fn a_vault_password_file_that_is_missing_is_told_before_all_else() {
    let sources = InventorySources {
        inventories: vec!["nowhere/hosts.yml".into()],
        vault: VaultSources {
            ids: vec!["lab@nowhere/lab".to_owned(), "ops@prompt".to_owned()],
            password_files: vec!["nowhere/password".into(), "nowhere/password".into()],
            ..VaultSources::default()
        },
        ..InventorySources::default()
    };
    let said = Inventory::read(&sources).unwrap_err().to_string();
    assert_eq!(
        said,
        "the vault password file nowhere/lab is not there\nthe vault password file nowhere/password is not there"
    );
}

#[test]
fn a_whole_number_beyond_63_bits_stays_a_number() {
    let files = Files::new(&[
        (
            "i.yaml",
            "all: {hosts: {a: {big: 12345678901234567890, same: '{{ big }}', less: '{{ big - 1 }}'}}}\n",
        ),
        ("i.ini", "b big=12345678901234567890\n"),
    ]);
    let inventory = files.read(&["i.yaml", "i.ini"]).unwrap();
    for host in inventory.hosts() {
        let json = host.resolved_json().unwrap();
        for (name, number) in [
            ("big", 12_345_678_901_234_567_890_u64),
            ("less", 12_345_678_901_234_567_889),
        ] {
            if let Some(value) = json.get(name) {
                assert_eq!(
                    value.as_u64(),
                    Some(number),
                    "{}: {name} is {value}",
                    host.name()
                );
            }
        }
    }
}

#[test]
fn broken_inventories_are_told_with_the_line_and_the_way_out() {
    let shown: Vec<String> = [
        &[("i.yaml", "all:\n  hosts:\n    a: {x: [1, 2}\n")][..],
        &[("i.yaml", "all:\n  hosts:\n   - a\n")],
        &[("i.yaml", "all:\n  hosts:\n    a:\n---\nall:\n")],
        &[("i.yaml", "all:\n\thosts:\n")],
        &[("i.yaml", "plugin: netbox.netbox.nb_inventory\n")],
        &[("i.yaml", "all:\n  hosts:\n    a: {x: !mine 7}\n")],
        &[("i.yaml", "all:\n  hosts:\n    a: {<<: *gone}\n")],
        &[("i.yaml", "all:\n  vars: {ansible_group_priority: high}\n  hosts: {a: }\n")],
        &[("i.ini", "[leaf\na\n")],
        &[("i.ini", "[leaf:hots]\na\n")],
        &[("i.ini", "[leaf]\na b=\"open\n")],
        &[("i.ini", "[leaf]\na b c=1\n")],
        &[("i.ini", "[leaf]\na\n[leef:vars]\nx=1\n")],
        &[("i.ini", "[leaf]\na\n[all_leaf:children]\nleef\n")],
        &[("i.ini", "[leaf]\nl[1:x]\n")],
        &[("i.ini", "[leaf:vars]\nx\n[leaf]\na\n")],
        &[("i.toml", "[leaf]\n")],
        &[("i.sh", "#!/bin/sh\necho {}\n")],
        &[("i.json", "{\"_meta\": {\"hostvars\": {}}, \"leaf\": {\"hosts\": \"a\"}}")],
        &[("i.yaml", "all: {hosts: {a: }}"), ("group_vars/all.yml", "- x\n")],
        &[("i.yaml", "all: {hosts: {a: }}"), ("host_vars/a.yml", "x: [\n")],
        &[("i.yaml", "all: {hosts: {a: }}"), ("group_vars/all/v.yml", "$ANSIBLE_VAULT;1.1;AES256\n00\n")],
        &[("i.yaml", "all:\n  hosts:\n    a:\n      x: '{{ y }}'\n      y: '{{ z }}'\n      z: '{{ x }}'\n")],
        &[("i.yaml", "all:\n  hosts:\n    a:\n      site: one\n      x: '{{ siet }}'\n")],
        &[("i.yaml", "all:\n  hosts:\n    a:\n      x: '{{ [1 }}'\n")],
        &[("i.yaml", "all:\n  hosts:\n    a:\n      x: '{% for a in range(99999) %}{% for b in range(99999) %}.{% endfor %}{% endfor %}'\n")],
        &[("i.yaml", "all:\n  hosts:\n    a:\n      x: '{% for a in range(1000000000) %}.{% endfor %}'\n")],
        &[("i.yaml", "all:\n  hosts:\n    a:\n      x: \"{{ 'a' * 1000000000 }}\"\n")],
        &[("i.yaml", "all:\n  hosts:\n    a:\n      x: \"{{ '10.0.0.1' | ipaddr('network') }}\"\n")],
        &[("i.yaml", "all:\n  hosts:\n    a:\n      x: \"{{ lookup('file', 'x') }}\"\n")],
        &[("i.yaml", "all:\n  hosts:\n    a:\n      x: !vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        00\n")],
    ]
    .into_iter()
    .map(broken)
    .collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    i.yaml:3: this is not YAML: mismatched bracket '[' closed by '}' (column 12)
    i.yaml:3: `hosts` of the group `all` must be a mapping (end each name with a colon); found a list
    i.yaml:4: this is not YAML: a second document begins here; only one is read from a file
    i.yaml:2: this is not YAML: tabs disallowed within this context (block indentation) (column 2)
    i.yaml:1: this is the configuration of an inventory plugin, which only Ansible can run; let Ansible write it out (`ansible-inventory -i i.yaml --list > i.json`) and give that file with `-i`
    i.yaml:3: this is not YAML: this tag means nothing here: `!vault` and `!unsafe` do
    i.yaml:3: this is not YAML: an alias (`*`) names no anchor; text that begins with `*` must be in quotes (column 13)
    i.yaml:2: `ansible_group_priority` must be a whole number; found `high`
    i.ini:1: `[leaf`: the range has no `]`
    i.ini:1: a section is `[group]`, `[group:vars]` or `[group:children]`; found `:hots`; did you mean `hosts`?
    i.ini:2: a quote is opened here and not closed
    i.ini:2: after the host come variables as `name=value`; there is no `=` in word 2
    i.ini:3: `[leef:vars]` sets variables of a group that has no section `[leef]`; did you mean `leaf`?
    i.ini:4: the group `leef` is named here and has no section `[leef]`; did you mean `leaf`?
    i.ini:2: `l[1:x]`: the range must run between two numbers or two letters; found `[1:x]`
    i.ini:2: a line of `:vars` is `name=value`; there is no `=` here
    i.toml: this is an inventory in TOML, which is not read; let Ansible write it out (`ansible-inventory -i i.toml --list > i.json`) and give that file with `-i`
    i.sh:1: this is an inventory script, and running it is not supported; let Ansible write it out (`ansible-inventory -i i.sh --list > i.json`) and give that file with `-i`
    i.json:1: `hosts` must be a list of names; found text
    group_vars/all.yml:1: a file of variables is a mapping, as `name: value`; found a list
    host_vars/a.yml:1: this is not YAML: unclosed bracket '[' (column 4)
    group_vars/all/v.yml: this is no vault value: its body does not hold a salt, a checksum and a ciphertext; is it cut off?
    (values) i.yaml:4: a: `x` refers to itself: x → y → z → x
    i.yaml:5: a: `y` refers to itself: y → z → x → y
    i.yaml:6: a: `z` refers to itself: z → x → y → z
    (values) i.yaml:5: a: `x`: the template refers to `siet`, which is set nowhere; did you mean `site`?
    (values) i.yaml:4: a: `x`: the template cannot be evaluated: unexpected end of input, expected `,`
    (values) i.yaml:4: a: `x`: the template does or makes too much and was given up after 2 million steps; make its loops shorter
    (values) i.yaml:4: a: `x`: the template cannot be evaluated: range has too many elements
    (values) i.yaml:4: a: `x`: the template does or makes too much and was given up after 2 million steps; make its loops shorter
    (values) i.yaml:4: a: `x`: the template uses what is not supported here (filter ipaddr('network'); ipaddr('address') is supported); docs/inventory.md lists what is. Use that, or write the value itself, as `ansible HOST -m debug -a var=NAME` shows it
    (values) i.yaml:4: a: `x`: the template uses what is not supported here (the lookup `file`); docs/inventory.md lists what is. Use that, or write the value itself, as `ansible HOST -m debug -a var=NAME` shows it
    (values) i.yaml:5: a: `x`: this is no vault value: its body does not hold a salt, a checksum and a ciphertext; is it cut off?
    ");
}

#[test]
fn a_limit_that_means_nobody_is_told() {
    let files = Files::new(&[("i.ini", "[leaf]\nleaf-[01:04]\n[spine]\nspine-01\n")]);
    let limited = |limit: &str| {
        let mut sources = files.sources(&["i.ini"]);
        sources.limit = Some(limit.to_owned());
        match files.named(Inventory::read(&sources)) {
            Ok(inventory) => {
                let names: Vec<_> = inventory.hosts().map(Host::name).collect();
                format!("{limit} = {}", names.join(" "))
            }
            Err(problems) => problems,
        }
    };
    let shown: Vec<_> = [
        "leaf:!leaf-02",
        "leaf[0:1]",
        "leaf[-1]",
        "~.*-0[12]$",
        "spine,leaf-04",
        "*:&spine",
        "!spine:!gone",
        "leef",
        "leaf:&spine",
        "leaf[9]",
        "leaf-0[12]",
        "~(",
        "@nowhere",
        "l[!x]af-0[34]",
    ]
    .into_iter()
    .map(limited)
    .collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    leaf:!leaf-02 = leaf-01 leaf-03 leaf-04
    leaf[0:1] = leaf-01 leaf-02
    leaf[-1] = leaf-04
    ~.*-0[12]$ = leaf-01 leaf-02 spine-01
    spine,leaf-04 = leaf-04 spine-01
    *:&spine = spine-01
    !spine:!gone = leaf-01 leaf-02 leaf-03 leaf-04
    `--limit leef` matches no host and no group; did you mean `leaf`?
    `--limit leaf:&spine` leaves no host
    `--limit leaf[9]`: there are 4 hosts to choose from, counted from 0
    `--limit leaf-0[12]` matches no host and no group: `[12]` counts among the hosts of `leaf-0`, as in Ansible; `~leaf-0[12]$` is a regular expression
    `--limit ~(`: this is no regular expression (look-around and references back are not supported)
    cannot read the file of `--limit @nowhere`: No such file or directory (os error 2)
    `--limit l[!x]af-0[34]` matches no host and no group: `[34]` counts among the hosts of `l[!x]af-0`, as in Ansible; `~l[!x]af-0[34]$` is a regular expression
    ");
}

#[test]
fn a_vault_value_is_decrypted_once_a_run_and_stays_a_secret() {
    let password = crate::vault::Password::for_tests("default", "correct horse");
    let sealed = crate::vault::encrypt(b"sesame", &password).unwrap();
    let indented: String = sealed
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    let files = Files::new(&[
        (
            "i.yaml",
            &format!(
                "all:\n  vars:\n    pw: !vault |\n{indented}    ansible_password: '{{{{ pw }}}}'\n    shouted: '{{{{ pw | upper }}}}'\n  hosts:\n    h[1:200]:\n"
            ),
        ),
        ("password", "correct horse\n"),
    ]);
    let mut sources = files.sources(&["i.yaml"]);
    sources.vault.password_files = vec![files.0.path().join("password")];
    let inventory = files.named(Inventory::read(&sources)).unwrap();
    for host in inventory.hosts() {
        let resolved = host.resolve("ansible_password").unwrap().unwrap();
        assert_eq!(
            secrecy::ExposeSecret::expose_secret(&resolved.secret().unwrap()),
            "sesame"
        );
        assert!(resolved.is_secret && !resolved.is_plain_text && resolved.text().is_none());
        let shouted = host.resolve("shouted").unwrap().unwrap();
        assert!(
            !format!("{resolved:?}{shouted:?}")
                .to_lowercase()
                .contains("sesame")
        );
        assert!(
            !host
                .resolved_json()
                .unwrap()
                .to_string()
                .to_lowercase()
                .contains("sesame")
        );
    }
    assert_eq!(inventory.contents.vault.derivations(), 1);
}

#[test]
fn references_that_double_at_each_step_come_to_an_end() {
    let chain: String = (0..60)
        .map(|at| {
            format!(
                "      x{at}: '{{{{ x{} }}}}{{{{ x{} }}}}'\n",
                at + 1,
                at + 1
            )
        })
        .collect();
    let text = format!("all:\n  hosts:\n    a:\n{chain}      x60: '.'\n");
    let inventory = read(&text).unwrap();
    let problem = inventory.host("a").unwrap().resolve("x0").unwrap_err();
    let said = problem.to_string();
    assert!(
        said.contains("`x60` is one of more than 100000 variables that a single value refers to"),
        "{said}"
    );
}

#[test]
fn a_template_may_look_at_ten_thousand_hosts() {
    let inventory = read(
        "all:\n  vars:\n    ansible_host: '{{ inventory_hostname }}.example.net'\n    known: \"{% for host in groups['all'] %}{{ hostvars[host].ansible_host }}\\n{% endfor %}\"\n  hosts:\n    leaf-[00001:10000]:\n",
    )
    .unwrap();
    let known = inventory.host("leaf-00007").unwrap().resolve("known");
    assert_eq!(
        known.unwrap().unwrap().text().unwrap().lines().count(),
        10_000
    );
}

#[test]
fn a_text_in_memory_is_read_by_the_ending_of_its_name() {
    let shown = |name: &str, text: &str| {
        let inventory = Inventory::parse(Path::new(name), text, Vault::default());
        inventory.map_or_else(
            |problems| problems.to_string(),
            |inventory| {
                let host = inventory.hosts().next().unwrap();
                let port = host.resolve("port").unwrap().unwrap();
                format!("{} {}", host.name(), port.text().unwrap())
            },
        )
    };
    assert_eq!(shown("i.yaml", "all: {hosts: {a: {port: 1}}}"), "a 1");
    assert_eq!(shown("i.ini", "a port=1"), "a 1");
    assert_eq!(
        shown("i.json", r#"{"_meta": {"hostvars": {"a": {"port": 1}}}}"#),
        "a 1"
    );
    assert_eq!(
        shown("i.ini", "a port"),
        "i.ini:1: after the host come variables as `name=value`; there is no `=` in word 2"
    );
    assert!(shown("i.yaml", "").contains("names no hosts"));
}

#[test]
fn a_text_in_memory_has_no_files_beside_it() {
    let folder = Files::new(&[("group_vars/all.yml", "port: 2")]);
    let file = folder.0.path().join("i.ini");
    let inventory = Inventory::parse(&file, "a port=1\nb", Vault::default()).unwrap();
    assert!(inventory.host("b").unwrap().variable("port").is_none());
}

#[test]
fn templates_find_values_by_every_name_that_ansible_has_for_them() {
    let inventory = read(
        r#"
all:
  hosts:
    a:
      mgmt: 192.0.2.51/24
      mgmt_a: 192.0.2.58
      six: 2001:db8::7/64
      r1: "{{ mgmt | ansible.utils.ipaddr('address') }}"
      r2: "{{ six | ipaddr('address') }}"
      r3: "{{ mgmt | ansible.builtin.regex_replace('/.*$', '') }}"
      r4: "{{ (mgmt | ansible.builtin.split('/')) | first }}"
      r5: "{{ vars['mgmt_a'] }}"
      r6: "{{ lookup('vars', 'mgmt_' ~ inventory_hostname) }}"
      r7: "{{ groups['all'] | map('extract', hostvars, 'mgmt_a') | select('defined') | first }}"
      r8: "{{ query('vars', 'mgmt_a', 'mgmt') | join(' ') }}"
      r9: "{{ lookup('ansible.builtin.vars', 'nowhere', default='x') }}"
      r10: "{{ lookup('vars', 'mgmt_a', wantlist=True) | length }}"
      r11: "{{ 'core' | ipaddr('address') }}"
      r12: "{{ ['a'] | map('ansible.builtin.extract', {'a': 'y'}) | first }}"
    b: {}
"#,
    )
    .unwrap();
    let host = inventory.host("a").unwrap();
    let values: Vec<_> = (1..=12)
        .map(|at| {
            host.resolve(&format!("r{at}"))
                .unwrap()
                .unwrap()
                .text()
                .unwrap()
        })
        .collect();
    insta::assert_snapshot!(values.join("\n"), @r"
    192.0.2.51
    2001:db8::7
    192.0.2.51
    192.0.2.51
    192.0.2.58
    192.0.2.58
    192.0.2.58
    192.0.2.58 192.0.2.51/24
    x
    1
    false
    y
    ");
}

#[test]
fn what_a_template_lacks_is_named_exactly() {
    for (template, named) in [
        ("{{ lookup('pipe', 'date') }}", "(the lookup `pipe`)"),
        (
            "{{ query('ansible.builtin.file', 'x') }}",
            "(the lookup `file`)",
        ),
        (
            "{{ lookup('community.hashi_vault.x', 'x') }}",
            "(the lookup `community.hashi_vault.x`)",
        ),
        ("{{ ['a'] | map('checksum') | first }}", "(filter checksum)"),
        (
            "{{ ['a'] | map('upper') | map('password_hash') | first }}",
            "(filter password_hash)",
        ),
        (
            "{{ ['a'] | select('contains', 'a') | first }}",
            "(test contains)",
        ),
        (
            "{{ lookup('vars', 'nowhere') }}",
            "refers to `nowhere`, which is set nowhere",
        ),
        ("x{{ omit }}", "`omit` leaves out a whole value"),
    ] {
        let inventory = read(&format!(
            "all:\n  hosts:\n    a:\n      x: \"{template}\"\n"
        ))
        .unwrap();
        let problem = inventory.host("a").unwrap().resolve("x").unwrap_err();
        assert!(problem.message.contains(named), "{template}: {problem}");
        assert!(!problem.message.contains("ansible-inventory"), "{problem}");
    }
}

#[test]
fn omit_is_null_and_leaves_entries_out() {
    let inventory = read(
        "all:\n  hosts:\n    a:\n      x: '{{ nowhere | default(omit) }}'\n      y: '{{ x }}'\n      z: '{{ [1, omit, 2] | length }}'\n      l: '{{ [1, omit, 2] }}'\n",
    )
    .unwrap();
    let host = inventory.host("a").unwrap();
    for name in ["x", "y"] {
        let value = host.resolve(name).unwrap().unwrap().value;
        assert!(matches!(value, crate::yaml::Value::Null), "{name}");
    }
    let value = host.resolve("l").unwrap().unwrap().value;
    assert!(matches!(value, crate::yaml::Value::List(values) if values.len() == 2));
}

#[test]
fn a_playbook_folder_that_is_missing_is_told() {
    let files = Files::new(&[("i.yaml", "all: {hosts: {a: }}")]);
    let mut sources = files.sources(&["i.yaml"]);
    sources.playbook_dir = Some(files.0.path().join("gone"));
    let error = files.named(Inventory::read(&sources)).unwrap_err();
    assert!(error.contains("the playbook folder gone"), "{error}");
}
