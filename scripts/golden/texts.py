"""Texts that tokenizers stumble over: many scripts, emoji, code, white space, numbers, halves of surrogates, marks of the
chat formats in the middle of a text."""

GREETINGS = """Good morning, small boat|Guten Morgen, schöne Größe|Bonjour, ça va où ?|Buenos días, ¿qué tal, señor?
Bom dia, coração e pão|Buongiorno, perché no|Goedemorgen, zeeën en reünie|God morgen, blåbær og ørret|God morgon, åäö
Hyvää huomenta, yötyö|Tere hommikust, õun|Labrīt, ķīlis|Labas rytas, žąsys|Dzień dobry, zażółć gęślą jaźń
Dobré ráno, příliš žluťoučký kůň|Dobré ráno, ľúbezný|Jó reggelt, árvíztűrő tükörfúrógép|Bună dimineața, șî țară
Добро утро, малка лодка|Доброе утро, ёжик|Доброго ранку, їжак і ґанок|Добро јутро, љубав и џеп|Өглөөний мэнд
Καλημέρα, μικρή βάρκα|ἐν ἀρχῇ ἦν ὁ λόγος|Բարի լույս, նավակ|დილა მშვიდობისა|בוקר טוב, סירה קטנה|שָׁלוֹם עֲלֵיכֶם
صباح الخير يا قارب|السَّلَامُ عَلَيْكُمْ|صبح بخیر، قایق کوچک|صبح بخیر، چھوٹی کشتی|सुप्रभात, छोटी नाव|শুভ সকাল, ছোট নৌকা
ਸ਼ੁਭ ਸਵੇਰ|સુપ્રભાત, નાની હોડી|ସୁପ୍ରଭାତ|காலை வணக்கம், சிறிய படகு|శుభోదయం, చిన్న పడవ|ಶುಭೋದಯ|സുപ്രഭാതം|සුබ උදෑසනක්
สวัสดีตอนเช้า เรือลำเล็ก|ສະບາຍດີຕອນເຊົ້າ|မင်္ဂလာပါ|អរុណសួស្តី|བཀྲ་ཤིས་བདེ་ལེགས|እንደምን አደርክ|ᎣᏏᏲ ᏑᎾᎴᎢ|ᐅᓪᓛᒃᑯᑦ
早上好，小船|早安，小船在碼頭等著|おはようございます、小さな船|オハヨウ ｵﾊﾖｳ|좋은 아침, 작은 배|ㄓㄨㄧㄣ ㄈㄨˊㄏㄠˋ|𠮷野家で𩸽を食べる
Chào buổi sáng, thuyền nhỏ|Magandang umaga|Selamat pagi, perahu kecil|Habari za asubuhi|Ẹ káàárọ̀|Günaydın, İstanbul ışığı
ⵜⵉⴼⴰⵡⵉⵏ|𐌲𐌿𐍄|𝓗𝓮𝓵𝓵𝓸 𝕨𝕠𝕣𝕝𝕕|ℍ𝔢𝖑𝗅𝘰|ﷺ ﷽|Ω Å K ﬁ ﬆ ǅ|İ ı ß ẞ ſ|ａｂｃ１２３！"""

EMOJI = """🙂|🙂🙃🙂|a🙂b|👍🏽 ok|👩‍👩‍👧‍👦|👩🏽‍🚀 up|🏳️‍🌈🏴‍☠️|🇩🇪🇫🇷🇯🇵🇺🇳|🇩|❤️‍🔥|☃️ ☃︎ ☃|1️⃣2️⃣#️⃣|🧑🏿‍🤝‍🧑🏻|🫠🪿🫨|😀😀😀😀😀😀😀😀|✈️→🛬|🏴󠁧󠁢󠁷󠁬󠁳󠁿|🀄🃏
‍|️|👨‍|©®™ ¼ ½ ² ³ ① Ⅳ ㊙|♠♥♦♣ ░▒▓█|¡¿§¶†‡•…‰′″‹›«»„“”‘’–—―|€£¥₹₿¢|±×÷≈≠≤≥∑∫√∞∂∆|→←↑↓⇒⇔∀∃∈∅|a̐éö̲ z͑ͫ̓ͪ̂ͫ̽|é é|각 각|Å Å Å|½kg 5µm 30°C"""

