//! Words, quoted texts and signs of the three languages of conditions.

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// As it is written, escapes and all.
    Word(String),
    Quoted(String),
    Sign(&'static str),
    End,
}

/// How a language is written.
pub struct Language {
    /// The longest first.
    pub signs: &'static [&'static str],
    /// Takes the backslash away in front of the character behind it, in words too.
    pub escapes_in_words: bool,
}

pub struct Tokens {
    tokens: Vec<Token>,
    at: usize,
}

impl Tokens {
    pub fn read(text: &str, language: &Language) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            if let Some(comment) = rest.strip_prefix("//") {
                rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
            } else if let Some(comment) = rest.strip_prefix("/*") {
                rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
            } else if let Some(raw) = rest.strip_prefix("\"\"\"") {
                let (text, after) = raw.split_once("\"\"\"").ok_or("a text without an end")?;
                tokens.push(Token::Quoted(text.to_owned()));
                rest = after;
            } else if let Some(quote @ ('"' | '`' | '\'')) = rest.chars().next() {
                let (text, after) = quoted(&rest[1..], quote)?;
                tokens.push(if quote == '`' { Token::Word(text) } else { Token::Quoted(text) });
                rest = after;
            } else if let Some(sign) = language.signs.iter().find(|sign| rest.starts_with(**sign)) {
                tokens.push(Token::Sign(sign));
                rest = &rest[sign.len()..];
            } else {
                let (word, after) = word(rest, language);
                tokens.push(Token::Word(word));
                rest = after;
            }
            rest = rest.trim_start();
        }
        Ok(Self { tokens, at: 0 })
    }

    pub fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    pub fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    /// Takes a sign, if it is the next one.
    pub fn sign(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek(), Token::Sign(next) if *next == sign);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes a word, if it is the next one; in any case.
    pub fn word(&mut self, word: &str) -> bool {
        let is_next = matches!(self.peek(), Token::Word(next) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }

    pub fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.sign(sign) { Ok(()) } else { Err(format!("expected `{sign}`, found {:?}", self.peek())) }
    }
}

fn quoted(rest: &str, quote: char) -> Result<(String, &str), String> {
    let mut text = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => text.extend(chars.next().map(|(_, c)| if c == 'n' { '\n' } else { c })),
            c if c == quote => return Ok((text, &rest[at + 1..])),
            c => text.push(c),
        }
    }
    Err("a text without an end".to_owned())
}

fn word<'t>(rest: &'t str, language: &Language) -> (String, &'t str) {
    let mut text = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        let ends = c.is_whitespace() || language.signs.iter().any(|sign| rest[at..].starts_with(sign)) && at > 0;
        match c {
            '\\' if language.escapes_in_words => text.extend(chars.next().map(|(_, c)| c)),
            _ if ends => return (text, &rest[at..]),
            c => text.push(c),
        }
    }
    (text, "")
}
