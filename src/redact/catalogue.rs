//! The places where audit events hold secrets, and what happens there: data, from which the automaton and the documentation are made.
//!
//! Sources: the API types of Kubernetes and OpenShift, and the annotations that kubectl, kapp, Rancher and Banzai write.
//! Path syntax: see `scan::paths`.

use super::class::Class;
use super::{Off, start};
use crate::envelope::{ELSEWHERE, FIELDS};
use crate::scan::effect::{self as e};
use crate::scan::{Builder, Effects, Keys};

/// One entry: what happens at some paths below some starts.
pub(crate) struct Entry {
    /// Stable identifier, part of the mask.
    pub(crate) id: &'static str,
    /// Set of starts, a bit each.
    starts: u32,
    pub(crate) paths: &'static [&'static str],
    pub(crate) flags: u32,
    /// What stands there and why it is treated so, for the documentation.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) what: &'static str,
}

const RECORD: u32 = 1 << start::RECORD;
const ALL: u32 = start::objects(u32::MAX >> 8);
const SECRET: u32 = start::objects(Class::Secret.bit());
const EMBEDDED: u32 = 1 << start::EMBEDDED_SECRET;
const CONFIG_MAP: u32 = start::objects(Class::ConfigMap.bit());
const TOKEN_REQUEST: u32 = start::objects(Class::TokenRequest.bit());
const TOKEN_REVIEW: u32 = start::objects(Class::TokenReview.bit());
const CSR: u32 = start::objects(Class::CertificateSigningRequest.bit());
const CHALLENGE: u32 = start::objects(Class::Challenge.bit());
const OAUTH: u32 = start::objects(Class::OauthToken.bit());

impl Entry {
    /// Whether a policy may do without it: it changes values. The others say how events are read.
    pub(crate) fn is_switchable(&self) -> bool {
        const CHANGES: u32 = e::MASK | e::REMOVE | e::COMMAND | e::URI | e::MESSAGE | e::TRUNCATE | e::PAIRS;
        self.flags & CHANGES != 0 && !self.id.starts_with('R') && self.id != "K00"
    }
}

macro_rules! entries {
    ($($id:literal $starts:expr, [$($path:literal),* $(,)?], $flags:expr, $what:literal;)*) => {
        &[$(Entry {
            id: $id,
            starts: $starts,
            paths: &[$($path),*],
            flags: $flags,
            #[cfg(not(target_arch = "wasm32"))]
            what: $what,
        }),*]
    };
}

/// Entry of values that are secret by the name of their member.
pub(crate) const BY_NAME: u16 = 0;
/// Entry of bodies of unknown shape.
pub(crate) const UNKNOWN_SHAPE: u16 = 1;
/// Entry of what is nested or encoded too deep to be looked at.
pub(crate) const NOT_LOOKED_AT: u16 = 2;
/// Entry of identifiers that are tokens.
pub(crate) const TOKEN_NAME: u16 = 3;