CODE = r"""fn main() { println!("{}", 1 + 2); }|if (a && !b || c >= 0) { return x[i]++; }|def f(x):
    return [y**2 for y in range(x) if y % 2]|#include <stdio.h>|SELECT * FROM t WHERE a='x' AND b<>3;|<div class="a b">&nbsp;</div>
{"k": [1, 2.5e-3, null, true], "é": "\u00e9\n"}|\frac{a}{b} \sum_{i=0}^{n} x_i^2|git commit -m 'x' && cd ../.. || exit 1|a->b::c<d>(&e)|/[^\r\n]+(?!\S)\s*$/gi
C:\Users\x\file.txt|https://example.org/a/b?c=d&e=%20f#g|me@example.org|snake_case camelCase PascalCase kebab-case SCREAMING_CASE|x=1;y=2;;z==3|"quoted" 'single' `tick`|(((([[[[{{{{<<<<>>>>}}}}]]]]))))
!!!???...,,,;;;:::|-----=====_____*****|#$%^&*~`|@@@|a.b.c.d|1+1=2|$100.00|100%|0xDEADBEEF|1e10|--flag=value -x|//comment /* block */ # hash|let mut v: Vec<u32> = vec![];|// 注释 комментарий
I'm you're he's we've they'll she'd can't DON'T I'M YOU'LL|'s 't 're|it''s|o'clock|'S 'LL 'ſ|rock'n'roll|l'été d'œuvre"""

NUMBERS = "0|7|42|123|1234|12345|123456|1234567890|3.14159|1,000,000|1 000 000|٠١٢٣|१२३४|１２３|²³¹|Ⅻ|½|v1.2.3|2026-11-21|12:34:56|+49 30 1234567|007|1st 2nd 3rd|a1b2c3|x86_64|10_000"

SPACES = [
    "", " ", "  ", "   ", "    ", "       ", "                ", "\t", "\t\t\t", "\n", "\n\n", "\n\n\n\n", "\r\n", "\r\n\r\n", "\r", " \n", "\n ",
    " \n \n ", "\t \t", "a b", "a  b", "a   b", "a    b", " a", "  a", "   a", "a ", "a  ", "a   ", "a\n", "a\n\n", "a \n", "a  \n  b", "a\tb", "a\t\tb",
    "\ta", "\t\ta\n\t\t\tb", "a\r\nb\r\n", "\u00a0", "a\u00a0b", "a\u2003b\u2009c", "\u3000全角\u3000", "\u200b\u200b", "a\u200bb", "\u2028\u2029", "\u0085x",
    "\ufeffbom", "x\u00adsoft", "\u202eright\u202c", "    def f():\n        pass\n\n\n", "  \n  \n", "a\n \n b", "end.  \nNext", "line one \nline two\t\nline three  ",
    "\x00", "a\x00b", "\x01\x02\x1f\x7f", "\x0b\x0c", "1 2  3   4", " 1", "\n1", " !", "  !", "! !", "\n!", "日 本", " 日本 ", "a\n日本\n", "x" + " " * 40 + "y",
]

# Halves of surrogates, which JavaScript texts may hold.
SURROGATES = ["\ud800", "\udfff", "a\ud83d", "\ude42b", "a\ud83db\ude42c", "\ude42\ud83d", "\ud800\ud800", "é\udc00 \ud83d\ude42", "\ud83d\ud83d\ude42", "<s>\ud800</s>"]

# Whole texts that are not characters to everybody.
ODD = ["\ufffd", "\ufffd\ufffd", "\ufffe\uffff", "\U0010ffff", "\ue000", "\U000e0001", "\u0301", "e\u0301", "\u1100\u1161\u11a8", "ﬁﬂ", "ﾊﾝｶｸ", "\u0130i\u0307", "▁", "▁▁a", "a▁b", "<0x41>", "<0xE4><0xBD><0xA0>", "Ġ", "ĠaĊ", "Ċ"]

