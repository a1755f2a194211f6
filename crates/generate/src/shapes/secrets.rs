//! Secrets in every shape in which the API server writes them.

use super::Draft;
use crate::canary::{Class, Kind, base64, gzip_stored};
use crate::envelope::{ObjectRef, Place, Request};
use crate::objects::{any_token, metadata, namespace, plain_metadata, workload};
use crate::pen::Pen;
use crate::world::Caller;

const KEYS: &[&str] = &["password", "token", "tls.key", "config.json", "uri", "x"];

/// `data` or `stringData` with one to three secrets.
fn data(pen: &mut Pen<'_>, class: Class) {
    let field = if class == Class::SecretStringData { "stringData" } else { "data" };
    let count = pen.random.between(1, 3);
    pen.field_object(field, |pen| {
        for number in 0..count {
            let key =
                format!("{}{}", pen.random.pick(KEYS), if number == 0 { String::new() } else { number.to_string() });
            let kind = if pen.random.chance(60) { Kind::Password } else { any_token(pen) };
            let secret = pen.secret(kind);
            pen.key(&key);
            pen.plant(class, &secret);
            pen.string(&if field == "data" { base64(secret.as_bytes(), false) } else { secret });
        }
    });
}

fn secret(pen: &mut Pen<'_>, class: Class, named: bool, namespace: &str, name: &str, stored: bool) {
    pen.object(|pen| {
        if named {
            pen.field("kind", "Secret");
            pen.field("apiVersion", "v1");
        }
        if pen.content.noise && pen.random.chance(30) {
            metadata(pen, namespace, name, stored, |pen| last_applied(pen, name));
        } else {
            plain_metadata(pen, namespace, name, stored);
        }
        data(pen, class);
        pen.field("type", "Opaque");
    });
}

fn last_applied(pen: &mut Pen<'_>, name: &str) {
    pen.key("kubectl.kubernetes.io/last-applied-configuration");
    pen.json_in_string(|pen| {
        let secret = pen.secret(Kind::Password);
        pen.object(|pen| {
            pen.field("apiVersion", "v1");
            pen.field_object("data", |pen| {
                pen.key("password");
                pen.plant(Class::LastApplied, &secret);
                pen.string(&base64(secret.as_bytes(), false));
            });
            pen.field("kind", "Secret");
            pen.field_object("metadata", |pen| pen.field("name", name));
        });
    });
}

/// create, update, delete or get with the whole object.
pub(crate) fn change(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name, stream) = (namespace(pen), workload(pen), pen.random.bits());
    let class = if pen.random.chance(25) { Class::SecretStringData } else { Class::SecretData };
    let verb = if class == Class::SecretStringData {
        "create"
    } else {
        pen.random.pick(&["create", "update", "get", "delete"])
    };
    let request = Request::new(verb, ObjectRef::new("", "secrets", namespace, name), Caller::person(&mut pen.random))
        .level("RequestResponse");
    let body = move |class: Class, stored: bool| {
        move |pen: &mut Pen<'_>| pen.repeatable(stream, |pen| secret(pen, class, true, namespace, name, stored))
    };
    let draft = Draft::new(request).returns(body(Class::SecretData, true));
    if matches!(verb, "create" | "update") { draft.sends(body(class, false)) } else { draft }
}

/// A SecretList; its items have no kind.
pub(crate) fn list(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name) = (namespace(pen), workload(pen));
    let mixed = pen.random.chance(30);
    let request = Request::new("list", ObjectRef::new("", "secrets", namespace, ""), Caller::any(&mut pen.random))
        .level("RequestResponse");
    Draft::new(request).returns(move |pen| {
        pen.object(|pen| {
            pen.field("kind", if mixed { "List" } else { "SecretList" });
            pen.field("apiVersion", "v1");
            pen.field_raw("metadata", r#"{"resourceVersion":"48151623"}"#);
            let count = pen.random.between(1, 12);
            pen.field_array("items", |pen| {
                (0..count).for_each(|_| secret(pen, Class::SecretList, mixed, namespace, name, true))
            });
        });
    })
}

/// What `kubectl get secrets` gets: a Table with the objects in its rows.
pub(crate) fn table(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name) = (namespace(pen), workload(pen));
    let request = Request::new("list", ObjectRef::new("", "secrets", namespace, ""), Caller::person(&mut pen.random))
        .level("RequestResponse")
        .query("includeObject=Object&limit=500");
    Draft::new(request).returns(move |pen| {
        pen.object(|pen| {
            pen.field("kind", "Table");
            pen.field("apiVersion", "meta.k8s.io/v1");
            pen.field_raw("metadata", r#"{"resourceVersion":"48151623"}"#);
            pen.field_raw(
                "columnDefinitions",
                r#"[{"name":"Name","type":"string","format":"name","priority":0},{"name":"Type","type":"string","format":"","priority":0},{"name":"Data","type":"string","format":"","priority":0}]"#,
            );
            let count = pen.random.between(1, 8);
            pen.field_array("rows", |pen| {
                for _ in 0..count {
                    pen.object(|pen| {
                        pen.field_array("cells", |pen| {
                            pen.string(name);
                            pen.string("Opaque");
                            pen.number(1);
                        });
                        pen.key("object");
                        secret(pen, Class::SecretTable, true, namespace, name, true);
                    });
                }
            });
        });
    })
}

