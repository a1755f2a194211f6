//! Conditions of Elastic's detection rules: KQL, and those EQL queries that ask for one event.

use crate::condition::{Condition, Glob, Order};
use crate::lexer::{Language, Token, Tokens};

const KQL: Language = Language { signs: &[">=", "<=", "(", ")", ":", ">", "<"], escapes_in_words: true };
const EQL: Language =
    Language { signs: &["==", "!=", ">=", "<=", "(", ")", ",", ":", ">", "<", "|", "["], escapes_in_words: false };

pub fn kql(text: &str) -> Result<Condition, String> {
    let mut tokens = Tokens::read(text, &KQL)?;
    let condition = either(&mut tokens, &mut |tokens| kql_test(tokens, None))?;
    end(&tokens, condition)
}

/// `category where condition`; `any` is any category.
pub fn eql(text: &str) -> Result<Condition, String> {
    let mut tokens = Tokens::read(text, &EQL)?;
    let Token::Word(category) = tokens.next() else { return Err("no category".to_owned()) };
    if !tokens.word("where") {
        return Err("not a query for one event".to_owned());
    }
    let condition = either(&mut tokens, &mut eql_test)?;
    let condition = match category.as_str() {
        "any" => condition,
        category => {
            Condition::All(vec![Condition::Fits("event.category".into(), vec![Glob::exact(category)]), condition])
        }
    };
    end(&tokens, condition)
}

fn end(tokens: &Tokens, condition: Condition) -> Result<Condition, String> {
    if *tokens.peek() == Token::End { Ok(condition) } else { Err(format!("{:?} is not understood", tokens.peek())) }
}

type Test<'a> = &'a mut dyn FnMut(&mut Tokens) -> Result<Condition, String>;

