//! Tokens, certificates, roles.

use super::Draft;
use crate::canary::{Class, Kind, base64};
use crate::envelope::{ObjectRef, Request};
use crate::objects::{namespace, plain_metadata, workload};
use crate::pen::Pen;
use crate::world::Caller;

/// A token for a service account; the answer holds it.
pub(crate) fn token_request(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name) = (namespace(pen), workload(pen));
    let object = ObjectRef::new("", "serviceaccounts", namespace, name).subresource("token");
    let request = Request::new("create", object, Caller::node(&mut pen.random)).level("RequestResponse");
    let stream = pen.random.bits();
    let body = move |answered: bool| {
        move |pen: &mut Pen<'_>| {
            pen.repeatable(stream, |pen| {
                pen.object(|pen| {
                    pen.field("kind", "TokenRequest");
                    pen.field("apiVersion", "authentication.k8s.io/v1");
                    pen.field_raw("metadata", r#"{"creationTimestamp":null}"#);
                    pen.field_object("spec", |pen| {
                        pen.field_strings("audiences", &["https://kubernetes.default.svc"]);
                        pen.field_number("expirationSeconds", 3607);
                        let uid = pen.random.uuid();
                        pen.field_object("boundObjectRef", |pen| {
                            pen.field("kind", "Pod");
                            pen.field("apiVersion", "v1");
                            pen.field("name", name);
                            pen.field("uid", &uid);
                        });
                    });
                    pen.field_object("status", |pen| {
                        if answered {
                            let secret = pen.secret(Kind::Jwt);
                            pen.key("token");
                            pen.plant(Class::TokenRequest, &secret);
                            pen.string(&secret);
                            pen.field("expirationTimestamp", "2026-03-01T01:00:07Z");
                        }
                    });
                });
            });
        }
    };
    Draft::new(request).sends(body(false)).returns(body(true))
}

/// A token that somebody has checked; request and answer hold it.
pub(crate) fn token_review(pen: &mut Pen<'_>) -> Draft {
    let request = Request::new(
        "create",
        ObjectRef::new("authentication.k8s.io", "tokenreviews", "", ""),
        Caller::workload(&mut pen.random),
    );
    let kind = if pen.random.chance(70) { Kind::Jwt } else { Kind::Password };
    let secret = pen.secret(kind);
    let body = move |answered: bool| {
        let secret = secret.clone();
        move |pen: &mut Pen<'_>| {
            pen.object(|pen| {
                pen.field("kind", "TokenReview");
                pen.field("apiVersion", "authentication.k8s.io/v1");
                pen.field_raw("metadata", r#"{"creationTimestamp":null}"#);
                pen.field_object("spec", |pen| {
                    pen.key("token");
                    pen.plant(Class::TokenReview, &secret);
                    pen.string(&secret);
                    pen.field_strings("audiences", &["https://kubernetes.default.svc"]);
                });
                if answered {
                    pen.field_raw(
                        "status",
                        r#"{"authenticated":true,"user":{"username":"system:serviceaccount:monitoring:prometheus","groups":["system:serviceaccounts","system:authenticated"]},"audiences":["https://kubernetes.default.svc"]}"#,
                    );
                } else {
                    pen.field_object("status", |pen| pen.field_object("user", |_| {}));
                }
            });
        }
    };
    Draft::new(request.level("RequestResponse")).sends(body(false)).returns(body(true))
}

/// SubjectAccessReview.
pub(crate) fn access_review(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name) = (namespace(pen), workload(pen));
    let object = ObjectRef::new("authorization.k8s.io", "subjectaccessreviews", "", "");
    let request = Request::new("create", object, Caller::workload(&mut pen.random)).level("RequestResponse");
    let body = move |allowed: &'static str| {
        move |pen: &mut Pen<'_>| {
            pen.object(|pen| {
                pen.field("kind", "SubjectAccessReview");
                pen.field("apiVersion", "authorization.k8s.io/v1");
                pen.field_raw("metadata", r#"{"creationTimestamp":null}"#);
                pen.field_object("spec", |pen| {
                    pen.field_object("resourceAttributes", |pen| {
                        pen.field("namespace", namespace);
                        pen.field("verb", "get");
                        pen.field("resource", "pods");
                        pen.field("name", name);
                    });
                    pen.field("user", "alice@example.com");
                    pen.field_strings("groups", &["platform-team", "system:authenticated"]);
                });
                pen.field_raw("status", allowed);
            });
        }
    };
    Draft::new(request)
        .sends(body(r#"{"allowed":false}"#))
        .returns(body(r#"{"allowed":true,"reason":"RBAC: allowed by RoleBinding \"view/default\""}"#))
}

/// A certificate signing request. It holds no secret; the catalogue shortens the request and the certificate.
pub(crate) fn signing_request(pen: &mut Pen<'_>) -> Draft {
    let object = ObjectRef::new("certificates.k8s.io", "certificatesigningrequests", "", "csr-x7k2p");
    let request = Request::new("create", object, Caller::node(&mut pen.random)).level("RequestResponse");
    Draft::new(request).returns(|pen| {
        let pem = |pen: &mut Pen<'_>, label: &str| {
            let body = pen.random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 640);
            base64(format!("-----BEGIN {label}-----\nMII{body}\n-----END {label}-----\n").as_bytes(), false)
        };
        pen.object(|pen| {
            pen.field("kind", "CertificateSigningRequest");
            pen.field("apiVersion", "certificates.k8s.io/v1");
            plain_metadata(pen, "", "csr-x7k2p", true);
            let (request, certificate) = (pem(pen, "CERTIFICATE REQUEST"), pem(pen, "CERTIFICATE"));
            pen.field_object("spec", |pen| {
                pen.field("request", &request);
                pen.field("signerName", "kubernetes.io/kube-apiserver-client-kubelet");
                pen.field_strings("usages", &["digital signature", "client auth"]);
                pen.field("username", "system:node:ip-10-0-1-7.eu-central-1.compute.internal");
            });
            pen.field_object("status", |pen| pen.field("certificate", &certificate));
        });
    })
}

/// Roles and bindings.
pub(crate) fn rbac(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name, stream) = (namespace(pen), workload(pen), pen.random.bits());
    let binding = pen.random.chance(50);
    let (resource, kind) = if binding { ("rolebindings", "RoleBinding") } else { ("roles", "Role") };
    let object = ObjectRef::new("rbac.authorization.k8s.io", resource, namespace, name);
    let request = Request::new("create", object, Caller::person(&mut pen.random)).level("RequestResponse");
    let body = move |stored: bool| {
        move |pen: &mut Pen<'_>| {
            pen.repeatable(stream, |pen| {
                pen.object(|pen| {
                    pen.field("kind", kind);
                    pen.field("apiVersion", "rbac.authorization.k8s.io/v1");
                    plain_metadata(pen, namespace, name, stored);
                    if binding {
                        pen.field_array("subjects", |pen| {
                            pen.object(|pen| {
                                pen.field("kind", "ServiceAccount");
                                pen.field("name", name);
                                pen.field("namespace", namespace);
                            });
                        });
                        pen.field_raw("roleRef", r#"{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"secret-reader"}"#);
                    } else {
                        pen.field_raw("rules", r#"[{"verbs":["get","list","watch"],"apiGroups":[""],"resources":["secrets","configmaps"]},{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]"#);
                    }
                });
            });
        }
    };
    Draft::new(request).sends(body(false)).returns(body(true))
}
