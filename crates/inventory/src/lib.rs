//! Reads Ansible inventories: YAML 1.1, INI and JSON files, group and host variables, vaults and templates.
//!
//! ```text
//!  problem            a mistake with its file, line and hint; `snippet` shows the line without its secrets
//!  yaml               a YAML 1.1 document as nodes that know their line
//!  vault              Ansible Vault: values and files encrypted under a password
//!  ansible            sources → groups → layers of variables → resolved values
//!  password_sources   passwords that a command, a file or the keyring holds
//!  secret_names       names and texts that hold a secret
//! ```
//!
//! Text goes in, hosts come out. Nothing here opens a socket or knows what a host is.
//!
//! # Example
//!
//! An inventory with a `!vault` value, which a password file opens:
//!
//! ```
//! use inventory::vault::{Password, VaultSources, encrypt};
//! use inventory::{Inventory, InventorySources};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let (lab, vault_password) = (folder.path().join("lab.yaml"), folder.path().join("vault-password"));
//! # std::fs::write(&vault_password, "sesame\n")?;
//! # let password = Password::given("default", b"sesame".to_vec().into());
//! # let sealed = encrypt(b"xyzzy", &password)?.replace('\n', "\n        ");
//! # std::fs::write(&lab, format!("
//! # all:
//! #   vars:
//! #     ansible_user: telemetry
//! #   hosts:
//! #     leaf-[01:02]:
//! #       ansible_host: '{{{{ inventory_hostname }}}}.lab.example'
//! #       ansible_password: !vault |
//! #         {sealed}
//! # "))?;
//! let inventory = Inventory::read(&InventorySources {
//!     inventories: vec![lab],
//!     vault: VaultSources { password_files: vec![vault_password], ..VaultSources::default() },
//!     ..InventorySources::default()
//! })?;
//! for host in inventory.hosts() {
//!     println!("{}:", host.name());
//!     for name in host.variables().into_keys() {
//!         let Some(value) = host.resolve(name)? else { continue };
//!         // A secret has no text: `value.secret()` gives it in a type that does not print itself.
//!         println!("  {name}: {}", value.text().unwrap_or("(secret)".to_owned()));
//!     }
//! }
//!
//! let leaf = inventory.host("leaf-02").ok_or("no leaf-02")?;
//! let address = leaf.resolve("ansible_host")?.and_then(|value| value.text());
//! assert_eq!(address.as_deref(), Some("leaf-02.lab.example"));
//! let password = leaf.resolve("ansible_password")?.ok_or("no password")?;
//! assert!(password.is_secret && password.text().is_none());
//! # use secrecy::ExposeSecret as _;
//! # assert_eq!(password.secret().map(|secret| secret.expose_secret().to_owned()).as_deref(), Some("xyzzy"));
//! # Ok(())
//! # }
//! ```

mod ansible;
mod command_output;
mod home;
mod password_sources;
mod problem;
mod secret_names;
mod snippet;
pub mod vault;
pub mod yaml;

pub use ansible::{
    CONNECTION_VARIABLES, Host, Inventory, InventorySources, ResolvedValue, SetBy, Variable,
};
pub use home::expand_home;
pub use password_sources::{PasswordSource, PasswordSources};
pub use problem::{Problem, Problems, did_you_mean, nearest};
pub use secret_names::{SECRET, is_secret_name, tells_secret};
