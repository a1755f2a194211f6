//! Pods, deployments, endpoints, nodes, and secrets that stand in them.

use super::Draft;
use crate::canary::{Class, Kind};
use crate::envelope::{ObjectRef, Place, Request};
use crate::objects::{EPOCH, any_token, metadata, namespace, plain_metadata, pod, pod_spec, workload};
use crate::pen::Pen;
use crate::world::{Caller, node_name, pod_name, timestamp, words};

/// A controller creates a pod, or the kubelet patches its status.
pub(crate) fn pod_change(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name, stream) = (namespace(pen), pod_name(&mut pen.random), pen.random.bits());
    let returned = name.clone();
    let answer = move |pen: &mut Pen<'_>| {
        pen.repeatable(stream, |pen| {
            pen.object(|pen| {
                pen.field("kind", "Pod");
                pen.field("apiVersion", "v1");
                pod(pen, namespace, &returned, true);
            });
        });
    };
    let object = ObjectRef::new("", "pods", namespace, &name);
    if pen.random.chance(50) {
        let request =
            Request::new("patch", object.subresource("status"), Caller::node(&mut pen.random)).level("Request");
        return Draft::new(request).sends(|pen| {
            pen.raw(r#"{"metadata":{"uid":"6c1f2f5c-36f4-4a0d-9a3c-3a9a4b9d7f10"},"status":{"$setElementOrder/conditions":[{"type":"Ready"}],"conditions":[{"lastTransitionTime":"2026-03-01T00:00:03Z","message":null,"reason":null,"status":"True","type":"Ready"}]}}"#);
        });
    }
    let request = Request::new("create", object, Caller::controller(&mut pen.random)).level("RequestResponse");
    Draft::new(request)
        .sends(move |pen| {
            pen.repeatable(stream, |pen| {
                pen.object(|pen| {
                    pen.field("kind", "Pod");
                    pen.field("apiVersion", "v1");
                    pod(pen, namespace, &name, false);
                });
            });
        })
        .returns(answer)
}

fn deployment_body(
    pen: &mut Pen<'_>,
    namespace: &str,
    name: &str,
    stored: bool,
    annotations: impl FnOnce(&mut Pen<'_>),
) {
    pen.object(|pen| {
        pen.field("kind", "Deployment");
        pen.field("apiVersion", "apps/v1");
        metadata(pen, namespace, name, stored, annotations);
        pen.field_object("spec", |pen| {
            let replicas = pen.random.between(1, 20);
            pen.field_number("replicas", replicas);
            pen.field_object("selector", |pen| {
                pen.field_object("matchLabels", |pen| pen.field("app.kubernetes.io/name", name))
            });
            pen.field_object("template", |pen| {
                plain_metadata(pen, "", name, false);
                pen.field_object("spec", |pen| pod_spec(pen, false));
            });
            pen.field_raw(
                "strategy",
                r#"{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}}"#,
            );
        });
    });
}

/// Somebody updates a deployment.
pub(crate) fn deployment(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name, stream) = (namespace(pen), workload(pen), pen.random.bits());
    let request =
        Request::new("update", ObjectRef::new("apps", "deployments", namespace, name), Caller::any(&mut pen.random));
    Draft::new(request.level("Request")).sends(move |pen| {
        pen.repeatable(stream, |pen| {
            deployment_body(pen, namespace, name, true, |pen| pen.field("deployment.kubernetes.io/revision", "7"))
        });
    })
}

/// A deployment whose `last-applied-configuration` holds a secret in its environment.
pub(crate) fn last_applied(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name) = (namespace(pen), workload(pen));
    let request =
        Request::new("update", ObjectRef::new("apps", "deployments", namespace, name), Caller::person(&mut pen.random));
    Draft::new(request.level("Request")).sends(move |pen| {
        deployment_body(pen, namespace, name, true, |pen| {
            let secret = pen.secret(Kind::Password);
            pen.key("kubectl.kubernetes.io/last-applied-configuration");
            pen.json_in_string(|pen| {
                pen.object(|pen| {
                    pen.field("apiVersion", "apps/v1");
                    pen.field("kind", "Deployment");
                    pen.field_object("spec", |pen| {
                        pen.field_object("template", |pen| {
                            pen.field_object("spec", |pen| {
                                pen.field_array("containers", |pen| {
                                    pen.object(|pen| {
                                        pen.field("image", "nginx");
                                        pen.field_array("env", |pen| {
                                            pen.object(|pen| {
                                                pen.field("name", "ADMIN_PASSWORD");
                                                pen.key("value");
                                                pen.plant(Class::LastAppliedWorkload, &secret);
                                                pen.string(&secret);
                                            });
                                        });
                                    });
                                });
                            });
                        });
                    });
                });
            });
        });
    })
}

