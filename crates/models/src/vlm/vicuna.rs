//! Vicuna's conversation, which the official codes of LLaVA-1.5 and of MobileVLM write themselves: their files have no
//! template.

pub const TEMPLATE: &str = "{%- macro said(content) -%}\
{%- if content is string -%}{{- content -}}{%- else -%}\
{%- for part in content -%}{%- if part['type'] == 'image' -%}{{- '<image>\\n' -}}{%- endif -%}{%- endfor -%}\
{%- for part in content -%}{%- if part['type'] == 'text' -%}{{- part['text'] -}}{%- endif -%}{%- endfor -%}\
{%- endif -%}{%- endmacro -%}\
{%- if messages[0]['role'] != 'system' -%}{{- \"A chat between a curious user and an artificial intelligence assistant. \
The assistant gives helpful, detailed, and polite answers to the user's questions. \" -}}{%- endif -%}\
{%- for message in messages -%}\
{%- if message['role'] == 'system' -%}{{- said(message['content']) + ' ' -}}\
{%- elif message['role'] == 'user' -%}{{- 'USER: ' + said(message['content']) + ' ' -}}\
{%- else -%}{{- 'ASSISTANT: ' + said(message['content']) + '</s>' -}}{%- endif -%}\
{%- endfor -%}{%- if add_generation_prompt -%}{{- 'ASSISTANT:' -}}{%- endif -%}";
