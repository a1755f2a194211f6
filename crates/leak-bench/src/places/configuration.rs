//! ConfigMaps, tokens and certificates of the API, and the custom resources that are known to carry secrets.

use serde_json::{Value, json};

use super::event::{Event, metadata, secret};
use super::{Place, Record, free, structured};
use crate::codec::{base64, json_string};
use crate::plant::Plant;

const CONFIG: &str = "config map";
const TOKEN: &str = "token and certificate";
const CUSTOM: &str = "custom resource";

fn config(plant: &mut Plant, key: &str, text: String) -> Record {
    let body = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata(&mut plant.rng, "settings"),
        "data": {"mode": "fast", key: text}});
    Event::new("update", "configmaps", "settings").request(body.clone()).response(body).record(&mut plant.rng)
}

/// A custom resource around a specification.
fn custom(plant: &mut Plant, resource: &'static str, kind: &str, spec: Value) -> Record {
    let version = resource.rsplit_once('/').map_or("v1", |(version, _)| version);
    let body =
        json!({"apiVersion": version, "kind": kind, "metadata": metadata(&mut plant.rng, "orders"), "spec": spec});
    Event::new("create", resource, "orders").request(body.clone()).response(body).record(&mut plant.rng)
}

/// A certificate's or request's text: enough harmless beginning that a shortened value does not reach the plant.
fn certificate(plant: &mut Plant, what: &str) -> String {
    let dashes = "-".repeat(5);
    let body = base64(&plant.rng.bytes(900));
    base64(format!("{dashes}BEGIN {what}{dashes}\n{body}\n{}\n{dashes}END {what}{dashes}\n", plant.text).as_bytes())
}

