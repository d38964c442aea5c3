//! Logging in: the methods in the order given, each once, until one is accepted.
//!
//! Before anything secret is sent the server is asked which methods it takes (with the method `none`, as OpenSSH's client does),
//! so that a password is never sent to one that wants a key. A key comes first without that round trip: the server is shown
//! its public half and asked whether it would do. What was refused stays refused for the run, see
//! [`refused`](super::refused). A method that cannot be used does not stop those after it, but it is never passed over
//! in silence: if nobody lets us in, the error lists what became of each.
//!
//! Left out: host-based, GSSAPI and certificates.

use std::sync::Arc;

use russh::client::{AuthResult, Handle, Handler, KeyboardInteractiveAuthResponse};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey};
use russh::{MethodKind, MethodSet};
use secrecy::{ExposeSecret, SecretString};

use super::agent::Agent;
use super::credentials::{Attempt, AttemptOutcome, Method};
use super::last_words::LastWords;
use super::refused::Permit;
use super::shared::Shared;
use super::target::Door;
use crate::text::excerpt;

/// More rounds of questions than this in one login are no login.
const MOST_ROUNDS: usize = 8;

/// How an attempt to log in ended, apart from errors of the connection.
#[derive(Debug)]
pub(super) enum Login {
    Accepted,
    /// The connection ended, and no credential is to blame.
    Disconnected,
    Refused {
        attempts: Vec<Attempt>,
        accepts: Vec<String>,
    },
}

/// Tries each method in turn.
pub(super) async fn log_in<H: Handler>(
    handle: &mut Handle<H>,
    door: Door<'_>,
    shared: &Shared,
    last_words: &LastWords,
) -> Result<Login, russh::Error> {
    let mut desk = Desk {
        handle,
        door,
        shared,
        last_words,
        accepts: None,
        attempts: Vec::new(),
    };
    let mut pending: Vec<&Method> = door.credentials.methods.iter().collect();
    loop {
        // What the device takes may change when one of several methods that it wants has been accepted.
        let next = match &desk.accepts {
            Some(accepts) => pending.iter().position(|m| accepts.contains(&m.kind())),
            None => pending.first().filter(|m| m.is_key()).map(|_| 0),
        };
        let next = match next {
            Some(next) => desk.try_method(pending.remove(next)).await?,
            None if desk.accepts.is_none() => desk.ask().await?,
            None => break,
        };
        match next {
            Next::Accepted => return Ok(Login::Accepted),
            Next::Disconnected => return Ok(Login::Disconnected),
            Next::HungUp => break,
            Next::Another => {}
        }
    }
    for method in pending {
        desk.note(method.to_string(), not_asked_for());
    }
    Ok(Login::Refused {
        attempts: desk.attempts,
        accepts: desk
            .accepts
            .iter()
            .flat_map(|a| a.iter())
            .map(name)
            .collect(),
    })
}

/// What is presented to the device.
enum Proof<'p> {
    Password(&'p SecretString),
    Answer(&'p SecretString),
    Key(Arc<PrivateKey>),
    AgentKey(&'p mut Agent, PublicKey),
}

/// What the device makes of it.
enum Verdict {
    Accepted,
    Refused {
        accepts: MethodSet,
        is_partial: bool,
    },
    /// Nothing was presented, for this reason.
    NotTried(String),
}

/// How to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Accepted,
    Another,
    /// The device ended the connection over a credential.
    HungUp,
    /// The connection ended for another reason.
    Disconnected,
}

/// One login.
struct Desk<'d, H: Handler> {
    handle: &'d mut Handle<H>,
    door: Door<'d>,
    shared: &'d Shared,
    last_words: &'d LastWords,
    /// What the device takes, once it has said so.
    accepts: Option<MethodSet>,
    attempts: Vec<Attempt>,
}

