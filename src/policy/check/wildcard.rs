//! Text with a wildcard at either end, and the resources of Kubernetes' rules.

use super::{At, Checker};
use crate::policy::codes::Code;
use crate::policy::diagnostics::Diagnostic;
use crate::policy::model::{GroupResources, Resource, Wildcard};
use crate::policy::yaml::Node;

const ENDS_ONLY: &str = "a `*` may stand at the start, at the end or at both";

impl Wildcard {
    /// None if a `*` stands in the middle.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (rest, open_start) = strip(text, text.strip_prefix('*'));
        let (rest, open_end) = strip(rest, rest.strip_suffix('*'));
        let any = text == "*";
        (!rest.contains('*')).then(|| Self { text: rest.into(), open_start, open_end: open_end || any })
    }
}

fn strip<'t>(whole: &'t str, stripped: Option<&'t str>) -> (&'t str, bool) {
    (stripped.unwrap_or(whole), stripped.is_some())
}

impl Checker {
    pub(super) fn wildcards(&mut self, node: &Node, at: &At<'_>) -> Vec<Wildcard> {
        let mut out = Vec::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            out.extend(self.wildcard(item, &at.index(index)));
        }
        out
    }

    pub(super) fn wildcard(&mut self, node: &Node, at: &At<'_>) -> Option<Wildcard> {
        let text = self.text(node, at)?;
        if self.kubernetes {
            return Some(Wildcard::literal(text));
        }
        let parsed = Wildcard::parse(text);
        if parsed.is_none() {
            self.malformed(node, at, "a `*` in the middle", ENDS_ONLY);
        }
        parsed
    }

    /// Paths: `*`, or text that begins with `/` and may end with `*`.
    pub(super) fn urls(&mut self, node: &Node, at: &At<'_>) -> Vec<Wildcard> {
        let mut out = Vec::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            let at = at.index(index);
            let Some(text) = self.text(item, &at) else { continue };
            let bare = text.strip_suffix('*').unwrap_or(text);
            if !text.starts_with('/') && text != "*" {
                self.malformed(item, &at, "a path begins with `/`", "write `/healthz`, `/healthz*` or `*`");
            } else if bare.contains('*') {
                self.malformed(item, &at, "a `*` in the middle", "a `*` may stand at the end of a path only");
            } else {
                out.push(Wildcard { text: bare.into(), open_start: false, open_end: bare.len() < text.len() });
            }
        }
        out
    }

    pub(super) fn resources(&mut self, node: &Node, at: &At<'_>) -> Vec<GroupResources> {
        let mut out = Vec::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            out.extend(self.group_resources(item, &at.index(index)));
        }
        out
    }

    fn group_resources(&mut self, node: &Node, at: &At<'_>) -> Option<GroupResources> {
        let map = self.mapping(node, at, &["group", "resources", "resourceNames"])?;
        let group = map.find("group").map_or(Some(Wildcard::literal("")), |node| self.group(node, &at.key("group")));
        let mut resources = Vec::new();
        let listed = map.find("resources").map_or(&[][..], |node| self.list(node, &at.key("resources")));
        for (index, item) in listed.iter().enumerate() {
            resources.extend(self.resource(item, &at.key("resources").index(index)));
        }
        let names = map.find("resourceNames").map_or(Vec::new(), |node| self.wildcards(node, &at.key("resourceNames")));
        if listed.is_empty() && !names.is_empty() {
            let at = at.key("resourceNames");
            let node = map.find("resourceNames").unwrap_or(node);
            let diagnostic = Diagnostic::new(Code::Conflict, node.at, 1, "`resourceNames` without `resources`");
            self.report(&at, diagnostic.help("name the resources, or `resources: [\"*\"]`"));
        }
        Some(GroupResources { group: group?, resources, names })
    }

    fn group(&mut self, node: &Node, at: &At<'_>) -> Option<Wildcard> {
        let text = self.text(node, at)?;
        if text == "*" {
            return Some(Wildcard { text: String::new(), open_start: true, open_end: true });
        }
        let fits = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'*'))
            && !text.starts_with(['-', '.'])
            && !text.ends_with(['-', '.']);
        if !fits {
            self.malformed(
                node,
                at,
                "not an API group",
                "write the group without its version, for example `apps`; the core group is `\"\"`",
            );
            return None;
        }
        if self.kubernetes && text.contains('*') {
            self.malformed(node, at, "a wildcard in an API group", "Kubernetes knows `*` alone");
            return None;
        }
        self.wildcard(node, at)
    }

    fn resource(&mut self, node: &Node, at: &At<'_>) -> Option<Resource> {
        let text = self.text(node, at)?;
        if text == "*" {
            return Some(Resource::Any);
        }
        if self.kubernetes {
            return Some(kubernetes_resource(text));
        }
        let (resource, subresource) = match text.split_once('/') {
            Some((resource, subresource)) => (resource, Some(subresource)),
            None => (text, None),
        };
        if resource.is_empty() || subresource.is_some_and(|sub| sub.is_empty() || sub.contains('/')) {
            self.malformed(node, at, "not a resource", "write `pods`, `pods/log`, `pods/*` or `*/status`");
            return None;
        }
        if text == "*/*" {
            self.malformed(
                node,
                at,
                "`*/*` fits nothing in Kubernetes",
                "write `*` for every resource and subresource",
            );
            return None;
        }
        let resource = Wildcard::parse(resource);
        let subresource = subresource.map(Wildcard::parse);
        let (Some(resource), None | Some(Some(_))) = (resource, &subresource) else {
            self.malformed(node, at, "a `*` in the middle", ENDS_ONLY);
            return None;
        };
        Some(match (resource, subresource.flatten()) {
            (resource, Some(sub)) if sub.is_any() => Resource::WithSubresources(resource),
            (resource, Some(sub)) if resource.is_any() => Resource::Subresource(sub),
            (resource, None) if resource.is_literal() => Resource::Exact(text.into()),
            (resource, Some(sub)) if resource.is_literal() && sub.is_literal() => Resource::Exact(text.into()),
            (resource, sub) => Resource::Parts(resource, sub),
        })
    }
}

/// As Kubernetes reads it: text that no request can have simply fits none.
fn kubernetes_resource(text: &str) -> Resource {
    if let Some(resource) = text.strip_suffix("/*") {
        return Resource::WithSubresources(Wildcard::literal(resource));
    }
    if let Some(subresource) = text.strip_prefix("*/") {
        return Resource::Subresource(Wildcard::literal(subresource));
    }
    Resource::Exact(text.into())
}