pub(crate) const PLACES: &[Place] = &[
    structured("properties", CONFIG, |p| {
        let text = format!("db.host=db.internal\ndb.password={}\ndb.pool=10\n", p.line());
        config(p, "application.properties", text)
    }),
    structured("YAML", CONFIG, |p| {
        let text = format!("database:\n  host: db.internal\n  password: {}\nport: 5432\n", json_string(&p.text));
        config(p, "config.yaml", text)
    }),
    structured("JSON", CONFIG, |p| {
        let text = json!({"host": "db.internal", "clientSecret": p.text, "pool": 10}).to_string();
        config(p, "settings.json", text)
    }),
    structured("env file", CONFIG, |p| {
        let text = format!("# settings\nexport LOG_LEVEL=info\nexport AWS_SECRET_ACCESS_KEY={}\n", p.shell());
        config(p, ".env", text)
    }),
    structured("secret-named key", CONFIG, |p| {
        let text = p.text.clone();
        config(p, "admin-password", text)
    }),
    structured("binaryData", CONFIG, |p| {
        let data = base64(format!("db.user=app\ndb.password={}\n", p.line()).as_bytes());
        let body = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata(&mut p.rng, "settings"),
            "binaryData": {"application.properties": data}});
        Event::new("get", "configmaps", "settings").response(body).record(&mut p.rng)
    }),
    structured("merge patch", CONFIG, |p| {
        let body = json!({"data": {"db.properties": format!("user=app\npassword={}\n", p.line())}});
        Event::new("patch", "configmaps", "settings").level("Request").request(body).record(&mut p.rng)
    }),
    structured("Helm release in a ConfigMap", CONFIG, |p| {
        let release = json!({"name": "orders", "chart": {"values": {"note": p.text}}}).to_string();
        let data = base64(&crate::codec::gzip(release.as_bytes()));
        let body = json!({"kind": "ConfigMap", "apiVersion": "v1",
            "metadata": metadata(&mut p.rng, "sh.helm.release.v1.orders.v3"), "data": {"release": data}});
        Event::new("create", "configmaps", "sh.helm.release.v1.orders.v3").request(body).record(&mut p.rng)
    }),
    free("text under a neutral key", CONFIG, |p| {
        let text = format!("# notes\n{}\nsee the handbook\n", p.prose());
        config(p, "notes.txt", text)
    }),
    structured("TokenRequest", TOKEN, |p| {
        let body = json!({"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": {"name": "builder"},
            "spec": {"audiences": ["https://kubernetes.default.svc"], "expirationSeconds": 3607},
            "status": {"token": p.text, "expirationTimestamp": "2026-03-04T10:12:11Z"}});
        Event::new("create", "serviceaccounts", "builder").sub("token").response(body).record(&mut p.rng)
    }),
    structured("TokenReview", TOKEN, |p| {
        let request = json!({"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {}, "spec": {"token": p.text}});
        let answer = json!({"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {},
            "spec": {"token": p.text}, "status": {"authenticated": true, "user": {"username": "jane"}}});
        Event::new("create", "authentication.k8s.io/v1/tokenreviews", "")
            .namespace("")
            .request(request)
            .response(answer)
            .record(&mut p.rng)
    }),
    structured("certificate request", TOKEN, |p| {
        let body = json!({"kind": "CertificateSigningRequest", "apiVersion": "certificates.k8s.io/v1",
            "metadata": {"name": "node-csr"}, "spec": {"request": certificate(p, "CERTIFICATE REQUEST"),
            "signerName": "kubernetes.io/kubelet-serving", "usages": ["server auth"]}});
        Event::new("create", "certificates.k8s.io/v1/certificatesigningrequests", "node-csr")
            .namespace("")
            .request(body)
            .record(&mut p.rng)
    }),
    structured("OAuth client", TOKEN, |p| {
        let body = json!({"kind": "OAuthClient", "apiVersion": "oauth.openshift.io/v1", "metadata": {"name": "console"},
            "secret": p.text, "redirectURIs": ["https://console.example.com/auth/callback"], "grantMethod": "auto"});
        Event::new("create", "oauth.openshift.io/v1/oauthclients", "console")
            .namespace("")
            .request(body)
            .record(&mut p.rng)
    }),
    structured("Route key", TOKEN, |p| {
        let body = json!({"host": "orders.example.com", "to": {"kind": "Service", "name": "orders"},
            "tls": {"termination": "edge", "key": p.text}});
        custom(p, "route.openshift.io/v1/routes", "Route", body)
    }),
    structured("OAuth access token as name", TOKEN, |p| {
        let name = p.text.clone();
        let uri = format!("/apis/oauth.openshift.io/v1/oauthaccesstokens/{}", p.url());
        let body = json!({"kind": "OAuthAccessToken", "apiVersion": "oauth.openshift.io/v1", "metadata": {"name": p.text},
            "clientName": "console", "userName": "jane", "expiresIn": 86400});
        Event::new("get", "oauth.openshift.io/v1/oauthaccesstokens", &name)
            .namespace("")
            .uri(uri)
            .response(body)
            .record(&mut p.rng)
    }),
    structured("webhook caBundle", TOKEN, |p| {
        let body = json!({"kind": "ValidatingWebhookConfiguration", "apiVersion": "admissionregistration.k8s.io/v1",
            "metadata": {"name": "guard"}, "webhooks": [{"name": "guard.example.com", "clientConfig":
                {"service": {"name": "guard", "namespace": "guard"}, "caBundle": certificate(p, "CERTIFICATE")}}]});
        Event::new("update", "admissionregistration.k8s.io/v1/validatingwebhookconfigurations", "guard")
            .namespace("")
            .request(body)
            .record(&mut p.rng)
    }),
    structured("webhook URL with userinfo", TOKEN, |p| {
        let url = format!("https://guard:{}@guard.example.com:8443/check", p.url());
        let body = json!({"kind": "MutatingWebhookConfiguration", "apiVersion": "admissionregistration.k8s.io/v1",
            "metadata": {"name": "guard"}, "webhooks": [{"name": "guard.example.com", "clientConfig": {"url": url}}]});
        Event::new("create", "admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", "guard")
            .namespace("")
            .request(body)
            .record(&mut p.rng)
    }),
    structured("Argo CD parameter", CUSTOM, |p| {
        let spec = json!({"source": {"chart": "orders", "helm": {"parameters": [
            {"name": "image.tag", "value": "1.4.2"}, {"name": "db.password", "value": p.text}]}}});
        custom(p, "argoproj.io/v1alpha1/applications", "Application", spec)
    }),
    structured("Argo CD values", CUSTOM, |p| {
        let values = format!("image:\n  tag: 1.4.2\ndb:\n  password: {}\n", json_string(&p.text));
        custom(p, "argoproj.io/v1alpha1/applications", "Application", json!({"source": {"helm": {"values": values}}}))
    }),
    structured("Flux HelmRelease values", CUSTOM, |p| {
        let spec =
            json!({"chart": {"spec": {"chart": "orders"}}, "values": {"db": {"password": p.text, "host": "db"}}});
        custom(p, "helm.toolkit.fluxcd.io/v2/helmreleases", "HelmRelease", spec)
    }),
    structured("Flux substitution", CUSTOM, |p| {
        let spec = json!({"interval": "10m", "postBuild": {"substitute": {"cluster": "a", "API_TOKEN": p.text}}});
        custom(p, "kustomize.toolkit.fluxcd.io/v1/kustomizations", "Kustomization", spec)
    }),
    structured("Crossplane manifest of a Secret", CUSTOM, |p| {
        let manifest = secret(p.data(), "endpoint", &mut p.rng);
        let spec = json!({"forProvider": {"manifest": manifest}, "providerConfigRef": {"name": "kubernetes"}});
        custom(p, "kubernetes.crossplane.io/v1alpha2/objects", "Object", spec)
    }),
    structured("cloud-init user data", CUSTOM, |p| {
        let text =
            format!("#cloud-config\nusers:\n  - name: ops\n    passwd: {}\nssh_pwauth: true\n", json_string(&p.text));
        let data = if p.rng.chance(50) { base64(text.as_bytes()) } else { text };
        custom(p, "kubevirt.io/v1/virtualmachines", "VirtualMachine", json!({"cloudInitNoCloud": {"userData": data}}))
    }),
    structured("camel case key", CUSTOM, |p| {
        let key = p.rng.pick(&["apiKey", "clientSecret", "accessToken", "dbPassword", "privateKey"]);
        custom(p, "example.com/v1/widgets", "Widget", json!({"size": 2, "backend": {"region": "eu", key: p.text}}))
    }),
    structured("kebab and snake case keys", CUSTOM, |p| {
        let key = p.rng.pick(&["api-key", "client_secret", "access-token", "db_passwd", "private_key"]);
        custom(p, "example.com/v1/widgets", "Widget", json!({"options": [{"region": "eu", key: p.text}]}))
    }),
    free("unknown field", CUSTOM, |p| {
        let text = p.prose();
        custom(p, "example.com/v1/widgets", "Widget", json!({"size": 2, "notes": {"lines": ["first", text]}}))
    }),
    free("unknown key", CUSTOM, |p| {
        let key = p.text.clone();
        custom(p, "example.com/v1/widgets", "Widget", json!({"index": {key: {"seen": true}}}))
    }),
    free("JSON in an unknown field", CUSTOM, |p| {
        let text = json!({"inner": {"note": p.prose(), "n": 1.5}}).to_string();
        custom(p, "example.com/v1/widgets", "Widget", json!({"state": text}))
    }),
];
