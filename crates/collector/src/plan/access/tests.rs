//! Who says something first, for each question.

use std::path::PathBuf;
use std::time::Duration;

use netconf::Framing;
use netconf::ssh::{HostKeyPolicy, Method, Route};

use crate::options::{HostKeys, LoginOptions, Options};
use crate::plan::{DevicePlan, Plan};

/// The plan of an inventory with one host `a` that has these variables, and what OpenSSH has been told.
fn plan(
    variables: &str,
    ssh_config: &str,
    change: impl FnOnce(&mut LoginOptions),
) -> Result<Plan, String> {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(
        at.join("i.yaml"),
        format!("all: {{hosts: {{a: {{{variables}}}}}}}"),
    )
    .unwrap();
    std::fs::write(
        at.join("config"),
        ssh_config.replace("DIR", &at.display().to_string()),
    )
    .unwrap();
    for key in ["k1", "k2"] {
        std::fs::write(at.join(key), "").unwrap();
    }
    let mut options = Options::for_tests(&at.join("i.yaml"));
    options.login.ssh_config = Some(at.join("config"));
    change(&mut options.login);
    let plan = Plan::build(&options);
    plan.map_err(|problems| problems.to_string().replace(&at.display().to_string(), ""))
}

fn device(variables: &str, ssh_config: &str) -> DevicePlan {
    let mut plan = plan(variables, ssh_config, |_| {}).unwrap();
    plan.devices.remove(0)
}

fn way_in(device: &DevicePlan) -> String {
    let methods = device.target.credentials.methods.iter();
    let names = methods.map(|method| match method {
        Method::KeyFile { path, .. } => path.file_name().unwrap().to_string_lossy().into_owned(),
        other => other.to_string(),
    });
    names.collect::<Vec<_>>().join(" ")
}

