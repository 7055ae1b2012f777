#!/usr/bin/env python3
"""Checks and measures `zeronas --device cuda`; gpu/check.sh runs it. Needs nothing but Python, and torch for the comparison.

Steps, each with a time limit of its own:

  device      what the driver calls the GPU
  golden      the golden cases in 32-bit floats, within the limits of float32
  agreement   every proxy, CPU against GPU, on random cells of each space, in 64-bit and 32-bit floats
  throughput  all of nats-tss with naswot, synflow and grad_norm at batch 64; if it is not done in time, what was done by then
  memory      the most GPU memory in use during that
  kernels     time by kernel, if ncu is there
  torch       the same three proxies of twelve cells in PyTorch, with TF32 as it comes and without
  training    twelve epochs of one cell on the embedded images, CPU against GPU
"""
import argparse
import collections
import csv
import glob
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ZERONAS = os.environ.get("ZERONAS", os.path.join(HERE, "zeronas"))
JOB = ["--space", "nats-tss", "--all", "--proxies", "naswot,synflow,grad_norm", "--images", "synthetic", "--top", "0"]
# Relative limits of float32: grads differ because ReLU signs flip.
LIMITS = {"naswot": 5e-6, "naswot_bayeswatch": 5e-6, "plain": 1e-3, "jacob_cov": 1e-3, "l2_norm": 1e-6, "zico": 5e-2}
LIMITS |= dict.fromkeys(["grad_norm", "grad_norm_global", "snip", "fisher", "grasp"], 2e-2)
EXACT = ["synflow", "params", "flops"]


def run(words, limit, stop=None):
    """Runs a command; its stdout, stderr and seconds. After `limit` seconds it is interrupted, as by Ctrl-C."""
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    timer = threading.Timer(limit, lambda: process.send_signal(signal.SIGINT))
    timer.start()
    try:
        out, err = process.communicate(timeout=limit + 30)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    timer.cancel()
    seconds = time.perf_counter() - start
    if process.returncode != 0 and not (stop and re.search(stop, err)):
        raise RuntimeError(f"{' '.join(words)}: {err.strip()[-2000:]}")
    return out, err, seconds


def score(folder, name, device, words, limit=60):
    """Scores by (arch, proxy, seed): a number, or the status that says why there is none."""
    path = os.path.join(folder, name + ".csv")
    run([ZERONAS, "score", "--device", device, "--top", "0", "--out", path, *words], limit)
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    value = lambda row: float(row["score"]) if row["status"] == "ok" else row["status"]
    return {(row["arch"], row["proxy"], row["seed"]): value(row) for row in rows}


def number(value):
    return float(value) if isinstance(value, str) else value


def case_words(case):
    """The flags that rebuild a golden case, and its architecture as a line."""
    net = case["network"]
    init = {"unit": "kaiming-uniform", "perturbed": "perturbed"}[case["init_scheme"]]
    words = ["--as-written", "--init", init, "--seed", str(case["seed"]), "--batch-size", str(case["batch"])]
    words += ["--images", "synthetic", "--classes", str(net["classes"])]
    if net["space"] == "tss":
        return words + ["--space", "nats-tss", "--channels", str(net["C"]), "--cells", str(net["N"])], net["arch"]
    if net["space"] == "sss":
        return words + ["--space", "nats-sss"], ":".join(map(str, net["channels"]))
    sizes = [word for key in ("stem", "stacks", "modules") for word in (f"--{key}", str(net[key]))]
    bits = "".join(str(bit) for row in net["matrix"] for bit in row)
    return words + ["--space", "nb101", *sizes], f"{bits};{','.join(net['ops'][1:-1])}"


def cases():
    """The golden cases: lines of JSON, as tests/golden/README.md says."""
    for path in sorted(glob.glob(os.path.join(HERE, "golden", "*.jsonl"))):
        with open(path) as file:
            yield from map(json.loads, file)


