//! Presets: rules that many clusters need, to be taken in with `extends`. Data, from which the documentation is made too.
//!
//! A rule may drop only what no detection reads. What the rules of Falco, Elastic and Sigma read is known to
//! `auditgate check`, whose cases are run against every preset in a test.
//!
//! Sources: the audit policy of Kubernetes' own GCE scripts, which many vendors started from; the exceptions that Falco's
//! and Elastic's rules make themselves; the record types of linux-audit.

/// One rule of a preset.
#[derive(Debug)]
pub struct PresetRule {
    /// The rule as a policy writes it.
    pub text: &'static str,
    /// Why it is right, for people.
    #[cfg(not(target_family = "wasm"))]
    pub why: &'static str,
}

/// A list of rules with a name.
#[derive(Debug)]
pub struct Preset {
    /// What a policy writes under `extends`.
    pub name: &'static str,
    /// Its rules, in their order.
    pub rules: &'static [PresetRule],
    /// What it is for.
    #[cfg(not(target_family = "wasm"))]
    pub what: &'static str,
}

macro_rules! presets {
    ($($name:literal, $what:literal { $($text:literal, $why:literal;)* })*) => {
        /// The names of all presets.
        pub(super) const NAMES: [&str; [$($name),*].len()] = [$($name),*];

        /// All presets.
        pub static PRESETS: [Preset; NAMES.len()] = [$(Preset {
            name: $name,
            rules: &[$(PresetRule {
                text: $text,
                #[cfg(not(target_family = "wasm"))]
                why: $why,
            }),*],
            #[cfg(not(target_family = "wasm"))]
            what: $what,
        }),*];
    };
}

