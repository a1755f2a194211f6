//! What an event's bodies are, as far as redaction cares: known from `objectRef`, never from a `kind` in a body (a Table, a patch and
//! the items of a list do not say what they hold).

/// A kind of body with rules of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Everything else.
    Other,
    /// Secrets, and everything that is not known: only what is known to be harmless stays.
    Secret,
    ConfigMap,
    /// `serviceaccounts/token`
    TokenRequest,
    TokenReview,
    CertificateSigningRequest,
    /// OpenShift's `oauthaccesstokens`, `oauthauthorizetokens`: the name is the token.
    OauthToken,
    /// cert-manager's ACME challenges.
    Challenge,
}

/// All classes, in the order of their numbers.
pub(crate) const CLASSES: &[Class] = &[
    Class::Other,
    Class::Secret,
    Class::ConfigMap,
    Class::TokenRequest,
    Class::TokenReview,
    Class::CertificateSigningRequest,
    Class::OauthToken,
    Class::Challenge,
];

impl Class {
    /// This class's bit in a set of classes.
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// The class of a resource.
pub(crate) fn class_of(resource: &[u8], subresource: &[u8], group: &[u8]) -> Class {
    match (resource, subresource) {
        (b"secrets", _) => Class::Secret,
        (b"configmaps", _) => Class::ConfigMap,
        (b"serviceaccounts", b"token") => Class::TokenRequest,
        (b"tokenreviews", _) if group == b"authentication.k8s.io" || group.is_empty() => Class::TokenReview,
        (b"certificatesigningrequests", _) => Class::CertificateSigningRequest,
        (b"oauthaccesstokens" | b"oauthauthorizetokens" | b"useroauthaccesstokens", _) => Class::OauthToken,
        (b"challenges", _) if group == b"acme.cert-manager.io" => Class::Challenge,
        _ => Class::Other,
    }
}
