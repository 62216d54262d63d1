//! Chat templates against `transformers` (scripts/golden/chats.py): the same conversations, to the letter.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read is a failed test")]

use pollster::block_on;
use serde::Deserialize;
use squint_engine::text::{Ask, Message, Part, Template};
use squint_tests::{backends::say, tree};
use squint_weights::{Error, Gguf, Meta, Value, source::File};

#[derive(Deserialize)]
struct Row {
    template: String,
    messages: Vec<Message>,
    answer: bool,
    text: Option<String>,
    error: Option<String>,
}

fn template(name: &str) -> Option<Template> {
    if name != "smollm2" {
        return Some(Template::from_text(&tree::read(&format!("tests/fixtures/templates/{name}.jinja"))).unwrap());
    }
    let path = ".models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";
    if !tree::root().join(path).is_file() {
        say(&format!("skipped: {path} is not here"));
        return None;
    }
    let meta = block_on(Gguf::read(&File::open(&tree::root().join(path)).unwrap())).unwrap().meta;
    Some(Template::from_gguf(&meta).unwrap().unwrap())
}

fn ask(answer: bool) -> Ask<'static> {
    Ask { answer, bos: "<s>", eos: "</s>", now: None }
}

#[test]
fn conversations_read_as_transformers_renders_them() {
    let rows: Vec<Row> = serde_json::from_str(&tree::read("tests/fixtures/chats.json")).unwrap();
    assert!(rows.len() > 100);
    for row in rows {
        let Some(template) = template(&row.template) else { continue };
        let got = template.render(&row.messages, ask(row.answer));
        match (row.text, row.error) {
            (Some(want), _) => assert_eq!(got.unwrap(), want, "{}: {:?}", row.template, row.messages),
            (None, Some(want)) => {
                let e = got.expect_err(&want);
                assert!(e.what.contains(&want), "{}: '{e}' does not say '{want}'", row.template);
            }
            (None, None) => panic!("a row without an expectation"),
        }
    }
}

fn hello() -> [Message; 1] {
    [Message::text("user", "hi")]
}

fn one(source: &str) -> Result<String, Error> {
    Template::from_text(source)?.render(&hello(), ask(true))
}

#[test]
fn errors_name_the_line() {
    let cases = [
        ("a\n{% if %}\n", "line 2"),
        ("a\nb\n{% for m in messages %}", "line 3"),
        ("a\n\n\n{{ raise_exception('no pictures') }}", "line 4 of the chat template: no pictures"),
        ("{{ messages[0].content.nothing() }}", "line 1"),
        ("\n{{ messages | unheard }}", "unheard"),
        ("\n{{ nobody.name }}", "line 2"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "recursion"),
        ("{% for a in range(99999) %}{% for b in range(99999) %}{{ '' }}{% endfor %}{% endfor %}", "fuel"),
    ];
    for (source, words) in cases {
        let e = one(source).expect_err(source);
        assert_eq!(e.code, "template");
        assert!(e.what.contains(words), "{source:?}: {e} does not say '{words}'");
    }
}

#[test]
fn templates_and_what_they_write_have_a_size() {
    let large = "x".repeat((1 << 18) + 1);
    let e = Template::from_text(&large).err().unwrap();
    assert_eq!((e.code, e.what.as_str()), ("template", "the chat template has 262145 bytes; 262144 are possible"));
    assert!(Template::from_text(&large[1..]).is_ok());
    // Two hundred thousand bytes, a hundred times over.
    let loud = format!("{{% for i in range(100) %}}{}{{% endfor %}}", "x".repeat(200_000));
    let e = Template::from_text(&loud).unwrap().render(&hello(), ask(true)).unwrap_err();
    assert_eq!((e.code, e.what.as_str()), ("template", "the chat template writes more than 16777216 bytes"));
    let fine = Template::from_text(&loud.replace("100", "80")).unwrap().render(&hello(), ask(true)).unwrap();
    assert_eq!(fine.len(), 80 * 200_000);
}

#[test]
fn the_date_is_the_callers() {
    let template = Template::from_text(
        "{% if strftime_now is defined %}{{ strftime_now('%A %a %d %B %b %m %Y %y %H:%M:%S %%') }}{% else %}none{% endif %}",
    )
    .unwrap();
    let at = |now: i64| template.render(&hello(), Ask { now: Some(now), ..ask(true) }).unwrap();
    assert_eq!(at(0), "Thursday Thu 01 January Jan 01 1970 70 00:00:00 %");
    assert_eq!(at(951_782_399), "Monday Mon 28 February Feb 02 2000 00 23:59:59 %");
    assert_eq!(at(951_782_400), "Tuesday Tue 29 February Feb 02 2000 00 00:00:00 %");
    assert_eq!(at(1_795_252_761), "Saturday Sat 21 November Nov 11 2026 26 09:19:21 %");
    assert_eq!(at(-1), "Wednesday Wed 31 December Dec 12 1969 69 23:59:59 %");
    assert_eq!(template.render(&hello(), ask(true)).unwrap(), "none");
    let odd = Template::from_text("{{ strftime_now('%Q') }}").unwrap();
    let e = odd.render(&hello(), Ask { now: Some(0), ..ask(true) }).unwrap_err();
    assert!(e.what.contains("%Q"), "{e}");
}

#[test]
fn templates_come_from_configurations_and_metadata() {
    let from = |config: &str| Template::from_config(config.as_bytes());
    let text = |t: Result<Option<Template>, Error>| t.unwrap().unwrap().render(&hello(), ask(true)).unwrap();
    assert_eq!(text(from(r#"{"chat_template": "{{ messages[0].role }}"}"#)), "user");
    assert_eq!(text(from(r#"{"chat_template": [{"name": "tool", "template": "t"}]}"#)), "t");
    let two = r#"{"chat_template": [{"name": "tool", "template": "t"}, {"name": "default", "template": "d"}]}"#;
    assert_eq!(text(from(two)), "d");
    assert!(from("{}").unwrap().is_none());
    for bad in [r#"{"chat_template": 7}"#, r#"{"chat_template": [{"name": "a"}, {"name": "b"}]}"#, "x"] {
        assert!(from(bad).is_err(), "{bad}");
    }
    let mut meta = Meta::default();
    assert!(Template::from_gguf(&meta).unwrap().is_none());
    meta.insert("tokenizer.chat_template".into(), Value::Text("{{ bos_token }}{{ eos_token }}".into()));
    assert_eq!(text(Template::from_gguf(&meta)), "<s></s>");
}

#[test]
fn parts_are_what_their_json_says() {
    let parts = Message::parts("user", vec![Part::Image, Part::Text { text: "what?".into() }]);
    let json = r#"{"role":"user","content":[{"type":"image"},{"type":"text","text":"what?"}]}"#;
    assert_eq!(serde_json::from_str::<Message>(json).unwrap(), parts);
    assert_eq!(serde_json::to_string(&parts).unwrap(), json);
}
