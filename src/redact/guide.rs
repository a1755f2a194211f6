//! What is redacted, row by row, for people: what it is, why, where that is known from, and an example that is run to write its answer.
//!
//! The rows follow the places where audit records are known to hold secrets; the entries that do the work are in `catalogue`, `names`, `judge`,
//! `messages` and `auditd`.

/// One row.
pub(super) struct Row {
    /// Identifier in the mask; a letter and two digits. Rows that keep something have one, too.
    pub(super) id: &'static str,
    pub(super) what: &'static str,
    pub(super) action: &'static str,
    pub(super) why: &'static str,
    /// Where the fact is documented or can be seen.
    pub(super) source: &'static str,
    /// `resource`, `resource/subresource` and API group of the example's event; empty: the example is the whole record.
    pub(super) of: (&'static str, &'static str),
    /// Members of the example's event, or the record.
    pub(super) example: &'static str,
    /// What must not be in the answer, and what must.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests ask for it"))]
    pub(super) gone: &'static [&'static str],
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests ask for it"))]
    pub(super) stays: &'static [&'static str],
}

macro_rules! rows {
    ($($id:literal $what:literal, $action:literal, $why:literal, $source:literal, ($of:literal, $group:literal), $example:literal, [$($gone:literal),*], [$($stays:literal),*];)*) => {
        &[$(Row { id: $id, what: $what, action: $action, why: $why, source: $source, of: ($of, $group), example: $example, gone: &[$($gone),*], stays: &[$($stays),*] }),*]
    };
}

