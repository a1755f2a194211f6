//! A small seeded generator (SplitMix64) and what it makes: names, texts, JSON of any shape.

/// The same seed gives the same numbers.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit as u64) as usize
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    pub fn text(&mut self, alphabet: &str, len: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..len).map(|_| char::from(letters[self.below(letters.len())])).collect()
    }

    /// A token with the shape of a classic token of GitHub: public prefix, secret body.
    pub fn token(&mut self) -> (String, String) {
        let body = self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 36);
        (format!("gh{}_{body}", "p"), body)
    }

    /// A secret without any shape.
    pub fn secret(&mut self) -> String {
        let len = 14 + self.below(12);
        self.text("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789!#*", len)
    }

    /// A string literal: some characters as `\u` escapes in either case, some with needless short escapes.
    pub fn literal(&mut self, text: &str) -> String {
        let percent = [0, 0, 10, 50, 100][self.below(5)];
        let mut out = String::from("\"");
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '/' if self.chance(20) => out.push_str("\\/"),
                c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
                c if (c as u32) < 0xffff && self.chance(percent) => match self.chance(50) {
                    true => out.push_str(&format!("\\u{:04x}", c as u32)),
                    false => out.push_str(&format!("\\u{:04X}", c as u32)),
                },
                c => out.push(c),
            }
        }
        out + "\""
    }

    fn space(&mut self) -> &'static str {
        if self.chance(90) { "" } else { self.pick(&[" ", "\n", "\t", "  \r\n"]) }
    }

    /// JSON of any shape with `plant` (a JSON value) somewhere in it.
    pub fn json(&mut self, depth: usize, plant: Option<&str>) -> String {
        let (before, after) = (self.space(), self.space());
        let inner = if depth == 0 || plant.is_none() && self.chance(40) {
            plant.map_or_else(|| self.scalar(), str::to_owned)
        } else {
            let count = 1 + self.below(4);
            let at = self.below(count);
            let is_map = self.chance(60);
            let parts: Vec<String> = (0..count)
                .map(|part| {
                    let value = self.json(depth - 1, plant.filter(|_| part == at));
                    // A key of its own for each part; doubled keys have a test of their own.
                    let name = format!("{}{part}", self.name());
                    if is_map { format!("{}:{value}", self.literal(&name)) } else { value }
                })
                .collect();
            if is_map { format!("{{{}}}", parts.join(",")) } else { format!("[{}]", parts.join(",")) }
        };
        format!("{before}{inner}{after}")
    }

    pub fn name(&mut self) -> String {
        self.pick(&[
            "spec",
            "name",
            "value",
            "note",
            "items",
            "labels",
            "x-y",
            "a.b/c",
            "template",
            "caf\u{e9}",
            "\u{1f511}",
            "",
        ])
        .to_owned()
    }

    fn scalar(&mut self) -> String {
        match self.below(8) {
            0 => "null".into(),
            1 => "true".into(),
            2 => self.number().to_string(),
            3 => "-1.50e-3".into(),
            4 => "1e30".into(),
            5 => self.literal("line\nbreak \u{1f511} \"quoted\" back\\slash"),
            6 => "\"\\ud83d\\ude00 \\u00e9\"".into(),
            _ => self.literal("plain"),
        }
    }
}