fn ways(route: &Route) -> String {
    match route {
        Route::Direct => "direct".to_owned(),
        Route::ProxyCommand(command) => format!("command {command}"),
        Route::Jump(hops) => {
            let hops = hops
                .iter()
                .map(|hop| format!("{}@{}", hop.credentials.user, hop.endpoint));
            hops.collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn a_password_answers_both_kinds_of_questions_and_keys_come_first() {
    assert_eq!(way_in(&device("", "")), "password keyboard-interactive");
    let named = device(
        "",
        "Host a\nIdentityFile DIR/k1\nIdentityFile DIR/none\nIdentityFile DIR/k2\n",
    );
    assert_eq!(way_in(&named), "k1 k2 password keyboard-interactive");
    let ordered = device(
        "lanewatch_auth_order: 'password,key'",
        "IdentityFile DIR/k1\n",
    );
    assert_eq!(way_in(&ordered), "password k1");
    let preferred = device(
        "",
        "PreferredAuthentications keyboard-interactive,gssapi-with-mic\n",
    );
    assert_eq!(way_in(&preferred), "keyboard-interactive");
    let agent = device("", "IdentityAgent /run/agent\nPasswordAuthentication no\n");
    assert_eq!(way_in(&agent), "agent keyboard-interactive");
    let wrong = plan("lanewatch_auth_order: password+key", "", |_| {}).unwrap_err();
    assert!(wrong.contains("expected `key`, `agent`"), "{wrong}");
}

#[test]
fn inventory_over_arguments_over_settings_over_files() {
    let config = "Host a\nUser file\nPort 2222\nHostName %h.example.net\nConnectTimeout 3\n";
    let plain = device("", config);
    assert_eq!(plain.target.endpoint.to_string(), "a.example.net:2222");
    assert_eq!(plain.target.credentials.user, "fallback");
    assert_eq!(plain.target.connect_timeout, Some(Duration::from_secs(3)));
    let said = device("ansible_ssh_common_args: '-l args -p 22'", config);
    assert_eq!(said.target.credentials.user, "args");
    assert_eq!(said.target.endpoint.port, 22);
    let written = device(
        "ansible_user: u, ansible_port: 830, ansible_ssh_common_args: '-l args -p 22'",
        config,
    );
    assert_eq!(written.target.credentials.user, "u");
    assert_eq!(written.target.endpoint.port, 830);
}

#[test]
fn jump_hosts_have_names_users_and_hosts_before_them_from_the_files() {
    let config = "Host bastion\nHostName 192.0.2.1\nUser gate\nProxyJump outer@edge:2222\nHost a\nProxyJump bastion,inner\n\
        Host inner\nUser in\nKexAlgorithms +diffie-hellman-group14-sha1\n";
    let through = device("", config);
    assert_eq!(
        ways(&through.target.route),
        "outer@edge:2222 gate@192.0.2.1:22 in@inner:22"
    );
    let Route::Jump(hops) = &through.target.route else {
        panic!()
    };
    assert!(hops[2].legacy && !hops[1].legacy);
    for (variables, expected) in [
        ("lanewatch_jump: none", "direct"),
        ("lanewatch_jump: 'me@j'", "me@j:22"),
        (
            "ansible_ssh_common_args: '-o ProxyCommand=\"ssh -W %h:%p x\"'",
            "command ssh -W %h:%p x",
        ),
        ("lanewatch_proxy_command: nc %h %p", "command nc %h %p"),
    ] {
        assert_eq!(ways(&device(variables, config).target.route), expected);
    }
    let circle = "Host x\nProxyJump y\nHost y\nProxyJump x\n";
    let error = plan("lanewatch_jump: x", circle, |_| {}).unwrap_err();
    assert!(error.contains("more than 8 jump hosts"), "{error}");
}

#[test]
fn the_devices_password_is_not_for_the_jump_host() {
    let through = device("ansible_password: sesame, lanewatch_jump: 'me@j'", "");
    let Route::Jump(hops) = &through.target.route else {
        panic!()
    };
    let methods = &hops[0].credentials.methods;
    assert!(
        !methods
            .iter()
            .any(|method| matches!(method, Method::Password(_))),
        "{methods:?}"
    );
    let own = device("lanewatch_jump: 'me@j', lanewatch_jump_password: x", "");
    let Route::Jump(hops) = &own.target.route else {
        panic!()
    };
    let methods = &hops[0].credentials.methods;
    assert!(
        methods
            .iter()
            .any(|method| matches!(method, Method::Password(_)))
    );
}

#[test]
fn who_is_trusted_is_said_by_the_nearest() {
    let loose = "StrictHostKeyChecking no\n";
    let of = |variables: &str, set: Option<HostKeys>| {
        let plan = plan(variables, loose, |options| options.host_keys = set).unwrap();
        let policy = match plan.devices[0].target.host_keys {
            HostKeyPolicy::Strict { .. } => "strict",
            HostKeyPolicy::AcceptNew { .. } => "accept-new",
            HostKeyPolicy::Off => "off",
        };
        (policy, plan.warnings.len())
    };
    assert_eq!(of("", None), ("off", 1));
    assert_eq!(of("", Some(HostKeys::Strict)), ("strict", 0));
    assert_eq!(
        of(
            "ansible_ssh_common_args: '-o StrictHostKeyChecking=accept-new'",
            Some(HostKeys::Strict)
        ),
        ("accept-new", 0)
    );
    assert_eq!(
        of("lanewatch_host_keys: strict", Some(HostKeys::Off)),
        ("strict", 0)
    );

    let files = device(
        "",
        "UserKnownHostsFile /u /v\nGlobalKnownHostsFile none\nHostKeyAlias core\n",
    );
    let HostKeyPolicy::Strict { known_hosts } = &files.target.host_keys else {
        panic!()
    };
    assert_eq!(
        known_hosts.files,
        [PathBuf::from("/u"), PathBuf::from("/v")]
    );
    assert_eq!(known_hosts.alias.as_deref(), Some("core"));
    let usual = device("", "");
    let HostKeyPolicy::Strict { known_hosts } = &usual.target.host_keys else {
        panic!()
    };
    assert_eq!(known_hosts.files.len(), 4, "the user's and the system's");
}

#[test]
fn old_devices_and_the_version_are_said_per_device() {
    let old = device("lanewatch_legacy: true, lanewatch_netconf_version: 1.1", "");
    assert!(old.target.legacy);
    assert_eq!(old.target.offer, Some(Framing::Chunked));
    let told = device("ansible_ssh_extra_args: '-oHostKeyAlgorithms=+ssh-rsa'", "");
    assert!(told.target.legacy);
    assert!(!device("", "").target.legacy);
    let wrong = plan("lanewatch_netconf_version: 2", "", |_| {}).unwrap_err();
    assert!(wrong.contains("`1.0` or `1.1`; found `2`"), "{wrong}");
}

#[test]
fn options_without_effect_are_named_once_and_mistakes_with_their_place() {
    let warned = plan("", "Host *\nFancy yes\nControlMaster auto\n", |_| {}).unwrap();
    assert_eq!(warned.warnings.len(), 1, "{:?}", warned.warnings);
    assert!(warned.warnings[0].ends_with("config line 2: `Fancy` is not known and has no effect"));
    let wrong = plan("ansible_ssh_common_args: '-o Port'", "", |_| {}).unwrap_err();
    assert!(
        wrong.contains("`ansible_ssh_common_args`: -o is followed by Option=value"),
        "{wrong}"
    );
    let wrong = plan("", "Host a\nPort many\n", |_| {}).unwrap_err();
    assert!(
        wrong.contains("the ssh_config /config line 2: Port: "),
        "{wrong}"
    );
}

#[test]
fn the_spellings_of_every_plugin_count() {
    for variables in [
        "ansible_host: 192.0.2.1, ansible_port: 22, ansible_user: u",
        "ansible_ssh_host: 192.0.2.1, ansible_ssh_port: 22, ansible_ssh_user: u",
        "ansible_paramiko_host: 192.0.2.1, ansible_paramiko_port: 22, ansible_paramiko_user: u",
        "ansible_libssh_host: 192.0.2.1, ansible_port: 22, ansible_libssh_user: u",
        // As the arguments that Ansible gives to ssh show.
        "ansible_host: x, ansible_ssh_host: 192.0.2.1, ansible_port: 1, ansible_ssh_port: 22, ansible_user: x, ansible_ssh_user: u",
    ] {
        let target = device(variables, "").target;
        assert_eq!(target.endpoint.to_string(), "192.0.2.1:22", "{variables}");
        assert_eq!(target.credentials.user, "u", "{variables}");
    }
    for name in ["netconf", "libssh", "paramiko"] {
        let through = device(&format!("ansible_{name}_proxy_command: nc %h %p"), "");
        assert_eq!(ways(&through.target.route), "command nc %h %p", "{name}");
    }
    let argued = device(
        "ansible_netconf_proxy_command: nc %h %p, ansible_ssh_common_args: '-J me@j'",
        "",
    );
    assert_eq!(ways(&argued.target.route), "me@j:22");
}

#[test]
fn host_keys_are_checked_as_the_plugins_are_told() {
    let policy = |variables: &str, config: &str| match device(variables, config).target.host_keys {
        HostKeyPolicy::Strict { .. } => "strict",
        HostKeyPolicy::AcceptNew { .. } => "accept-new",
        HostKeyPolicy::Off => "off",
    };
    for name in ["", "ssh_", "netconf_", "paramiko_", "libssh_"] {
        for word in ["false", "no", "'False'", "0"] {
            let said = policy(&format!("ansible_{name}host_key_checking: {word}"), "");
            assert_eq!(said, "off", "{name} {word}");
        }
    }
    let strict = policy(
        "ansible_host_key_checking: true",
        "StrictHostKeyChecking no\n",
    );
    assert_eq!(strict, "strict");
    let argued =
        "ansible_host_key_checking: false, ansible_ssh_args: '-o StrictHostKeyChecking=yes'";
    assert_eq!(policy(argued, ""), "strict", "the arguments stand first");
    let wrong = plan("ansible_host_key_checking: maybe", "", |_| {}).unwrap_err();
    assert!(
        wrong.contains("must be `true` or `false`; found `maybe`"),
        "{wrong}"
    );
}

#[test]
fn arguments_and_variables_count_in_the_order_in_which_ansible_gives_them_to_ssh() {
    let before = device(
        "ansible_user: ops, ansible_port: 2206, ansible_timeout: 7, ansible_ssh_args: '-l argued -p 2207 -o ConnectTimeout=3'",
        "",
    )
    .target;
    assert_eq!(before.endpoint.port, 2207);
    assert_eq!(before.credentials.user, "argued");
    assert_eq!(before.connect_timeout, Some(Duration::from_secs(3)));
    let behind = device(
        "ansible_user: ops, ansible_port: 2206, ansible_timeout: 7, ansible_ssh_extra_args: '-l argued -p 2207 -o ConnectTimeout=3'",
        "",
    )
    .target;
    assert_eq!(behind.endpoint.port, 2206);
    assert_eq!(behind.credentials.user, "ops");
    assert_eq!(behind.connect_timeout, Some(Duration::from_secs(7)));
    let off = HostKeyPolicy::Off;
    let checked = "ansible_ssh_common_args: -o StrictHostKeyChecking=yes";
    let target = device(&format!("ansible_host_key_checking: false, {checked}"), "").target;
    assert_eq!(target.host_keys, off);
    let unchecked = "ansible_ssh_common_args: -o StrictHostKeyChecking=no";
    let target = device(&format!("ansible_host_key_checking: true, {unchecked}"), "").target;
    assert_eq!(target.host_keys, off);
}

#[test]
fn timeouts_and_the_ssh_config_of_the_plugins_count() {
    let target = device(
        "ansible_connect_timeout: 7, ansible_command_timeout: 120",
        "",
    )
    .target;
    assert_eq!(target.connect_timeout, Some(Duration::from_secs(7)));
    assert_eq!(target.reply_timeout, Some(Duration::from_secs(120)));
    let argued = "ansible_ssh_timeout: 7, ansible_ssh_args: '-o ConnectTimeout=3'";
    let target = device(argued, "").target;
    assert_eq!(target.connect_timeout, Some(Duration::from_secs(3)));
    let wrong = plan("ansible_ssh_timeout: long", "", |_| {}).unwrap_err();
    assert!(
        wrong.contains("must be a number of seconds; found `long`"),
        "{wrong}"
    );
    let none = device("ansible_netconf_ssh_config: false", "Host a\nPort 2222\n");
    assert_eq!(none.target.endpoint.port, 830);
    let usual = device("ansible_netconf_ssh_config: true", "Host a\nPort 2222\n");
    assert_eq!(usual.target.endpoint.port, 2222);
}

#[test]
fn connection_variables_without_effect_are_named_in_one_warning() {
    let warned = plan(
        "ansible_sftp_batch_mode: true, ansible_ssh_new_option: 1, ansible_become: false, ansible_scp_if_ssh: ~, ansible_winrm_path: x",
        "",
        |_| {},
    );
    let warnings = warned.unwrap().warnings.join("\n");
    let named: Vec<_> = warnings.split('`').skip(1).step_by(2).collect();
    assert_eq!(
        named,
        ["ansible_sftp_batch_mode", "ansible_ssh_new_option"],
        "{warnings}"
    );
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
}

#[test]
fn null_counts_as_not_set_and_what_is_empty_is_refused() {
    let unset = device(
        "ansible_host: ~, ansible_port: ~, ansible_user: ~, ansible_ssh_common_args: ~, ansible_password: ~, ansible_ssh_private_key_file: ~, interface_filter: ~, lanewatch_jump: ~",
        "",
    );
    assert_eq!(unset.target.endpoint.to_string(), "a:830");
    assert_eq!(unset.target.credentials.user, "fallback");
    assert_eq!(way_in(&unset), "password keyboard-interactive");
    assert!(unset.interface_filter.is_none());
    let next = device("ansible_ssh_host: ~, ansible_host: 192.0.2.1", "");
    assert_eq!(next.target.endpoint.host, "192.0.2.1");
    let omitted = device(
        "ansible_port: '{{ nowhere | default(omit) }}', ansible_user: '{{ nowhere | default(none) }}'",
        "",
    );
    assert_eq!(omitted.target.endpoint.port, 830);
    assert_eq!(omitted.target.credentials.user, "fallback");
    for (variables, told) in [
        (
            "ansible_host: ''",
            "`ansible_host` is no address: it is empty",
        ),
        ("ansible_user: ''", "`ansible_user` is empty"),
        (
            "ansible_ssh_private_key_file: ''",
            "`ansible_ssh_private_key_file` is empty",
        ),
        (
            "ansible_host: '192.0.2.1/24'",
            "write `192.0.2.1`; found `192.0.2.1/24`",
        ),
    ] {
        let error = plan(variables, "", |_| {}).unwrap_err();
        assert!(error.contains(told), "{variables}: {error}");
    }
}

#[test]
fn a_key_file_that_is_none_is_told_before_a_device_is_asked() {
    for (text, told) in [
        (
            "ssh-ed25519 AAAA me",
            "is a public key: name the private one",
        ),
        ("PuTTY-User-Key-File-3: ssh-ed25519", "is a key of PuTTY"),
        ("sesame", "is no private key"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("k");
        std::fs::write(&key, text).unwrap();
        let variables = format!("ansible_private_key_file: {}", key.display());
        let error = plan(&variables, "", |_| {}).unwrap_err();
        assert!(error.contains(told) && !error.contains("sesame"), "{error}");
        let error = plan("", "", |options| options.private_key = Some(key)).unwrap_err();
        assert!(
            error.contains("(`--private-key`,") && !error.contains("a: "),
            "{error}"
        );
    }
}