fn patch(pen: &mut Pen<'_>) -> (Request, &'static str, &'static str) {
    let (namespace, name) = (namespace(pen), workload(pen));
    let request =
        Request::new("patch", ObjectRef::new("", "secrets", namespace, name), Caller::person(&mut pen.random));
    (request.level("RequestResponse"), namespace, name)
}

/// A merge, strategic or apply patch: partial, without a kind.
pub(crate) fn merge_patch(pen: &mut Pen<'_>) -> Draft {
    let (request, namespace, name) = patch(pen);
    Draft::new(request)
        .sends(|pen| pen.object(|pen| data(pen, Class::SecretPatch)))
        .returns(move |pen| secret(pen, Class::SecretPatch, true, namespace, name, true))
}

/// A JSON patch; a `test` operation holds the old value.
pub(crate) fn json_patch(pen: &mut Pen<'_>) -> Draft {
    let (request, ..) = patch(pen);
    Draft::new(request.level("Request")).sends(|pen| {
        pen.array(|pen| {
            for (op, path) in [("test", "/data/password"), ("replace", "/data/password"), ("add", "/data")] {
                let secret = pen.secret(Kind::Password);
                let encoded = base64(secret.as_bytes(), false);
                pen.object(|pen| {
                    pen.field("op", op);
                    pen.field("path", path);
                    if path == "/data" {
                        pen.field_object("value", |pen| {
                            pen.key("password");
                            pen.plant(Class::SecretJsonPatch, &secret);
                            pen.string(&encoded);
                        });
                    } else {
                        pen.key("value");
                        pen.plant(Class::SecretJsonPatch, &secret);
                        pen.string(&encoded);
                    }
                });
            }
        });
    })
}

/// A body that is a string, or an object like no Secret.
pub(crate) fn unknown_shape(pen: &mut Pen<'_>) -> Draft {
    let (request, ..) = patch(pen);
    let secret = pen.secret(Kind::Password);
    let as_string = pen.random.chance(50);
    Draft::new(request.level("Request")).sends(move |pen| {
        if as_string {
            pen.plant(Class::SecretUnknownShape, &secret);
            pen.string(&format!("data:\n  password: {}\n", base64(secret.as_bytes(), false)));
        } else {
            pen.object(|pen| {
                pen.field_object("raw", |pen| {
                    pen.key("value");
                    pen.plant(Class::SecretUnknownShape, &secret);
                    pen.string(&secret);
                });
            });
        }
    })
}

/// A Helm release: base64 of base64 of gzip of JSON.
pub(crate) fn helm_release(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name) = (namespace(pen), workload(pen));
    let full_name = format!("sh.helm.release.v1.{name}.v{}", pen.random.between(1, 90));
    let request =
        Request::new("create", ObjectRef::new("", "secrets", namespace, &full_name), Caller::person(&mut pen.random));
    Draft::new(request.level("Request")).sends(move |pen| {
        pen.object(|pen| {
            pen.field("kind", "Secret");
            pen.field("apiVersion", "v1");
            plain_metadata(pen, namespace, &full_name, false);
            let secret = pen.secret(Kind::Password);
            let release = format!(r#"{{"name":"{name}","config":{{"auth":{{"password":"{secret}"}}}},"version":3}}"#);
            let packed = base64(base64(&gzip_stored(release.as_bytes()), false).as_bytes(), false);
            pen.field_object("data", |pen| {
                pen.key("release");
                pen.plant(Class::SecretHelm, &secret);
                pen.string(&packed);
            });
            pen.field("type", "helm.sh/release.v1");
        });
    })
}

/// A patch that fails: the error text repeats the object, at level Metadata.
pub(crate) fn failed_patch(pen: &mut Pen<'_>) -> Draft {
    let (request, _, name) = patch(pen);
    let secret = pen.secret(Kind::Password);
    let message = format!(
        "Secret \"{name}\" is invalid: data[password]: Invalid value: core.Secret{{ObjectMeta:v1.ObjectMeta{{Name:\"{name}\"}}, Data:map[string][]uint8{{\"password\":\"{secret}\"}}}}: must be a valid value"
    );
    Draft::new(request.level("Metadata").fails(422, "Invalid", message)).plant(
        Place::Message,
        Class::StatusMessage,
        secret,
    )
}