/// Rows of Kubernetes.
#[rustfmt::skip]
pub(super) static KUBERNETES: &[Row] = rows! {
    "K00" "A body of a Secret without a known shape", "masked; only what is known to be harmless stays",
        "A patch has no kind and can be anything; what is not known of a Secret is secret.", "RFC 7386; apiserver's patch handler",
        ("secrets", ""), r#""requestObject":[["k","hunter2hunter2"]]"#, ["hunter2"], ["K00"];
    "K01" "Values of a Secret, also of one in a List", "masked; key names and the length in bytes stay",
        "`data` is encoded, not encrypted. A `kind` may be spelt with escapes, and may come last.", "Kubernetes API, core/v1 Secret",
        ("secrets", ""), r#""requestObject":{"kind":"Secret","metadata":{"name":"db"},"data":{"password":"aHVudGVyMmh1bnRlcjI="},"type":"Opaque"}"#, ["aHVudGVy"], ["\"password\"", "Opaque", "K01:20"];
    "K02" "A Table of Secrets: what `kubectl get secrets` asks for", "cells masked, row objects read as Secrets",
        "The answer's kind is Table; only `objectRef.resource` says what is in it.", "Kubernetes API, meta/v1 Table",
        ("secrets", ""), r#""responseObject":{"kind":"Table","rows":[{"cells":["db","hunter2hunter2"],"object":{"metadata":{"name":"db"},"data":{"k":"aHVudGVyMg=="}}}]}"#, ["hunter2", "aHVudGVy"], ["Table", "\"name\":\"db\""];
    "K03" "JSON patches; `test` holds the old value", "the value is treated as what stands at the operation's path; op and path stay",
        "A patch of a Secret has no kind. Of an operation with two values only the last one is read, and of one with two paths none.", "RFC 6902",
        ("secrets", ""), r#""requestObject":[{"op":"test","path":"/data/k","value":"aHVudGVyMg=="},{"op":"add","path":"","value":"hunter2hunter2"}]"#, ["aHVudGVy", "hunter2"], ["/data/k", "test"];
    "K04" "Copies of the object in its annotations", "left out on Secrets and ConfigMaps, read as the object elsewhere; a change cause is read as a command line",
        "kubectl, kapp, Rancher and Banzai keep the last manifest; peers have leaked by it.", "kubectl apply; kapp; Rancher wrangler; banzaicloud/k8s-objectmatcher",
        ("deployments", "apps"), r#""requestObject":{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"spec\":{\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2hunter2\"}]}}","kubernetes.io/change-cause":"kubectl set env deploy/x TOKEN=hunter2hunter2"}}}"#, ["hunter2"], ["DB_PASSWORD", "kubectl set env deploy/x TOKEN="];
    "K05" "`managedFields`", "left out",
        "It repeats the names of all fields; no detection rule that is known reads it.", "Kubernetes API, meta/v1 ManagedFieldsEntry",
        ("pods", ""), r#""responseObject":{"metadata":{"name":"web","managedFields":[{"fieldsV1":{"f:spec":{}}}]}}"#, ["managedFields"], ["\"name\":\"web\""];
    "K06" "The token that a TokenRequest made", "masked; audiences, expiry and the bound object stay",
        "A catch-all at RequestResponse logs it.", "Kubernetes API, authentication/v1 TokenRequest",
        ("serviceaccounts/token", ""), r#""responseObject":{"kind":"TokenRequest","spec":{"audiences":["api"],"expirationSeconds":3607},"status":{"token":"hunter2hunter2"}}"#, ["hunter2"], ["3607", "audiences"];
    "K07" "The token that a TokenReview asks about", "masked, in request and answer; the user that it stands for stays",
        "Both bodies carry it.", "Kubernetes API, authentication/v1 TokenReview",
        ("tokenreviews", "authentication.k8s.io"), r#""requestObject":{"spec":{"token":"hunter2hunter2"}},"responseObject":{"spec":{"token":"hunter2hunter2"},"status":{"user":{"username":"jane"}}}"#, ["hunter2"], ["jane"];
    "K08" "Users in SelfSubjectReviews and SubjectAccessReviews", "kept, but for tokens in `extra`",
        "Who asked is what the event is about.", "Kubernetes API, authentication/v1, authorization/v1",
        ("subjectaccessreviews", "authorization.k8s.io"), r#""requestObject":{"spec":{"user":"jane","groups":["dev"],"extra":{"scopes":["openid"],"id-token":["hunter2hunter2"]}}}"#, ["hunter2"], ["jane", "openid", "dev"];
    "K09" "Certificate requests and certificates", "shortened to 16 bytes; signer, usages and user stay",
        "Long, and of no use to a detection.", "Kubernetes API, certificates/v1",
        ("certificatesigningrequests", "certificates.k8s.io"), r#""requestObject":{"spec":{"request":"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQg==","signerName":"kubernetes.io/kubelet-serving"}}"#, ["RVJUSUZJQ0FURSBSRVFV"], ["LS0tLS1CRUdJTiBD...", "kubelet-serving"];
    "K10" "Bootstrap tokens", "masked in the Secret and in kubeadm's configuration",
        "Whoever has one joins nodes.", "kubeadm, bootstrap tokens; Cluster API KubeadmConfig",
        ("kubeadmconfigs", "bootstrap.cluster.x-k8s.io"), r#""requestObject":{"spec":{"certificateKey":"hunter2hunter2","initConfiguration":{"bootstrapTokens":[{"token":"hunter2hunter2","ttl":"24h"}]}}}"#, ["hunter2"], ["24h"];
    "K11" "ConfigMaps", "in their text, what stands behind a secret name: to the end of the line or block of YAML, of the properties file, of the element; names and everything else stay. Nothing says what is a name where only blanks stand behind it (`requirepass x`)",
        "Falco looks for secret names in them, so the names have to stay.", "Falco rule Create/Modify Configmap With Private Credentials",
        ("configmaps", ""), r#""requestObject":{"data":{"app.properties":"db.host=db\ndb.password=hunter2hunter2\n","web.xml":"<password>hunter2hunter2</password>"}}"#, ["hunter2"], ["db.host=db", "db.password=", "<password>"];
    "K12" "Environment, commands, arguments and probe headers of containers", "values by the variable's name, the flag or their shape; names, flags and references stay",
        "People put secrets there. `command` and `args` are read as one command line, whichever comes first. Short flags of known programs count alone, in a bundle (`curl -sku`), and behind an operator of a shell (`true&&mysql -p...`).", "Kubernetes API, core/v1 Container",
        ("pods", ""), r#""requestObject":{"spec":{"containers":[{"image":"nginx","env":[{"name":"DB_PASSWORD","value":"hunter2hunter2"},{"name":"MODE","value":"fast"}],"args":["--token","hunter2hunter2","-v"],"command":["mysql","-uroot","-phunter2hunter2"]}]}}"#, ["hunter2"], ["nginx", "DB_PASSWORD", "\"fast\"", "--token", "\"-p["];
    "K13" "`requestURI`: commands of exec, tokens in queries", "values masked in place; names, order and everything else stay byte for byte",
        "It is logged at every level and stage; Elastic's rules read its structure.", "Kubernetes API, pods/exec; Elastic rules for exec",
        ("pods/exec", ""), r#""requestURI":"/api/v1/namespaces/a/pods/b/exec?command=mysql&command=-phunter2hunter2&container=c&stdout=true""#, ["hunter2"], ["command=mysql&command=-p%5B", "&container=c&stdout=true"];
    "K14" "Error messages that echo the object", "cut behind the words that introduce the echo; code and reason stay",
        "A failed patch puts the patched object into the message, which is logged at level Metadata. Other errors show lists, maps and differences as Go prints them.", "k8s.io/apimachinery field errors and strategic merge patches; structured-merge-diff",
        ("pods", ""), r#""responseStatus":{"code":422,"reason":"Invalid","message":"Pod is invalid: spec: Invalid value: \"hunter2hunter2\": must be x"}"#, ["hunter2"], ["Invalid value: [", "422"];
    "K15" "Annotations of the event: patches of webhooks, answers of policies", "patches read as patches, those of Secrets masked; texts looked through; decision and reason stay",
        "`patch.webhook.admission.k8s.io/...` holds a whole patch, at every level, and survives the API server's truncation.", "Kubernetes, mutating webhook auditing",
        ("secrets", ""), r#""annotations":{"authorization.k8s.io/decision":"allow","patch.webhook.admission.k8s.io/round_0_index_0":"{\"patch\":[{\"op\":\"add\",\"path\":\"/data/k\",\"value\":\"aHVudGVyMg==\"}]}"}"#, ["aHVudGVy"], ["allow", "round_0_index_0"];
    "K16" "Events that the API server truncated", "like others",
        "Only the bodies were taken: URI, status and annotations are still there.", "Kubernetes, audit truncating backend",
        ("pods/proxy", ""), r#""requestURI":"/api/v1/namespaces/a/pods/b/proxy/x?token=hunter2hunter2","annotations":{"audit.k8s.io/truncated":"true"}"#, ["hunter2"], ["audit.k8s.io/truncated\":\"true", "?token="];
    "K17" "Helm releases", "masked, never unpacked",
        "base64 of base64 of gzip of everything that was installed, values included.", "Helm, storage drivers",
        ("configmaps", ""), r#""requestObject":{"metadata":{"name":"sh.helm.release.v1.web.v1"},"data":{"release":"H4sIAAAAAAAAA6tWKi4pKs1NyczJKU4tKlKyUsowMkotMlKqBQDlNCcXHAAAAA=="}}"#, ["H4sIAAAA"], ["sh.helm.release.v1.web.v1"];
    "K18" "Session names, access keys and assertions of cloud identities in `extra`", "masked; pod name and credential id stay",
        "EKS and GKE put them there; the session name is often a person.", "aws-iam-authenticator; Elastic's fields for GKE audit",
        ("pods", ""), r#""user":{"username":"ops","extra":{"sessionName":["hunter2hunter2"],"authentication.kubernetes.io/pod-name":["web-0"]}}"#, ["hunter2"], ["ops", "web-0"];
    "K19" "OpenShift: OAuth tokens, whose name is the token; OAuth clients; Route keys", "masked the same way in `objectRef`, URI, body, errors and Tables",
        "Until 4.6 the name was the token itself.", "OpenShift API, oauth/v1, route/v1",
        ("oauthaccesstokens", "oauth.openshift.io"), r#""requestURI":"/apis/oauth.openshift.io/v1/oauthaccesstokens/hunter2hunter2","responseObject":{"metadata":{"name":"hunter2hunter2"},"userName":"jane"},"responseStatus":{"message":"oauthaccesstokens \"hunter2hunter2\" not found","code":404}"#, ["hunter2"], ["jane", "404", "oauthaccesstokens/%5B"];
    "K20" "`caBundle`s, and URLs of webhooks", "shortened to 16 bytes; of a URL the password goes, host and service stay",
        "Long, and of no use to a detection; the host is.", "Kubernetes API, admissionregistration/v1",
        ("validatingwebhookconfigurations", "admissionregistration.k8s.io"), r#""requestObject":{"webhooks":[{"clientConfig":{"url":"https://u:hunter2hunter2@hook.example/x","caBundle":"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI="}}]}"#, ["hunter2", "RVJUSUZJQ0FURS0t"], ["@hook.example/x", "LS0tLS1CRUdJTiBD..."];
    "K21" "Custom resources: charts' values, substitutions, templates of Secrets, manifests, ACME keys, cloud-init", "by name, by shape, and as Secrets where they are; ciphertext of SealedSecrets stays",
        "Operators put secrets into resources that nobody counts as Secrets.", "APIs of Argo CD, Flux, Crossplane, External Secrets, cert-manager, KubeVirt, Sealed Secrets",
        ("externalsecrets", "external-secrets.io"), r#""requestObject":{"spec":{"target":{"template":{"data":{"config.yaml":"hunter2hunter2"}}},"values":{"auth":{"password":"hunter2hunter2"}},"manifest":{"kind":"Secret","stringData":{"k":"hunter2hunter2"}},"encryptedData":{"k":"AgBy3i4OJSWK"}}}"#, ["hunter2"], ["config.yaml", "AgBy3i4OJSWK"];
    "K22" "User names, source addresses, user agents", "kept; a policy can ask for less",
        "Every detection reads them.", "rules of Falco, Elastic and Sigma",
        ("pods", ""), r#""user":{"username":"jane@example.com","groups":["system:authenticated"]},"sourceIPs":["203.0.113.9"],"userAgent":"kubectl/v1.30.2""#, [], ["jane@example.com", "203.0.113.9", "kubectl/v1.30.2", "system:authenticated"];
    "K23" "Messages of Events, names of objects", "kept, but for tokens of a known shape",
        "Free text; names are what detections match.", "Kubernetes API, events/v1",
        ("events", ""), r#""requestObject":{"kind":"Event","message":"pulling https://u:hunter2hunter2@registry.example/x failed"}"#, ["hunter2"], ["pulling https://u:", "failed"];
};

