//! ConfigMaps and custom resources.

use super::Draft;
use crate::canary::{Class, Kind};
use crate::envelope::{ObjectRef, Request};
use crate::objects::{metadata, namespace, plain_metadata, workload};
use crate::pen::Pen;
use crate::world::{Caller, words};

/// A ConfigMap without any secret.
pub(crate) fn harmless_config_map(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name, stream) = (namespace(pen), workload(pen), pen.random.bits());
    let object = ObjectRef::new("", "configmaps", namespace, name);
    let request = Request::new("update", object, Caller::any(&mut pen.random)).level("Request");
    Draft::new(request).sends(move |pen| {
        pen.repeatable(stream, |pen| {
            pen.object(|pen| {
                pen.field("kind", "ConfigMap");
                pen.field("apiVersion", "v1");
                plain_metadata(pen, namespace, name, true);
                pen.field_object("data", |pen| {
                    let lines = pen.random.between(2, 60);
                    let text: Vec<_> =
                        (0..lines).map(|line| format!("setting{line} = {}\n", words(&mut pen.random, 4))).collect();
                    pen.field("ui.properties", &text.concat());
                    pen.field("replicas", "3");
                });
            });
        });
    })
}

/// A ConfigMap with secrets inside its texts.
pub(crate) fn config_map(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name) = (namespace(pen), workload(pen));
    let request =
        Request::new("create", ObjectRef::new("", "configmaps", namespace, name), Caller::person(&mut pen.random));
    Draft::new(request.level("Request")).sends(move |pen| {
        pen.object(|pen| {
            pen.field("kind", "ConfigMap");
            pen.field("apiVersion", "v1");
            if pen.content.noise && pen.random.chance(30) {
                metadata(pen, namespace, name, false, |pen| {
                    let secret = pen.secret(Kind::Password);
                    pen.key("kubectl.kubernetes.io/last-applied-configuration");
                    pen.plant(Class::LastApplied, &secret);
                    pen.string(&format!("{{\"apiVersion\":\"v1\",\"data\":{{\"app.ini\":\"password={secret}\"}},\"kind\":\"ConfigMap\"}}\n"));
                });
            } else {
                plain_metadata(pen, namespace, name, false);
            }
            let (password, token, key) = (pen.secret(Kind::Password), pen.secret(Kind::GitHub), pen.secret(Kind::Password));
            pen.field_object("data", |pen| {
                pen.key("app.properties");
                pen.plant(Class::ConfigMap, &password);
                pen.string(&format!("color = purple\ndb.password = {password}\nallow.textmode = true\n"));
                pen.key("config.yaml");
                pen.plant(Class::ConfigMap, &key);
                pen.string(&format!("server:\n  port: 8080\n  api_key: {key}\n"));
                pen.key("netrc");
                pen.plant(Class::ConfigMap, &token);
                pen.string(&format!("machine git.example.com login bot password {token}\n"));
            });
        });
    })
}

/// An ArgoCD Application with a secret among its Helm parameters.
pub(crate) fn custom_resource(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name) = ("argocd", workload(pen));
    let request = Request::new(
        "update",
        ObjectRef::new("argoproj.io", "applications", namespace, name),
        Caller::workload(&mut pen.random),
    );
    Draft::new(request.level("Request")).sends(move |pen| {
        pen.object(|pen| {
            pen.field("apiVersion", "argoproj.io/v1alpha1");
            pen.field("kind", "Application");
            plain_metadata(pen, namespace, name, true);
            let (parameter, value) = (pen.secret(Kind::Password), pen.secret(Kind::Password));
            pen.field_object("spec", |pen| {
                pen.field_object("source", |pen| {
                    pen.field("repoURL", "https://git.example.com/shop/deploy.git");
                    pen.field_object("helm", |pen| {
                        pen.field_array("parameters", |pen| {
                            pen.object(|pen| {
                                pen.field("name", "db.password");
                                pen.key("value");
                                pen.plant(Class::CustomResource, &parameter);
                                pen.string(&parameter);
                            });
                        });
                        pen.key("values");
                        pen.plant(Class::CustomResource, &value);
                        pen.string(&format!("replicas: 2\nredis:\n  password: {value}\n"));
                    });
                });
                pen.field_raw("destination", r#"{"server":"https://kubernetes.default.svc","namespace":"shop"}"#);
            });
        });
    })
}