/// All entries; of two that mask the same value the first gives its identifier.
pub(crate) static ENTRIES: &[Entry] = entries! {
    "N01" 0, [], 0, "a scalar under a secret name: password, apiKey, client-secret; a pair of name and value with such a name; an argument behind such a flag";
    "K00" 0, [], 0, "a body of a Secret, or of an unknown resource, that has no known shape";
    "N02" 0, [], 0, "a text that is nested, encoded or long beyond the limits of what is looked into";
    "K19" OAUTH, ["metadata.name"], e::MASK, "names of OpenShift OAuth tokens, which are the tokens";
    "K01" SECRET, ["data", "stringData", "items[].data", "items[].stringData"], e::MASK, "values of a Secret; key names and lengths stay";
    "K01" EMBEDDED, ["data", "stringData", "items[].data", "items[].stringData"], e::MASK, "values of an object that calls itself a Secret";
    "K02" SECRET, ["rows[].cells"], e::MASK, "cells of a Table of Secrets";
    "K19" OAUTH, ["rows[].cells", "**.selfLink"], e::MASK, "names of OpenShift OAuth tokens in a Table and in links";
    "K19" RECORD, ["responseStatus.details.name"], e::MESSAGE, "the name in an error about an OpenShift OAuth token";
    "K02" ALL, ["items[]", "rows[].object"], e::OBJECT, "objects of a List or Table are of the event's own resource";
    "K00" SECRET, ["[][]", "[].~op|path|value|from"], e::MASK, "items of a patch that are no operations";
    "K00" SECRET, ["~metadata|kind|apiVersion|type|immutable|items|rows|columnDefinitions|status|message|reason|details|code|data|stringData"], e::MASK,
        "other members of a Secret's body";
    "K03" ALL, ["[]", "**.patch[]"], e::PATCH, "operations of a JSON patch: the value is treated as what stands at the path";
    "K03" ALL, ["[].path", "**.patch[].path"], e::POINTER, "the place that an operation of a JSON patch changes";
    "K15" RECORD, ["annotations.*"], e::STRICT, "annotations of the event: webhooks write patches there";
    "K04" SECRET | CONFIG_MAP | EMBEDDED, [
        r"**.annotations.kubectl\.kubernetes\.io/last-applied-configuration",
        r"**.annotations.kapp\.k14s\.io/original",
        r"**.annotations.objectset\.rio\.cattle\.io/applied",
    ], e::REMOVE, "copies of a Secret or ConfigMap in its annotations";
    "K04" ALL, [r"**.annotations.banzaicloud\.com/last-applied"], e::REMOVE, "a packed copy of the object";
    "K04" ALL, [r"**.annotations.kubernetes\.io/change-cause"], e::COMMAND, "the command line that changed an object";
    "K05" ALL | EMBEDDED, ["**.metadata.managedFields"], e::REMOVE, "field ownership: large, and read by no detection rule";
    "K06" TOKEN_REQUEST, ["status.token"], e::MASK, "the token that a TokenRequest made";
    "K07" TOKEN_REVIEW, ["spec.token"], e::MASK, "the token that is reviewed";
    "K09" CSR, ["spec.request", "status.certificate"], e::TRUNCATE, "certificate requests and certificates";
    "K12" ALL, ["**.command", "**.args"], e::COMMAND, "command lines of containers";
    "K13" RECORD, ["requestURI"], e::URI, "the URI of a request: arguments of exec, query values with secret names";
    "K14" RECORD, ["responseStatus.message", "responseStatus.details.causes[].message"], e::MESSAGE, "error messages that echo an object";
    "K14" ALL, ["message", "details.causes[].message"], e::MESSAGE, "error messages that echo an object";
    "K18" RECORD, ["user.extra.sessionName", "impersonatedUser.extra.sessionName", "user.extra.accessKeyId", "impersonatedUser.extra.accessKeyId",
        r"**.extra.sigs\.k8s\.io/aws-iam-authenticator/sessionName", r"**.extra.sigs\.k8s\.io/aws-iam-authenticator/accessKeyId",
        r"**.extra.iam\.gke\.io/user-assertion", r"**.extra.user-assertion\.cloud\.google\.com"], e::MASK,
        "session names, access keys and assertions of cloud identities";
    "K19" ALL, ["spec.tls.key"], e::MASK, "private keys of OpenShift Routes";
    "K20" ALL, ["**.caBundle"], e::TRUNCATE, "certificate bundles of webhooks, API services and CRDs";
    "K21" CHALLENGE, ["spec.key", "spec.token"], e::MASK, "keys of ACME challenges";
    "K21" ALL, ["**.template.data", "**.template.stringData"], e::MASK, "contents of the Secrets that ExternalSecrets, SealedSecrets and their like make";
    "K21" ALL, ["**.userData", "**.userDataBase64", "**.user-data", "**.user_data"], e::MASK, "cloud-init, which sets passwords up";
    "K11" CONFIG_MAP, ["data.*", "binaryData.*"], e::PAIRS, "values of a ConfigMap: what follows a secret name in their text";
    "R01" RECORD, ["auditgate"], e::REMOVE, "the decision map, which only the module may write";
    "R02" RECORD, ["log", "message", "MESSAGE", "SYSLOG_RAW", "exec"], e::LINE, "a raw line";
    "L06" RECORD, ["_CMDLINE", "CMDLINE", "COREDUMP_CMDLINE", "OBJECT_CMDLINE", "_AUDIT_FIELD_PROCTITLE", "_AUDIT_FIELD_CMD", "**.cmdline", "**.command_line",
        "**.ARGV", "**.ARGV_STR", "process.args", "process.parent.args", r"**.proc\.cmdline", r"**.proc\.pcmdline"], e::COMMAND,
        "command lines of processes: of the one that wrote to the journal, and of sensors' records";
    "R03" RECORD, ["requestObject"], e::BODY, "what was asked for";
    "R03" RECORD, ["responseObject"], e::BODY | e::RESPONSE, "what was answered";
    "R03" RECORD, ["protoPayload.request"], e::LOWERED, "what was asked for, in an entry of Google Cloud's";
    "R03" RECORD, ["protoPayload.response"], e::LOWERED | e::RESPONSE, "what was answered, in such an entry";
    "R04" RECORD, ["items[]"], e::EVENT, "events of an EventList";
    "R04" RECORD, ["properties.log"], e::EVENT, "the event in an AKS envelope";
    "X01" RECORD, [
        "auditID", "stage", "level", "verb", "timestamp", "requestReceivedTimestamp", "stageTimestamp", "metadata.creationTimestamp", "kind", "apiVersion",
        "user.uid", r"user.extra.authentication\.kubernetes\.io/credential-id", r"user.extra.authentication\.kubernetes\.io/pod-uid",
        r"user.extra.authentication\.kubernetes\.io/node-uid", "impersonatedUser.uid", "sourceIPs", "objectRef.resource", "objectRef.uid", "objectRef.apiGroup", "objectRef.apiVersion", "objectRef.resourceVersion",
        "objectRef.subresource", "responseStatus.code", "responseStatus.reason", "responseStatus.status",
        r"annotations.authorization\.k8s\.io/decision", r"annotations.authorization\.k8s\.io/reason",
    ], e::EXEMPT, "fields that detections read and that hold no secret";
    "X02" ALL, [
        "**.uid", "**.resourceVersion", "**.creationTimestamp", "**.lastTransitionTime", "**.lastUpdateTime", "**.lastProbeTime", "**.lastHeartbeatTime",
        "**.kind", "**.apiVersion", "**.imageID", "**.containerID", "**.pod-template-hash", "**.encryptedData",
    ], e::EXEMPT, "identifiers, times and digests, and ciphertext";
};

