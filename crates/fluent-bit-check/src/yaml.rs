//! The YAML form.
//! Source: <https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/yaml>

use crate::Included;
use crate::configuration::{Configuration, Place, Property, Section};
use crate::report::Finding;
use saphyr::{LoadableYamlNode as _, MarkedYaml, Marker, Scalar, YamlData};

/// Files that include each other end somewhere.
const MAX_DEPTH: usize = 16;

pub(crate) fn read(
    name: &str,
    text: &str,
    include: &mut dyn FnMut(&str) -> Vec<Included>,
    into: &mut Configuration,
) -> Result<(), Finding> {
    file(name, text, include, into, 0)
}

fn file(
    name: &str,
    text: &str,
    include: &mut dyn FnMut(&str) -> Vec<Included>,
    into: &mut Configuration,
    depth: usize,
) -> Result<(), Finding> {
    let documents = MarkedYaml::load_from_str(text).map_err(|error| {
        Finding::unreadable(place(name, error.marker()), format!("expected YAML: {}", error.info()))
    })?;
    let Some(document) = documents.first() else { return Ok(()) };
    for included in items(get(document, "includes")) {
        let at = place(name, &included.span.start);
        let pattern = scalar(included).unwrap_or_default();
        let found = include(&pattern);
        if found.is_empty() || depth >= MAX_DEPTH {
            return Err(Finding::unreadable(at, format!("cannot read the included `{pattern}`")));
        }
        for (name, text) in found {
            file(&name, &text, include, into, depth + 1)?;
        }
    }
    if let Some(service) = get(document, "service") {
        into.service.extend(properties(name, service));
    }
    if let Some(pipeline) = get(document, "pipeline") {
        for (key, list) in
            [("inputs", &mut into.inputs), ("filters", &mut into.filters), ("outputs", &mut into.outputs)]
        {
            list.extend(items(get(pipeline, key)).map(|node| section(name, node)));
        }
    }
    Ok(())
}

fn section(name: &str, node: &MarkedYaml<'_>) -> Section {
    let mut section = Section::new(place(name, &node.span.start));
    section.properties = properties(name, node);
    if let Some(processors) = get(node, "processors") {
        section.processors = items(get(processors, "logs")).map(|node| self::section(name, node)).collect();
    }
    section.routes = get(node, "routes").map(|routes| place(name, &routes.span.start));
    section
}

/// The keys with one value, or with a list of such.
fn properties(name: &str, node: &MarkedYaml<'_>) -> Vec<Property> {
    let YamlData::Mapping(map) = &node.data else { return Vec::new() };
    let mut properties = Vec::new();
    for (key, value) in map {
        let values: Vec<&MarkedYaml<'_>> = match &value.data {
            YamlData::Sequence(list) => list.iter().collect(),
            _ => vec![value],
        };
        for value in values {
            if let (Some(key), Some(value)) = (scalar(key), scalar(value)) {
                properties.push(Property {
                    key: key.to_ascii_lowercase(),
                    value,
                    place: place(name, &node_start(map, &key)),
                });
            }
        }
    }
    properties
}

fn node_start(map: &saphyr::AnnotatedMapping<'_, MarkedYaml<'_>>, key: &str) -> Marker {
    map.keys().find(|node| scalar(node).as_deref() == Some(key)).map_or_else(Marker::default, |node| node.span.start)
}

fn get<'a, 'b>(node: &'a MarkedYaml<'b>, key: &str) -> Option<&'a MarkedYaml<'b>> {
    let YamlData::Mapping(map) = &node.data else { return None };
    map.iter().find(|(name, _)| scalar(name).as_deref() == Some(key)).map(|(_, value)| value)
}

fn items<'a, 'b>(node: Option<&'a MarkedYaml<'b>>) -> impl Iterator<Item = &'a MarkedYaml<'b>> {
    let list = node.and_then(|node| match &node.data {
        YamlData::Sequence(list) => Some(list.as_slice()),
        _ => None,
    });
    list.unwrap_or_default().iter()
}

/// As it was written, more or less.
fn scalar(node: &MarkedYaml<'_>) -> Option<String> {
    match &node.data {
        YamlData::Value(Scalar::String(text)) => Some(text.to_string()),
        YamlData::Value(Scalar::Integer(number)) => Some(number.to_string()),
        YamlData::Value(Scalar::FloatingPoint(number)) => Some(number.to_string()),
        YamlData::Value(Scalar::Boolean(value)) => Some(value.to_string()),
        _ => None,
    }
}

fn place(name: &str, marker: &Marker) -> Place {
    Place { file: name.to_owned(), line: marker.line(), column: marker.col() + 1 }
}