/// A pod at level Metadata, changed by a webhook whose patch stands in the event's annotations.
pub(crate) fn webhook_patch(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name, secret) = (namespace(pen), pod_name(&mut pen.random), pen.secret(Kind::Password));
    let mut request =
        Request::new("create", ObjectRef::new("", "pods", namespace, &name), Caller::controller(&mut pen.random));
    let patch = format!(
        r#"{{"configuration":"injector.example.com","webhook":"inject.example.com","patch":[{{"op":"add","path":"/spec/containers/0/env/-","value":{{"name":"VAULT_PASSWORD","value":"{secret}"}}}}],"patchType":"JSONPatch"}}"#
    );
    request.annotations.push(("patch.webhook.admission.k8s.io/round_0_index_0".to_owned(), patch));
    request.annotations.push((
        "mutation.webhook.admission.k8s.io/round_0_index_0".to_owned(),
        r#"{"configuration":"injector.example.com","webhook":"inject.example.com","mutated":true}"#.to_owned(),
    ));
    Draft::new(request).plant(Place::FirstAnnotation, Class::WebhookPatch, secret)
}

/// Endpoints of a service.
pub(crate) fn endpoint_slice(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name) = (namespace(pen), workload(pen));
    let request = Request::new(
        "update",
        ObjectRef::new("discovery.k8s.io", "endpointslices", namespace, name),
        Caller::controller(&mut pen.random),
    );
    Draft::new(request.level("Request")).sends(move |pen| {
        pen.object(|pen| {
            pen.field("kind", "EndpointSlice");
            pen.field("apiVersion", "discovery.k8s.io/v1");
            plain_metadata(pen, namespace, name, true);
            pen.field("addressType", "IPv4");
            let count = pen.random.between(1, 40);
            pen.field_array("endpoints", |pen| {
                for _ in 0..count {
                    let (last, node, uid) = (pen.random.below(255), node_name(&mut pen.random), pen.random.uuid());
                    pen.object(|pen| {
                        pen.field_strings("addresses", &[&format!("10.244.7.{last}")]);
                        pen.field_raw("conditions", r#"{"ready":true,"serving":true,"terminating":false}"#);
                        pen.field("nodeName", &node);
                        pen.field_object("targetRef", |pen| {
                            pen.field("kind", "Pod");
                            pen.field("namespace", namespace);
                            pen.field("uid", &uid);
                        });
                    });
                }
            });
            pen.field_raw("ports", r#"[{"name":"http","protocol":"TCP","port":8080}]"#);
        });
    })
}

/// A node reports its status with all its images.
pub(crate) fn node_status(pen: &mut Pen<'_>) -> Draft {
    let name = node_name(&mut pen.random);
    let request = Request::new(
        "patch",
        ObjectRef::new("", "nodes", "", &name).subresource("status"),
        Caller::node(&mut pen.random),
    );
    Draft::new(request.level("Request")).sends(|pen| {
        pen.object(|pen| {
            pen.field_object("status", |pen| {
                pen.field_raw(
                    "allocatable",
                    r#"{"cpu":"3920m","ephemeral-storage":"47233297124","memory":"15082728Ki","pods":"58"}"#,
                );
                let count = pen.random.between(10, 50);
                pen.field_array("images", |pen| {
                    for _ in 0..count {
                        let (image, digest, size) = (
                            crate::world::image(&mut pen.random),
                            pen.random.hex(64),
                            pen.random.between(1_000_000, 900_000_000),
                        );
                        pen.object(|pen| {
                            pen.field_strings("names", &[&format!("registry.example.com/x@sha256:{digest}"), &image]);
                            pen.field_number("sizeBytes", size);
                        });
                    }
                });
            });
        });
    })
}

fn core_event_with(pen: &mut Pen<'_>, class: Option<(Class, String)>) -> Draft {
    let (namespace, name) = (namespace(pen), pod_name(&mut pen.random));
    let request = Request::new(
        "create",
        ObjectRef::new("", "events", namespace, &format!("{name}.17a")),
        Caller::node(&mut pen.random),
    );
    Draft::new(request.level("Request")).sends(move |pen| {
        pen.object(|pen| {
            pen.field("kind", "Event");
            pen.field("apiVersion", "v1");
            plain_metadata(pen, namespace, &name, false);
            pen.field_object("involvedObject", |pen| {
                pen.field("kind", "Pod");
                pen.field("namespace", namespace);
                pen.field("name", &name);
            });
            pen.field("reason", "Unhealthy");
            let count = pen.random.between(3, 40);
            let mut message = words(&mut pen.random, count);
            pen.key("message");
            if let Some((class, secret)) = class {
                pen.plant(class, &secret);
                message = format!("Readiness probe failed: {secret}: {message}");
            }
            pen.string(&message);
            pen.field("type", "Warning");
            pen.field("firstTimestamp", &timestamp(EPOCH, false));
            let seen = pen.random.between(1, 500);
            pen.field_number("count", seen);
        });
    })
}

/// An event of the core API.
pub(crate) fn core_event(pen: &mut Pen<'_>) -> Draft {
    core_event_with(pen, None)
}

/// The same with a token in its text.
pub(crate) fn free_text(pen: &mut Pen<'_>) -> Draft {
    let kind = any_token(pen);
    let secret = pen.secret(kind);
    core_event_with(pen, Some((Class::FreeText, secret)))
}