presets! {
    "kubernetes-noise", "Drops what managed clusters write in bulk and no detection reads." {
        "{name: kubernetes-noise-received, stages: [RequestReceived], level: None}",
        "Every request is written again when it is answered, or when its handler fails.";
        "{name: kubernetes-noise-health, verbs: [get], nonResourceURLs: [/healthz*, /livez*, /readyz*], level: None}",
        "Probes, often anonymous. The detections of anonymous access leave these paths out themselves.";
        "{name: kubernetes-noise-refused, responseCodes: [401, 403]}",
        "Stays: detections of guessing and probing count what was refused, whoever asked.";
        "{name: kubernetes-noise-anonymous, users: ['system:anonymous']}",
        "Stays: whatever a caller without a name reached is worth a look.";
        "{name: kubernetes-noise-sensitive, resources: [{resources: [secrets, serviceaccounts/token, pods/exec, pods/attach, pods/portforward, '*/proxy']}]}",
        "Stays, also from the control plane: a stolen token of a controller reads secrets under its name.";
        "{name: kubernetes-noise-leases, verbs: [get, list, watch, update, patch], resources: [{group: coordination.k8s.io, resources: [leases]}], level: None}",
        "Heartbeats of nodes and the elections of leaders, every few seconds each.";
        "{name: kubernetes-noise-events, verbs: [get, list, watch, create, update, patch], resources: [{resources: [events]}, {group: events.k8s.io, resources: [events]}], level: None}",
        "Kubernetes' own event objects, which have their own way to a log. Deleting them, which hides traces, stays.";
        "{name: kubernetes-noise-control-plane, users: ['system:kube-*', 'system:apiserver', 'system:serviceaccount:kube-system:*'], verbs: [get, list, watch], level: None}",
        "Controllers read what they keep in order, all day. Secrets were kept above.";
        "{name: kubernetes-noise-nodes, users: ['system:node:*'], verbs: [get, list, watch], resources: [{resources: [nodes, pods, services, endpoints, namespaces, persistentvolumes, persistentvolumeclaims, serviceaccounts]}, {group: '*.k8s.io'}], level: None}",
        "A node reads what it runs. Its secrets and config maps stay: they are what a stolen node credential is good for.";
        "{name: kubernetes-noise-status, users: ['system:node:*', 'system:kube-*', 'system:serviceaccount:kube-system:*'], verbs: [update, patch], resources: [{group: '*', resources: ['*/status']}], level: None}",
        "Reports of what is, by those whose task it is.";
        "{name: kubernetes-noise-endpoints, users: ['system:kube-*', 'system:serviceaccount:kube-system:*'], verbs: [create, update, patch, delete], resources: [{resources: [endpoints]}, {group: discovery.k8s.io, resources: [endpointslices]}], level: None}",
        "Follows from pods that start and stop, which stay.";
        "{name: kubernetes-noise-reviews, userGroups: ['system:nodes', 'system:serviceaccounts'], verbs: [create], resources: [{group: authentication.k8s.io, resources: [tokenreviews]}, {group: authorization.k8s.io, resources: [subjectaccessreviews, localsubjectaccessreviews]}], level: None}",
        "Components ask the API server about their own callers. Who asks about himself (selfsubject...) stays: that is reconnaissance.";
        "{name: kubernetes-noise-discovery, verbs: [get], nonResourceURLs: [/api, '/api/*', /apis, '/apis/*', '/openapi/*', /version, /metrics], level: None}",
        "Clients learn which resources exist, and metrics are scraped. Anonymous callers were kept above.";
        "{name: kubernetes-noise-metrics, userGroups: ['system:serviceaccounts'], verbs: [get, list], resources: [{group: metrics.k8s.io}, {group: custom.metrics.k8s.io}, {group: external.metrics.k8s.io}], level: None}",
        "Autoscalers read measurements.";
    }
    "kubernetes-secure-default", "Lowers events to the level at which detections still read all they need." {
        "{name: kubernetes-secure-refused, responseCodes: [401, 403], level: Metadata}",
        "Who, what and why not stand in the metadata; what was not done needs no body.";
        "{name: kubernetes-secure-secrets, resources: [{resources: [secrets, serviceaccounts/token]}, {group: authentication.k8s.io}, {group: oauth.openshift.io}], level: Metadata}",
        "Bodies of secrets and tokens say nothing that detections read. They would be masked anyway; what is not there cannot leak.";
        "{name: kubernetes-secure-reads, verbs: [get, list, watch], level: Metadata}",
        "What was read can be looked up; who read it stands in the metadata.";
        "{name: kubernetes-secure-rbac, resources: [{group: rbac.authorization.k8s.io}], level: RequestResponse}",
        "Stays whole: detections compare what was asked for with what is in force.";
        "{name: kubernetes-secure-status, resources: [{group: '*', resources: ['*/status', '*/finalize']}], level: Metadata}",
        "Reports of controllers; large and frequent.";
        "{name: kubernetes-secure-leases, resources: [{group: coordination.k8s.io}, {group: events.k8s.io}, {resources: [events, endpoints]}, {group: discovery.k8s.io}], level: Metadata}",
        "Bookkeeping of the cluster itself.";
        "{name: kubernetes-secure-writes, verbs: [create, update, patch, delete, deletecollection], level: Request}",
        "Detections read what was asked for: privileged containers, host paths, images, webhooks. The answer repeats it.";
    }
    "linux-noise", "Drops records of Linux auditd, and lines of PAM, that machines write in bulk and no detection reads." {
        "{name: linux-noise-failed, sources: [auditd], messages: ['*res=failed*', '*res=0*', '*success=no*']}",
        "Stays: what failed is what guessing and probing look like.";
        "{name: linux-noise-programs, sources: [auditd], messages: ['*EXECVE*', '*PROCTITLE*', '*SYSCALL*', '*CWD*', '*USER_CMD*', '*TTY*', '*nametype=CREATE*', '*nametype=DELETE*', '*) : *']}",
        "Stays: what programs did, files that came or went, and whatever `ausearch -i` wrote: it takes the quotes off, so that a user's own words could look like any record below.";
        "{name: linux-noise-ends, sources: [auditd], messages: ['type=EOE *'], level: None}",
        "The mark behind the last record of an event. Says nothing.";
        "{name: linux-noise-crypto, sources: [auditd], messages: ['type=CRYPTO_KEY_USER *', 'type=CRYPTO_SESSION *'], level: None}",
        "Keys that sshd makes and destroys, some eight records a connection. Who came, from where and how stands in USER_AUTH and USER_LOGIN.";
        "{name: linux-noise-credentials, sources: [auditd], messages: ['type=CRED_ACQ *', 'type=CRED_REFR *', 'type=CRED_DISP *'], level: None}",
        "Steps of PAM between USER_ACCT and USER_START, which stay and name the same account, program and terminal.";
        "{name: linux-noise-cron, sources: [auditd], messages: ['*exe=\"/usr/sbin/cron\" hostname=? addr=? terminal=cron res=success*', '*exe=\"/usr/sbin/crond\" hostname=? addr=? terminal=cron res=success*'], level: None}",
        "Sessions of jobs. What a job runs stands in EXECVE, and a new job in PATH.";
        "{name: linux-noise-netfilter, sources: [auditd], messages: ['type=NETFILTER_CFG *'], level: None}",
        "kube-proxy and network plugins replace whole tables, twice a minute. Who runs iptables stands in EXECVE.";
        "{name: linux-noise-loader, sources: [auditd], messages: ['*: item=1 name=\"/lib64/ld-linux-x86-64.so.2\" *', '*: item=1 name=\"/lib/ld-linux-aarch64.so.1\" *'], level: None}",
        "The loader that every program is started by. The program stands in the record beside it.";
        "{name: linux-noise-cron-lines, messages: ['pam_unix(cron:session): session *', 'pam_unix(crond:session): session *'], level: None}",
        "The same sessions, as PAM tells syslog and the journal. Only at a line's beginning: further on, a stranger's user name could say so.";
    }
}

/// The rules of a preset, as a policy writes them; none if there is no such preset.
pub(super) fn rules(name: &str) -> impl Iterator<Item = &'static str> {
    PRESETS.iter().filter(move |preset| preset.name == name).flat_map(|preset| preset.rules).map(|rule| rule.text)
}
