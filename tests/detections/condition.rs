//! Conditions over fields, whatever language they were written in, and a small evaluator.

/// Reads the values of a field of an event; none if the event does not have it.
pub type Read<'a> = &'a dyn Fn(&str) -> Vec<String>;

#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// The field has a value.
    Exists(String),
    /// A value of the field fits one of these.
    Fits(String, Vec<Glob>),
    /// The field has values, and each fits one of these.
    Only(String, Vec<Glob>),
    /// The field is a number for which this holds.
    Number(String, Order, f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    Less,
    AtMost,
    More,
    AtLeast,
}

/// A text in which some characters stand for others.
#[derive(Clone, Debug, PartialEq)]
pub struct Glob {
    tokens: Vec<Token>,
    any_case: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    One(char),
    AnyOne,
    Any,
}

impl Glob {
    pub fn exact(text: &str) -> Self {
        Self { tokens: text.chars().map(Token::One).collect(), any_case: false }
    }

    /// `*` stands for any characters; `?` for one, where the language has it.
    pub fn wild(text: &str, question_marks: bool) -> Self {
        let token = |c| match c {
            '*' => Token::Any,
            '?' if question_marks => Token::AnyOne,
            c => Token::One(c),
        };
        Self { tokens: text.chars().map(token).collect(), any_case: false }
    }

    pub fn any_case(self) -> Self {
        Self { any_case: true, ..self }
    }

    /// This text with anything in front of it, or behind it.
    pub fn open(mut self, before: bool, behind: bool) -> Self {
        if before {
            self.tokens.insert(0, Token::Any);
        }
        if behind {
            self.tokens.push(Token::Any);
        }
        self
    }

    /// A text that it fits.
    pub fn example(&self) -> String {
        let text = |token: &Token| match token {
            Token::One(c) => *c,
            Token::AnyOne | Token::Any => 'x',
        };
        self.tokens.iter().map(text).collect()
    }

    fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        // The places in the text that can be reached with the tokens so far.
        let mut reached = vec![false; text.len() + 1];
        reached[0] = true;
        for token in &self.tokens {
            if *token == Token::Any {
                let first = reached.iter().position(|reached| *reached).unwrap_or(reached.len());
                reached.iter_mut().skip(first).for_each(|reached| *reached = true);
                continue;
            }
            for at in (0..text.len()).rev() {
                let same = match token {
                    Token::One(c) if self.any_case => c.to_lowercase().eq(text[at].to_lowercase()),
                    Token::One(c) => *c == text[at],
                    _ => true,
                };
                reached[at + 1] = reached[at] && same;
            }
            reached[0] = false;
        }
        reached[text.len()]
    }
}

impl Condition {
    pub fn holds(&self, read: Read<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(read)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(read)),
            Self::Not(inner) => !inner.holds(read),
            Self::Exists(field) => !read(field).is_empty(),
            Self::Fits(field, globs) => read(field).iter().any(|value| globs.iter().any(|glob| glob.fits(value))),
            Self::Only(field, globs) => {
                let values = read(field);
                !values.is_empty() && values.iter().all(|value| globs.iter().any(|glob| glob.fits(value)))
            }
            Self::Number(field, order, bound) => {
                read(field).iter().filter_map(|value| value.parse::<f64>().ok()).any(|value| match order {
                    Order::Less => value < *bound,
                    Order::AtMost => value <= *bound,
                    Order::More => value > *bound,
                    Order::AtLeast => value >= *bound,
                })
            }
        }
    }

    /// Fields and values that may make it hold. `choice` is used up by the alternatives: counting it up tries all of them.
    pub fn wants(&self, choice: &mut usize, wanted: &mut Vec<(String, String)>) {
        let mut choose = |among: usize| {
            let chosen = *choice % among.max(1);
            *choice /= among.max(1);
            chosen
        };
        match self {
            Self::All(parts) => parts.iter().for_each(|part| part.wants(choice, wanted)),
            Self::Any(parts) => {
                let chosen = choose(parts.len());
                if let Some(part) = parts.get(chosen) {
                    part.wants(choice, wanted);
                }
            }
            Self::Not(inner) => match inner.as_ref() {
                Self::Not(inner) => inner.wants(choice, wanted),
                // What fits by itself has to be something else.
                Self::Fits(field, _) if choose(2) == 1 => wanted.push((field.clone(), "0".to_owned())),
                _ => {}
            },
            Self::Exists(field) => wanted.push((field.clone(), "x".to_owned())),
            Self::Fits(field, globs) | Self::Only(field, globs) => {
                if let Some(glob) = globs.get(choose(globs.len())) {
                    wanted.push((field.clone(), glob.example()));
                }
            }
            Self::Number(field, order, bound) => {
                let value = match order {
                    Order::Less => bound - 1.0,
                    Order::More => bound + 1.0,
                    Order::AtMost | Order::AtLeast => *bound,
                };
                wanted.push((field.clone(), value.to_string()));
            }
        }
    }
}

#[test]
fn globs_fit_as_they_should() {
    for (glob, text, fits) in [
        ("a*c", "abbc", true),
        ("a*c", "abb", false),
        ("*", "", true),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("*a*b*", "xaxbx", true),
        ("*a*b*", "xbxax", false),
        ("", "", true),
        ("", "a", false),
    ] {
        assert_eq!(Glob::wild(glob, true).fits(text), fits, "{glob} {text}");
    }
    assert!(Glob::exact("A*").any_case().fits("a*") && !Glob::exact("A*").fits("A1"));
    assert!(Glob::exact("b").open(true, true).fits("abc") && !Glob::exact("b").open(true, false).fits("abc"));
}
