"""Writes tests/fixtures/jinja.json: small templates as `transformers` renders them, for what its template language has
beyond what conversations need. A row without a text is one that `transformers` refuses.

    .venv/bin/python scripts/golden/jinja.py
"""

import datetime
import json
import pathlib

from jinja_lines import DICTS, TEXTS, WHOLE
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

FIXTURES = pathlib.Path(__file__).parents[2] / "tests/fixtures"

CHAT = [
    {"role": "user", "content": "  Hello, World!  "},
    {"role": "assistant", "content": "Hi\nthere"},
    {"role": "user", "content": [{"type": "text", "text": "Why?"}, {"type": "image"}]},
]
# Moments of the local clock, which is the visitor's.
MOMENTS = ["1970-01-01 00:00:00", "2000-02-29 12:05:09", "2023-01-01 23:59:59", "2024-12-31 00:30:07", "2026-11-05 09:08:07", "1999-07-04 13:00:00"]
FIELDS = "%d %-d %e %j %-j %m %-m %y %-y %Y %B %b %h %A %a %H %-H %I %-I %l %k %p %M %-M %S %-S %F %D %T %R %r %u %w %U %W %V %G %g %C %c %x %X %n %t %%"

TYPES = ["'abc'", "''", "[1]", "[]", "(1, 2)", "{}", "{'a': 1}", "1", "1.5", "true", "none", "missing", "range(3)"]
TESTS = ["sequence", "iterable", "mapping", "string", "number", "integer", "float", "boolean", "none", "defined", "callable", "true", "false"]

def given():
    rows = [line for line in (TEXTS + DICTS).split("\n") if line]
    yield from ("{{ " + row + " }}" for row in rows)
    for test in TESTS:
        yield "".join("{{ 1 if " + value + " is " + test + " else 0 }}" for value in TYPES)
    yield from (line for line in WHOLE.split("\n") if line)


def main():
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), bos_token="<s>", eos_token="</s>")
    out = []
    for source in given():
        row = {"template": source}
        try:
            row["text"] = tokenizer.apply_chat_template(CHAT, chat_template=source, tokenize=False)
        except Exception as e:
            row["error"] = type(e).__name__
        if " at 0x" not in row.get("text", ""):
            out.append(row)
    dates = []
    for moment in MOMENTS:
        now = datetime.datetime.fromisoformat(moment)

        class Stopped(datetime.datetime):
            @classmethod
            def now(cls, tz=None):
                return now

        chat_template_utils.datetime = Stopped
        fields = {}
        for field in FIELDS.split(" "):
            source = "{{ strftime_now('" + field + "') }}"
            fields[field] = tokenizer.apply_chat_template(CHAT, chat_template=source, tokenize=False)
        seconds = int(now.replace(tzinfo=datetime.timezone.utc).timestamp())
        dates.append({"seconds": seconds, "fields": fields})
    row = lambda r: json.dumps(r, ensure_ascii=False)
    lines = lambda rows: ",\n".join(map(row, rows))
    text = f'{{"messages": {row(CHAT)},\n"templates": [\n{lines(out)}\n],\n"dates": [\n{lines(dates)}\n]}}\n'
    (FIXTURES / "jinja.json").write_text(text)


main()