def golden(device, folder):
    errors, wrong, left_out = collections.defaultdict(list), [], []
    for case in cases():
        words, arch = case_words(case)
        line = os.path.join(folder, "arch.txt")
        with open(line, "w") as file:
            file.write(arch + "\n")
        proxies = [*LIMITS, *EXACT]
        if case["network"]["space"] == "nb101":
            proxies.remove("naswot_bayeswatch")
        try:
            scores = score(folder, case["name"], device, [*words, "--archs", line, "--proxies", ",".join(proxies)])
        except RuntimeError as error:
            # One network has more edges than the benchmark's cells.
            if "edges" not in str(error):
                raise
            left_out.append(case["name"])
            continue
        for (_, proxy, _), got in scores.items():
            if proxy == "zico" and number(case["proxies"]["synflow"]) == 0:
                continue  # Nothing gets through: two gradients that are equal but for rounding.
            expected = number(case["proxies"]["flops_natsbench" if proxy == "flops" else proxy])
            if isinstance(got, str) or expected != expected or abs(expected) == float("inf"):
                if not (isinstance(got, str) and (expected != expected or abs(expected) == float("inf"))):
                    wrong.append(f"{case['name']}: {proxy} is {got}, not {expected}")
                continue
            size = number(case["proxies"]["snip"]) if proxy == "plain" else abs(expected)
            if proxy == "grasp":
                size = case["grasp_size"]
            error = 0.0 if got == expected else abs(got - expected) / size
            errors[proxy].append(error)
            if not error <= LIMITS.get(proxy, 1e-9):
                wrong.append(f"{case['name']}: {proxy} is {got}, not {expected}: off by {error:.2e}")
    if not errors:
        raise RuntimeError("no golden cases here")
    middle = {proxy: sorted(found)[len(found) // 2] for proxy, found in errors.items()}
    return {"cases": max(map(len, errors.values())), "left_out": left_out, "median_error": middle, "wrong": wrong}


# Beyond this, relative, two engines that round differently disagree: in f64 next to nothing; synflow_bn and ntk magnify rounding.
AGREEMENT = {"f64": 1e-7, "f32": 5e-2}
LOOSE = {"synflow_bn", "ntk", "zico", "az_trainability", "az_progressivity", "epe_nas"}
SPACES = {"nats-tss": [], "nats-sss": [], "nb101": ["--stem", "16", "--sampler", "benchmark"]}


def agreement(device, folder, cells):
    found, wrong = {}, []
    for space, more in SPACES.items():
        for dtype, limit in AGREEMENT.items():
            # The dear proxies make 64-bit floats on the CPU slow; a fifth of the cells does.
            count = cells if dtype == "f32" else max(1, cells // 5)
            words = ["--space", space, *more, "--sample", str(count), "--sample-seed", "7", "--batch-size", "16", "--dtype", dtype]
            words += ["--images", "synthetic", "--proxies", "all"]
            cpu = score(folder, f"{space}-{dtype}-cpu", "cpu", [*words, "--engine", "fused"], 150)
            gpu = score(folder, f"{space}-{dtype}-gpu", device, words, 100)
            errors = collections.defaultdict(list)
            for key, expected in cpu.items():
                got = gpu[key]
                if isinstance(expected, str) or isinstance(got, str):
                    if got != expected and key[1] not in LOOSE:
                        wrong.append(f"{space}, {dtype}: {key[1]} of {key[0]} is {got}, not {expected}")
                    continue
                errors[key[1]].append(0.0 if got == expected else abs(got - expected) / max(abs(expected), 1e-30))
            middle = {proxy: sorted(values)[len(values) // 2] for proxy, values in errors.items()}
            found[f"{space}, {dtype}"] = {"cells": count, "median_error": middle}
            # Single cells may lie where a ReLU's sign flips or a difference cancels: the median may not.
            wrong += [f"{space}, {dtype}: {p} is off by {e:.2e}" for p, e in middle.items() if e > limit and p not in LOOSE]
    return {"spaces": found, "wrong": wrong}


class Memory(threading.Thread):
    """The most GPU memory in use, in MiB, asked for every half second."""

    def __init__(self):
        super().__init__(daemon=True)
        self.most, self.over = None, threading.Event()

    def run(self):
        words = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        while not self.over.wait(0.5):
            try:
                used = max(map(int, subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()))
            except (OSError, ValueError, subprocess.CalledProcessError):
                return
            self.most = max(self.most or 0, used)


def throughput(device, folder, limit, more):
    memory = Memory()
    memory.start()
    words = [ZERONAS, "score", "--device", device, *JOB, *more, "--out", os.path.join(folder, "all.csv")]
    _, err, seconds = run(words, limit, stop="interrupted after")
    memory.over.set()
    memory.join()
    stopped = re.search(r"interrupted after (\d+) of (\d+) networks", err)
    done = re.search(r"(\d+) architectures?, (\d+) networks?", err)
    if stopped:
        networks, total = map(int, stopped.groups())
        archs = 15625 * networks / total
    elif done:
        archs, networks = map(int, done.groups())
        total = networks
    else:
        raise RuntimeError(f"what zeronas said is not understood: {err}")
    return {
        "archs_per_second": archs / seconds, "networks_per_second": networks / seconds, "seconds": seconds, "networks": networks,
        "of": total, "extrapolated": bool(stopped), "gpu_memory_mib": memory.most,
    }


def kernels(device, folder):
    """Microseconds by kernel of a small job, as ncu counts them; the largest first."""
    words = ["ncu", "--csv", "--metrics", "gpu__time_duration.sum", ZERONAS, "score", "--device", device, *JOB[2:]]
    words = [word for word in words if word != "--all"] + ["--sample", "16", "--threads", "16", "--out", os.path.join(folder, "ncu.csv")]
    out, _, _ = run(words, 60)
    lines = [line for line in out.splitlines() if line.startswith('"')]
    total = collections.Counter()
    for row in csv.DictReader(lines):
        if row["Metric Name"] == "gpu__time_duration.sum":
            scale = {"nsecond": 1e-3, "ns": 1e-3, "usecond": 1, "us": 1, "msecond": 1e3, "ms": 1e3}[row["Metric Unit"]]
            total[row["Kernel Name"]] += float(row["Metric Value"].replace(",", "")) * scale
    return dict(total.most_common())


def torch(device):
    found = {}
    kind = device.split(":")[0]
    for mode in ("per-proxy", "shared"):
        for name, more in (("TF32 as it comes", []), ("no TF32", ["--no-tf32"])):
            words = [sys.executable, os.path.join(HERE, "torch_baseline.py"), "--archs", os.path.join(HERE, "archs_tss12.txt")]
            out, _, _ = run([*words, "--mode", mode, "--device", kind, "--procs", "1", *more], 60)
            _, archs, _, wall, _ = out.strip().split(",")
            found[f"{mode}, {name}"] = int(archs) / float(wall)
    return found


def training(device, folder):
    found = {}
    arch = "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_3x3~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|"
    for place in ("cpu", device):
        out = os.path.join(folder, "train-" + place.replace(":", "-"))
        words = ["--images", "embedded", "--recipe", "quick", "--epochs", "12", "--batch-size", "64", "--valid-split", "64"]
        _, _, seconds = run([ZERONAS, "train", "--arch", arch, *words, "--device", place, "--out", out], 60)
        with open(os.path.join(out, "history.csv"), newline="") as file:
            last = list(csv.DictReader(file))[-1]
        found[place] = {"train_loss": float(last["train_loss"]), "seconds": seconds, "images_per_second": float(last["images_per_second"])}
    cpu, gpu = (found[place]["train_loss"] for place in ("cpu", device))
    return found | {"wrong": [] if abs(cpu - gpu) <= 0.1 * cpu else [f"the loss is {gpu}, not {cpu}"]}


def device_name(device):
    words = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    if not device.startswith("cuda"):
        return device
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()[int((device + ":0").split(":")[1])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", help="folder of the results")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--cells", type=int, default=200, help="random cells of each space")
    parser.add_argument("--job", default="", help="more flags for the throughput's job")
    parser.add_argument("--limit", type=float, default=180, help="seconds of the throughput's job")
    parser.add_argument("--steps", default="device,golden,agreement,throughput,kernels,torch,training")
    args = parser.parse_args()
    os.makedirs(args.results, exist_ok=True)
    results, failures = {"version": run([ZERONAS, "--version"], 10)[0].strip()}, []
    with tempfile.TemporaryDirectory() as folder:
        steps = {
            "device": lambda: device_name(args.device),
            "throughput": lambda: throughput(args.device, folder, args.limit, args.job.split()),
            "golden": lambda: golden(args.device, folder),
            "torch": lambda: torch(args.device),
            "training": lambda: training(args.device, folder),
            "kernels": lambda: kernels(args.device, folder),
            "agreement": lambda: agreement(args.device, folder, args.cells),
        }
        for name, step in steps.items():
            if name not in args.steps.split(","):
                continue
            start = time.perf_counter()
            try:
                results[name] = step()
                wrong = results[name].get("wrong", []) if isinstance(results[name], dict) else []
                failures += [f"{name}: {what}" for what in wrong]
            except (RuntimeError, OSError, KeyError, ValueError, IndexError, subprocess.CalledProcessError) as error:
                results[name] = {"failed": str(error)}
                # A profile and a peer are welcome; without them the check still holds.
                if name not in ("kernels", "torch"):
                    failures.append(f"{name}: {error}")
            print(f"{name}: {time.perf_counter() - start:.1f} s", flush=True)
            results["failures"] = failures
            with open(os.path.join(args.results, "results.json"), "w") as file:
                json.dump(results, file, indent=1)
    text = table(results)
    with open(os.path.join(args.results, "results.txt"), "w") as file:
        file.write(text)
    print(text)
    raise SystemExit(1 if failures else 0)


def table(results):
    lines = [f"{results['version']} on {results.get('device', '?')}"]
    speed = results.get("throughput", {})
    if "archs_per_second" in speed:
        how = ", extrapolated" if speed["extrapolated"] else ""
        lines.append(
            f"{speed['archs_per_second']:.1f} archs/s ({speed['networks_per_second']:.1f} networks/s, {speed['networks']} of {speed['of']} "
            f"networks in {speed['seconds']:.1f} s{how}); {speed['gpu_memory_mib']} MiB of GPU memory"
        )
        job = f"`{' '.join(JOB)}`{how}"
        name = results.get("device", "?").rsplit(",", 1)[0]
        lines.append(f"for RESULTS.md: | {time.strftime('%Y-%m-%d')} | {name} | {speed['archs_per_second']:.1f} archs/s | {job} |")
        for name, rate in results.get("torch", {}).items():
            if isinstance(rate, float):
                lines.append(f"PyTorch, {name}: {rate:.1f} archs/s; zeronas is {speed['networks_per_second'] / rate:.1f} times as fast a network")
    if "cases" in results.get("golden", {}):
        lines.append(f"golden: {results['golden']['cases']} cases, {len(results['golden']['wrong'])} values wrong")
    for name, microseconds in list(results.get("kernels", {}).items())[:8]:
        if name != "failed":
            lines.append(f"{name}: {microseconds / 1e3:.2f} ms")
    lines += [f"WRONG: {failure}" for failure in results["failures"]]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