/// Rows of Linux and of everything.
#[rustfmt::skip]
pub(super) static LINUX: &[Row] = rows! {
    "L01" "auditd EXECVE, also in pieces", "joined, decoded, redacted as a command line, written again by the kernel's rule, `aN_len` mended; program, flags and order stay",
        "One space makes an argument hexadecimal.", "Linux, kernel/auditsc.c",
        ("", ""), r#"{"log":"type=EXECVE msg=audit(1.2:3): argc=3 a0=\"mysql\" a1=\"-uroot\" a2=\"-phunter2hunter2\""}"#, ["hunter2"], ["a1=\\\"-uroot\\\"", "a2=\\\"-p["];
    "L02" "auditd PROCTITLE, USER_CMD", "decoded and redacted as a command line; as `ausearch -i` writes them, to the end of the line or the next field",
        "A title is cut at 128 bytes; what is left behind a secret flag counts as secret.", "Linux, kernel/auditsc.c; sudo's audit plugin; ausearch(8)",
        ("", ""), r#"{"log":"type=PROCTITLE msg=audit(1.2:3): proctitle=7661756C74006C6F67696E002D2D746F6B656E0068756E74657232"}"#, ["68756E746572"], ["proctitle=7661756C74006C6F67696E002D2D746F6B656E00"];
    "L03" "auditd TTY and USER_TTY: keystrokes", "masked",
        "Passwords are among them.", "pam_tty_audit(8)",
        ("", ""), r#"{"log":"type=TTY msg=audit(1.2:3): comm=\"bash\" data=68756E7465723268756E74657232"}"#, ["68756E"], ["comm=\\\"bash\\\"", "L03"];
    "L04" "auditd SYSCALL arguments, PATH names, addresses", "kept; names are looked through like any text",
        "`a0` to `a3` of SYSCALL are numbers, no text; Sigma reads name, key, comm and exe.", "Linux, kernel/auditsc.c; Sigma rules for auditd",
        ("", ""), r#"{"log":"type=SYSCALL msg=audit(1.2:3): syscall=59 a0=68756e746572 a1=7ffd2a10 comm=\"cat\" exe=\"/usr/bin/cat\" key=\"exec\""}"#, [], ["a0=68756e746572", "comm=\\\"cat\\\""];
    "L05" "sshd: a user that does not exist", "masked if it has not the shape of a user name; everything else of the line stays",
        "People type their password at the wrong prompt.", "OpenSSH, auth.c",
        ("", ""), r#"{"MESSAGE":"Invalid user Hunter2Hunter2! from 203.0.113.9 port 52144"}"#, ["Hunter2"], ["Invalid user [", "from 203.0.113.9 port 52144"];
    "L06" "Command lines in journald, sudo, cron and sensors' records", "redacted as command lines",
        "They repeat what was typed.", "systemd.journal-fields(7); sudo's logging.c; cron's do_command.c; LAUREL's ARGV",
        ("", ""), r#"{"_CMDLINE":"app --api-token hunter2hunter2","MESSAGE":"ops : TTY=pts/0 ; COMMAND=/usr/bin/mysql -uroot -phunter2hunter2"}"#, ["hunter2"], ["app --api-token", "COMMAND=/usr/bin/mysql -uroot -p["];
    "L07" "Container logs: headers, cookies, URLs, `k=v`, JSON", "looked through",
        "Applications log what they send.", "Kubernetes, CRI logging format",
        ("", ""), r#"{"log":"2026-03-04T09:12:11.1Z stdout F GET /?api_key=hunter2hunter2 Authorization: Bearer hunter2hunter2"}"#, ["hunter2"], ["stdout F GET /?api_key="];
    "L08" "Messages that are arrays of bytes", "decoded; with a secret in them they leave as text",
        "journald does so where a message is not UTF-8.", "systemd, journal export formats",
        ("", ""), r#"{"MESSAGE":[112,97,115,115,119,111,114,100,61,104,117,110,116,101,114,50,104,117,110,116,101,114,50]}"#, ["104,117,110"], ["password=["];
    "N01" "A scalar under a secret name, a pair of name and value with one, an argument behind such a flag", "masked; objects and lists below are read on",
        "Names are split into words, whatever their case; a last word like Name, Ref, Path or Expiration makes them harmless. In texts and behind flags a value that says nothing stays, like `true` or `no`; a path does not. Behind `-D` the rest of the name decides. A pair may have several names and values, in any order: each name decides about all values, the items of lists and the `stringValue` of OpenTelemetry's attributes among them.", "names in the wild; Rancher's and Elastic's lists",
        ("widgets", "example.com"), r#""requestObject":{"spec":{"apiKey":"hunter2hunter2","secretName":"db","params":[{"name":"db-password","default":"hunter2hunter2"}],"tokenExpirationSeconds":3600}}"#, ["hunter2"], ["\"secretName\":\"db\"", "3600"];
    "D01" "Encodings of something secret", "masked as a whole",
        "base64, hexadecimal, percent and JSON escapes, up to three in each other; over a limit what is left unread is masked, too. gzip in base64 is never unpacked.", "RFC 4648, RFC 3986, RFC 8259, RFC 1952",
        ("widgets", "example.com"), r#""requestObject":{"spec":{"note":"cGFzc3dvcmQ9aHVudGVyMmh1bnRlcjI="}}"#, ["aHVudGVy"], ["D01"];
    "D02" "A manifest of a Secret in a text", "the values under `data` and `stringData` are masked",
        "Charts' values and ConfigMaps carry manifests as YAML, several in one text, with comments and instructions of templates between the lines, or in braces.", "YAML 1.2; Kubernetes API, core/v1 Secret",
        ("configmaps", ""), r#""requestObject":{"data":{"m.yaml":"kind: Secret\nstringData:\n  k: hunter2hunter2\n---\nkind: Service\n"}}"#, ["hunter2"], ["kind: Secret", "kind: Service"];
};

#[cfg(test)]
mod tests {
    use super::super::catalogue::ENTRIES;
    use super::super::document::answer;
    use super::*;

    #[test]
    fn examples_lose_what_they_must_and_keep_the_rest() {
        for row in KUBERNETES.iter().chain(LINUX) {
            let answer = answer(row);
            for gone in row.gone {
                assert!(row.example.contains(gone) && !answer.contains(gone), "{}: `{gone}` in {answer}", row.id);
            }
            for stays in row.stays {
                assert!(answer.contains(stays), "{}: no `{stays}` in {answer}", row.id);
            }
        }
    }

    #[test]
    fn every_entry_that_changes_something_has_a_row() {
        for entry in ENTRIES.iter().filter(|entry| !entry.id.starts_with(['R', 'X']) && entry.id != "N02") {
            assert!(KUBERNETES.iter().chain(LINUX).any(|row| row.id == entry.id), "{}", entry.id);
        }
    }
}
