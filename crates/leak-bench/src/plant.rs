//! A secret as it is planted: encoded, and quoted as the place where it stands would have it quoted.

use crate::codec;
use crate::kinds::Secret;
use crate::rng::Rng;

/// How the secret is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// As it is.
    Plain,
    /// base64, standard or URL-safe, alone or behind a user name.
    Base64,
    /// Percent encoding: of the reserved characters, of random ones, or of all.
    Percent,
    /// Hexadecimal digits, small or capital.
    Hex,
    /// `\u` escapes: in the event itself, or in JSON inside a string, or both.
    Json,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Plain, Self::Base64, Self::Percent, Self::Hex, Self::Json];

    /// Name for the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Base64 => "base64",
            Self::Percent => "percent",
            Self::Hex => "hex",
            Self::Json => "json",
        }
    }
}

/// What a place gets to plant.
#[derive(Clone, Debug)]
pub struct Plant {
    /// The encoded secret.
    pub text: String,
    /// Whether the strings of the event that hold it are written with `\u` escapes.
    pub escape_event: bool,
    /// Decides what a place leaves open.
    pub rng: Rng,
}

impl Plant {
    /// Encodes a secret; `seed` chooses among the variants of the encoding, so that ten seeds meet all of them.
    pub fn new(secret: &Secret, encoding: Encoding, seed: u64, mut rng: Rng) -> Self {
        let plain = secret.text.as_str();
        let mut escape_event = false;
        let text = match encoding {
            Encoding::Plain => plain.to_owned(),
            Encoding::Base64 => match seed % 4 {
                0 => codec::base64(plain.as_bytes()),
                1 => codec::base64_url(plain.as_bytes()),
                2 => codec::base64(format!("{plain}\n").as_bytes()),
                _ => codec::base64(format!("svc:{plain}").as_bytes()),
            },
            Encoding::Percent => match seed % 3 {
                0 => codec::percent(plain.as_bytes(), || true),
                1 => codec::percent(plain.as_bytes(), || false),
                _ => codec::percent(plain.as_bytes(), || rng.chance(50)),
            },
            Encoding::Hex => codec::hex(plain.as_bytes(), seed % 2 == 1),
            Encoding::Json => {
                escape_event = seed % 3 != 1;
                match seed % 3 {
                    0 => plain.to_owned(),
                    1 => format!("{{\"v\":{}}}", codec::json_string_escaped(plain, 3, &mut rng)),
                    _ => {
                        let inner = format!("{{\"v\":{}}}", codec::json_string_escaped(plain, 4, &mut rng));
                        format!("{{\"doc\":{}}}", codec::json_string(&inner))
                    }
                }
            }
        };
        Self { text, escape_event, rng }
    }

    /// Whether the text can stand in a line without quotes.
    fn is_bare(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=:@%!?*#$".contains(&byte))
    }

    /// The text in a log line behind `key=`: in double quotes if it needs them.
    pub fn quoted(&self) -> String {
        if self.is_bare() { self.text.clone() } else { codec::json_string(&self.text) }
    }

    /// The text as one word, for a header or another place that cannot hold spaces or line ends: what has some is base64.
    pub fn word(&self) -> String {
        if self.is_bare() { self.text.clone() } else { codec::base64(self.text.as_bytes()) }
    }

    /// The text as one line, for a properties file.
    pub fn line(&self) -> String {
        self.text.trim_end().replace('\n', "\\n")
    }

    /// The text as a word of a shell's command line.
    pub fn shell(&self) -> String {
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+/=:@%,".contains(&byte);
        if self.text.bytes().all(safe) { self.text.clone() } else { format!("'{}'", self.text) }
    }

    /// The text as a component of a URL.
    pub fn url(&self) -> String {
        codec::percent(self.text.as_bytes(), || false)
    }

    /// The text in base64, as a Secret's `data` has it.
    pub fn data(&self) -> String {
        codec::base64(self.text.as_bytes())
    }

    /// The text in the middle of prose, between delimiters that end a token.
    pub fn prose(&mut self) -> String {
        let (before, after) = match self.rng.below(12) {
            0 => ("(", ")"),
            1 => ("\"", "\""),
            2 => ("'", "'"),
            3 => ("x=", "&y=1"),
            4 => ("x=", "%26y=1"),
            5 => ("", ","),
            6 => ("{", "}"),
            7 => ("<", ">"),
            8 => ("`", "`"),
            9 => ("got: ", ";"),
            10 => ("", "\n"),
            _ => ("", ""),
        };
        let lead = self.rng.pick(&["the client sent ", "unexpected value ", "using ", "retry with ", ""]);
        let tail = self.rng.pick(&[" which is not valid", " for this cluster", " (3 times)", ""]);
        format!("{lead}{before}{}{after}{tail}", self.text)
    }
}
