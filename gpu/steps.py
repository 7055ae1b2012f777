"""The steps of gpu/check.py."""
import collections
import csv
import os
import re
import sys
import time

from runner import Cut, Failed, figures, lines

HERE = os.path.dirname(os.path.abspath(__file__))
ZERONAS = os.environ.get("ZERONAS", os.path.join(HERE, "zeronas"))
PROGRAM = os.environ.get("ZERONAS_GPU", os.path.join(HERE, "gpu"))
CANDLE = os.environ.get("ZERONAS_CANDLE", os.path.join(HERE, "zeronas-candle"))
TRIO = ["--proxies", "naswot,synflow,grad_norm", "--images", "synthetic", "--top", "0"]


class Run:
    """A step under way: where it runs, until when, and where its figures go."""

    def __init__(self, results, device, folder, small, deadline):
        self.results, self.device, self.folder, self.small, self.deadline = results, device, folder, small, deadline

    def by(self, seconds):
        """So many seconds from now, or the step's end."""
        return min(self.deadline, time.monotonic() + seconds)

    def figures(self, *words, deadline=None):
        """Passes on what the measuring program finds; its figures."""
        for figure in figures([PROGRAM, *words], deadline or self.deadline):
            if "wrong" in figure:
                self.results.wrong(figure["wrong"])
            else:
                self.results.figure(**figure)
            yield figure

    def all_figures(self, *words):
        return list(self.figures(*words))


def device(run):
    if run.device.startswith("cuda"):
        try:
            query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
            for line in lines(query, run.by(10)):
                run.results.figure(nvidia_smi=line)
        except Failed as failure:
            run.results.figure(nvidia_smi=str(failure))
    run.all_figures("probe", run.device)
    run.all_figures("golden", run.device, "--only", "tss_tiny_mix_perturbed")


def golden(run, device=None, most=None):
    """All cases, or small ones, on the device as it comes or tuned."""
    most = most or ("20000000" if run.small else None)
    more = ["--most", most] if most else []
    try:
        run.all_figures("golden", device or run.device, *more, "--threads", "2" if run.small else "16")
    except Failed as failure:
        # Cases that are not met have been told one by one.
        if not run.results.step["wrong"]:
            raise failure


def rows(path):
    """The rows of a table that a program was to write."""
    try:
        with open(path, newline="") as file:
            return list(csv.DictReader(file))
    except OSError:
        raise Failed(f"there is no {os.path.basename(path)}") from None


def score(run, device, out, words, deadline, program=ZERONAS):
    """Runs `zeronas score`; how many networks it scored in how many seconds, of how many."""
    start, said = time.monotonic(), ""
    try:
        path = os.path.join(run.folder, out)
        said = "\n".join(lines([program, "score", "--device", device, "--out", path, *words], deadline))
    except Cut as cut:
        stopped = re.search(r"interrupted after (\d+) of (\d+) networks", str(cut))
        if not stopped:
            raise
        return time.monotonic() - start, *map(int, stopped.groups())
    seconds = time.monotonic() - start
    return seconds, len({row["arch"] for row in rows(path)}), None


def usual(run):
    """The device without the tuning that the step `variants` keeps, so that all steps measure the same kernels."""
    return f"{run.device},usual"


def throughput(run):
    tiny = ["--channels", "4", "--cells", "1", "--batch-size", "8"] if run.small else []
    for what in (["--sample", "8" if run.small else "500", "--sample-seed", "1"], ["--sample", "20"] if run.small else ["--all"]):
        seconds, done, of = score(run, usual(run), f"{what[-1]}.csv", ["--space", "nats-tss", *tiny, *what, *TRIO], run.deadline)
        if of is None:
            run.results.figure(archs=done, seconds=seconds, archs_per_second=done / seconds)
        else:
            # Of 15,625 architectures, the networks that were scored stand for as many as all of them do.
            done, share = 15625 * done / of, done / of
            run.results.figure(share_of_networks=share, seconds=seconds, archs_per_second=done / seconds)
        name = next((f["device"] for s in run.results.known["steps"] for f in s["figures"] if "device" in f), run.device)
    how = "" if of is None else ", extrapolated"
    job = f"`--space nats-tss {' '.join(tiny + what + TRIO)}`{how}"
    run.results.step["lines"] = [f"| {time.strftime('%Y-%m-%d')} | {name} | {done / seconds:.1f} | {job} |"]


