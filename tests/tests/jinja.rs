//! The template language against `transformers` (scripts/golden/jinja.py): small templates, to the letter, and dates.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read is a failed test")]

use serde::Deserialize;
use squint_engine::text::{Ask, Message, Template};
use squint_tests::tree;
use squint_weights::Error;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Golden {
    messages: Vec<Message>,
    templates: Vec<Row>,
    dates: Vec<Date>,
}

/// A row without a text is refused.
#[derive(Deserialize)]
struct Row {
    template: String,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Date {
    seconds: i64,
    fields: BTreeMap<String, String>,
}

fn golden() -> Golden {
    serde_json::from_str(&tree::read("tests/fixtures/jinja.json")).unwrap()
}

fn write(source: &str, messages: &[Message], now: Option<i64>) -> Result<String, Error> {
    Template::from_text(source)?.render(messages, Ask { answer: false, bos: "<s>", eos: "</s>", now })
}

#[test]
fn templates_read_as_transformers_renders_them() {
    let golden = golden();
    assert!(golden.templates.len() > 300);
    let mut wrong = vec![];
    for row in golden.templates {
        let got = write(&row.template, &golden.messages, Some(0));
        if got.as_ref().ok() != row.text.as_ref() {
            wrong.push(format!("{}\n    want {:?}\n    got  {:?}", row.template, row.text, got.map_err(|e| e.what)));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What jinja2 has and Squint has not is said and not written in another way.
#[test]
fn what_is_not_here_is_refused() {
    for source in [
        "{{ 'ab'.swapcase() }}",
        "{{ 'a\\tb'.expandtabs(4) }}",
        "{{ 'ab'.encode() }}",
        "{{ '%r' % 'x' }}",
        "{{ dict([('a', 1)]) }}",
        "{{ dict.fromkeys(['a'], 0) }}",
        "{{ 'a b' | truncate(1) }}",
        "{{ 'a b' | wordwrap(1) }}",
        "{{ '<b>' | striptags }}",
        "{{ 'a b' | urlencode }}",
        "{{ 1 | filesizeformat }}",
        "{{ cycler('a', 'b').next() }}",
        "{{ joiner(', ')() }}",
        "{% macro f() %}{{ varargs }}{% endmacro %}{{ f(1) }}",
        "{{ [1].append(2) }}",
        "{{ {'a': 1}.setdefault('b', 2) }}",
    ] {
        let e = write(source, &[], None).expect_err(source);
        assert_eq!(e.code, "template", "{source}");
    }
}

/// A template cannot make what is written, or what is read, larger than it may be on a detour.
#[test]
fn methods_and_filters_keep_the_limits() {
    let long = "{% set s = 'x' * 9000000 %}";
    for (source, words) in [
        ("{{ 'x'.center(99999999999) }}", "more than 16777216 bytes"),
        ("{{ 'x'.zfill(99999999) | length }}", "more than 16777216 bytes"),
        ("{{ 'x'.ljust(9223372036854775807, 'é') }}", "more than 16777216 bytes"),
        ("{{ s.replace('x', 'yy') | length }}", "more than 16777216 bytes"),
        ("{{ s | replace('x', s) | length }}", "more than 16777216 bytes"),
        ("{{ s.join(['a', 'b', 'c']) | length }}", "more than 16777216 bytes"),
        ("{{ 'a\nb\nc' | indent(9000000) | length }}", "more than 16777216 bytes"),
        ("{{ [1, [2, 3]] | tojson(indent=9000000) | length }}", "more than 16777216 bytes"),
        ("{{ [s, s, s] | tojson | length }}", "more than 16777216 bytes"),
        (
            "{% set n = namespace(a=[]) %}{% for i in range(300) %}{% set n.a = [n.a] %}{% endfor %}{{ n.a | tojson }}",
            "more than 200 deep",
        ),
    ] {
        let e = write(&format!("{long}{source}"), &[], None).expect_err(source);
        assert!(e.what.contains(words), "{source}: {e}");
    }
    assert_eq!(
        write("{{ 'x'.center(-9223372036854775808) ~ 'x'.zfill(-9223372036854775808) }}", &[], None).unwrap(),
        "xx"
    );
    // Brackets in brackets, texts without ends: whatever it is, it is soon said.
    let start = std::time::Instant::now();
    for piece in ["'%s' % (", "(1 % ", "{% raw %}{%", "{{ '%s' % ", "{{ x % {", "'", "{", "{% endraw"] {
        let many = format!("{piece}\n").repeat(((1 << 18) - 16) / (piece.len() + 1));
        for source in [many.clone(), format!("{{{{ {many}"), format!("{{% raw %}}{many}")] {
            drop(write(&source, &[], None));
        }
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn dates_are_written_as_python_writes_them() {
    for date in golden().dates {
        for (field, want) in date.fields {
            let got = write(&format!("{{{{ strftime_now('{field}') }}}}"), &[], Some(date.seconds));
            assert_eq!(got.as_ref().ok(), Some(&want), "{field} at {}: {got:?}", date.seconds);
        }
    }
}
