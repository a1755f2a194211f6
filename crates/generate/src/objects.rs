//! Parts of Kubernetes objects: metadata, pods, managedFields.

use crate::canary::{Class, Kind, TOKENS};
use crate::pen::Pen;
use crate::world::{NAMESPACES, WORKLOADS, image, node_name, timestamp, words};

/// The year in which generated clusters live, in microseconds since 1970: 2026-03-01.
pub(crate) const EPOCH: u64 = 1_772_323_200_000_000;

/// Writes `metadata`. `stored` objects have what the API server adds: uid, resourceVersion, managedFields.
pub(crate) fn metadata(
    pen: &mut Pen<'_>,
    namespace: &str,
    name: &str,
    stored: bool,
    annotations: impl FnOnce(&mut Pen<'_>),
) {
    pen.field_object("metadata", |pen| {
        pen.field("name", name);
        if !namespace.is_empty() {
            pen.field("namespace", namespace);
        }
        let (uid, version, age) =
            (pen.random.uuid(), pen.random.between(100_000, 999_999_999), pen.random.below(20_000_000));
        if stored {
            pen.field("uid", &uid);
            pen.field("resourceVersion", &version.to_string());
            pen.field("creationTimestamp", &timestamp(EPOCH - age * 1_000_000, false));
        } else {
            pen.field_raw("creationTimestamp", "null");
        }
        pen.field_object("labels", |pen| {
            pen.field("app.kubernetes.io/name", name);
            pen.field("app.kubernetes.io/managed-by", "Helm");
            let tier = pen.random.pick(&["web", "worker", "cache"]);
            pen.field("tier", tier);
        });
        pen.field_object("annotations", annotations);
        if stored && pen.content.noise {
            managed_fields(pen);
        }
    });
}

/// `metadata` without annotations of its own.
pub(crate) fn plain_metadata(pen: &mut Pen<'_>, namespace: &str, name: &str, stored: bool) {
    metadata(pen, namespace, name, stored, |pen| pen.field("prometheus.io/scrape", "true"));
}

fn managed_fields(pen: &mut Pen<'_>) {
    pen.field_array("managedFields", |pen| {
        for manager in ["kubectl-client-side-apply", "kube-controller-manager"] {
            pen.object(|pen| {
                pen.field("manager", manager);
                pen.field("operation", "Update");
                pen.field("apiVersion", "v1");
                pen.field("time", &timestamp(EPOCH, false));
                pen.field("fieldsType", "FieldsV1");
                pen.field_object("fieldsV1", |pen| {
                    pen.field_object("f:metadata", |pen| {
                        pen.field_object("f:annotations", |pen| {
                            pen.field_raw(".", "{}");
                            pen.field_raw("f:prometheus.io/scrape", "{}");
                        });
                        pen.field_object("f:labels", |pen| pen.field_raw("f:app.kubernetes.io/name", "{}"));
                    });
                    pen.field_object("f:spec", |pen| {
                        for _ in 0..pen.random.between(2, 9) {
                            let name = pen.random.pick(WORKLOADS);
                            let field = format!("k:{{\"name\":\"{name}-{}\"}}", pen.random.below(1_000_000));
                            pen.field_object(&field, |pen| pen.field_raw("f:image", "{}"));
                        }
                    });
                });
            });
        }
    });
}

/// Writes `metadata`, `spec` and, if stored, `status` of a pod into the object that is open.
pub(crate) fn pod(pen: &mut Pen<'_>, namespace: &str, name: &str, stored: bool) {
    plain_metadata(pen, namespace, name, stored);
    pen.field_object("spec", |pen| pod_spec(pen, stored));
    if !stored {
        return pen.field_object("status", |_| {});
    }
    pen.field_object("status", |pen| {
        pen.field("phase", "Running");
        pen.field_array("conditions", |pen| {
            for condition in ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"] {
                pen.object(|pen| {
                    pen.field("type", condition);
                    pen.field("status", "True");
                    pen.field_raw("lastProbeTime", "null");
                    pen.field("lastTransitionTime", &timestamp(EPOCH, false));
                });
            }
        });
        let (host, ip) = (node_name(&mut pen.random), pen.random.below(250));
        pen.field("hostIP", &host);
        pen.field("podIP", &format!("10.244.3.{ip}"));
        pen.field_array("containerStatuses", |pen| {
            pen.object(|pen| {
                pen.field("name", "app");
                pen.field_raw("ready", "true");
                pen.field_number("restartCount", 0);
                let (digest, id) = (pen.random.hex(64), pen.random.hex(64));
                pen.field("imageID", &format!("registry.example.com/shop/app@sha256:{digest}"));
                pen.field("containerID", &format!("containerd://{id}"));
            });
        });
        pen.field("qosClass", "Burstable");
    });
}

/// The contents of a pod's `spec`.
pub(crate) fn pod_spec(pen: &mut Pen<'_>, stored: bool) {
    pen.field_array("volumes", |pen| {
        pen.object(|pen| {
            pen.field("name", "tls");
            pen.field_object("secret", |pen| {
                pen.field("secretName", "frontend-tls");
                pen.field_number("defaultMode", 420);
            });
        });
        pen.object(|pen| {
            pen.field("name", "host");
            pen.field_object("hostPath", |pen| {
                pen.field("path", "/var/log/pods");
                pen.field("type", "");
            });
        });
    });
    if pen.random.chance(30) {
        pen.field_array("initContainers", |pen| container(pen, "migrate"));
    }
    let sidecars = pen.random.below(3);
    pen.field_array("containers", |pen| {
        container(pen, "app");
        (0..sidecars).for_each(|_| container(pen, "sidecar"));
    });
    pen.field("restartPolicy", "Always");
    pen.field_number("terminationGracePeriodSeconds", 30);
    pen.field("dnsPolicy", "ClusterFirst");
    pen.field("serviceAccountName", "default");
    if stored {
        let node = node_name(&mut pen.random);
        pen.field("nodeName", &node);
    }
    pen.field_raw(
        "securityContext",
        r#"{"runAsNonRoot":true,"fsGroup":2000,"seccompProfile":{"type":"RuntimeDefault"}}"#,
    );
    pen.field("schedulerName", "default-scheduler");
    pen.field_raw(
        "tolerations",
        r#"[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}]"#,
    );
}

