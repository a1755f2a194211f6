//! The classic form: `[SECTION]`, then a key and a value a line.
//! Source: <https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/classic-mode/format-schema>

use crate::Included;
use crate::configuration::{Configuration, Place, Property, Section};
use crate::report::Finding;
use std::collections::BTreeMap;

/// Files that include each other end somewhere.
const MAX_DEPTH: usize = 16;

pub(crate) fn read(
    name: &str,
    text: &str,
    include: &mut dyn FnMut(&str) -> Vec<Included>,
    into: &mut Configuration,
) -> Result<(), Finding> {
    let mut reader = Reader { into, include, variables: BTreeMap::new(), at: At::Nothing };
    reader.file(name, text, 0)
}

/// The section that properties belong to.
#[derive(Clone, Copy)]
enum At {
    /// In front of the first section.
    Nothing,
    Service,
    Input,
    Filter,
    Output,
    /// Parsers and the like, which do not matter here.
    Other,
}

struct Reader<'a> {
    into: &'a mut Configuration,
    include: &'a mut dyn FnMut(&str) -> Vec<Included>,
    variables: BTreeMap<String, String>,
    at: At,
}

impl Reader<'_> {
    fn file(&mut self, name: &str, text: &str, depth: usize) -> Result<(), Finding> {
        for (number, line) in text.lines().enumerate() {
            let content = line.trim();
            let column = line.chars().take_while(|letter| letter.is_whitespace()).count() + 1;
            let place = Place { file: name.to_owned(), line: number + 1, column };
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            if let Some(command) = content.strip_prefix('@') {
                self.command(command, place, depth)?;
            } else if let Some(section) = content.strip_prefix('[') {
                let Some(section) = section.strip_suffix(']') else {
                    return Err(Finding::unreadable(place, format!("expected `]` after `[{section}`")));
                };
                self.section(section, place);
            } else {
                self.property(content, place)?;
            }
        }
        Ok(())
    }

    fn command(&mut self, command: &str, place: Place, depth: usize) -> Result<(), Finding> {
        let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        if word.eq_ignore_ascii_case("set") {
            if let Some((key, value)) = rest.trim().split_once('=') {
                let value = self.resolved(value.trim());
                self.variables.insert(key.trim().to_owned(), value);
            }
        } else if word.eq_ignore_ascii_case("include") {
            let found = (self.include)(rest.trim());
            if found.is_empty() {
                return Err(Finding::unreadable(place, format!("cannot read the included `{}`", rest.trim())));
            }
            if depth >= MAX_DEPTH {
                return Err(Finding::unreadable(
                    place,
                    format!("expected at most {MAX_DEPTH} files inside each other"),
                ));
            }
            for (name, text) in found {
                self.file(&name, &text, depth + 1)?;
            }
        }
        Ok(())
    }

    fn section(&mut self, name: &str, place: Place) {
        let (at, list) = match name.to_ascii_lowercase().as_str() {
            "service" => (At::Service, None),
            "input" => (At::Input, Some(&mut self.into.inputs)),
            "filter" => (At::Filter, Some(&mut self.into.filters)),
            "output" => (At::Output, Some(&mut self.into.outputs)),
            _ => (At::Other, None),
        };
        self.at = at;
        if let Some(list) = list {
            list.push(Section::new(place));
        }
    }

    fn property(&mut self, content: &str, place: Place) -> Result<(), Finding> {
        let (key, value) = content.split_once(char::is_whitespace).unwrap_or((content, ""));
        let property = Property { key: key.to_ascii_lowercase(), value: self.resolved(value.trim()), place };
        let properties = match self.at {
            At::Nothing => {
                return Err(Finding::unreadable(
                    property.place,
                    format!("expected a section such as `[INPUT]`, found `{key}`"),
                ));
            }
            At::Service => Some(&mut self.into.service),
            At::Input => self.into.inputs.last_mut().map(|section| &mut section.properties),
            At::Filter => self.into.filters.last_mut().map(|section| &mut section.properties),
            At::Output => self.into.outputs.last_mut().map(|section| &mut section.properties),
            At::Other => None,
        };
        if let Some(properties) = properties {
            properties.push(property);
        }
        Ok(())
    }

    /// With `@SET` variables put in; those of the environment stay as they are written.
    fn resolved(&self, value: &str) -> String {
        self.variables
            .iter()
            .fold(value.to_owned(), |value, (key, content)| value.replace(&format!("${{{key}}}"), content))
    }
}
