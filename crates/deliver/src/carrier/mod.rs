//! Ways to a receiver.

mod file;
mod http;
mod oauth;
mod syslog;

use crate::DeliverError;
use crate::secret::Secrets;
pub(crate) use auditgate::deliver::wire::Request;
use auditgate::deliver::{Kind, Settings};
use std::sync::Arc;

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Response { status: u16, retry_after_ms: u32, body: Vec<u8> },
    Failed(String),
}

impl Reply {
    /// The answer of a way that has no status codes.
    fn taken() -> Self {
        Self::Response { status: 200, retry_after_ms: 0, body: Vec::new() }
    }
}

/// Carries requests to the one receiver that it was made for.
pub(crate) trait Carrier: Send {
    fn send(&mut self, request: &Request<'_>) -> Reply;
}

/// The carrier of a destination, one for each worker.
pub(crate) fn carrier(settings: &Settings, secrets: &Arc<Secrets>) -> Result<Box<dyn Carrier>, DeliverError> {
    Ok(match settings.kind {
        Kind::File => Box::new(file::Rotating::open(settings)?),
        Kind::Stdout => Box::new(file::Stdout),
        Kind::Syslog => Box::new(syslog::Syslog::new(settings, secrets)?),
        _ => Box::new(http::Http::new(settings, Arc::clone(secrets))?),
    })
}
