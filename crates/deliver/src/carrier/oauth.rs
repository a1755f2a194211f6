//! OAuth2 client credentials (RFC 6749, 4.4): a token is kept until shortly before it ends, and got anew when it is refused.

use crate::DeliverError;
use crate::secret::Secrets;
use auditgate::deliver::Settings;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::Agent;

/// A token counts as ended so long before it does.
const MARGIN: Duration = Duration::from_secs(120);
const MAX_ANSWER_BYTES: u64 = 1 << 20;

pub(super) struct Token {
    agent: Agent,
    endpoint: String,
    scope: String,
    secrets: Arc<Secrets>,
    known: Option<(String, Instant)>,
}

impl Token {
    pub(super) fn new(agent: Agent, settings: &Settings, secrets: Arc<Secrets>) -> Self {
        Self {
            agent,
            endpoint: settings.text("token_endpoint").unwrap_or_default().to_owned(),
            scope: settings.text("scope").unwrap_or("https://monitor.azure.com/.default").to_owned(),
            secrets,
            known: None,
        }
    }

    pub(super) fn forget(&mut self) {
        self.known = None;
    }

    pub(super) fn text(&mut self) -> Result<String, DeliverError> {
        if let Some((text, _)) = self.known.as_ref().filter(|(_, end)| Instant::now() < *end) {
            return Ok(text.clone());
        }
        let failed = |what: &str| DeliverError::new("D009", format!("no token: {what}"));
        let id = self.secrets.text("client_id")?.unwrap_or_default();
        let secret = self.secrets.text("client_secret")?.unwrap_or_default();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id.as_str()),
            ("client_secret", secret.as_str()),
            ("scope", self.scope.as_str()),
        ];
        let mut response = self
            .agent
            .post(&self.endpoint)
            .send_form(form)
            .map_err(|_| failed("the token endpoint does not answer"))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(failed(&format!("the token endpoint answered {status}")));
        }
        let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        let answer: Value = body.ok().and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
        let text = answer.get("access_token").and_then(Value::as_str).ok_or_else(|| failed("an answer without one"))?;
        let seconds = answer.get("expires_in").and_then(Value::as_u64).unwrap_or(3600).min(86_400);
        let life = Duration::from_secs(seconds);
        self.known = Some((text.to_owned(), Instant::now() + life.saturating_sub(MARGIN)));
        Ok(text.to_owned())
    }
}
