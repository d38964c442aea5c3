//! Authenticates a user: tries each method in the given order, once, until one is accepted.
//!
//! Before it sends a password, the client asks the server which methods it accepts (with the method `none`, as OpenSSH does), so
//! that a server that wants a key never gets one. A key that comes first needs no such question: only its public half is sent. A
//! refused credential stays refused for the run, see [`refused_credentials`](super::refused_credentials). A method that cannot be
//! used does not stop those after it. If no method is accepted, the error lists the outcome of each.
//!
//! Host-based authentication, GSSAPI and certificates are not supported.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{AuthResult, Handle, Handler, KeyboardInteractiveAuthResponse};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey};
use russh::{MethodKind, MethodSet};
use secrecy::{ExposeSecret, SecretString};
use tracing::debug;

use super::agent::Agent;
use super::credentials::{Attempt, AttemptOutcome, Method};
use super::disconnect_reason::DisconnectReason;
use super::questions::Question;
use super::refused_credentials::Permit;
use super::shared::Shared;
use super::target::SshServer;
use crate::text::excerpt;

/// The most rounds of questions in one keyboard-interactive login.
const MOST_ROUNDS: usize = 8;

/// The longest text of a device that an error quotes, in bytes.
const LONGEST_MESSAGE: usize = 1024;

/// The result of a login, apart from errors of the connection.
#[derive(Debug)]
pub(super) enum LoginResult {
    Accepted,
    /// The connection ended, and no credential is the cause.
    Disconnected,
    Refused {
        attempts: Vec<Attempt>,
        accepts: Vec<String>,
    },
}

/// Tries each method in turn.
pub(super) async fn log_in<H: Handler>(
    handle: &mut Handle<H>,
    server: SshServer<'_>,
    shared: &Shared,
    disconnect_reason: &DisconnectReason,
    banners: Banners,
) -> Result<LoginResult, russh::Error> {
    let mut authenticator = Authenticator {
        handle,
        server,
        shared,
        disconnect_reason,
        banners,
        accepts: None,
        attempts: Vec::new(),
    };
    let mut pending: Vec<&Method> = server.credentials.methods.iter().collect();
    loop {
        // The accepted methods may change after one of several required methods was accepted.
        let next = match &authenticator.accepts {
            Some(accepts) => pending.iter().position(|m| accepts.contains(&m.kind())),
            None => pending.first().filter(|m| m.is_key()).map(|_| 0),
        };
        let next = match next {
            Some(next) => authenticator.try_method(pending.remove(next)).await?,
            None if authenticator.accepts.is_none() => authenticator.query_methods().await?,
            None => break,
        };
        match next {
            NextStep::Accepted => return Ok(LoginResult::Accepted),
            NextStep::Disconnected => return Ok(LoginResult::Disconnected),
            NextStep::HungUp => break,
            NextStep::Another => {}
        }
    }
    for method in pending {
        authenticator.record(method.to_string(), not_asked_for());
    }
    Ok(LoginResult::Refused {
        attempts: authenticator.attempts,
        accepts: authenticator
            .accepts
            .iter()
            .flat_map(|a| a.iter())
            .map(name)
            .collect(),
    })
}

/// The text that the device sends during a login, for the error if the login fails.
#[derive(Debug, Clone, Default)]
pub(super) struct Banners(Arc<Mutex<String>>);

impl Banners {
    /// Adds a text.
    pub(super) fn push(&self, text: &str) {
        let text = text.trim();
        let mut banners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if text.is_empty() || banners.len() + text.len() > LONGEST_MESSAGE {
            return;
        }
        if !banners.is_empty() {
            banners.push(' ');
        }
        banners.push_str(text);
    }

    /// The texts so far, if there are any. They are not returned again.
    fn take(&self) -> Option<Box<str>> {
        let mut banners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *banners);
        (!taken.is_empty()).then(|| taken.into())
    }
}

