//! HTTP to one endpoint: connections are kept, redirections are not followed, answers are read up to a limit.

use super::oauth::Token;
use super::{Carrier, Reply, Request};
use crate::DeliverError;
use crate::secret::Secrets;
use crate::tls::{Identity, provider};
use auditgate::deliver::{Kind, Settings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Error, Proxy};

/// More than this of an answer is not read, and the answer counts as cut.
const MAX_ANSWER_BYTES: u64 = 16 << 20;

pub(super) struct Http {
    agent: Agent,
    /// Scheme, host, port and path, without a slash at its end.
    base: String,
    /// The endpoint's own query, without its question mark.
    query: String,
    headers: Vec<(String, String)>,
    kind: Kind,
    secrets: Arc<Secrets>,
    token: Option<Token>,
}

/// The client of a destination.
pub(super) fn agent(settings: &Settings, secrets: &Secrets) -> Result<Agent, DeliverError> {
    let identity = Identity::read(settings, secrets)?;
    // What cannot be used is told now: the client would panic at the first connection.
    identity.configuration()?;
    let roots = identity.roots.map_or(RootCerts::PlatformVerifier, |roots| {
        RootCerts::from(roots.iter().map(|root| Certificate::from_der(root).to_owned()).collect::<Vec<_>>())
    });
    let client = match identity.client {
        Some((chain, _)) => {
            let chain: Vec<_> = chain.iter().map(|one| Certificate::from_der(one).to_owned()).collect();
            let pem = secrets.text("client_key")?.unwrap_or_default();
            let key = PrivateKey::from_pem(pem.as_bytes());
            let wrong = |_| DeliverError::new("D007", "`client_key`: expected a private key in PEM".into());
            Some(ClientCert::new_with_certs(&chain, key.map_err(wrong)?))
        }
        None => None,
    };
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider())
        .root_certs(roots)
        .client_cert(client)
        .disable_verification(!identity.verify)
        .build();
    let seconds = |name, default| Some(Duration::from_secs(u64::from(settings.number(name).unwrap_or(default))));
    let proxy = match settings.text("proxy") {
        Some("none") => None,
        Some(url) => {
            Some(Proxy::new(url).map_err(|_| DeliverError::new("D002", "`proxy`: expected a proxy's URL".into()))?)
        }
        None => Proxy::try_from_env(),
    };
    let config = Agent::config_builder()
        .tls_config(tls)
        .proxy(proxy)
        .timeout_connect(seconds("connect_timeout", 10))
        .timeout_global(seconds("timeout", 60))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("auditgate/", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(config.into())
}

impl Http {
    pub(super) fn new(settings: &Settings, secrets: Arc<Secrets>) -> Result<Self, DeliverError> {
        let endpoint = settings.text("endpoint").unwrap_or_default();
        let (base, query) = endpoint.split_once('?').unwrap_or((endpoint, ""));
        let agent = agent(settings, &secrets)?;
        let token =
            (settings.kind == Kind::Sentinel).then(|| Token::new(agent.clone(), settings, Arc::clone(&secrets)));
        Ok(Self {
            token,
            base: base.trim_end_matches('/').to_owned(),
            query: query.to_owned(),
            headers: settings.pairs("headers").map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            kind: settings.kind,
            secrets,
            agent,
        })
    }

    fn url(&self, path: &str) -> String {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query =
            [self.query.as_str(), query].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{query}", self.base)
    }