/// `a or b and not (c)`.
pub fn either(tokens: &mut Tokens, test: Test<'_>) -> Result<Condition, String> {
    let mut parts = vec![both(tokens, test)?];
    while tokens.word("or") {
        parts.push(both(tokens, test)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
}

fn both(tokens: &mut Tokens, test: Test<'_>) -> Result<Condition, String> {
    let mut parts = vec![one(tokens, test)?];
    while tokens.word("and") {
        parts.push(one(tokens, test)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
}

fn one(tokens: &mut Tokens, test: Test<'_>) -> Result<Condition, String> {
    if tokens.word("not") {
        return Ok(Condition::Not(Box::new(one(tokens, test)?)));
    }
    if tokens.sign("(") {
        let inner = either(tokens, test)?;
        tokens.expect(")")?;
        return Ok(inner);
    }
    test(tokens)
}

/// `field:value`, `field:(a or b)`, `field >= 1`; inside the brackets behind a field, a value alone.
fn kql_test(tokens: &mut Tokens, field: Option<&str>) -> Result<Condition, String> {
    let value = |token: Token, field: &str| match token {
        Token::Word(word) if word == "*" => Ok(Condition::Exists(field.to_owned())),
        Token::Word(word) => Ok(Condition::Fits(field.to_owned(), vec![Glob::wild(&word, false)])),
        Token::Quoted(text) => Ok(Condition::Fits(field.to_owned(), vec![Glob::exact(&text)])),
        other => Err(format!("{other:?} is no value")),
    };
    if let Some(field) = field {
        return value(tokens.next(), field);
    }
    let Token::Word(name) = tokens.next() else { return Err("no field".to_owned()) };
    if let Some(order) = order(tokens) {
        return number(name, order, tokens);
    }
    tokens.expect(":")?;
    if tokens.sign("(") {
        let inner = either(tokens, &mut |tokens| kql_test(tokens, Some(&name)))?;
        tokens.expect(")")?;
        return Ok(inner);
    }
    value(tokens.next(), &name)
}

/// `field == "a"`, `field in ("a", "b")`, `field like~ "a*"`, `field : "a*"`, `field != null`.
fn eql_test(tokens: &mut Tokens) -> Result<Condition, String> {
    let Token::Word(field) = tokens.next() else { return Err("no field".to_owned()) };
    let field = field.trim_start_matches('?').to_owned();
    if *tokens.peek() == Token::Sign("(") {
        return Err(format!("the function `{field}`"));
    }
    let not = tokens.word("not");
    let equal = tokens.sign("==");
    let condition = if equal || tokens.sign("!=") {
        let is = match tokens.next() {
            Token::Word(word) if word == "null" => Condition::Not(Box::new(Condition::Exists(field))),
            Token::Word(text) | Token::Quoted(text) => Condition::Fits(field, vec![Glob::exact(&text)]),
            other => return Err(format!("{other:?} is no value")),
        };
        if equal { is } else { Condition::Not(Box::new(is)) }
    } else if let Some(order) = order(tokens) {
        return number(field, order, tokens);
    } else {
        let (is_wild, any_case) = match tokens.next() {
            Token::Word(word) if matches!(word.as_str(), "in" | "in~") => (false, word.ends_with('~')),
            Token::Word(word) if matches!(word.as_str(), "like" | "like~") => (true, word.ends_with('~')),
            Token::Sign(":") => (true, true),
            other => return Err(format!("the operator {other:?}")),
        };
        let glob = |text: &str| if is_wild { Glob::wild(text, true) } else { Glob::exact(text) };
        let globs =
            texts(tokens)?.iter().map(|text| if any_case { glob(text).any_case() } else { glob(text) }).collect();
        Condition::Fits(field, globs)
    };
    Ok(if not { Condition::Not(Box::new(condition)) } else { condition })
}

/// A text, or some in brackets.
fn texts(tokens: &mut Tokens) -> Result<Vec<String>, String> {
    let mut texts = Vec::new();
    let many = tokens.sign("(");
    loop {
        match tokens.next() {
            Token::Word(text) | Token::Quoted(text) => texts.push(text),
            other => return Err(format!("{other:?} is no value")),
        }
        if !many || !tokens.sign(",") {
            break;
        }
    }
    if many {
        tokens.expect(")")?;
    }
    Ok(texts)
}

fn order(tokens: &mut Tokens) -> Option<Order> {
    let orders = [(">=", Order::AtLeast), ("<=", Order::AtMost), (">", Order::More), ("<", Order::Less)];
    orders.into_iter().find(|(sign, _)| tokens.sign(sign)).map(|(_, order)| order)
}

fn number(field: String, order: Order, tokens: &mut Tokens) -> Result<Condition, String> {
    match tokens.next() {
        Token::Word(word) => {
            let bound = word.parse().map_err(|_| format!("`{word}` is no number"))?;
            Ok(Condition::Number(field, order, bound))
        }
        other => Err(format!("{other:?} is no number")),
    }
}

#[test]
fn both_languages_are_read() {
    let exact = |field: &str, text: &str| Condition::Fits(field.into(), vec![Glob::exact(text)]);
    let a_or_b = Condition::Any(vec![exact("f", "a"), exact("f", "b")]);
    let not_x = Condition::Not(Box::new(exact("g.h", "x:y")));
    assert_eq!(kql("f:(\"a\" or b) and not g.h : x\\:y"), Ok(Condition::All(vec![a_or_b, not_x.clone()])));
    assert_eq!(
        kql("f:(* and not \"a\")"),
        Ok(Condition::All(vec![Condition::Exists("f".into()), Condition::Not(Box::new(exact("f", "a")))]))
    );
    let list = Condition::Fits("f".into(), vec![Glob::exact("a"), Glob::exact("b")]);
    assert_eq!(eql("any where f in (\"a\", \"b\") and `g.h` != \"x:y\""), Ok(Condition::All(vec![list, not_x])));
    let wild = Condition::Fits("f".into(), vec![Glob::wild("a*", true).any_case()]);
    assert_eq!(eql("any where not ?f like~ (\"a*\")"), Ok(Condition::Not(Box::new(wild))));
    assert!(
        eql("sequence by x [any where true]").is_err()
            && eql("any where length(f) > 1").is_err()
            && kql("f:(a").is_err()
    );
}
