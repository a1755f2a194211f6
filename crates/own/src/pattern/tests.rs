//! What patterns fit, what is wrong with them, and that nothing takes long.

#![expect(clippy::unwrap_used, clippy::string_slice, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::*;

/// The text with every match in angle brackets.
fn found(pattern: &str, text: &str) -> String {
    let finder = Patterns::new(vec![(0, Pattern::new(pattern).unwrap())]);
    let mut all = Vec::new();
    finder.find(text.as_bytes(), &mut all);
    let mut out = String::new();
    let mut at = 0;
    for (start, end, _) in all {
        out += &format!("{}<{}>", &text[at..start], &text[start..end]);
        at = end;
    }
    out + &text[at..]
}

#[test]
fn fits_what_it_says() {
    for (pattern, text, expected) in [
        ("EMP-\\d{6}", "of EMP-123456, EMP-12345 and EMP-1234567", "of <EMP-123456>, EMP-12345 and <EMP-123456>7"),
        ("\\bEMP-\\d{6}\\b", "EMP-123456 xEMP-123456 EMP-1234567", "<EMP-123456> xEMP-123456 EMP-1234567"),
        ("a|ab|abc", "abcab", "<abc><ab>"),
        ("(ab)+", "ababa", "<abab>a"),
        ("a.c", "abc a\nc a\u{e4}c axc", "<abc> a\nc a\u{e4}c <axc>"),
        ("[a-c-]+", "x-ab-cd", "x<-ab-c>d"),
        ("[]x]+", "a]x[", "a<]x>["),
        ("[^a-z ]+", "ab1\u{e4}2 cd", "ab<1\u{e4}2> cd"),
        ("^ab|ef$", "ab cd ab ef ab ef", "<ab> cd ab ef ab <ef>"),
        ("(?i)emp", "EMP emp eMp", "<EMP> <emp> <eMp>"),
        ("(?i)[a-c]\\x44", "ad BD", "<ad> <BD>"),
        ("stra\u{df}e", "die stra\u{df}e", "die <stra\u{df}e>"),
        ("\u{e4}{2}", "x\u{e4}\u{e4}x", "x<\u{e4}\u{e4}>x"),
        ("x{2,3}", "x xx xxx xxxx", "x <xx> <xxx> <xxx>x"),
        ("x{0,2}y", "xxxy y", "x<xxy> <y>"),
        ("x{2,}", "x xxxxx", "x <xxxxx>"),
        ("(a|b)*c", "ababc", "<ababc>"),
        ("a*ab", "aaab", "<aaab>"),
        ("\\d{3}-\\d{2}-\\d{4}", "ssn 123-45-6789.", "ssn <123-45-6789>."),
        ("[\\w.]+@[\\w.]+", "to alice@example.com and b@c", "to <alice@example.com> and <b@c>"),
        ("\\D+", "12ab34", "12<ab>34"),
        ("\\(\\)", "f() g", "f<()> g"),
        ("(?:ab|(c|d)e){2}", "abce deab", "<abce> <deab>"),
    ] {
        assert_eq!(found(pattern, text), expected, "{pattern}");
    }
}

#[test]
fn a_character_is_never_cut() {
    assert_eq!(found("\\xc3", "x\u{e4}x"), "x<\u{e4}>x");
    assert_eq!(found("[^a]", "\u{1f600}a"), "<\u{1f600}>a");
}

#[test]
fn says_where_it_is_wrong() {
    for (pattern, at, part) in [
        ("", 0, "empty text"),
        ("a*", 0, "empty text"),
        ("(^|a?)\\b", 0, "empty text"),
        ("ab(c", 2, "not closed"),
        ("ab)c", 2, "nothing is open"),
        ("x[ab", 1, "not closed"),
        ("*a", 0, "repeat"),
        ("a**", 2, "repeat of a repeat"),
        ("a+?", 2, "repeat of a repeat"),
        ("a{2", 1, "number of repeats"),
        ("a{2,1}", 1, "number of repeats"),
        ("a{256}", 1, "number of repeats"),
        ("a{0}b", 1, "number of repeats"),
        ("a{x}", 1, "number of repeats"),
        ("^*a", 1, "edge"),
        ("[z-a]", 2, "range"),
        ("[\\d-z]", 3, "range"),
        ("[\u{e4}]", 1, "ASCII"),
        ("a\\", 2, "nothing follows"),
        ("a\\q", 2, "escape"),
        ("a\\1", 2, "escape"),
        ("\\xg1", 1, "hexadecimal"),
        ("(?=a)", 2, "kind"),
        ("(a{255}){5}", 0, "too large"),
    ] {
        let error = Pattern::new(pattern).unwrap_err();
        assert!(error.at == at && error.message.contains(part), "{pattern}: {error:?}");
    }
    assert!(Pattern::new(&"(".repeat(40)).unwrap_err().message.contains("32 groups"));
    assert!(Pattern::new(&"a".repeat(1025)).unwrap_err().message.contains("1024"));
}

#[test]
fn several_patterns_share_a_text() {
    let patterns = ["b+", "abc", "c"].iter().enumerate();
    let finder = Patterns::new(patterns.map(|(number, text)| (number as u8, Pattern::new(text).unwrap())).collect());
    let mut all = Vec::new();
    finder.find(b"abc bb c", &mut all);
    // `abc` begins first and covers what the others find in it.
    assert_eq!(all, [(0, 3, 1), (4, 6, 0), (7, 8, 2)]);
}

/// A text that cannot match is passed over by its pairs, and none that matches is.
#[test]
fn pairs_never_hide_a_match() {
    let alphabet = ["a", "b", "ab", "[ab]", "(a|bb)", "a?", "b*", "(ab)+", "a{2}", "(a|b){1,2}", "\\b", "c"];
    let mut seed = 7_u64;
    let mut below = |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most
    };
    let (mut matches, mut passed_over) = (0, 0);
    for _ in 0..4_000 {
        let pattern: String = (0..1 + below(4)).map(|_| alphabet[below(alphabet.len())]).collect();
        let text: String = (0..below(8)).map(|_| ["a", "b", "c", " "][below(4)]).collect();
        let Ok(compiled) = Pattern::new(&pattern) else { continue };
        let with = Patterns::new(vec![(0, compiled.clone())]);
        let without = Patterns::new(vec![(0, Pattern { pairs: Vec::new(), ..compiled })]);
        assert_eq!(with.fits(text.as_bytes()), without.fits(text.as_bytes()), "`{pattern}` in `{text}`");
        matches += usize::from(with.fits(text.as_bytes()));
        passed_over += usize::from(!with.may_fit(text.as_bytes()));
    }
    assert!(matches > 300 && passed_over > 1_000, "{matches}, {passed_over}");
}

/// What takes backtracking engines for ever, and what makes a search begin again from every place.
#[test]
fn the_time_is_in_proportion_to_the_length() {
    let text = "a".repeat(50_000);
    assert_eq!(found("(a*)*b", &text), text);
    assert_eq!(found("(a|aa)+$", &text), format!("<{text}>"));
    // Work over: the rest of the text counts as a match.
    assert!(found("a|a*b", &text).ends_with(">"));
    let long = found("x|x.*y", &"x ".repeat(20_000));
    assert!(long.len() < 120_000 && long.ends_with('>'));
}
