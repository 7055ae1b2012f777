"""How the cost of scoring grows: time and memory of `zeronas score` over one setting at a time.

    python3 benches/growth.py --zeronas target/release/zeronas [--rounds 3] [--only batch,width]

Starts from naswot, synflow and grad_norm on four architectures of NATS-Bench's topology space with synthetic images, on one thread. Prints
a table for each setting, with medians over the rounds, in which the settings take turns, and fits user time = a + b * setting^exponent.
What was spent in the system is mostly the first use of memory, and depends on what the machine did before. Memory is the peak of the
process. Needs numpy, scipy, and Linux or macOS.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import optimize

BASE = {
    "--space": "nats-tss",
    "--sample": "4",
    "--proxies": "naswot,synflow,grad_norm",
    "--batch-size": "64",
    "--threads": "1",
}
GROWING = {
    "batch": ("--batch-size", [16, 32, 64, 128, 256, 512]),
    "resolution": ("--resolution", [16, 32, 48, 64, 96]),
    "width": ("--channels", [8, 16, 32, 64, 128]),
    "depth": ("--cells", [1, 2, 5, 10, 20]),
    "architectures": ("--sample", [4, 16, 64, 256]),
    "architectures by size": ("--sample", [1000, 10_000, 100_000, 423_624]),
    "threads": ("--threads", [1, 2, 4]),
}
# What is added to the base where a setting needs it.
BESIDES = {
    "threads": {"--sample": "64"},
    "width": {"--sample": "2"},
    "resolution": {"--sample": "2"},
    # As many as NAS-Bench-101 has, by what is known of a network without running it.
    "architectures by size": {"--space": "nb101", "--proxies": "params,flops,effective_params"},
}
PROXIES = {
    "grad_norm": "grad_norm",
    "the trio": "naswot,synflow,grad_norm",
    "suite-zero": "suite-zero",
    "AZ-NAS's": "az_expressivity,az_progressivity,az_trainability",
    "zico": "zico",
    "jacob_cov": "jacob_cov",
    "ntk": "ntk",
    "the default": "default",
    "vkdnw": "vkdnw",
    "all of these": "suite-zero,az_progressivity,az_trainability,zico,ntk,default,vkdnw",
}


def measured(zeronas: Path, settings: dict[str, str], folder: Path) -> tuple[float, float, float, float]:
    """User time, time in the system, time on the clock, and peak memory in MB of one run."""
    for file in folder.iterdir():
        file.unlink()
    flags = [word for pair in settings.items() for word in pair]
    command = [zeronas, "score", *flags, "--images", "synthetic", "--sample-seed", "0", "--top", "0", "--out", folder / "scores.csv"]
    begin = time.perf_counter()
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status:
        sys.exit(f"{' '.join(map(str, command))}\n{(folder / 'log').read_text()}")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_utime, usage.ru_stime, seconds, usage.ru_maxrss * unit / 1e6


def fitted(x: list[float], seconds: list[float]) -> str:
    """User time as a power of the setting, beside what does not depend on it; weighs relative errors."""

    def errors(of: np.ndarray) -> np.ndarray:
        return (np.exp(of[0]) + np.exp(of[1]) * np.power(x, of[2])) / seconds - 1

    begin = [np.log(seconds[0] / 2), np.log(seconds[-1] / x[-1]), 1.0]
    found = optimize.least_squares(errors, begin)
    least, step, exponent = np.exp(found.x[0]), np.exp(found.x[1]), found.x[2]
    return f"{least:.2f} s + {step:.3g} s * x^{exponent:.2f}, at most {100 * np.abs(found.fun).max():.0f} % off"


def table(name: str, runs: dict[str, dict[str, str]], zeronas: Path, rounds: int) -> list[float]:
    """Prints the table of a setting and returns the user times."""
    results: dict[str, list[tuple[float, float, float, float]]] = {label: [] for label in runs}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for label, settings in runs.items():
                results[label].append(measured(zeronas, settings, Path(folder)))
    print(f"| {name} | user s | system s | clock s | MB |\n| --- | --- | --- | --- | --- |")
    medians = {label: [statistics.median(column) for column in zip(*of)] for label, of in results.items()}
    for label, (user, system, clock, memory) in medians.items():
        print(f"| {label} | {user:.2f} | {system:.2f} | {clock:.2f} | {memory:.0f} |", flush=True)
    return [user for user, *_ in medians.values()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zeronas", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join([*GROWING, "proxies"]))
    args = parser.parse_args()
    for name in args.only.split(","):
        print()
        if name == "proxies":
            runs = {label: {**BASE, "--proxies": proxies} for label, proxies in PROXIES.items()}
            table("proxies", runs, args.zeronas, args.rounds)
        else:
            flag, values = GROWING[name]
            runs = {str(value): {**BASE, **BESIDES.get(name, {}), flag: str(value)} for value in values}
            seconds = table(name, runs, args.zeronas, args.rounds)
            print("\n" + fitted(values, seconds) if name != "threads" else "")


if __name__ == "__main__":
    main()