    /// The header that proves who we are.
    fn authorization(&mut self) -> Result<Option<(&'static str, String)>, DeliverError> {
        const HEADER: &str = "Authorization";
        if let Some(token) = &mut self.token {
            return Ok(Some((HEADER, format!("Bearer {}", token.text()?))));
        }
        if let Some(token) = self.secrets.text("token")? {
            let scheme = if self.kind == Kind::Splunk { "Splunk" } else { "Bearer" };
            return Ok(Some((HEADER, format!("{scheme} {token}"))));
        }
        if let Some(key) = self.secrets.text("api_key")? {
            return Ok(Some(match self.kind {
                Kind::Datadog => ("DD-API-KEY", key),
                _ => (HEADER, format!("ApiKey {key}")),
            }));
        }
        match (self.secrets.text("user")?, self.secrets.text("password")?) {
            (Some(user), Some(password)) => {
                Ok(Some((HEADER, format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))))
            }
            _ => Ok(None),
        }
    }

    /// The header that proves that nobody changed the body.
    fn signature(&self, body: &[u8]) -> Result<Option<String>, DeliverError> {
        let Some(key) = self.secrets.text("hmac_key")? else { return Ok(None) };
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), body);
        let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Some(format!("sha256={digits}")))
    }

    fn post(&self, request: &Request<'_>, proofs: &[(&str, String)], expect: bool) -> Result<Reply, Error> {
        let mut post = self.agent.post(self.url(request.path));
        for (name, value) in &request.headers {
            post = post.header(*name, *value);
        }
        for (name, value) in &self.headers {
            post = post.header(name, value);
        }
        for (name, value) in proofs {
            post = post.header(*name, value);
        }
        if expect {
            post = post.header("Expect", "100-continue");
        }
        let mut response = post.send(request.body)?;
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after_ms = retry_after.map_or(0, retry_after_ms);
        let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        let status = response.status().as_u16();
        Ok(match body {
            Ok(body) => Reply::Response { status, retry_after_ms, body },
            // An answer whose end is missing still has a status; only a good one has to be read wholly.
            Err(_) if status >= 300 => Reply::Response { status, retry_after_ms, body: Vec::new() },
            Err(error) => Reply::Failed(reason(&error)),
        })
    }
}

/// `Retry-After` in milliseconds: seconds, or a date, which is taken for half a minute because clocks differ.
fn retry_after_ms(value: &str) -> u32 {
    value.trim().parse::<u32>().map_or(30_000, |seconds| seconds.saturating_mul(1000))
}

/// What happened, without a URL: its query may hold what is not for logs.
fn reason(error: &Error) -> String {
    match error {
        Error::Io(error) => error.to_string(),
        Error::Timeout(what) => format!("time-out ({what})"),
        Error::HostNotFound => "the endpoint's host is unknown".into(),
        Error::ConnectionFailed => "no connection".into(),
        Error::Rustls(error) => format!("TLS: {error}"),
        Error::BodyExceedsLimit(limit) => format!("an answer of more than {limit} bytes"),
        Error::Tls(what) => format!("TLS: {what}"),
        Error::InvalidProxyUrl => "the proxy's URL is invalid".into(),
        Error::ConnectProxyFailed(_) => "the proxy refused".into(),
        _ => "the answer is no HTTP".into(),
    }
}

impl Carrier for Http {
    fn send(&mut self, request: &Request<'_>) -> Reply {
        let proofs = self.authorization().and_then(|authorization| {
            let signature = self.signature(request.body)?.map(|text| ("X-Auditgate-Signature", text));
            Ok(authorization.into_iter().chain(signature).collect::<Vec<_>>())
        });
        let proofs = match proofs {
            Ok(proofs) => proofs,
            Err(error) => return Reply::Failed(error.to_string()),
        };
        let reply = match self.post(request, &proofs, false) {
            // Some receivers answer 413 before they have read the body, and cut the connection: asked first, they say so.
            Err(Error::Io(_)) => self.post(request, &proofs, true),
            other => other,
        };
        if let (Ok(Reply::Response { status: 401, .. }), Some(token)) = (&reply, &mut self.token) {
            token.forget();
        }
        reply.unwrap_or_else(|error| Reply::Failed(reason(&error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_says_when_to_come_again() {
        assert_eq!(retry_after_ms("7"), 7000);
        assert_eq!(retry_after_ms("Wed, 21 Oct 2026 07:28:00 GMT"), 30_000);
        assert_eq!(retry_after_ms("99999999"), u32::MAX);
    }
}
