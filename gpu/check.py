#!/usr/bin/env python3
"""Checks, measures and tunes `zeronas --device cuda`; gpu/check.sh runs it. Needs nothing but Python, and torch for the comparison.

The steps go by value, so that what is most needed is known first. Each has a time limit of its own, and all of them together one: what
does not fit is cut short, never waited for. Every figure is printed and written to results.json the moment it is there.

  device      what the driver calls the GPU; copies and launches; one golden case
  golden      all golden cases in 64-bit and 32-bit floats, by one process
  throughput  all of nats-tss with naswot, synflow and grad_norm at batch 64; if it is not done in time, what was done by then
  torch       the same three proxies of twelve cells in PyTorch, with TF32 as it comes and without
  variants    the rate of every variant of the kernels, and of the best with 8 to 128 networks at a time; what is faster than the usual by
              more than noise, and meets small golden cases, is kept for this kind of GPU
  agreement   every proxy, CPU against GPU, on random architectures of seven spaces, in 32-bit and 64-bit floats
  profile     time, arithmetic and bytes by kernel; what ncu says of occupancy, if it may
  training    twelve epochs of one cell on the embedded images, CPU against GPU
  candle      the reference engine on the same GPU, if the folder has a program with it
"""
import argparse
import json
import os
import tempfile
import time

import steps
from runner import Cut, Failed, Results

# Seconds; together a little more than --total, so that the last is cut short if the others take all of theirs.
STEPS = [
    ("device", steps.device, 30),
    ("golden", steps.golden, 90),
    ("throughput", steps.throughput, 75),
    ("torch", steps.torch, 55),
    ("variants", steps.variants, 110),
    ("agreement", steps.agreement, 65),
    ("profile", steps.profile, 45),
    ("training", steps.training, 40),
    ("candle", steps.candle, 30),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", help="folder of the results")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--total", type=float, default=530, help="seconds for everything")
    parser.add_argument("--steps", default=",".join(name for name, _, _ in STEPS))
    parser.add_argument("--limit", type=float, help="seconds for each step in place of its own")
    parser.add_argument("--small", action="store_true", help="sizes for a device as slow as the emulation")
    args = parser.parse_args()
    start = time.monotonic()
    results = Results(args.results)
    asked = args.steps.split(",")
    with tempfile.TemporaryDirectory() as folder:
        for name, step, limit in STEPS:
            if name not in asked:
                continue
            left = args.total - (time.monotonic() - start)
            results.begin(name)
            if left < 1:
                results.end("no time left")
                continue
            run = steps.Run(results, args.device, folder, args.small, time.monotonic() + min(args.limit or limit, left))
            try:
                step(run)
                results.end("done")
            except Cut as cut:
                results.end(f"cut short: {cut}")
            except Failed as failure:
                results.end(f"failed: {failure}")
            # One step that goes wrong in a way nobody thought of must not cost the others their time.
            except Exception as error:
                results.end(f"failed: {type(error).__name__}: {error}")
    results.close(time.monotonic() - start)
    print(results.table())
    raise SystemExit(0 if results.passed() else 1)


if __name__ == "__main__":
    main()
