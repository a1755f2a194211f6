//! Manifests and settings in each other: custom resources that make Secrets, texts in YAML, XML and JSON, and pairs under other names.

use serde_json::{Value, json};

use super::event::{Event, metadata};
use super::{Place, Record, structured};
use crate::codec::{base64, json_string};
use crate::plant::Plant;

const CUSTOM: &str = "custom resource";
const CONFIG: &str = "config map";
const USER: &str = "identity";
const STATUS: &str = "response status";

fn custom(plant: &mut Plant, resource: &'static str, kind: &str, spec: Value) -> Record {
    let body = json!({"apiVersion": "example.com/v1", "kind": kind, "metadata": metadata(&mut plant.rng, "orders"), "spec": spec});
    Event::new("create", resource, "orders").request(body.clone()).response(body).record(&mut plant.rng)
}

fn config(plant: &mut Plant, key: &str, text: String) -> Record {
    let body = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata(&mut plant.rng, "settings"), "data": {key: text}});
    Event::new("create", "configmaps", "settings").request(body).record(&mut plant.rng)
}

fn failed(plant: &mut Plant, resource: &'static str, message: String) -> Record {
    Event::new("update", resource, "orders").failed(422, "Invalid", message).record(&mut plant.rng)
}

/// The text as an XML element has it.
fn xml(plant: &Plant) -> String {
    plant.text.replace('&', "&amp;").replace('<', "&lt;")
}

pub(crate) const PLACES: &[Place] = &[
    structured("ExternalSecret template", CUSTOM, |p| {
        let spec = json!({"target": {"name": "db", "template": {"type": "Opaque", "data": {"config.yaml": p.text}}}});
        custom(p, "external-secrets.io/v1/externalsecrets", "ExternalSecret", spec)
    }),
    structured("SealedSecret template", CUSTOM, |p| {
        let spec = json!({"encryptedData": {}, "template": {"data": {"endpoint": p.text}, "type": "Opaque"}});
        custom(p, "bitnami.com/v1alpha1/sealedsecrets", "SealedSecret", spec)
    }),
    structured("user data of a machine", CUSTOM, |p| {
        let data = format!("#cloud-config\nchpasswd:\n  list: |\n    root:{}\n", p.line());
        let volume = json!({"name": "init", "cloudInitNoCloud": {"userDataBase64": base64(data.as_bytes())}});
        custom(
            p,
            "kubevirt.io/v1/virtualmachines",
            "VirtualMachine",
            json!({"template": {"spec": {"volumes": [volume]}}}),
        )
    }),
    structured("kubeadm certificate key", CUSTOM, |p| {
        let spec = json!({"initConfiguration": {"bootstrapTokens": [{"token": p.text}]}, "certificateKey": p.text});
        custom(p, "bootstrap.cluster.x-k8s.io/v1beta1/kubeadmconfigs", "KubeadmConfig", spec)
    }),
    structured("parameter with a default", CUSTOM, |p| {
        let spec = json!({"params": [{"default": p.text, "name": "db-password", "type": "string"}, {"name": "api-tokens", "values": ["x", p.text]}]});
        custom(p, "tekton.dev/v1/tasks", "Task", spec)
    }),
    structured("pair under other names", CUSTOM, |p| {
        let spec = json!({"parameters": [{"parameterKey": "MasterUserPassword", "parameterValue": p.text}]});
        custom(p, "services.k8s.aws/v1alpha1/stacks", "Stack", spec)
    }),
    structured("names with numbers and ends", CUSTOM, |p| {
        let spec = json!({"auth": {"password2": p.text, "client-key-data": p.text, "apiKeyProd": p.text, "ADMIN_PASSWORD_OF_THE_PROXY": p.text}});
        custom(p, "example.com/v1/widgets", "Widget", spec)
    }),
    structured("manifest of a Secret in YAML", CONFIG, |p| {
        let text = format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  endpoint: {}\ntype: Opaque\n",
            json_string(&p.text)
        );
        config(p, "manifest.yaml", text)
    }),
    structured("values with a Secret's data", CONFIG, |p| {
        let text =
            format!("extra:\n- apiVersion: v1\n  data:\n    endpoint: {}\n  kind: Secret\nmode: fast\n", p.data());
        config(p, "values.yaml", text)
    }),
    structured("XML element", CONFIG, |p| {
        let text = format!("<server>\n <username>app</username>\n <password>{}</password>\n</server>\n", xml(p));
        config(p, "settings.xml", text)
    }),
    structured("XML property", CONFIG, |p| {
        let text = format!(
            "<configuration><property><name>fs.s3a.secret.key</name>\n <value>{}</value></property></configuration>",
            xml(p)
        );
        config(p, "core-site.xml", text)
    }),
    structured("session name of a cloud identity", USER, |p| {
        let extra = json!({"sigs.k8s.io/aws-iam-authenticator/sessionName": [p.text], "arn": ["arn:aws:sts::1:assumed-role/ops"]});
        Event::new("get", "pods", "orders").extra(extra).record(&mut p.rng)
    }),
    structured("assertion of a cloud identity", USER, |p| {
        let extra = json!({"iam.gke.io/user-assertion": [base64(p.text.as_bytes())]});
        Event::new("get", "pods", "orders").extra(extra).record(&mut p.rng)
    }),
    structured("signed URL through the proxy", USER, |p| {
        let uri = format!("/api/v1/namespaces/team-a/services/web:80/proxy/blob?sv=2024&sig={}&se=2026", p.url());
        Event::new("get", "services", "web").sub("proxy").level("Metadata").uri(uri).record(&mut p.rng)
    }),
    structured("structured merge", STATUS, |p| {
        let message = format!(
            "failed to create typed patch object (team-a/db; v1, Kind=Secret): .data.k: expected string, got &{{{}}}",
            p.text
        );
        failed(p, "secrets", message)
    }),
    structured("no kind", STATUS, |p| {
        let object = json!({"apiVersion": "v1", "data": {"endpoint": p.data()}});
        failed(p, "secrets", format!("Object 'Kind' is missing in '{object}'"))
    }),
    structured("object in other words", STATUS, |p| {
        let object = json!({"data": {"endpoint": p.data()}});
        failed(p, "secrets", format!("admission plugin could not read {object}"))
    }),
];
