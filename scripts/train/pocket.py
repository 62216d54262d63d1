"""Trains the pocket model: `pocket.py --hours 2` begins it or goes on with it. See README.md."""

import argparse
import json
import math
import os
import random
import signal
import time
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F

import words
from feed import Feed, ask, tint
from parts import GRID, Pocket

ROOT = Path(__file__).resolve().parents[2]
# Steps of each phase at the batch size below; a phase has its own rise and fall of the rate.
PHASES = [{"name": "dense", "steps": 4000, "rate": 2e-3}, {"name": "whole", "steps": 60000, "rate": 1.5e-3}]
BATCH, QUESTIONS = 32, 8
# Edges of pictures, and how often; the share of cells that is kept is drawn for each batch.
EDGES = [(112, 0.6), (88, 0.2), (168, 0.2)]
KEEP = (0.25, 0.7)
WHOLE_SHARE = 0.15
SAVE_S = 300
IGNORE = -100


def squint():
    """The generator: SQUINT, or the newest build there is."""
    if path := os.environ.get("SQUINT"):
        return path
    built = [p for p in (ROOT / "target/release/squint", ROOT / "target/debug/squint") if p.exists()]
    if not built:
        raise SystemExit("no squint here: cargo build --release -p squint-cli, or name one in SQUINT")
    return str(max(built, key=lambda p: p.stat().st_mtime))


def kinds():
    return sum(1 for _ in open(ROOT / "crates/scenes/things.tsv")) - 1


def edge_of(seed, phase, step):
    """The edge of a step's pictures: the same in every process, and known of every step that was."""
    edges, odds = zip(*EDGES)
    return random.Random(f"{seed} {phase} {step}").choices(edges, odds)[0]


def keep(count, grid, share, generator):
    """Numbers of the cells that are kept of each picture, in their order."""
    cells = grid * grid
    if share >= 1:
        return None
    left = max(1, round(cells * share))
    return torch.rand(count, cells, generator=generator).argsort(1)[:, :left].sort(1).values


def dense(model, told, pixels, cells, device):
    labels = torch.tensor([t["labels"] for t in told])
    if cells is not None:
        labels = labels.gather(1, cells)
        cells = cells.to(device)
    rows = model.eye(pixels.to(device), cells)[:, 1:]
    scores = model.dense(rows).flatten(0, 1)
    labels = labels.flatten().to(device)
    # Most cells are ground: things weigh as much as all of it.
    weight = torch.ones(scores.shape[1], device=device)
    weight[0] = 0.1
    return F.cross_entropy(scores, labels, weight), (scores.argmax(1) == labels)[labels > 0].float().mean()


def whole(model, told, pixels, cells, tinted, vocabulary, rng, device):
    """Several questions behind one picture, none of which sees the others: [picture][question answer][question answer]…"""
    end, said, asked = (vocabulary.token_to_id(t) for t in (words.END, words.SAY, words.ASK))
    seqs = []
    for one, is_tinted in zip(told, tinted.tolist()):
        parts = []
        for q in ask(one, is_tinted, QUESTIONS, rng):
            head = [asked, *vocabulary.encode(q["text"]).ids, said]
            tail = [*vocabulary.encode(q["answer"]).ids, end]
            parts.append((head, tail))
        seqs.append(parts)
    rows = model.rows(pixels.to(device), None if cells is None else cells.to(device))
    seen = rows.shape[1]
    longest = max(sum(len(h) + len(t) for h, t in parts) for parts in seqs) or 1
    n = len(seqs)
    ids = torch.full((n, longest), end)
    target = torch.full((n, longest), IGNORE)
    part = torch.full((n, longest), -1)
    positions = torch.zeros(n, longest)
    for i, parts in enumerate(seqs):
        at = 0
        for p, (head, tail) in enumerate(parts):
            text = head + tail
            ids[i, at : at + len(text)] = torch.tensor(text)
            # The token that says the next one: from the mark before the answer to the last before its end.
            target[i, at + len(head) - 1 : at + len(text) - 1] = torch.tensor(tail)
            part[i, at : at + len(text)] = p
            positions[i, at : at + len(text)] = seen + torch.arange(len(text))
            at += len(text)
    ids, target, part, positions = (t.to(device) for t in (ids, target, part, positions))
    x = torch.cat([rows, model.tongue.embed(ids)], 1)
    before = torch.arange(seen, device=device).float().expand(n, -1)
    same = part[:, :, None] == part[:, None, :]
    order = torch.ones(longest, longest, dtype=torch.bool, device=device).tril()
    mask = torch.zeros(n, 1, seen + longest, seen + longest, dtype=torch.bool, device=device)
    mask[:, 0, :seen, :seen] = torch.ones(seen, seen, dtype=torch.bool, device=device).tril()
    mask[:, 0, seen:, :seen] = True
    mask[:, 0, seen:, seen:] = same & order
    out = model.tongue(x, torch.cat([before, positions], 1), mask)[:, seen:]
    chosen = target != IGNORE
    scores = model.tongue.logits(out[chosen])
    return F.cross_entropy(scores, target[chosen]), (scores.argmax(1) == target[chosen]).float().mean()


