"use strict";
// The page: text areas in, answers out. `wasm_bindgen` is the glue in front of this script.

const at = (id) => document.getElementById(id);
const made = (tag, text, name) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
};

const POLICY = `apiVersion: auditgate/v1
kind: Policy
extends: [kubernetes-noise]
destinations:
- name: siem
- name: archive
rules:
- name: exec
  verbs: [create, get]
  resources: [{resources: [pods/exec]}]
  to: [siem, archive]
- name: secrets
  resources: [{resources: [secrets]}]
  level: Metadata
  to: [siem]
default: {to: [archive]}
`;

// Events with made-up secrets.
function example() {
  const event = (more) => JSON.stringify({
    kind: "Event", apiVersion: "audit.k8s.io/v1", level: "RequestResponse", auditID: "5c1f2a9e-7b0d-4f53-9e3a-2d6b8c4f1a70",
    stage: "ResponseComplete", user: { username: "alice@example.com", groups: ["system:authenticated"] },
    sourceIPs: ["203.0.113.9"], userAgent: "kubectl/v1.31.0", responseStatus: { code: 200 }, ...more,
  });
  const pod = { resource: "pods", namespace: "shop", name: "web-0", apiVersion: "v1" };
  return [
    event({ verb: "create", requestURI: "/api/v1/namespaces/shop/pods/web-0/exec?command=mysql&command=-uroot&command=-phunter2hunter2&container=web",
      objectRef: { ...pod, subresource: "exec" } }),
    event({ verb: "create", requestURI: "/api/v1/namespaces/shop/secrets", objectRef: { resource: "secrets", namespace: "shop", name: "db", apiVersion: "v1" },
      requestObject: { kind: "Secret", data: { password: btoa("hunter2hunter2") } } }),
    event({ verb: "create", requestURI: "/api/v1/namespaces/shop/pods", objectRef: pod,
      requestObject: { kind: "Pod", spec: { containers: [{ name: "web", image: "shop/web:1.4", env: [{ name: "DB_PASSWORD", value: "hunter2hunter2" }, { name: "MODE", value: "fast" }] }] } } }),
    event({ verb: "update", requestURI: "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1",
      user: { username: "system:node:node-1", groups: ["system:nodes"] }, objectRef: { resource: "leases", namespace: "kube-node-lease", name: "node-1", apiGroup: "coordination.k8s.io", apiVersion: "v1" } }),
    `type=EXECVE msg=audit(1764000000.123:4711): argc=3 a0="mysql" a1="-uroot" a2="-phunter2hunter2"`,
  ].join("\n");
}

// Text with its masks marked; in a URI their brackets are percent-encoded.
function marked(text) {
  const pre = made("pre");
  let end = 0;
  for (const mask of text.matchAll(/(?:\[|%5B)redacted:[^\]\s%]{1,80}(?:\]|%5D)|hmac:[\w.-]+:[0-9a-f]{32}/g)) {
    pre.append(text.slice(end, mask.index), made("mark", mask[0]));
    end = mask.index + mask[0].length;
  }
  pre.append(text.slice(end));
  return pre;
}

// Position behind the bracket that closes the one at `start`.
function closed(json, start) {
  for (let i = start, depth = 0; i < json.length; i++) {
    const c = json[i];
    if (c === '"') {
      while (json[++i] !== '"') if (json[i] === "\\") i++;
    } else if (c === "{" || c === "[") depth++;
    else if ((c === "}" || c === "]") && --depth === 0) return i + 1;
  }
  return json.length;
}

const WIDE = 72;

// Indents JSON without reading its numbers, which JavaScript would round. What is short stays on one line.
function indented(json) {
  let out = "", depth = 0;
  const line = () => "\n" + "  ".repeat(depth);
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (c === '"') {
      const start = i;
      while (json[++i] !== '"') if (json[i] === "\\") i++;
      out += json.slice(start, i + 1);
    } else if (c === "{" || c === "[") {
      const end = closed(json, i);
      if (end - i <= WIDE) {
        out += json.slice(i, end);
        i = end - 1;
      } else { depth++; out += c + line(); }
    } else if (c === "}" || c === "]") { depth--; out += line() + c; }
    else if (c === ",") out += c + line();
    else if (c === ":") out += ": ";
    else if (!/\s/.test(c)) out += c;
  }
  return out;
}

function shown(answer, number) {
  const item = made("li"), head = made("div", undefined, "head");
  head.append(made("b", `${number}`));
  if (answer.left === null) head.append(made("span", "dropped", "chip off"));
  answer.routes.forEach((route) => head.append(made("span", route, "chip")));
  if (answer.error) head.append(made("span", answer.error, "chip bad"));
  const redacted = answer.redactions === 1 ? "1 value redacted" : `${answer.redactions} values redacted`;
  head.append(made("span", [answer.source, `rule ${answer.rule}`, answer.left === null ? "" : redacted].filter(Boolean).join(" · ")));
  item.append(head);
  if (answer.left !== null) item.append(marked(/^[{[]/.test(answer.left) ? indented(answer.left) : answer.left));
  return item;
}

const SHOWN = 200;

function run() {
  const text = wasm_bindgen.review(at("policy").value, at("records").value, at("tag").value, at("format").value, Math.floor(Date.now() / 1000));
  const review = JSON.parse(text);
  at("findings").replaceChildren(...review.findings.map((finding) => {
    const item = made("li", undefined, finding.severity);
    item.append(made("b", `line ${finding.line}: ${finding.severity} ${finding.code} `), finding.message, made("span", finding.help));
    return item;
  }));
  const left = review.answers.filter((answer) => answer.left !== null);
  const sum = (of, list) => list.reduce((all, one) => all + of(one), 0);
  const tile = (name, value) => { const box = made("div"); box.append(made("dd", value), made("dt", name)); return box; };
  at("sums").replaceChildren(
    tile("policy", review.policy ?? "does not check"), tile("records", `${review.records}`), tile("leave", `${left.length}`),
    tile("dropped", `${review.answers.length - left.length}`), tile("values redacted", `${sum((answer) => answer.redactions, left)}`));
  at("answers").replaceChildren(...review.answers.slice(0, SHOWN).map((answer, index) => shown(answer, index + 1)));
  for (const pre of document.querySelectorAll("#answers pre")) {
    const mask = pre.querySelector("mark");
    if (mask) pre.scrollTop = mask.offsetTop - pre.clientHeight / 2;
  }
  const notes = [];
  if (review.records > review.answers.length) notes.push(`The first ${review.answers.length} of ${review.records} records were looked at.`);
  if (review.answers.length > SHOWN) notes.push(`The first ${SHOWN} are shown; the sums are of all that were looked at.`);
  at("more").textContent = notes.join(" ");
}

let waiting;
const soon = () => { clearTimeout(waiting); waiting = setTimeout(run, 150); };

wasm_bindgen.initSync({ module: Uint8Array.from(atob(at("module").textContent), (c) => c.charCodeAt(0)) });
for (const name of wasm_bindgen.formats().split("\n")) at("format").append(new Option(name, name));
at("policy").value = POLICY;
at("records").value = example();
for (const id of ["policy", "records", "tag", "format"]) at(id).addEventListener("input", soon);
at("example").addEventListener("click", () => { at("records").value = example(); run(); });
at("clear").addEventListener("click", () => { at("records").value = ""; run(); });
at("file").addEventListener("change", async (event) => { const file = event.target.files[0]; if (file) { at("records").value = await file.text(); run(); } });
run();
