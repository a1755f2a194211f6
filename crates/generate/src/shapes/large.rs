//! The tail of the sizes: lists of pods, definitions with deep schemas, custom resources; as large as they are asked to be.

use super::Draft;
use crate::envelope::{ObjectRef, Request};
use crate::objects::{namespace, plain_metadata, pod, workload};
use crate::pen::Pen;
use crate::world::{Caller, pod_name, words};

/// A natural size for the tail: 20 to 80 KB mostly, up to 300 KB and more.
fn tail_bytes(pen: &mut Pen<'_>) -> usize {
    let doublings = pen.random.below(5).min(pen.random.below(5));
    (pen.random.between(12_000, 24_000) << doublings) as usize
}

/// A list of pods, whole.
pub(crate) fn pod_list(pen: &mut Pen<'_>) -> Draft {
    let bytes = tail_bytes(pen);
    pod_list_of(pen, bytes)
}

fn pod_list_of(pen: &mut Pen<'_>, bytes: usize) -> Draft {
    let namespace = namespace(pen);
    let request = Request::new("list", ObjectRef::new("", "pods", namespace, ""), Caller::any(&mut pen.random))
        .level("RequestResponse");
    Draft::new(request).returns(move |pen| {
        let end = pen.len() + bytes;
        pen.object(|pen| {
            pen.field("kind", "PodList");
            pen.field("apiVersion", "v1");
            pen.field_raw("metadata", r#"{"resourceVersion":"48151623","remainingItemCount":18446744073709551615}"#);
            pen.field_array("items", |pen| {
                while pen.len() + 8_000 < end {
                    let name = pod_name(&mut pen.random);
                    pen.object(|pen| pod(pen, namespace, &name, true));
                }
                filler(pen, end);
            });
        });
    })
}

/// Items of plain text up to `end`, to within some ten bytes.
fn filler(pen: &mut Pen<'_>, end: usize) {
    while pen.len() < end {
        let room = end - pen.len();
        let mut text = words(&mut pen.random, 60);
        while text.len() > room {
            text.pop();
        }
        pen.string(&text);
    }
}

/// A CustomResourceDefinition: its schema nests deeper than Fluent Bit's decoder allows, and has numbers of every kind.
pub(crate) fn definition(pen: &mut Pen<'_>) -> Draft {
    let bytes = tail_bytes(pen);
    definition_of(pen, bytes)
}

fn definition_of(pen: &mut Pen<'_>, bytes: usize) -> Draft {
    let object =
        ObjectRef::new("apiextensions.k8s.io", "customresourcedefinitions", "", "prometheuses.monitoring.coreos.com");
    let request = Request::new("update", object, Caller::workload(&mut pen.random)).level("Request");
    Draft::new(request).sends(move |pen| {
        let end = pen.len() + bytes;
        pen.object(|pen| {
            pen.field("kind", "CustomResourceDefinition");
            pen.field("apiVersion", "apiextensions.k8s.io/v1");
            plain_metadata(pen, "", "prometheuses.monitoring.coreos.com", true);
            pen.field_object("spec", |pen| {
                pen.field("group", "monitoring.coreos.com");
                pen.field_raw("conversion", r#"{"strategy":"None"}"#);
                pen.field_array("versions", |pen| {
                    while pen.len() + 30_000 < end || pen.len() + bytes < end + 2_000 {
                        let depth = pen.random.between(4, 18);
                        pen.object(|pen| {
                            pen.field("name", "v1");
                            pen.field_object("schema", |pen| {
                                pen.field_object("openAPIV3Schema", |pen| schema(pen, depth))
                            });
                        });
                    }
                    filler(pen, end);
                });
            });
        });
    })
}

/// A schema `depth` properties deep: two levels of JSON each.
fn schema(pen: &mut Pen<'_>, depth: u64) {
    pen.field("type", "object");
    let count = pen.random.between(3, 12);
    let description = words(&mut pen.random, count);
    pen.field("description", &description);
    pen.field_raw("minimum", "-1.50");
    pen.field_raw("maximum", "1e30");
    pen.field_object("properties", |pen| {
        let leaf = pen.random.between(1, 4);
        for number in 0..leaf {
            pen.field_object(&format!("field{number}"), |pen| {
                pen.field("type", "string");
                pen.field("pattern", r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)<>&$");
                pen.field_raw("default", "0.30000000000000004");
            });
        }
        if depth > 0 {
            pen.field_object("spec", |pen| schema(pen, depth - 1));
        }
    });
}

/// A custom resource with much text.
pub(crate) fn custom_resource(pen: &mut Pen<'_>) -> Draft {
    let bytes = tail_bytes(pen) / 2;
    custom_resource_of(pen, bytes)
}

fn custom_resource_of(pen: &mut Pen<'_>, bytes: usize) -> Draft {
    let name = workload(pen);
    let object = ObjectRef::new("argoproj.io", "applications", "argocd", name).subresource("status");
    let request = Request::new("update", object, Caller::workload(&mut pen.random)).level("Request");
    Draft::new(request).sends(move |pen| {
        let end = pen.len() + bytes;
        pen.object(|pen| {
            pen.field("apiVersion", "argoproj.io/v1alpha1");
            pen.field("kind", "Application");
            plain_metadata(pen, "argocd", name, true);
            pen.field_object("status", |pen| {
                pen.field_array("resources", |pen| {
                    while pen.len() + 300 < end {
                        let (name, hook) = (pod_name(&mut pen.random), pen.random.below(100));
                        pen.object(|pen| {
                            pen.field("group", "apps");
                            pen.field("kind", "Deployment");
                            pen.field("name", &name);
                            pen.field_number("syncWave", hook);
                            pen.field_raw("health", r#"{"status":"Healthy"}"#);
                        });
                    }
                    filler(pen, end);
                });
            });
        });
    })
}

/// An event whose large body has about `bytes` bytes.
pub(crate) fn sized(pen: &mut Pen<'_>, bytes: usize, noise: bool) -> Draft {
    match pen.random.below(if noise { 3 } else { 2 }) {
        0 => pod_list_of(pen, bytes),
        1 => custom_resource_of(pen, bytes),
        _ => definition_of(pen, bytes),
    }
}
