//! Finds the first rule that fits.

use super::Attributes;
use crate::policy::Rule;

#[derive(Clone, Debug, Default)]
pub(crate) struct Matcher;

impl Matcher {
    pub(crate) fn new(_rules: &[Rule]) -> Self {
        Self
    }

    pub(super) fn first<'p>(&self, rules: &'p [Rule], attributes: &Attributes<'_>) -> Option<(usize, &'p Rule)> {
        rules.iter().enumerate().find(|(_, rule)| rule.conditions.fit(attributes))
    }
}
