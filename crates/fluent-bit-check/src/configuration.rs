//! What both forms of a configuration say: sections with properties, each with its place.

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// A key and its value; keys are in lower case, as Fluent Bit compares them.
#[derive(Clone, Debug)]
pub(crate) struct Property {
    pub key: String,
    pub value: String,
    pub place: Place,
}

/// A plugin with what is said of it.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub place: Place,
    pub properties: Vec<Property>,
    /// Processors, of inputs and outputs.
    pub processors: Vec<Section>,
    /// Where conditional routes begin, on an input.
    pub routes: Option<Place>,
}

#[derive(Debug, Default)]
pub(crate) struct Configuration {
    pub service: Vec<Property>,
    pub inputs: Vec<Section>,
    pub filters: Vec<Section>,
    pub outputs: Vec<Section>,
}

impl Configuration {
    /// Whether there is nothing to judge: another kind of file.
    pub fn is_empty(&self) -> bool {
        [&self.inputs, &self.filters, &self.outputs].iter().all(|sections| sections.is_empty())
    }
}

impl Section {
    pub fn new(place: Place) -> Self {
        Self { place, properties: Vec::new(), processors: Vec::new(), routes: None }
    }

    pub fn property(&self, key: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.key == key)
    }

    pub fn value(&self, key: &str) -> &str {
        self.property(key).map_or("", |property| property.value.as_str())
    }

    /// The plugin's name.
    pub fn name(&self) -> &str {
        self.value("name")
    }

    /// Whether it is switched on.
    pub fn is_on(&self, key: &str) -> bool {
        is_true(self.value(key))
    }

    /// The place of a property, or that of the section without it.
    pub fn place_of(&self, key: &str) -> Place {
        self.property(key).map_or(&self.place, |property| &property.place).clone()
    }

    /// Whether records with this tag come here; an empty pattern matches nothing. A regular expression may match everything.
    pub fn matches(&self, tag: &str) -> bool {
        if self.property("match_regex").is_some() {
            return true;
        }
        glob(self.value("match"), tag)
    }
}

/// Fluent Bit's booleans.
pub(crate) fn is_true(value: &str) -> bool {
    ["on", "true", "yes"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Bytes of `512K`, `64M`, `10MB` and the like.
pub(crate) fn bytes(value: &str) -> Option<u64> {
    let digits = value.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits.trim().parse().ok()?;
    let unit = value.get(digits.len()..)?.to_ascii_lowercase();
    let factor = match unit.trim_end_matches('b') {
        "" => 1,
        "k" => 1_000,
        "m" => 1_000_000,
        "g" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// Fluent Bit's patterns of tags: `*` stands for any text.
fn glob(pattern: &str, tag: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == tag && !tag.is_empty() };
    let Some(tag) = tag.strip_prefix(first) else { return false };
    // The rest of the pattern may begin anywhere.
    tag.char_indices().map(|(at, _)| at).chain([tag.len()]).any(|at| {
        let tail = tag.get(at..).unwrap_or_default();
        if rest.is_empty() { tail.is_empty() } else { glob(rest, tail) }
    })
}

#[cfg(test)]
mod tests {
    use super::{bytes, glob};

    #[test]
    fn patterns_match_tags_as_in_fluent_bit() {
        for (pattern, tag, expected) in [
            ("*", "audit.kubernetes", true),
            ("audit.*", "audit.kubernetes", true),
            ("audit.*", "routed.+default+", false),
            ("routed.*+siem+*", "routed.+a+siem+", true),
            ("routed.*+siem+*", "routed.+a+", false),
            ("audit.kubernetes", "audit.kubernetes", true),
            ("audit.kube", "audit.kubernetes", false),
            ("", "audit.kubernetes", false),
            ("*.kubernetes", "audit.kubernetes", true),
            ("*.kube", "audit.kubernetes", false),
        ] {
            assert_eq!(glob(pattern, tag), expected, "`{pattern}` and `{tag}`");
        }
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes("32K"), Some(32_000));
        assert_eq!(bytes("1MB"), Some(1_000_000));
        assert_eq!(bytes("10"), Some(10));
        assert_eq!(bytes("${SIZE}"), None);
    }
}
