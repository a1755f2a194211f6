//! Conditions of Falco's rules, with their macros and lists.

use std::collections::HashMap;

use serde_norway::Value as Yaml;

use crate::condition::{Condition, Glob, Order};
use crate::elastic::either;
use crate::lexer::{Language, Token, Tokens};

const FALCO: Language = Language { signs: &["!=", ">=", "<=", "(", ")", ",", "=", ">", "<"], escapes_in_words: false };

/// What a file of rules defines.
#[derive(Default)]
pub struct File {
    lists: HashMap<String, Vec<String>>,
    macros: HashMap<String, String>,
    /// Names and conditions.
    rules: Vec<(String, String)>,
}

impl File {
    pub fn read(text: &str) -> Self {
        let yaml: Yaml = serde_norway::from_str(text).unwrap();
        let mut file = Self::default();
        for entry in yaml.as_sequence().unwrap() {
            let text = |key: &str| entry.get(key).and_then(Yaml::as_str).map(str::to_owned);
            if let (Some(name), Some(condition)) = (text("rule"), text("condition")) {
                file.rules.push((name, condition));
            } else if let (Some(name), Some(condition)) = (text("macro"), text("condition")) {
                file.macros.insert(name, condition);
            } else if let (Some(name), Some(items)) = (text("list"), entry.get("items").and_then(Yaml::as_sequence)) {
                file.lists.insert(name, items.iter().filter_map(Yaml::as_str).map(str::to_owned).collect());
            }
        }
        file
    }

    /// The rules, and for those that are not understood why.
    pub fn rules(&self) -> Vec<(String, Result<Condition, String>)> {
        self.rules.iter().map(|(name, condition)| (name.clone(), self.condition(condition))).collect()
    }

    fn condition(&self, text: &str) -> Result<Condition, String> {
        let mut tokens = Tokens::read(text, &FALCO)?;
        let condition = either(&mut tokens, &mut |tokens| self.test(tokens))?;
        if *tokens.peek() == Token::End { Ok(condition) } else { Err(format!("{:?} is not understood", tokens.peek())) }
    }

    /// A macro, or `field = value`, `field in (a, list)`, `field startswith x`, `field exists`.
    fn test(&self, tokens: &mut Tokens) -> Result<Condition, String> {
        let Token::Word(field) = tokens.next() else { return Err("no field".to_owned()) };
        if let Some(inner) = self.macros.get(&field) {
            return self.condition(inner);
        }
        for (sign, order) in [(">=", Order::AtLeast), ("<=", Order::AtMost), (">", Order::More), ("<", Order::Less)] {
            if tokens.sign(sign) {
                let bound = text(tokens)?.parse().map_err(|_| "no number".to_owned())?;
                return Ok(Condition::Number(field, order, bound));
            }
        }
        if tokens.sign("=") {
            return Ok(Condition::Fits(field, vec![Glob::exact(&text(tokens)?)]));
        }
        if tokens.sign("!=") {
            return Ok(Condition::Not(Box::new(Condition::Fits(field, vec![Glob::exact(&text(tokens)?)]))));
        }
        let Token::Word(operator) = tokens.next() else { return Err(format!("no operator behind `{field}`")) };
        let (before, behind) = match operator.as_str() {
            "exists" => return Ok(Condition::Exists(field)),
            "in" => return Ok(Condition::Only(field, self.list(tokens)?)),
            "intersects" => return Ok(Condition::Fits(field, self.list(tokens)?)),
            "startswith" => (false, true),
            "endswith" => (true, false),
            "contains" | "icontains" => (true, true),
            other => return Err(format!("the operator `{other}`")),
        };
        let glob = Glob::exact(&text(tokens)?).open(before, behind);
        Ok(Condition::Fits(field, vec![if operator == "icontains" { glob.any_case() } else { glob }]))
    }

    fn list(&self, tokens: &mut Tokens) -> Result<Vec<Glob>, String> {
        let mut items = Vec::new();
        tokens.expect("(")?;
        while !tokens.sign(")") {
            self.add_items(&text(tokens)?, &mut items);
            tokens.sign(",");
        }
        Ok(items.iter().map(|item| Glob::exact(item)).collect())
    }

    /// An item, or those of the list that it names.
    fn add_items(&self, name: &str, items: &mut Vec<String>) {
        match self.lists.get(name) {
            Some(inner) => inner.iter().for_each(|item| self.add_items(item, items)),
            None => items.push(name.to_owned()),
        }
    }
}

fn text(tokens: &mut Tokens) -> Result<String, String> {
    match tokens.next() {
        Token::Word(text) | Token::Quoted(text) => Ok(text),
        other => Err(format!("{other:?} is no value")),
    }
}

#[test]
fn macros_and_lists_are_put_in() {
    let file = File::read(
        "- list: inner\n  items: [b]\n- list: all\n  items: [a, inner]\n- macro: m\n  condition: ka.verb=get or ka.verb exists\n- rule: r\n  condition: (m and not x in (all, \"c\") and y startswith \"q\")",
    );
    let exact = |text: &str| Glob::exact(text);
    let m = Condition::Any(vec![
        Condition::Fits("ka.verb".into(), vec![exact("get")]),
        Condition::Exists("ka.verb".into()),
    ]);
    let not = Condition::Not(Box::new(Condition::Only("x".into(), vec![exact("a"), exact("b"), exact("c")])));
    let starts = Condition::Fits("y".into(), vec![exact("q").open(false, true)]);
    assert_eq!(file.rules(), [("r".to_owned(), Ok(Condition::All(vec![m, not, starts])))]);
}