def rate(phase, step):
    """Rises over the first 2 %, then falls along a cosine to a fiftieth."""
    share = step / phase["steps"]
    rise = min(1.0, share / 0.02)
    return phase["rate"] * rise * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--hours", type=float, default=1.0)
    args.add_argument("--steps", type=int, default=1 << 40, help="no more than so many now")
    args.add_argument("--seed", type=int, default=0)
    args.add_argument("--out", type=Path, default=ROOT / "target/train/pocket")
    args.add_argument("--fresh", action="store_true", help="forget what was learnt")
    args = args.parse_args()
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if torch.cuda.is_available() else torch.device("cpu")
    if world > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    args.out.mkdir(parents=True, exist_ok=True)
    tool = squint()
    vocabulary = words.learn(tool, args.out / "tokenizer.json")
    torch.manual_seed(args.seed)
    model = Pocket(vocabulary.get_vocab_size(), kinds()).to(device)
    groups = [{"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": 0.05}, {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98))
    state_path, step, phase = args.out / "state.pt", 0, 0
    if state_path.exists() and not args.fresh:
        state = torch.load(state_path, map_location=device)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, phase = state["step"], state["phase"]

    def save():
        if rank == 0:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "phase": phase}, args.out / "state.part")
            (args.out / "state.part").replace(state_path)

    log = open(args.out / "log.jsonl", "a") if rank == 0 else None
    begun = saved = time.time()
    losses, rights, pictures, since = [], [], 0, time.time()
    feeds, stopped = {}, []
    # Stopped by a signal it ends behind the step, with everything saved.
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stopped.append(True))
    def goes_on():
        """Whether there is time for a step: all processes do it, or none."""
        go = torch.tensor(int(time.time() - begun < args.hours * 3600 and not stopped and args.steps > 0), device=device)
        if world > 1:
            dist.all_reduce(go, op=dist.ReduceOp.MIN)
        return bool(go)

    while phase < len(PHASES) and goes_on():
        args.steps -= 1
        now = PHASES[phase]
        # Everything by chance comes of the step, so that a run that was stopped goes on as the same run.
        rng = random.Random(f"{args.seed} {phase} {step} {rank}")
        generator = torch.Generator().manual_seed(rng.randrange(1 << 40))
        edge = edge_of(args.seed, phase, step)
        if edge not in feeds:
            drawn = sum(edge_of(args.seed, phase, before) == edge for before in range(step))
            first = (phase * 10_000_000 + drawn) * BATCH * world + rank
            feeds[edge] = Feed(tool, "train", args.seed * 1000 + edge, first, world, edge, edge // (112 // GRID))
        told, pixels = feeds[edge].batch(BATCH)
        pixels, tinted = tint(pixels, generator)
        share = 1.0 if rng.random() < WHOLE_SHARE else rng.uniform(*KEEP)
        cells = keep(BATCH, edge // (112 // GRID), share, generator)
        model.train()
        if now["name"] == "dense":
            loss, right = dense(model, told, pixels, cells, device)
        else:
            loss, right = whole(model, told, pixels, cells, tinted, vocabulary, rng, device)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if world > 1:
            # What a phase does not use has no gradient in any process.
            for p in (p for p in model.parameters() if p.grad is not None):
                dist.all_reduce(p.grad, op=dist.ReduceOp.AVG if device.type == "cuda" else dist.ReduceOp.SUM)
                if device.type != "cuda":
                    p.grad /= world
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate(now, step)
        optimizer.step()
        losses.append(loss.item()), rights.append(right.item())
        step, pictures = step + 1, pictures + BATCH * world
        if step % 50 == 0 and rank == 0:
            line = {"phase": now["name"], "step": step, "loss": round(sum(losses) / len(losses), 4), "right": round(sum(rights) / len(rights), 4), "pictures_s": round(pictures / (time.time() - since), 1), "rate": optimizer.param_groups[0]["lr"]}
            print(json.dumps(line), file=log, flush=True)
            print(json.dumps(line), flush=True)
            losses, rights, pictures, since = [], [], 0, time.time()
        if step >= now["steps"]:
            phase, step = phase + 1, 0
            for feed in feeds.values():
                feed.close()
            feeds = {}
        if time.time() - saved > SAVE_S:
            save()
            saved = time.time()
    save()
    for feed in feeds.values():
        feed.close()


if __name__ == "__main__":
    main()
