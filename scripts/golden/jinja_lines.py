"""Expressions and templates of one line each, which scripts/golden/jinja.py has `transformers` render."""

TEXTS = """
'a-b-c'.split('-') | list
'a-b-c'.split('-', 1)
'a-b-c'.split('-', 0)
'a-b-c'.split('-', -1)
'a-b-c'.split('-', maxsplit=1)
'a-b-c'.split(sep='-')
'  a  b c '.split()
'  a  b c '.split(none, 1)
'  a  b c '.split(' ')
''.split()
''.split(',')
'abc'.split('')
'a-b-c'.rsplit('-', 1)
'a-b-c'.rsplit('-')
'  a  b c '.rsplit(none, 1)
'  a  b c '.rsplit()
'a</think>b</think>c'.split('</think>')[-1].lstrip('\\n')
'a=b=c'.partition('=')
'a=b=c'.rpartition('=')
'abc'.partition('=')
'abc'.rpartition('=')
'abc'.partition('')
'banana'.index('an')
'banana'.index('x')
'banana'.rindex('an')
'banana'.find('an', 2)
'banana'.find('an', 2, 4)
'banana'.find('x')
'banana'.rfind('an')
'banana'.rfind('an', 0, 4)
'banana'.find('', 9)
'bénéné'.find('n')
'banana'.count('a')
'banana'.count('')
'banana'.count('a', 2)
'aaaa'.count('aa')
'banana'.replace('a', 'o')
'banana'.replace('a', 'o', 2)
'banana'.replace('a', 'o', -1)
'banana'.replace('', '-')
'banana'.replace('', '-', 2)
'banana'.replace('a', 'o', count=1)
'banana'.removeprefix('ba')
'banana'.removeprefix('x')
'banana'.removesuffix('na')
'banana'.removesuffix('')
'a\\nb\\r\\nc\\rd\\n'.splitlines()
'a\\nb\\r\\nc\\rd\\n'.splitlines(true)
'a\\nb'.splitlines(keepends=true)
''.splitlines()
'\\n\\n'.splitlines()
'a\\x0bb\\x0cc'.splitlines()
'42'.zfill(5)
'-42'.zfill(5)
'+4'.zfill(4)
'abc'.zfill(2)
'é'.zfill(3)
'ab'.center(7) ~ '|'
'ab'.center(6, '*')
'abc'.center(6, '*')
'ab'.center(5, '*')
'ab'.center(1)
'ab'.ljust(5) ~ '|'
'ab'.ljust(5, '.')
'ab'.rjust(5)
'ab'.rjust(5, '.')
'ab'.ljust(5, '..')
'12'.isdigit()
'߀߉①⓿'.isdigit()
'𝟘𝟿'.isdecimal()
'Ⅷ'.isdigit()
'Ⅷ'.isnumeric()
'1²'.isdigit()
'½'.isdigit()
'½'.isnumeric()
'١٢'.isdigit()
'1.5'.isdigit()
''.isdigit()
'12'.isdecimal()
'²'.isdecimal()
'abc'.isalpha()
'aé世'.isalpha()
'a1'.isalpha()
'a1'.isalnum()
'½a'.isalnum()
'AB1'.isupper()
'Ab'.isupper()
'12'.isupper()
'ab1'.islower()
'12'.islower()
' \\t'.isspace()
''.isspace()
'Straße'.casefold()
'ẞΣςıİǄﬁᏣꭰÅ'.casefold()
'ΟΔΟΣ ΟΣΑ'.title()
'ΟΔΟΣ'.capitalize()
'ǆ ﬁx ŉa ᾳ ᾀb ᾲ გა ßb ǳa 1a é'.title()
'Straße'.upper()
'ΑΣ'.lower()
'hELLO wORLD'.capitalize()
'ǆ'.capitalize()
'ß'.capitalize()
"they're bill's friends".title()
'hello world-foo bar_baz 3rd'.title()
'banana'.startswith(('x', 'ba'))
'banana'.startswith('na', 2)
'banana'.startswith('')
'banana'.endswith(('x', 'na'))
'banana'.endswith('an', 0, 5)
'banana'.startswith(['ba'])
'xxhixx'.strip('x')
'xyhiyx'.strip('xy')
'  hi  '.lstrip() ~ '|'
'  hi  '.rstrip() ~ '|'
'\\x1c hi \\x85'.strip() ~ '|'
', '.join(['a', 'b'])
', '.join([1, 2])
''.join('abc')
'{} and {}'.format(1, 'x')
'{0}{1}{0}'.format('a', 'b')
'{name:>6}|{n:03d}'.format(name='x', n=7)
'{:.2f}'.format(3.14159)
'%s is %d' % ('x', 3)
'%s' % 'abc'
'%s' % 5
'%05.1f|%-5s|%5s|%x|%%' % (3.14159, 'a', 'b', 255)
'%s %s' % ('a',)
'%s' % ('a', 'b')
'%(a)s-%(b)d' % {'a': 'x', 'b': 3}
'%s' % [1, 'a']
'%s %%' % 'a'
'%s' % 'a' ~ 'b'
'x' ~ '%s' % 'a' | upper
'[%s]' % messages[0].role | upper
'%s-%s' % ('(', "a, b)")
'%s' % ('%d' % (3,),)
('%s' % 'a').upper()
'%s%s' % ('a', 'b') == 'ab'
'%s' % none
'%s' % true
'%d%%' % 50
'%s' % ((1, 2),)
'a' if 7 % 2 == 1 else 'b'
['a', 'b'][5 % 2]
{'a': 7}['a'] % 4
('abc' | length) % 2
7 % (3)
2 + 7 % 4
'%c' % 'x'
'%5.2f|%-8s|%+d|%e' % (3.14159, 'ab', 3, 12345.678)
7 % 3
-7 % 3
7.5 % 2
'%s %s' | format('a', 1)
'abc'.upper
'abc'.nothing()
'ab' * 3
'abc'[::-1]
'abc'[-2:]
'abc'[1]
'abc'[9]
'b' in 'abc'
'' in 'abc'
"""