def torch(run):
    kind = "cuda" if run.device.startswith("cuda") else "cpu"
    archs = os.path.join(HERE, "archs_tss12.txt")
    if run.small:
        first = os.path.join(run.folder, "archs.txt")
        with open(archs) as file, open(first, "w") as to:
            to.write(file.readline())
        archs = first
    modes = [(mode, more) for more in ([], ["--no-tf32"]) for mode in ("per-proxy", "shared")]
    for mode, more in modes[:1] if run.small else modes:
        words = [sys.executable, os.path.join(HERE, "torch_baseline.py"), "--archs", archs, "--mode", mode]
        words += ["--zeronas", os.path.join(HERE, "zeronas")]
        for line in lines([*words, "--device", kind, "--procs", "1", *more], run.deadline):
            try:
                _, count, _, wall, _, _ = line.split(",")
            except ValueError:
                raise Failed(f"torch_baseline.py printed {line[:100]}") from None
            run.results.figure(mode=mode, tf32=not more, networks_per_second=int(count) / float(wall))


def variants(run):
    small = ["--small", "--networks", "9", "--seconds", "0.2", "--most", "3000000", "--threads", "2"]
    full = ["--networks", "512", "--seconds", "1", "--most", "100000000", "--threads", "16"]
    for figure in run.figures("tune", run.device, *(small if run.small else full)):
        if "best" in figure:
            rate, usual = figure["networks_per_second"], figure["usual_per_second"]
            said = f"{rate:.1f} networks/s, usually {usual:.1f}"
            run.results.step["lines"] = [f"best: `--device {run.device},{figure['best']}`: {said}"]
    # Products on tensor cores must be right even where others are faster.
    golden(run, f"{run.device},tensor_cores=1", "3000000" if run.small else "100000000")


# Beyond this, relative, two engines that round differently disagree: in f64 next to nothing. These proxies magnify rounding.
LIMITS = {"f32": 5e-2, "f64": 1e-7}
LOOSE = {"synflow_bn", "ntk", "zico", "az_trainability", "az_progressivity", "epe_nas"}
SPACES = {
    "nats-tss": [], "nats-sss": [], "nb101": ["--stem", "16", "--sampler", "benchmark"], "nb301": ["--channels", "8", "--cells", "5"],
    "transnas-micro": [], "nb-macro": [], "accel-nb": ["--sampler", "benchmark"],
}
TINY = {"nats-tss": ["--channels", "4", "--cells", "1"], "nb101": ["--stem", "8", "--stacks", "2", "--modules", "1", "--sampler", "benchmark"]}


def read(path):
    value = lambda row: float(row["score"]) if row["status"] == "ok" else row["status"]
    return {(row["arch"], row["proxy"], row["seed"]): value(row) for row in rows(path)}


def agreement(run):
    for dtype, limit in LIMITS.items():
        for space, more in (TINY if run.small else SPACES).items():
            # 64-bit floats are slow on the CPU.
            count = 1 if run.small else {"f32": 8, "f64": 2}[dtype]
            words = ["--space", space, *more, "--sample", str(count), "--sample-seed", "7", "--batch-size", "8" if run.small else "16"]
            words += ["--dtype", dtype, "--images", "synthetic", "--top", "0", "--proxies", "suite-zero" if run.small else "all"]
            found = []
            for place, engine in (("cpu", ["--engine", "fused"]), (usual(run), [])):
                name = f"{space}-{dtype}-{len(found)}.csv"
                score(run, place, name, [*words, *engine], run.deadline)
                found.append(read(os.path.join(run.folder, name)))
            compare(run, f"{space}, {dtype}", *found, limit)


