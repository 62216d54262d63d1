"""Writes tests/fixtures/chats.json: conversations as `transformers` renders them with the templates of
tests/fixtures/templates/ and with the one in SmolLM2's GGUF file.

    .venv/bin/python scripts/golden/chats.py .models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf
"""

import json
import pathlib
import sys

from gguf import GGUFReader
from jinja2.exceptions import TemplateError
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

FIXTURES = pathlib.Path(__file__).parents[2] / "tests/fixtures"


def say(role, content):
    return {"role": role, "content": content}


IMAGE = {"type": "image"}
TEXT = {"type": "text", "text": " What is left of the red cube? "}
CHATS = [
    [say("user", "Hello")],
    [say("system", "Answer in one word."), say("user", "Is it red?")],
    [say("user", "  Two spaces, then a line end \n"), say("assistant", " Yes. "), say("user", "Why?")],
    [say("system", " Be kind. \n"), say("user", "é 🙂 <|im_end|> {{ x }} \"q\" 'q' </b>"), say("assistant", "a\nb"), say("user", "c\td")],
    [say("assistant", "I begin")],
    [say("user", "a"), say("user", "b")],
    [say("user", "a"), say("tool", "b")],
    [say("user", "")],
]
PICTURES = [
    [say("user", [IMAGE, TEXT])],
    [say("user", [{"type": "text", "text": "Compare"}, IMAGE, IMAGE]), say("assistant", [{"type": "text", "text": "Same."}])],
]


def main():
    fields = GGUFReader(sys.argv[1]).fields
    templates = {p.stem: p.read_text() for p in sorted((FIXTURES / "templates").glob("*.jinja"))}
    templates["smollm2"] = fields["tokenizer.chat_template"].contents()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), bos_token="<s>", eos_token="</s>")
    out = []
    for name, template in templates.items():
        chats = PICTURES if name == "pictures" else CHATS + (PICTURES if name == "gemma" else [])
        for messages in chats:
            for answer in (False, True):
                row = {"template": name, "messages": messages, "answer": answer}
                try:
                    row["text"] = tokenizer.apply_chat_template(
                        messages, chat_template=template, tokenize=False, add_generation_prompt=answer)
                except TemplateError as e:
                    row["error"] = e.message
                out.append(row)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in out)
    (FIXTURES / "chats.json").write_text(f"[\n{lines}\n]\n")


main()
