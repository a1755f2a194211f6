//! The key of a policy's pseudonyms: from a file or from the environment of this machine, never from the policy.

use crate::RunError;
use auditgate::policy::{MAX_KEY_BYTES, Policy, SecretReference};
use std::path::Path;

/// The key of pseudonyms.
#[derive(Clone)]
pub struct HmacKey(pub(crate) Vec<u8>);

impl std::fmt::Debug for HmacKey {
    /// The key is a secret.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("HmacKey(..)")
    }
}

impl HmacKey {
    /// The key itself.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the key that a policy asks for, if it asks for one. A file is looked for from the folder of `policy_file` on.
    ///
    /// # Errors
    /// There is no key, everybody can read it, or it is too short or too long.
    pub fn read(policy: &Policy, policy_file: &Path) -> Result<Option<Self>, RunError> {
        let (place, key) = match policy.hmac_key_reference() {
            None => return Ok(None),
            Some(SecretReference::File(path)) => {
                let path = policy_file.parent().unwrap_or(Path::new("")).join(path);
                (format!("the file `{}`", path.display()), read_file(&path))
            }
            Some(SecretReference::Environment(name)) => {
                let value = std::env::var_os(name).map(std::ffi::OsString::into_encoded_bytes);
                let key = value.ok_or_else(|| "it is not set; help: export it, or write `key: {file: ...}`".to_owned());
                (format!("the environment variable `{name}`"), key)
            }
        };
        let problem = |reason: String| RunError::Key(format!("the key of the policy's pseudonyms, {place}: {reason}"));
        let key = key.map_err(problem)?;
        // Whether it can be a key, the policy knows.
        policy.clone().set_hmac_key(&key).map_err(|reason| {
            problem(format!("{reason}; help: `head -c 32 /dev/urandom | base64 > FILE` makes one"))
        })?;
        Ok(Some(Self(key)))
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().map_err(|error| error.to_string())?.permissions().mode();
        if mode & 0o004 != 0 {
            return Err(format!(
                "everybody can read it (mode {:03o}); help: `chmod o= {}`; in Kubernetes `defaultMode: 0440`",
                mode & 0o777,
                path.display()
            ));
        }
    }
    let mut key = Vec::new();
    file.take(MAX_KEY_BYTES as u64 + 2).read_to_end(&mut key).map_err(|error| error.to_string())?;
    Ok(key)
}
