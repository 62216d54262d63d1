"""llama.cpp natively, through xllamacpp: a list of prompts answered one by one, the first thrown away.

Reads one JSON object on stdin, prints one as the last line: tokens a second of each run."""

import json
import sys

import xllamacpp


def main():
    ask = json.load(sys.stdin)
    params = xllamacpp.CommonParams()
    params.model.path = ask["model"]
    params.n_ctx = 1024
    params.n_parallel = 1
    params.n_gpu_layers = 0
    params.cpuparams.n_threads = ask["threads"]
    params.cpuparams_batch.n_threads = ask["threads"]
    server = xllamacpp.Server(params)
    out = {"prefill": [], "decode": []}
    for i, prompt in enumerate(ask["prompts"]):
        wish = {"prompt": prompt, "max_tokens": ask["answer"], "temperature": 0, "cache_prompt": False, "ignore_eos": True}
        answer = server.handle_completions(wish)
        timings = answer["timings"]
        if i > 0:
            out["prefill"].append(timings["prompt_per_second"])
            out["decode"].append(timings["predicted_per_second"])
    print()
    print(json.dumps(out), flush=True)


main()
