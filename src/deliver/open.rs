//! What a session is started with.

use super::session::Session;
use super::settings::Settings;
use super::wire::{Reader, put_bytes, put_u32};
use crate::engine::Engine;
use crate::policy;

/// What a session is started with.
#[derive(Clone, Copy, Debug)]
pub struct Open<'a> {
    /// The destination; the host leaves out what is only its own business.
    pub settings: &'a Settings,
    /// Name and text of the policy; the built-in one if absent.
    pub policy: Option<(&'a str, &'a [u8])>,
    /// The key of the policy's pseudonyms, if it has any.
    pub hmac_key: Option<&'a [u8]>,
    /// This machine's name, for receivers that want one.
    pub hostname: &'a str,
    /// A random name for this session, for receivers that tell clients apart.
    pub channel: &'a str,
}

impl Open<'_> {
    /// Appends the message.
    pub fn write(&self, out: &mut Vec<u8>) {
        let pairs: Vec<_> = self.settings.all().collect();
        put_u32(out, pairs.len() as u32);
        for (name, value) in pairs {
            put_bytes(out, name.as_bytes());
            put_bytes(out, value.as_bytes());
        }
        let (name, text) = self.policy.unwrap_or_default();
        put_u32(out, u32::from(self.policy.is_some()));
        put_bytes(out, name.as_bytes());
        put_bytes(out, text);
        put_bytes(out, self.hmac_key.unwrap_or_default());
        put_bytes(out, self.hostname.as_bytes());
        put_bytes(out, self.channel.as_bytes());
    }

    /// Starts the session that a message asks for.
    ///
    /// # Errors
    /// The message is none, or what it says does not hold; as a person reads it.
    pub fn start(message: &[u8]) -> Result<Session, String> {
        let mut reader = Reader(message);
        Self::read(&mut reader)
            .unwrap_or_else(|| Err("D010: the host and the module do not understand each other".into()))
    }

    fn read(reader: &mut Reader<'_>) -> Option<Result<Session, String>> {
        let pairs = (0..reader.u32()?).map(|_| Some((reader.text()?, reader.text()?))).collect::<Option<Vec<_>>>()?;
        let (has_policy, name, text) = (reader.u32()? == 1, reader.text()?, reader.bytes()?);
        let (hmac_key, hostname, channel) = (reader.bytes()?, reader.text()?, reader.text()?);
        let settings = match Settings::check(pairs) {
            Ok(settings) => settings,
            Err(problems) => return Some(Err(problems.iter().map(|problem| format!("{problem}\n")).collect())),
        };
        let engine = match has_policy.then(|| policy::compile(name, text)) {
            None => Engine::new(),
            Some(Err(diagnostics)) => return Some(Err(diagnostics.render())),
            Some(Ok(mut policy)) => {
                if policy.hmac_key_reference().is_some()
                    && let Err(reason) = policy.set_hmac_key(hmac_key)
                {
                    return Some(Err(["D011: the key of the policy's pseudonyms: ", reason].concat()));
                }
                Engine::with_policy(policy)
            }
        };
        Some(Session::new(engine, &settings, hostname, channel))
    }
}