DICTS = """
{'a': 1, 'b': 2}.get('a')
{'a': 1}.get('x')
{'a': 1}.get('x', 'y')
{'a': 1}.items() | list
{'a': 1, 'b': 2}.keys() | list
{'a': 1, 'b': 2}.values() | list
{'a': 1}.pop('a')
{'a': 1}.setdefault('x', 2)
{'a': 1}.update({'b': 2})
{'a': 1}.copy()
{'a': 1}.clear()
[1, 2].append(3)
[1, 2].index(2)
[1, 2].index(3)
[1, 2, 1].count(1)
[2, 1].sort()
[1, 2].pop()
[1, 2].copy()
(1, 2, 1).count(1)
(1, 2, 1).index(2)
dict(a=1, b='x')
dict({'a': 1}, b=2)
{'a': 1} == {'a': 1}
{'a': 1} | items | list
{'b': 1, 'a': 2} | dictsort
{'a': none, 'b': true, 'c': 1.0, 'd': 'x'}
{'a': 1}.a
{'items': 3}.items
{'items': 3}['items']
{1: 'x'}[1]
[1, 'a', none, true, 1.5, "it's", 'q"', 'b"\\'']
(1,)
()
(1, 'a')
[]
{}
['a\\nb\\t\\\\é\\x00']
1 / 2
4 / 2
7 // 2
-7 // 2
2 ** 10
2 ** -1
1e3
1.0
100000000000000000000
0.1 + 0.2
3 | float
'3.7' | float | int
'x' | int
'12' | int + 1
2.5 | round
3.14159 | round(2)
3.5 | round | int
true + 1
true ~ false ~ none
not ''
none is none
missing
missing ~ 'a'
missing.x
missing is undefined
missing | default('d')
'' | default('d')
'' | default('d', true)
none | default('d')
[3, 1, 2] | sort
['b', 'A', 'c'] | sort
['b', 'A', 'c'] | sort(case_sensitive=true)
['b', 'A'] | sort(reverse=true)
[1, 2, 3] | join(', ')
[1, 2, 3] | sum
[1, 2, 3] | max
[1, 2, 3] | first ~ [1, 2, 3] | last
[] | first
[] | last
[1, 1, 2] | unique | list
['a', 'A'] | unique | list
'abc' | list
'abc' | length
'abc' | reverse
[1, 2] | reverse | list
'hello world' | title
"they're bill's" | title
'hello world' | capitalize
'HELLO' | lower
' x ' | trim ~ '|'
'xxhixx' | trim('x')
'a b c' | replace(' ', '_')
'a b c' | replace(' ', '_', 1)
'a\\nb\\n\\nc' | indent(2)
'a\\nb\\n\\nc' | indent(2, true)
'a\\nb\\n\\nc' | indent(2, blank=true)
'a\\nb' | indent('> ')
'a\\nb\\n' | indent
'one two three' | wordcount
'ab' | center(6) ~ '|'
'a <b> & "c"' | escape
'a <b>' | e
[1, 2, 3, 4, 5] | batch(2) | list
[1, 2, 3, 4, 5] | batch(2, 0) | list
[1, 2, 3, 4, 5] | slice(2) | list
[{'a': 1}, {'a': 2}] | map(attribute='a') | list
[{'a': 1}, {}] | map(attribute='a', default=0) | list
['a', 'b'] | map('upper') | list
[1, 2, 3, 4] | select('odd') | list
[1, 2, 3, 4] | reject('odd') | list
[{'r': 'x', 'n': 1}, {'r': 'y', 'n': 2}] | selectattr('r', 'equalto', 'x') | list
[{'r': 'x', 'n': 1}, {'r': 'y', 'n': 2}] | rejectattr('r', '==', 'x') | map(attribute='n') | list
[{'r': 'x'}, {'q': 1}] | selectattr('r', 'defined') | list
[{'r': 'x'}, {'q': 1}] | selectattr('r') | list
[{'a': 2}, {'a': 1}] | sort(attribute='a')
[{'a': 2}, {'a': 1}] | sum(attribute='a')
[{'g': 1, 'n': 'a'}, {'g': 2, 'n': 'b'}, {'g': 1, 'n': 'c'}] | groupby('g') | map('last') | map('length') | list
[1, 2] + [3]
(1, 2) + (3,)
[1] * 3
[1, 2, 3][1:]
[1, 2, 3][::2]
[1, 2, 3][-1]
[1, 2, 3][5]
1 in [1, 2]
1 if true
1 if false
1 < 2 < 3
3 is divisibleby(3)
'a' is in ['a']
2 is even and 3 is odd
'x' is eq 'x'
1 is sameas 1
'abc' is lower
'ABC' is upper
'abc' is filter
'upper' is filter
'x' | attr('upper')
-5 | abs
'5' + 5
'a' + 'b'
1 + 1.5
range(5) | list
range(1, 10, 3) | list
range(3, 0, -1) | list
namespace(a=1).a
messages[0].content.strip()
messages[0]['content'] | trim
messages[2].content[0].text
messages[-1].role
messages | length
messages[1:] | map(attribute='role') | join(',')
messages[0]
messages | tojson
messages[1:] | tojson(indent=2)
messages | map(attribute='role') | list | tojson
[1.5, -0.0, 1e22, 123456789.125, 1e15, 1e16, 0.0001, 0.00001, 5e-324] | tojson
[123456789012345678901234567890, -5] | tojson
[1, [2, {'a': {}}], 'x'] | tojson(indent=1, separators=(',', ':'))
{'b': [], 'a': {}} | tojson(sort_keys=true, indent=3)
'\\x08\\x0c\\r\\t/' | tojson
{'é': 'ü'} | tojson(ensure_ascii=true, sort_keys=true)
'é"\\n<b>\\u2028' | tojson
'é"\\n<b>🙂\\x7f' | tojson(ensure_ascii=true)
{'b': 1, 'a': [1, 2, {'c': none}]} | tojson
{'b': 1, 'a': [1, 2, {'c': none}]} | tojson(indent=2)
{'b': 1, 'a': [1, 2, {'c': none}]} | tojson(indent=0)
{'b': 1, 'a': {'d': 1, 'c': 2}} | tojson(sort_keys=true)
{'b': 1, 'a': [1, 2]} | tojson(separators=(',', ':'))
{'b': 1, 'a': [1, 2]} | tojson(separators=(' ; ', ' = '), indent=4)
{'b': 1, 'a': [1, 2]} | tojson(indent='--')
{'b': 1} | tojson(false, 2)
{'é': 1} | tojson(true)
{} | tojson(indent=2)
[] | tojson(indent=2)
[[], {}] | tojson(indent=1)
1.0 | tojson
1e16 | tojson
1e-7 | tojson
0.1 | tojson
1e100 | tojson
true | tojson
none | tojson
(1, 2) | tojson
missing | tojson
'abc' | tojson | safe
{'a': 1} | tojson(nothing=1)
[1, 2] | string
{'a': 'b'} | string
1.0 | string
'a' ~ 1 ~ 1.0 ~ none ~ [1] ~ {'a': true}
"""