MARKS = """<|endoftext|>|a<|endoftext|>b|<|im_start|>user\nhi<|im_end|>\n|<|im_start|>|<|im_start|><|im_start|>|<|im_star|<|im_start|>x|< |im_start|>|<|IM_START|>|<s>|</s>|<s>a</s>|a <s> b|<s></s>|<unk>|<pad>|hello</s>world
<|begin_of_text|>|<|eot_id|>|<|begin_of_text|>hi<|eot_id|>|x<|user|>y|<|user|> hi|<|user|>hi<|end|>|  <|user|>  |\n<|user|>\n|<|end|>|<think>|a<think>b</think>|<think> x |<thin|<<think>>|<repo_name>a/b<file_sep>c|<jupyter_code>x = 1|é<|end|>é|🙂<s>🙂|<|user|><|end|><s>"""

LONG = [
    "a" * 100, "ab" * 60, "x" * 33, "supercalifragilisticexpialidocious" * 3, "Donaudampfschifffahrtsgesellschaftskapitän", "W" * 70, "é" * 40, "字" * 50,
    "🙂" * 20, "-" * 80, "=" * 61, "0" * 50, "1234567890" * 8, "aA1!" * 20, "\t" * 30, "\n" * 30, " " * 65, ("word " * 30).strip(), "Na" * 16 + " Batman",
    "pneumonoultramicroscopicsilicovolcanoconiosis", "ха" * 30, "ﷺ" * 9, "a\u0301" * 20, "." * 99, "aaaa aaa aa a", "the the the The THE tHe",
]

SENTENCES = """The harbour was quiet when the first ferry left.|She counted 3 gulls, 14 crabs and 1,592 mussels.|What does the picture show?|Describe the image in one sentence.|Is there a red cube left of the blue ball? Answer yes or no.
Write a poem about rain.|Explain   the   gaps.|ALL CAPS SHOUTING TEXT|mixed CASE wOrDs|Hello, world!|Hello,world!|hello world|Hello  World|end|The end.|a|A|b c d e f g|Yes.|No|I think that's why it isn't there.
Once upon a time, there was a little robot who could not say the letter “r”.|E = mc² and a² + b² = c²|He said: “Come here!” — and left…|(see Fig. 3, p. 12ff.)|U.S.A. vs. U.K., e.g. Dr. Smith's 2nd Ph.D.|tokenization, tokenisation, tokenizer|un|re|ing|ed
A B C|a,b,c|a, b, c|a ,b|foo(bar)|foo (bar)|“foo”|«foo»|naïve café résumé façade|Ångström Øresund Æther|Pâté à l'œuf|1990s|90's|24/7|3D|5G|C++|C#|F#|.NET|Node.js|e-mail|co-op|AT&T|R&D
user: hi\nassistant: hello\nuser:|Q: 2+2?\nA: 4|- one\n- two\n  - three|1. a\n2. b\n|# Title\n\nText with **bold** and `code`.\n\n```py\nx = 1\n```|> quote|\\n \\t \\u0041|~/.config|$HOME|#hashtag @name|:-) ;-) :D <3|?!|?!?!|…|"""


def cut(block):
    return [text for line in block.split("\n") for text in line.split("|")]


def code():
    # Code holds lines and bars of its own.
    return [text for text in CODE.split("|")] + [line for line in CODE.split("\n")]


def marks(block):
    """Marks hold bars: a new text begins where a bar does not belong to one."""
    out = [""]
    for i, c in enumerate(block):
        inside = c == "|" and (block[i - 1] == "<" or block[i + 1 : i + 2] == ">")
        if c == "\n" or c == "|" and not inside:
            out.append("")
        else:
            out[-1] += c
    return out


def texts():
    escaped = lambda all: [t.replace("\\n", "\n") for t in all]
    every = cut(GREETINGS) + cut(EMOJI) + code() + NUMBERS.split("|") + SPACES + SURROGATES + ODD
    every += escaped(marks(MARKS.replace("\n<|begin", "|<|begin").replace("\n", "\\n"))) + LONG + escaped(cut(SENTENCES))
    return list(dict.fromkeys(every))