/// Adds all patterns, and those of the envelope.
pub(crate) fn add_patterns(builder: &mut Builder, keys: &mut Keys, annotations: bool, off: &Off) {
    if annotations {
        builder.add(keys, RECORD, "annotations.*", Effects { flags: e::ANNOTATION, entry: 0, field: 0, own: 0 });
    }
    for (index, entry) in ENTRIES.iter().enumerate() {
        if entry.is_switchable() && (cfg!(auditgate_empty_catalogue) || off.has(entry.id)) {
            continue;
        }
        for path in entry.paths {
            builder.add(
                keys,
                entry.starts,
                path,
                Effects { flags: entry.flags, entry: index as u16, field: 0, own: 0 },
            );
        }
    }
    for (field, path) in FIELDS.iter().chain(ELSEWHERE) {
        builder.add(keys, RECORD, path, Effects { flags: e::CAPTURE, entry: 0, field: *field as u8, own: 0 });
    }
    builder.add(keys, 1 << start::CLOSED, "**", Effects { flags: e::MASK, entry: NOT_LOOKED_AT, field: 0, own: 0 });
    builder.add(keys, 1 << start::QUIET, "**", Effects { flags: e::KEEP, entry: 0, field: 0, own: 0 });
}

/// The identifier of an entry.
pub(crate) fn id(entry: u16) -> &'static str {
    ENTRIES.get(usize::from(entry)).map_or("N02", |entry| entry.id)
}
