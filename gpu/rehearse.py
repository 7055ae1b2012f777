#!/usr/bin/env python3
"""Rehearses gpu/check.py without a GPU: once in earnest on the emulation, at small sizes, and once for each step with that step broken.

    cargo build --release --features emulation --bins --examples
    gpu/rehearse.py target/release [--only-broken]

A step is broken in three ways: its program ends with an error, hangs, or prints what is no figure. Each time the step must say so, its
neighbour must run all the same, and the results must be on disk. At last check.py itself is killed in the middle, and what it had found must
be there. Exits 1 if any of this does not hold.
"""
import argparse
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PEER = os.path.join(HERE, "..", "benches", "peer")
# Which program and which of its commands each step runs first.
FIRST = {
    "device": ("gpu", "probe"), "golden": ("gpu", "golden"), "throughput": ("zeronas", "score"), "torch": ("torch_baseline.py", ""),
    "variants": ("gpu", "tune"), "agreement": ("zeronas", "score"), "profile": ("gpu", "profile"), "training": ("zeronas", "train"),
    "candle": ("zeronas-candle", "score"),
}
WAYS = {"fails": "echo broken >&2; exit 3", "hangs": "exec sleep 60", "prints nonsense": "echo nonsense; exit 0"}
# What prints no figures has nothing to print nonsense in; its results are missing instead.
STATUS = {"fails": "failed", "hangs": "cut short", "prints nonsense": "failed"}


def folder(build, place):
    """A folder as gpu/build.sh makes it, of programs that know the emulation."""
    for name in ("check.py", "runner.py", "steps.py"):
        shutil.copy(os.path.join(HERE, name), place)
    for name in ("torch_baseline.py", "torch_network.py", "archs_tss12.txt"):
        shutil.copy(os.path.join(PEER, name), place)
    for program in ("zeronas", os.path.join("examples", "gpu")):
        path = os.path.abspath(os.path.join(build, program))
        if not os.path.exists(path):
            sys.exit(f"{path} is not there: build with cargo build --release --features emulation --bins --examples")
        os.symlink(path, os.path.join(place, os.path.basename(program)))


def cache(place):
    """A cache folder of the rehearsal's own, with the kernels that this user has compiled: what is found best on the emulation is kept there."""
    users = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "zeronas", "kernels")
    own = os.path.join(place, "cache", "zeronas")
    os.makedirs(users, exist_ok=True)
    os.makedirs(own)
    os.symlink(users, os.path.join(own, "kernels"))
    os.environ["XDG_CACHE_HOME"] = os.path.dirname(own)
    return os.path.join(own, "tuning", "emulation.json")


def command(place, results, *words):
    return [sys.executable, os.path.join(place, "check.py"), results, "--device", "emulation", "--small", *words]


def known(results):
    with open(os.path.join(results, "results.json")) as file:
        return json.load(file)


def breaks(place, step, way):
    """Puts a broken program in the place of the step's first one; what it replaces."""
    name, word = FIRST[step]
    path = os.path.join(place, name)
    real = os.path.realpath(path)
    if os.path.lexists(path):
        os.rename(path, path + ".real")
    if name.endswith(".py"):
        does = {"fails": "sys.exit('broken')", "hangs": "time.sleep(60)", "prints nonsense": "print('nonsense')"}[way]
        text = f"import sys, time\n{does}\n"
    else:
        text = f'#!/bin/sh\nif [ "$1" = {word} ]; then\n    {WAYS[way]}\nfi\nexec "{real}" "$@"\n'
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


def mends(path):
    os.remove(path)
    if os.path.lexists(path + ".real"):
        os.rename(path + ".real", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", help="folder of the built programs")
    parser.add_argument("--only-broken", action="store_true", help="leave the run in earnest out")
    args = parser.parse_args()
    wrong = []
    # What the killed run had started may still be writing.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder(args.build, place)
        tuning = cache(place)
        results = os.path.join(place, "results")
        if not args.only_broken:
            ended = subprocess.run(command(place, results), text=True)
            if ended.returncode != 0:
                wrong.append("the run in earnest does not pass")
            variants = next((step for step in known(results)["steps"] if step["name"] == "variants"), None)
            if variants is None:
                wrong.append("the run in earnest does not reach the variants")
            elif variants["status"] == "done" and not os.path.exists(tuning):
                wrong.append("no tuning is kept")
        print("\n| broken step | how | what it says | the next step | seconds |\n| --- | --- | --- | --- | --- |")
        for step in FIRST:
            beside = "profile" if step in ("device", "golden") else "device"
            for way in WAYS:
                start = time.monotonic()
                path = breaks(place, step, way)
                words = command(place, results, "--steps", f"{step},{beside}", "--limit", "3" if way == "hangs" else "30")
                subprocess.run(words, stdout=subprocess.DEVNULL)
                mends(path)
                steps = {found["name"]: found for found in known(results)["steps"]}
                said, next_ = steps[step]["status"].splitlines()[0][:60], steps[beside]["status"]
                print(f"| {step} | {way} | {said} | {beside}: {next_} | {time.monotonic() - start:.1f} |", flush=True)
                if not said.startswith(STATUS[way]):
                    wrong.append(f"{step} that {way} says: {said}")
                if next_ != "done" and not (way == "hangs" and next_.startswith("cut short")):
                    wrong.append(f"{step} that {way}: {beside} is {next_}")
        process = subprocess.Popen(command(place, results, "--steps", "device,variants"), stdout=subprocess.PIPE, start_new_session=True)
        for line in process.stdout:
            if b"networks_per_second" in line:
                break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        left = {found["name"]: found for found in known(results)["steps"]}
        kept = f"{len(left['variants']['figures'])} figures of it are kept"
        print(f"| variants | is killed in the middle | {kept} | device: {left['device']['status']} | |")
        if left["device"]["status"] != "done" or not left["variants"]["figures"]:
            wrong.append("what was known when it was killed is lost")
    for what in wrong:
        print(f"WRONG: {what}")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
