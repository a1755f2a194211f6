//! The names of a cluster: users, namespaces, workloads, images, addresses, times.

use crate::random::Random;

/// Namespaces.
pub(crate) const NAMESPACES: &[&str] = &[
    "default",
    "kube-system",
    "monitoring",
    "payments",
    "checkout",
    "ingress-nginx",
    "argocd",
    "data-platform",
    "team-blue",
    "cert-manager",
];

/// Names of workloads.
pub(crate) const WORKLOADS: &[&str] = &[
    "frontend",
    "checkout-api",
    "orders",
    "inventory-service",
    "prometheus",
    "grafana",
    "coredns",
    "ledger",
    "search-indexer",
    "mailer",
    "billing-worker",
    "image-resizer",
    "gateway",
    "recommendations",
    "nats",
    "redis-cart",
];

/// Words for texts.
pub(crate) const WORDS: &[&str] = &[
    "the",
    "service",
    "answers",
    "after",
    "node",
    "cache",
    "is",
    "warm",
    "retry",
    "limit",
    "größer",
    "als",
    "queue",
    "timeout",
    "日本語",
    "render",
    "page",
    "and",
    "returns",
    "a",
    "list",
    "of",
    "items",
    "sorted",
    "by",
    "price",
    "when",
    "traffic",
    "grows",
    "🚀",
];

/// Who asks: user name, groups, user agent.
pub(crate) struct Caller {
    pub username: String,
    pub uid: Option<String>,
    pub groups: Vec<&'static str>,
    pub agent: String,
    /// Address; controllers on the control plane use the loopback address.
    pub address: String,
}

const CONTROLLERS: &[&str] = &[
    "replicaset-controller",
    "deployment-controller",
    "endpointslice-controller",
    "generic-garbage-collector",
    "namespace-controller",
    "horizontal-pod-autoscaler",
    "cronjob-controller",
    "resourcequota-controller",
    "node-controller",
];

/// The commit that client-go writes into user agents.
const AGENT: &str = "(linux/amd64) kubernetes/a4b8ba5";

impl Caller {
    pub fn any(random: &mut Random) -> Self {
        match random.below(100) {
            0..30 => Self::controller(random),
            30..50 => Self::node(random),
            50..70 => Self::core(random),
            70..90 => Self::workload(random),
            _ => Self::person(random),
        }
    }

    pub fn controller(random: &mut Random) -> Self {
        let name = random.pick(CONTROLLERS);
        Self {
            username: format!("system:serviceaccount:kube-system:{name}"),
            uid: Some(random.uuid()),
            groups: vec!["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
            agent: format!("kube-controller-manager/v1.31.2 {AGENT}/system:serviceaccount:kube-system:{name}"),
            address: random.pick(&["10.0.0.10", "::1", "172.16.4.2"]).to_owned(),
        }
    }

    pub fn node(random: &mut Random) -> Self {
        Self {
            username: format!("system:node:{}", node_name(random)),
            uid: None,
            groups: vec!["system:nodes", "system:authenticated"],
            agent: format!("kubelet/v1.31.2 {AGENT}"),
            address: address(random),
        }
    }

    pub fn core(random: &mut Random) -> Self {
        let (username, program) = match random.below(3) {
            0 => ("system:kube-scheduler", "kube-scheduler"),
            1 => ("system:kube-controller-manager", "kube-controller-manager"),
            _ => ("system:apiserver", "kube-apiserver"),
        };
        Self {
            username: username.to_owned(),
            uid: (username == "system:apiserver").then(|| random.uuid()),
            groups: if username == "system:apiserver" {
                vec!["system:masters", "system:authenticated"]
            } else {
                vec!["system:authenticated"]
            },
            agent: format!(
                "{program}/v1.31.2 {AGENT}{}",
                if program == "kube-scheduler" { "/leader-election" } else { "" }
            ),
            address: "::1".to_owned(),
        }
    }

    pub fn workload(random: &mut Random) -> Self {
        let (namespace, name) = (random.pick(NAMESPACES), random.pick(WORKLOADS));
        Self {
            username: format!("system:serviceaccount:{namespace}:{name}"),
            uid: Some(random.uuid()),
            groups: vec!["system:serviceaccounts", "system:authenticated"],
            agent: format!("{name}/v0.{}.{} (linux/arm64) kubernetes/$Format", random.below(30), random.below(10)),
            address: address(random),
        }
    }

    pub fn person(random: &mut Random) -> Self {
        Self {
            username: random
                .pick(&["kubernetes-admin", "alice@example.com", "bob@example.com", "oidc:carol", "jürgen@example.com"])
                .to_owned(),
            uid: None,
            groups: vec!["platform-team", "system:authenticated"],
            agent: format!("kubectl/v1.31.{} {AGENT}", random.below(5)),
            address: address(random),
        }
    }
}

pub(crate) fn node_name(random: &mut Random) -> String {
    format!("ip-10-0-{}-{}.eu-central-1.compute.internal", random.below(16), random.below(256))
}

fn address(random: &mut Random) -> String {
    if random.chance(10) {
        format!("2001:db8:{}::{}", random.hex(4), random.hex(3))
    } else {
        format!("10.0.{}.{}", random.below(16), random.below(256))
    }
}

pub(crate) fn pod_name(random: &mut Random) -> String {
    let suffix = |random: &mut Random, length| random.text("bcdfghjklmnpqrstvwxz2456789", length);
    let (hash, end) = (suffix(random, 10), suffix(random, 5));
    format!("{}-{hash}-{end}", random.pick(WORKLOADS))
}

pub(crate) fn image(random: &mut Random) -> String {
    let name = random.pick(WORKLOADS);
    if random.chance(40) {
        format!("registry.example.com/shop/{name}@sha256:{}", random.hex(64))
    } else {
        format!("registry.example.com/shop/{name}:v{}.{}", random.below(9), random.below(40))
    }
}

/// `count` words.
pub(crate) fn words(random: &mut Random, count: u64) -> String {
    (0..count).map(|_| random.pick(WORDS)).collect::<Vec<_>>().join(" ")
}

/// A time as the API server writes it: `microseconds` since 1970, with all six digits or cut to the second.
/// The calendar is that of <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
pub(crate) fn timestamp(microseconds: u64, precise: bool) -> String {
    let (seconds, fraction) = (microseconds / 1_000_000, microseconds % 1_000_000);
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let fraction = if precise { format!(".{fraction:06}") } else { String::new() };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn times_are_written_like_the_api_server() {
        assert_eq!(timestamp(0, false), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(951_827_696_000_007, true), "2000-02-29T12:34:56.000007Z");
        assert_eq!(timestamp(1_772_323_199_999_999, true), "2026-02-28T23:59:59.999999Z");
    }
}