def compare(run, what, expected, got, limit):
    errors = collections.defaultdict(list)
    for key, value in expected.items():
        other = got.get(key, "missing")
        if isinstance(value, str) or isinstance(other, str):
            if other != value and key[1] not in LOOSE:
                run.results.wrong(f"{what}: {key[1]} of {key[0]} is {other}, not {value}")
            continue
        errors[key[1]].append(0.0 if other == value else abs(other - value) / max(abs(value), 1e-30))
    # Single networks may lie where a ReLU's sign flips or a difference cancels: the median may not.
    middle = {proxy: sorted(values)[len(values) // 2] for proxy, values in errors.items()}
    for proxy, error in middle.items():
        if error > limit and proxy not in LOOSE:
            run.results.wrong(f"{what}: {proxy} is off by {error:.2e}")
    strict = {proxy: error for proxy, error in middle.items() if proxy not in LOOSE}
    worst = max(strict, key=strict.get, default="")
    run.results.figure(space=what, proxies=len(middle), worst=worst, median_error=strict.get(worst, 0.0))


def profile(run):
    run.all_figures("profile", run.device, *(["--small", "--networks", "2"] if run.small else ["--networks", "64"]))
    if run.small or not run.device.startswith("cuda"):
        return
    metrics = "gpu__time_duration.sum,sm__warps_active.avg.pct_of_peak_sustained_active,dram__throughput.avg.pct_of_peak_sustained_elapsed"
    words = ["ncu", "--csv", "--launch-count", "600", "--metrics", metrics, PROGRAM, "profile", run.device, "--networks", "16"]
    rows = [line for line in lines(words, run.by(25)) if line.startswith('"')]
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in csv.DictReader(rows):
        found[row["Kernel Name"]][row["Metric Name"]].append(float(row["Metric Value"].replace(",", "")))
    for kernel, values in found.items():
        run.results.figure(ncu=kernel, **{name.split(".")[0]: sum(all_) / len(all_) for name, all_ in values.items()})


def training(run):
    arch = "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_3x3~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|"
    size = ["--channels", "4", "--cells", "1", "--epochs", "1"] if run.small else ["--epochs", "12"]
    losses = []
    for place in ("cpu", usual(run)):
        out = os.path.join(run.folder, f"train-{len(losses)}")
        words = ["--images", "embedded", "--recipe", "quick", *size, "--batch-size", "64", "--valid-split", "64"]
        for _ in lines([ZERONAS, "train", "--arch", arch, *words, "--device", place, "--out", out], run.deadline):
            pass
        last = rows(os.path.join(out, "history.csv"))[-1]
        losses.append(float(last["train_loss"]))
        run.results.figure(place=place, train_loss=losses[-1], images_per_second=float(last["images_per_second"]))
    if abs(losses[0] - losses[1]) > 0.1 * losses[0]:
        run.results.wrong(f"the loss is {losses[1]}, not {losses[0]}")


def candle(run):
    if not os.path.exists(CANDLE):
        run.results.figure(candle="not built into this folder")
        return
    words = ["--space", "nats-tss", "--sample", "4", "--sample-seed", "7", *TRIO, "--dtype", "f32"]
    found = []
    for device, engine in ((run.device, "candle"), (run.device, "cuda")):
        name = f"candle-{engine}.csv"
        seconds, archs, _ = score(run, device, name, [*words, "--engine", engine], run.deadline, CANDLE)
        run.results.figure(engine=engine, archs_per_second=archs / seconds)
        found.append(read(os.path.join(run.folder, name)))
    compare(run, "candle against ours", *found, LIMITS["f32"])
