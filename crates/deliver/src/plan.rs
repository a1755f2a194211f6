//! A destination before it starts: what its section and its policy say, checked together.

use crate::DeliverError;
use auditgate::deliver::{Problem, Settings};
use auditgate::policy::{self, Policy};
use auditgate_runner::HmacKey;
use std::fmt;
use std::path::Path;

/// What a destination is started with.
#[derive(Debug)]
pub struct Plan {
    pub(crate) settings: Settings,
    /// Name and text of the policy; the built-in one if absent.
    pub(crate) policy: Option<(String, Vec<u8>)>,
    pub(crate) hmac_key: Option<HmacKey>,
}

/// Why there is nothing to start.
#[derive(Debug)]
pub enum PlanError {
    /// The policy is invalid; its diagnostics.
    Policy(String),
    /// What is wrong with the properties.
    Settings(Vec<Problem>),
    /// Something on this machine does not allow it.
    Failed(DeliverError),
}

impl fmt::Display for PlanError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(diagnostics) => out.write_str(diagnostics.trim_end()),
            Self::Settings(problems) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                out.write_str(&lines.join("\n"))
            }
            Self::Failed(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for PlanError {}

impl Plan {
    /// Reads the policy that the section names, and checks the section's properties together with those of the policy.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn new(section: &[(String, String)]) -> Result<Self, PlanError> {
        let pairs = section.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let Some((_, path)) = pairs.clone().find(|(name, _)| name.eq_ignore_ascii_case("policy")) else {
            let settings = Settings::of_section(pairs, &Policy::builtin()).map_err(PlanError::Settings)?;
            return Ok(Self { settings, policy: None, hmac_key: None });
        };
        let failed = |code, message: String| PlanError::Failed(DeliverError::new(code, message));
        let text =
            std::fs::read(path).map_err(|error| failed("D008", format!("`policy`: cannot read `{path}`: {error}")))?;
        let compiled = policy::compile(path, &text).map_err(|found| PlanError::Policy(found.render()))?;
        let settings = Settings::of_section(pairs, &compiled).map_err(PlanError::Settings)?;
        let hmac_key = HmacKey::read(&compiled, Path::new(path)).map_err(|error| failed("D011", error.to_string()))?;
        Ok(Self { settings, policy: Some((path.to_owned(), text)), hmac_key })
    }

    /// How it will run.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
