//! Secrets, by reference: an environment variable, or a file that is read again when it has changed. No message ever holds one.

use crate::DeliverError;
use auditgate::deliver::{SecretPlace, Settings, secret_place};
use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// The secrets of one destination.
#[derive(Default)]
pub(crate) struct Secrets(Vec<Secret>);

struct Secret {
    name: String,
    place: String,
    known: Mutex<Known>,
}

/// What a file held, and its age and size then.
#[derive(Default)]
struct Known {
    file: Option<(SystemTime, u64)>,
    text: String,
}

/// More than this is no secret but a mistake.
const MAX_SECRET_BYTES: u64 = 1 << 20;

impl Secrets {
    /// Reads all secrets that the settings name, so that a missing one is told at the start.
    pub(crate) fn read(settings: &Settings) -> Result<Self, DeliverError> {
        let named = settings.all().filter(|(name, _)| {
            auditgate::deliver::Property::of_name(name).is_some_and(auditgate::deliver::Property::is_secret)
        });
        let secrets: Vec<Secret> = named
            .map(|(name, place)| Secret { name: name.into(), place: place.into(), known: Mutex::default() })
            .collect();
        for secret in &secrets {
            secret.text()?;
        }
        Ok(Self(secrets))
    }

    /// The secret of this name as it is now; `None` if the settings name none.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, DeliverError> {
        self.0.iter().find(|secret| secret.name == name).map(Secret::text).transpose()
    }
}

impl Secret {
    fn text(&self) -> Result<String, DeliverError> {
        let failed = |what: String| DeliverError::new("D006", format!("`{}`: {what}", self.name));
        match secret_place(&self.place) {
            Some(SecretPlace::Environment(variable)) => match std::env::var(variable) {
                Ok(text) if !text.is_empty() => Ok(text),
                _ => Err(failed(format!("the environment variable `{variable}` is not set"))),
            },
            Some(SecretPlace::File(path)) => {
                let cannot = |error: std::io::Error| failed(format!("cannot read `{path}`: {error}"));
                let about = fs::metadata(path).map_err(cannot)?;
                if about.len() > MAX_SECRET_BYTES {
                    return Err(failed(format!("`{path}` is larger than 1 MiB")));
                }
                let age = about.modified().ok().map(|time| (time, about.len()));
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                if age.is_none() || known.file != age {
                    let text = fs::read_to_string(path).map_err(cannot)?;
                    known.text = text.trim_end_matches(['\n', '\r']).to_owned();
                    known.file = age;
                }
                if known.text.is_empty() { Err(failed(format!("`{path}` is empty"))) } else { Ok(known.text.clone()) }
            }
            None => Err(failed("expected `env:NAME` or `file:/path`".into())),
        }
    }
}