WHOLE = r"""
{% for x in [1, 2, 3] %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}
{% for x in [1, 2] %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }} {% endfor %}
{% for x in [5, 6, 7] %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }} {% endfor %}
{% for x in [1, 2, 3] %}{{ loop.cycle('a', 'b') }}{% endfor %}
{% for x in [1, 1, 2] %}{{ loop.changed(x) }}{% endfor %}
{% for x in [1, 2, 3, 4] %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% for x in [] %}a{% else %}b{% endfor %}
{% for x in [1, 2, 3] if x != 2 %}{{ x }}{{ loop.index }}{{ loop.last }}{% endfor %}
{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}
{% for k in {'a': 1} %}{{ k }}{% endfor %}
{% for x in [1, [2, [3]]] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}{% endif %}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for x in missing %}a{% else %}b{% endfor %}
{% set ns = namespace(n=0, found=false) %}{% for x in [1, 2] %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}{{ ns.found }}
{% set ns = namespace() %}{% set ns.a = 'x' %}{{ ns.a }}{{ ns.b is defined }}
{% set ns = namespace({'a': 1}) %}{{ ns.a }}
{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}
{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}
{% set x %}text{% endset %}{{ x }}
{% set x | upper %}text{% endset %}{{ x }}
{% macro f(a, b=2, c='z') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }}{{ f(1, c=3) }}
{% macro f() %}{{ caller() }}!{% endmacro %}{% call f() %}hi{% endcall %}
{% macro f(x) %}{{ caller(x) }}!{% endmacro %}{% call(y) f(3) %}<{{ y }}>{% endcall %}
{% filter upper %}abc{% endfilter %}
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}
{% raw %}{{ x }}{% endraw %}
{# comment #}a{# b #}
a {%- if true %} b {%- endif %} c
a {%+ if true %} b{% endif %}
{{- 'a' -}} b
{%- generation %}x{% endgeneration %}y
a {% generation %} x {% endgeneration -%} b
{% set fmt = '%s=%d' %}{{ fmt % ('a', 1) }}{{ fmt % ('b', 2) }}
{% if '%s' % 'a' == 'a' %}yes{% endif %}
{% for m in messages %}{{ '%s:%d ' % (m.role, loop.index) }}{% if loop.index0 % 2 == 0 %}even{% endif %}{% endfor %}
{% raw %}{{ '%s' % 'a' }}{% endraw %}{{ '%s' % 'b' }}{# don't #}{{ '%s' % 'c' }}
{%- raw -%} {% x {{ '%s' % 'a' }} {%- endraw -%} {{ '%s' % 'b' }}
{ "a": "%s" % 3 } it's 5 % of {{ '%d' % 3 }}
{{ '%(role)s!' % messages[0] }}
{{ '%s' % (messages | length) }}{{ messages | length % 2 }}
{% set x = '%s' % {'a': '}}'} %}{{ x }}
{% set k = namespace(c=3) %}{{ '%d' % k.c }}{{ k.c % 2 }}
{% set prompt = "%s" % ("a" if true else "b") -%} {{ prompt }}
{% macro f(x) %}<{{ x % ('q',) }}>{% endmacro %}{{ f('%s') }}
{% if 1 %}a{% elif 2 %}b{% else %}c{% endif %}
{% if messages[0].role == 'user' and not messages[1].tool_calls %}ok{% endif %}
{% if 'tool_calls' in messages[0] or messages[0].tool_calls is defined %}a{% else %}b{% endif %}
{% for m in messages %}{{ m.role }}:{% if m.content is string %}{{ m.content }}{% else %}{% for c in m.content %}{{ c.type }}{% endfor %}{% endif %};{% endfor %}
{% for m in messages %}{% if m.content is sequence and m.content is not string %}parts{% else %}text{% endif %}{% endfor %}
{% for m in messages %}{% if m.content is sequence %}s{% endif %}{% if m.content is iterable %}i{% endif %}{% if m.content is mapping %}m{% endif %}{% endfor %}
{% for m in messages[::-1] %}{{ loop.index0 }}{{ m.role }}{% endfor %}
{% for i in range(messages | length - 1, -1, -1) %}{{ i }}{% endfor %}
{{ raise_exception('no ' ~ 1) }}
{{ raise_exception("a") if false else 'b' }}
{% do [1].append(2) %}
{% set d = {} %}{% do d.update({'a': 1}) %}
{% include 'x' %}
{% import 'x' as y %}
{% extends 'x' %}
{% block a %}b{% endblock %}
{{ messages[0].__class__ }}
{{ ''.__class__.__mro__ }}
{{ x.y.z }}
{{ messages[0].nothing }}
{{ messages[0].nothing.more }}
{{ 1 / 0 }}
{{ tools }}{{ documents }}{{ tools is none }}{{ tools is defined }}
{% if tools %}a{% else %}b{% endif %}
{{ bos_token }}{{ eos_token }}{{ add_generation_prompt }}
{{ pad_token is defined }}{{ unk_token is defined }}{{ enable_thinking is defined }}
{{ "a" "b" }}
{{ 'a' 'b' ~ 'c' }}
{{ [1, 2, 3,] }}{{ {'a': 1,} }}
{{ 1_000 }}{{ 0x10 }}
{{ "tab\there" }}{{ 'new\nline' }}{{ '\u00e9' }}{{ '\'' }}
{{ not true and false }}
{{ 2 + 3 * 4 - 1 }}{{ -2 ** 2 }}
{{ (1, 2)[0] }}
{{ {'a': {'b': [1, 2]}}['a'].b[1] }}
{{ True }}{{ False }}{{ None }}
{{ [true, false, none] }}
{% set content = messages[0].content if messages[0].content is string else '' %}[{{ content | trim }}]
{% set first, *rest = messages %}
{%- for m in messages -%}
    {{- '<|' + m.role + '|>' -}}
{%- endfor %}
{{ "%.2f" | format(3.14159) }}{{ "%d-%s" | format(3, 'x') }}
{{ messages | selectattr('role', 'equalto', 'user') | list | length }}
{{ (messages | last).role }}{{ (messages | first)['role'] }}
{{ messages | map(attribute='role') | unique | join('+') }}
{% for role, group in messages | groupby('role') %}{{ role }}{{ group | length }}{% endfor %}
"""