fn container(pen: &mut Pen<'_>, name: &str) {
    pen.object(|pen| {
        pen.field("name", name);
        let image = image(&mut pen.random);
        pen.field("image", &image);
        pen.field_strings("command", &["/bin/server"]);
        arguments(pen);
        pen.field_raw("ports", r#"[{"name":"http","containerPort":8080,"protocol":"TCP"}]"#);
        pen.field_array("env", environment);
        pen.field_raw(
            "resources",
            r#"{"limits":{"cpu":"500m","memory":"512Mi"},"requests":{"cpu":"100m","memory":"128Mi"}}"#,
        );
        pen.field_raw("volumeMounts", r#"[{"name":"tls","readOnly":true,"mountPath":"/etc/tls"}]"#);
        probe(pen);
        pen.field("terminationMessagePath", "/dev/termination-log");
        pen.field("imagePullPolicy", "IfNotPresent");
        pen.field_raw(
            "securityContext",
            r#"{"capabilities":{"drop":["ALL"]},"privileged":false,"allowPrivilegeEscalation":false}"#,
        );
    });
}

/// Environment variables: harmless ones, references, and secrets if there may be any.
pub(crate) fn environment(pen: &mut Pen<'_>) {
    let variable = |pen: &mut Pen<'_>, name: &str, value: &str| {
        pen.object(|pen| {
            pen.field("name", name);
            pen.field("value", value);
        });
    };
    variable(pen, "LOG_LEVEL", "info");
    let (level, service) = (pen.random.below(100), pen.random.pick(WORKLOADS));
    variable(pen, "GOGC", &level.to_string());
    variable(pen, "UPSTREAM", &format!("http://{service}.{}.svc:8080/health?ready=1", "default"));
    pen.object(|pen| {
        pen.field("name", "POD_NAME");
        pen.field_raw("valueFrom", r#"{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}"#);
    });
    pen.object(|pen| {
        pen.field("name", "DB_PASSWORD");
        pen.field_raw("valueFrom", r#"{"secretKeyRef":{"name":"orders-db","key":"password"}}"#);
    });
    for _ in 0..pen.random.below(8) {
        let (name, text) = (pen.random.text("ABCDEFGHIKLMNOP", 8), words(&mut pen.random, 3));
        variable(pen, &name, &text);
    }
    if pen.content.secrets && pen.random.chance(25) {
        let (name, before, kind, after) = match pen.random.below(4) {
            0 => ("DB_PASSWORD", "", Kind::Password, ""),
            1 => ("DATABASE_URL", "postgres://orders:", Kind::Password, "@db.payments.svc:5432/orders?sslmode=require"),
            2 => ("apiToken", "", Kind::Password, ""),
            _ => ("UPSTREAM_CREDENTIAL", "", any_token(pen), ""),
        };
        let secret = pen.secret(kind);
        pen.object(|pen| {
            pen.field("name", name);
            pen.key("value");
            pen.plant(Class::Environment, &secret);
            pen.string(&format!("{before}{secret}{after}"));
        });
    }
}

fn arguments(pen: &mut Pen<'_>) {
    pen.field_array("args", |pen| {
        let port = pen.random.between(8000, 9000);
        pen.string(&format!("--listen=:{port}"));
        pen.string("--config=/etc/app/config.yaml");
        if pen.content.secrets && pen.random.chance(15) {
            let secret = pen.secret(Kind::Password);
            if pen.random.chance(50) {
                pen.string("--password");
                pen.plant(Class::Arguments, &secret);
                pen.string(&secret);
            } else {
                pen.plant(Class::Arguments, &secret);
                pen.string(&format!("--api-key={secret}"));
            }
        }
    });
}

fn probe(pen: &mut Pen<'_>) {
    pen.field_object("livenessProbe", |pen| {
        pen.field_object("httpGet", |pen| {
            pen.field("path", "/healthz");
            pen.field_number("port", 8080);
            if pen.content.secrets && pen.random.chance(8) {
                let secret = pen.secret(Kind::Password);
                pen.field_array("httpHeaders", |pen| {
                    pen.object(|pen| {
                        pen.field("name", "Authorization");
                        pen.key("value");
                        pen.plant(Class::Arguments, &secret);
                        pen.string(&format!("Bearer {secret}"));
                    });
                });
            }
        });
        pen.field_number("periodSeconds", 10);
        pen.field_number("failureThreshold", 3);
    });
}

/// A kind that its shape alone gives away.
pub(crate) fn any_token(pen: &mut Pen<'_>) -> Kind {
    let index = pen.random.below(TOKENS.len() as u64) as usize;
    TOKENS.get(index).copied().unwrap_or(Kind::GitHub)
}

/// A namespace.
pub(crate) fn namespace(pen: &mut Pen<'_>) -> &'static str {
    pen.random.pick(NAMESPACES)
}

/// A workload's name.
pub(crate) fn workload(pen: &mut Pen<'_>) -> &'static str {
    pen.random.pick(WORKLOADS)
}