/// What is sent to the device.
enum LoginCredential<'p> {
    Password(&'p SecretString),
    Answer(&'p SecretString),
    Key(Arc<PrivateKey>),
    AgentKey(&'p mut Agent, PublicKey),
}

/// The device's answer to a credential.
enum AuthVerdict {
    Accepted,
    Refused {
        accepts: MethodSet,
        is_partial: bool,
    },
    /// A question came that is not for the credential, with this text.
    MoreAsked(String),
    /// Nothing was sent, for this reason.
    NotTried(String),
}

/// What to do after a method was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NextStep {
    Accepted,
    Another,
    /// The device ended the connection over a credential.
    HungUp,
    /// The connection ended for another reason.
    Disconnected,
}

/// The state of one login.
struct Authenticator<'d, H: Handler> {
    handle: &'d mut Handle<H>,
    server: SshServer<'d>,
    shared: &'d Shared,
    disconnect_reason: &'d DisconnectReason,
    banners: Banners,
    /// The methods that the device accepts, once it has listed them.
    accepts: Option<MethodSet>,
    attempts: Vec<Attempt>,
}

impl<H: Handler> Authenticator<'_, H> {
    /// Asks the device which methods it accepts. A device that requires none accepts the login.
    async fn query_methods(&mut self) -> Result<NextStep, russh::Error> {
        let user = self.server.credentials.user.as_str();
        Ok(match self.handle.authenticate_none(user).await? {
            AuthResult::Success => NextStep::Accepted,
            // The SSH library reports a connection that ended as a refusal with nothing left to try.
            AuthResult::Failure {
                remaining_methods, ..
            } if remaining_methods.is_empty() && self.handle.is_closed() => NextStep::Disconnected,
            AuthResult::Failure {
                remaining_methods, ..
            } => {
                let methods: Vec<String> = remaining_methods.iter().map(name).collect();
                debug!(?methods, "the device listed its authentication methods");
                self.accepts = Some(remaining_methods);
                NextStep::Another
            }
        })
    }

    async fn try_method(&mut self, method: &Method) -> Result<NextStep, russh::Error> {
        let name = method.to_string();
        match method {
            Method::Password(secret) => {
                let credential_to_send = LoginCredential::Password(secret);
                self.try_credential(name, secret.expose_secret().as_bytes(), credential_to_send)
                    .await
            }
            Method::KeyboardInteractive(secret) => {
                let credential_to_send = LoginCredential::Answer(secret);
                self.try_credential(name, secret.expose_secret().as_bytes(), credential_to_send)
                    .await
            }
            Method::KeyFile { path, passphrase } => {
                let key_files = &self.shared.key_files;
                match key_files.load(path, passphrase.as_ref()).await {
                    Ok(key) => {
                        let public = key.public_key().to_bytes().unwrap_or_default();
                        self.try_credential(name, &public, LoginCredential::Key(key))
                            .await
                    }
                    Err(reason) => {
                        self.record(name, AttemptOutcome::NotTried(reason));
                        Ok(NextStep::Another)
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
                        self.record(name, AttemptOutcome::NotTried(reason));
                        return Ok(NextStep::Another);
                    }
                };
                while let Some((name, key)) = agent.next_key() {
                    // After the first of two required methods was accepted, the device may not accept further keys.
                    let accepts = self.accepts.as_ref();
                    if accepts.is_some_and(|accepts| !accepts.contains(&MethodKind::PublicKey)) {
                        break;
                    }
                    let public = key.to_bytes().unwrap_or_default();
                    let credential_to_send = LoginCredential::AgentKey(&mut agent, key);
                    match self
                        .try_credential(name, &public, credential_to_send)
                        .await?
                    {
                        NextStep::Another => {}
                        end => return Ok(end),
                    }
                }
                Ok(NextStep::Another)
            }
        }
    }

    /// Sends one credential, unless it was refused before.
    async fn try_credential(
        &mut self,
        name: String,
        credential: &[u8],
        credential_to_send: LoginCredential<'_>,
    ) -> Result<NextStep, russh::Error> {
        debug!(method = name, "trying an authentication method");
        // What came before is no answer to this credential.
        self.banners.take();
        let permit = self.shared.refused.permit(self.server, credential).await;
        let Some(permit) = permit else {
            self.record(name, AttemptOutcome::RefusedBefore);
            return Ok(NextStep::Another);
        };
        let verdict = match self.send(credential_to_send).await {
            // The SSH library has several ways to say that the connection ended.
            Err(russh::Error::RecvError | russh::Error::SendError) => {
                return Ok(self.connection_ended(name, permit));
            }
            Ok(AuthVerdict::Refused { accepts, .. })
                if accepts.is_empty() && self.handle.is_closed() =>
            {
                return Ok(self.connection_ended(name, permit));
            }
            verdict => verdict?,
        };
        Ok(match verdict {
            AuthVerdict::Accepted => {
                permit.accepted();
                NextStep::Accepted
            }
            AuthVerdict::Refused {
                accepts,
                is_partial: true,
            } => {
                permit.accepted();
                self.record(name, AttemptOutcome::NotEnough);
                self.accepts = Some(accepts);
                NextStep::Another
            }
            // The device accepts no keys at all, so this is no verdict on the key.
            AuthVerdict::Refused { accepts, .. }
                if self.accepts.is_none() && !accepts.contains(&MethodKind::PublicKey) =>
            {
                self.record(name, not_asked_for());
                self.accepts = Some(accepts);
                NextStep::Another
            }
            AuthVerdict::Refused { accepts, .. } => {
                permit.refused();
                self.record(name, AttemptOutcome::Refused);
                self.accepts = Some(accepts);
                NextStep::Another
            }
            AuthVerdict::MoreAsked(text) => {
                // No verdict on the credential: it may be right.
                self.banners.push(&text);
                self.record(name, AttemptOutcome::MoreAsked);
                NextStep::Another
            }
            AuthVerdict::NotTried(reason) => {
                self.record(name, AttemptOutcome::NotTried(reason));
                NextStep::Another
            }
        })
    }

    /// The connection ended while a credential was checked. Unless the network failed, that is a refusal:
    /// a server that allows one attempt refuses by closing the connection.
    fn connection_ended(&mut self, name: String, permit: Permit) -> NextStep {
        if self.disconnect_reason.is_network_failure() {
            return NextStep::Disconnected;
        }
        permit.refused();
        let words = self.disconnect_reason.get();
        self.record(name, AttemptOutcome::HungUp(words));
        NextStep::HungUp
    }

    fn record(&mut self, method: String, outcome: AttemptOutcome) {
        let message = self.banners.take();
        let attempt = Attempt {
            method,
            outcome,
            message,
        };
        debug!(%attempt, "authentication method failed");
        self.attempts.push(attempt);
    }

    async fn send(
        &mut self,
        credential_to_send: LoginCredential<'_>,
    ) -> Result<AuthVerdict, russh::Error> {
        let user = self.server.credentials.user.as_str();
        match credential_to_send {
            LoginCredential::Password(password) => {
                let answer = self
                    .handle
                    .authenticate_password(user, password.expose_secret());
                Ok(verdict(answer.await?))
            }
            LoginCredential::Answer(secret) => self.answer_questions(secret).await,
            LoginCredential::Key(key) => {
                let hash = match self.rsa_hash(key.algorithm().is_rsa()).await? {
                    Ok(hash) => hash,
                    Err(reason) => return Ok(AuthVerdict::NotTried(reason.to_owned())),
                };
                let key = PrivateKeyWithHashAlg::new(key, hash);
                Ok(verdict(
                    self.handle.authenticate_publickey(user, key).await?,
                ))
            }
            LoginCredential::AgentKey(agent, key) => {
                let hash = match self.rsa_hash(key.algorithm().is_rsa()).await? {
                    Ok(hash) => hash,
                    Err(reason) => return Ok(AuthVerdict::NotTried(reason.to_owned())),
                };
                let signer = agent.signer();
                let answer = self
                    .handle
                    .authenticate_publickey_with(user, key, hash, signer);
                Ok(match answer.await {
                    Ok(answer) => verdict(answer),
                    Err(_) if self.handle.is_closed() => return Err(russh::Error::RecvError),
                    Err(error) => AuthVerdict::NotTried(format!("the agent did not sign: {error}")),
                })
            }
        }
    }

    /// The hash for an RSA signature, or why no signature can be made.
    async fn rsa_hash(
        &self,
        is_rsa: bool,
    ) -> Result<Result<Option<HashAlg>, &'static str>, russh::Error> {
        if !is_rsa {
            return Ok(Ok(None));
        }
        Ok(match self.handle.best_supported_rsa_hash().await? {
            Some(Some(hash)) => Ok(Some(hash)),
            // An old server sends no list and supports only SHA-1.
            Some(None) | None if self.server.legacy => Ok(None),
            // Other servers that send no list support both SHA-2 variants or neither.
            None => Ok(Some(HashAlg::Sha512)),
            Some(None) => Err(
                "the device takes RSA keys with SHA-1 signatures only; use an Ed25519 or ECDSA key, \
                 or say that the device is a legacy one",
            ),
        })
    }

    /// Answers the questions of keyboard-interactive: one question for the secret, once, and those for the user's name.
    async fn answer_questions(
        &mut self,
        secret: &SecretString,
    ) -> Result<AuthVerdict, russh::Error> {
        let user = self.server.credentials.user.as_str();
        let start = self
            .handle
            .authenticate_keyboard_interactive_start(user, None);
        let mut response = start.await?;
        // The text of the question that was answered with the secret.
        let mut answered: Option<String> = None;
        for _ in 0..MOST_ROUNDS {
            let (name, instructions, prompts) = match response {
                KeyboardInteractiveAuthResponse::Success => return Ok(AuthVerdict::Accepted),
                KeyboardInteractiveAuthResponse::Failure {
                    partial_success: false,
                    ..
                } if answered.is_none() && !self.handle.is_closed() => {
                    let reason = "the device asked for no password".to_owned();
                    return Ok(AuthVerdict::NotTried(reason));
                }
                KeyboardInteractiveAuthResponse::Failure {
                    remaining_methods,
                    partial_success,
                } => {
                    return Ok(AuthVerdict::Refused {
                        accepts: remaining_methods,
                        is_partial: partial_success,
                    });
                }
                KeyboardInteractiveAuthResponse::InfoRequest {
                    name,
                    instructions,
                    prompts,
                } => (name, instructions, prompts),
            };
            let questions: Vec<Question> = prompts.iter().map(Question::of).collect();
            let secrets = questions.iter().filter(|q| **q == Question::Secret).count();
            let texts = prompts.iter().map(|prompt| prompt.prompt.trim());
            let text = texts.collect::<Vec<_>>().join(" ");
            let is_repeated = answered.as_ref() == Some(&text);
            let is_clear = secrets <= 1 && !questions.contains(&Question::Other);
            if answered.is_some() && secrets > 0 && (is_repeated || is_clear) {
                // The device asks for the same secret again: that is a refusal.
                self.banners.push(&format!("{name} {instructions}"));
                let accepts = self.accepts.clone().unwrap_or_else(MethodSet::empty);
                return Ok(AuthVerdict::Refused {
                    accepts,
                    is_partial: false,
                });
            }
            let text_of_device = format!("{name} {instructions} {text}").trim().to_owned();
            if !is_clear {
                return Ok(match answered {
                    Some(_) => AuthVerdict::MoreAsked(text_of_device),
                    None => {
                        let text = excerpt(text_of_device.as_bytes());
                        AuthVerdict::NotTried(format!(
                            "the device asks for more than a password: \"{text}\""
                        ))
                    }
                });
            }
            if answered.is_some() {
                // Instructions after the answer, without a question for the secret: they may explain a refusal.
                self.banners.push(&format!("{name} {instructions}"));
            }
            if secrets > 0 {
                answered = Some(text);
            }
            let answers = questions.iter().map(|question| match question {
                Question::Secret => secret.expose_secret().to_owned(),
                Question::UserName | Question::Other => user.to_owned(),
            });
            let answers = answers.collect();
            let respond = self
                .handle
                .authenticate_keyboard_interactive_respond(answers);
            response = respond.await?;
        }
        let reason = format!("the device did not stop asking after {MOST_ROUNDS} rounds");
        Ok(AuthVerdict::NotTried(reason))
    }
}

fn verdict(answer: AuthResult) -> AuthVerdict {
    match answer {
        AuthResult::Success => AuthVerdict::Accepted,
        AuthResult::Failure {
            remaining_methods,
            partial_success,
        } => AuthVerdict::Refused {
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