impl<H: Handler> Desk<'_, H> {
    /// Asks the device what it takes. One that wants nothing at all lets us in.
    async fn ask(&mut self) -> Result<Next, russh::Error> {
        let user = self.door.credentials.user.as_str();
        Ok(match self.handle.authenticate_none(user).await? {
            AuthResult::Success => Next::Accepted,
            // The SSH library reports a connection that ended as a refusal with nothing left to try.
            AuthResult::Failure {
                remaining_methods, ..
            } if remaining_methods.is_empty() && self.handle.is_closed() => Next::Disconnected,
            AuthResult::Failure {
                remaining_methods, ..
            } => {
                self.accepts = Some(remaining_methods);
                Next::Another
            }
        })
    }

    async fn try_method(&mut self, method: &Method) -> Result<Next, russh::Error> {
        let name = method.to_string();
        match method {
            Method::Password(secret) => {
                let proof = Proof::Password(secret);
                self.present(name, secret.expose_secret().as_bytes(), proof)
                    .await
            }
            Method::KeyboardInteractive(secret) => {
                let proof = Proof::Answer(secret);
                self.present(name, secret.expose_secret().as_bytes(), proof)
                    .await
            }
            Method::KeyFile { path, passphrase } => {
                let key_files = &self.shared.key_files;
                match key_files.load(path, passphrase.as_ref()).await {
                    Ok(key) => {
                        let public = key.public_key().to_bytes().unwrap_or_default();
                        self.present(name, &public, Proof::Key(key)).await
                    }
                    Err(reason) => {
                        self.note(name, AttemptOutcome::NotTried(reason));
                        Ok(Next::Another)
                    }
                }
            }
            Method::Agent { socket, only } => {
                let mut agent = match Agent::connect(
                    socket.as_deref(),
                    only,
                    self.handle.agent_session_binding(),
                )
                .await
                {
                    Ok(agent) => agent,
                    Err(reason) => {
                        self.note(name, AttemptOutcome::NotTried(reason));
                        return Ok(Next::Another);
                    }
                };
                while let Some((name, key)) = agent.next_key() {
                    // After a first of two methods was accepted, further keys are not what the device wants.
                    let accepts = self.accepts.as_ref();
                    if accepts.is_some_and(|accepts| !accepts.contains(&MethodKind::PublicKey)) {
                        break;
                    }
                    let public = key.to_bytes().unwrap_or_default();
                    let proof = Proof::AgentKey(&mut agent, key);
                    match self.present(name, &public, proof).await? {
                        Next::Another => {}
                        end => return Ok(end),
                    }
                }
                Ok(Next::Another)
            }
        }
    }

    /// Presents one credential, unless it was refused before.
    async fn present(
        &mut self,
        name: String,
        credential: &[u8],
        proof: Proof<'_>,
    ) -> Result<Next, russh::Error> {
        let permit = self.shared.refused.permit(self.door, credential).await;
        let Some(permit) = permit else {
            self.note(name, AttemptOutcome::RefusedBefore);
            return Ok(Next::Another);
        };
        let verdict = match self.prove(proof).await {
            // The SSH library has several ways to say that the connection ended.
            Err(russh::Error::RecvError | russh::Error::SendError) => {
                return Ok(self.ended(name, permit));
            }
            Ok(Verdict::Refused { accepts, .. })
                if accepts.is_empty() && self.handle.is_closed() =>
            {
                return Ok(self.ended(name, permit));
            }
            verdict => verdict?,
        };
        Ok(match verdict {
            Verdict::Accepted => {
                permit.accepted();
                Next::Accepted
            }
            Verdict::Refused {
                accepts,
                is_partial: true,
            } => {
                permit.accepted();
                self.note(name, AttemptOutcome::NotEnough);
                self.accepts = Some(accepts);
                Next::Another
            }
            // A key was shown unasked, to a device that takes none: that is no verdict on the key.
            Verdict::Refused { accepts, .. }
                if self.accepts.is_none() && !accepts.contains(&MethodKind::PublicKey) =>
            {
                self.note(name, not_asked_for());
                self.accepts = Some(accepts);
                Next::Another
            }
            Verdict::Refused { accepts, .. } => {
                permit.refused();
                self.note(name, AttemptOutcome::Refused);
                self.accepts = Some(accepts);
                Next::Another
            }
            Verdict::NotTried(reason) => {
                self.note(name, AttemptOutcome::NotTried(reason));
                Next::Another
            }
        })
    }

    /// The connection ended while a credential was being judged. Unless the network is to blame, that is the judgement:
    /// a server that allows one attempt says no by hanging up.
    fn ended(&mut self, name: String, permit: Permit) -> Next {
        if self.last_words.is_fault_of_network() {
            return Next::Disconnected;
        }
        permit.refused();
        let words = self.last_words.get();
        self.note(name, AttemptOutcome::HungUp(words));
        Next::HungUp
    }

    fn note(&mut self, method: String, outcome: AttemptOutcome) {
        self.attempts.push(Attempt { method, outcome });
    }

    async fn prove(&mut self, proof: Proof<'_>) -> Result<Verdict, russh::Error> {
        let user = self.door.credentials.user.as_str();
        match proof {
            Proof::Password(password) => {
                let answer = self
                    .handle
                    .authenticate_password(user, password.expose_secret());
                Ok(verdict(answer.await?))
            }
            Proof::Answer(secret) => self.answer_questions(secret).await,
            Proof::Key(key) => {
                let hash = match self.rsa_hash(key.algorithm().is_rsa()).await? {
                    Ok(hash) => hash,
                    Err(reason) => return Ok(Verdict::NotTried(reason.to_owned())),
                };
                let key = PrivateKeyWithHashAlg::new(key, hash);
                Ok(verdict(
                    self.handle.authenticate_publickey(user, key).await?,
                ))
            }
            Proof::AgentKey(agent, key) => {
                let hash = match self.rsa_hash(key.algorithm().is_rsa()).await? {
                    Ok(hash) => hash,
                    Err(reason) => return Ok(Verdict::NotTried(reason.to_owned())),
                };
                let signer = agent.signer();
                let answer = self
                    .handle
                    .authenticate_publickey_with(user, key, hash, signer);
                Ok(match answer.await {
                    Ok(answer) => verdict(answer),
                    Err(_) if self.handle.is_closed() => return Err(russh::Error::RecvError),
                    Err(error) => Verdict::NotTried(format!("the agent did not sign: {error}")),
                })
            }
        }
    }

    /// Which hash an RSA signature is made with, or why none can be made.
    async fn rsa_hash(
        &self,
        is_rsa: bool,
    ) -> Result<Result<Option<HashAlg>, &'static str>, russh::Error> {
        if !is_rsa {
            return Ok(Ok(None));
        }
        Ok(match self.handle.best_supported_rsa_hash().await? {
            Some(Some(hash)) => Ok(Some(hash)),
            // An old server says nothing and knows SHA-1 alone.
            Some(None) | None if self.door.legacy => Ok(None),
            // Other servers that say nothing know both SHA-2 variants or neither.
            None => Ok(Some(HashAlg::Sha512)),
            Some(None) => Err(
                "the device takes RSA keys with SHA-1 signatures only; use an Ed25519 or ECDSA key, \
                 or say that the device is a legacy one",
            ),
        })
    }

    /// Answers the one hidden question with the secret, and once only.
    async fn answer_questions(&mut self, secret: &SecretString) -> Result<Verdict, russh::Error> {
        let user = self.door.credentials.user.as_str();
        let start = self
            .handle
            .authenticate_keyboard_interactive_start(user, None);
        let mut response = start.await?;
        let mut has_answered = false;
        for _ in 0..MOST_ROUNDS {
            let prompts = match response {
                KeyboardInteractiveAuthResponse::Success => return Ok(Verdict::Accepted),
                KeyboardInteractiveAuthResponse::Failure {
                    partial_success: false,
                    ..
                } if !has_answered && !self.handle.is_closed() => {
                    return Ok(Verdict::NotTried("the device asked nothing".to_owned()));
                }
                KeyboardInteractiveAuthResponse::Failure {
                    remaining_methods,
                    partial_success,
                } => {
                    return Ok(Verdict::Refused {
                        accepts: remaining_methods,
                        is_partial: partial_success,
                    });
                }
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => prompts,
            };
            let hidden = prompts.iter().filter(|prompt| !prompt.echo).count();
            if hidden > 0 && has_answered {
                // The same question again is a no; whatever else it may be, the secret is not the answer.
                let accepts = self.accepts.clone().unwrap_or_else(MethodSet::empty);
                return Ok(Verdict::Refused {
                    accepts,
                    is_partial: false,
                });
            }
            if hidden > 1 {
                let questions = prompts.iter().map(|prompt| prompt.prompt.trim());
                let questions = questions.collect::<Vec<_>>().join("\", \"");
                let questions = excerpt(questions.as_bytes());
                return Ok(Verdict::NotTried(format!(
                    "the device asks for more than a password: \"{questions}\""
                )));
            }
            has_answered |= hidden == 1;
            let answers = prompts.iter().map(|prompt| {
                if prompt.echo {
                    user.to_owned()
                } else {
                    secret.expose_secret().to_owned()
                }
            });
            let answers = answers.collect();
            let respond = self
                .handle
                .authenticate_keyboard_interactive_respond(answers);
            response = respond.await?;
        }
        let reason = format!("the device did not stop asking after {MOST_ROUNDS} rounds");
        Ok(Verdict::NotTried(reason))
    }
}

fn verdict(answer: AuthResult) -> Verdict {
    match answer {
        AuthResult::Success => Verdict::Accepted,
        AuthResult::Failure {
            remaining_methods,
            partial_success,
        } => Verdict::Refused {
            accepts: remaining_methods,
            is_partial: partial_success,
        },
    }
}

fn not_asked_for() -> AttemptOutcome {
    AttemptOutcome::NotTried("the device did not ask for it".to_owned())
}

fn name(method: &MethodKind) -> String {
    String::from(method)
}
