"""Whether `zeronas find` finds better networks than chance does, with as much training.

    python3 benches/find_versus_random.py --zeronas target/release/zeronas --train data_batch_1.bin --test test_batch.bin --out compared

Makes three folders of pictures: 4 classes of CIFAR-10 at 32 pixels, 10 classes at 48, and drawn shapes. On each, under two sets of limits,
with each seed, six networks of examples/spaces/small-mobile.toml are found, trained by the same recipe and tested on the same pictures:

    find             8 of 500, as `find` chooses them, trained against each other; the pick is then trained for 40 epochs
    by rank          the same with the best 8 of 500 by the default aggregate
    random 8         the same with the only 8 that are drawn
    random           the first that is drawn within the limits, for 40 epochs
    random, longer   the same for 96 epochs, as many as all trainings of `find` together
    largest          that of 500 with the most parameters, for 40 epochs

All settings draw architectures of their own. Run it again after a kill and it continues; runs that are finished are kept. Writes
compared.csv, a row for each run, and prints the mean test accuracy of each with its 95 % interval over the seeds (Student's t), and what
`find` is ahead by, seed by seed, for each setting and for all together. Needs Pillow, numpy and scipy.
"""

import argparse
import csv
import json
import math
import random
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import stats

SPACE = Path(__file__).parent.parent / "examples/spaces/small-mobile.toml"
LIMITS = {
    32: {"tight": ["params=100k", "flops=2.5M"], "loose": ["params=300k", "flops=6M"]},
    48: {"tight": ["params=100k", "flops=5.5M"], "loose": ["params=300k", "flops=13M"]},
}
SIDES = {"cifar4": 32, "cifar10": 48, "shapes": 32}
TRAININGS = ["--rungs", "2,6,18", "--epochs", "40"]
ONCE = ["--top", "1", "--rungs", "1"]
WAYS = {
    "find": ["--sample", "500", "--top", "8", *TRAININGS],
    "by rank": ["--sample", "500", "--top", "8", "--by-chance", "0", *TRAININGS],
    "random 8": ["--sample", "8", "--top", "8", *TRAININGS],
    "random": ["--sample", "1", *ONCE, "--epochs", "40"],
    "random, longer": ["--sample", "1", *ONCE, "--epochs", "96"],
    "largest": ["--sample", "500", "--aggregate", "logrank(params)", "--by-chance", "0", *ONCE, "--epochs", "40"],
}


def records(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Labels and pictures of a file of CIFAR-10's binary version."""
    rows = np.fromfile(path, dtype=np.uint8).reshape(-1, 3073)
    return rows[:, 0], rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)


def cifar(folder: Path, path: Path, classes: int, of_each: int, side: int) -> None:
    labels, pictures = records(path)
    for label in range(classes):
        places = np.flatnonzero(labels == label)[:of_each]
        if len(places) < of_each:
            raise SystemExit(f"{path}: has {len(places)} pictures of class {label}, {of_each} are needed")
        for place in places:
            picture = Image.fromarray(pictures[place]).resize((side, side), Image.Resampling.BICUBIC)
            save(picture, folder / f"class{label}", int(place))


def shapes(folder: Path, of_each: int, side: int, seed: int) -> None:
    dice = random.Random(seed)
    noise = np.random.default_rng(seed)
    for name in ["circle", "cross", "pentagon", "square", "triangle"]:
        for number in range(of_each):
            colours = [tuple(dice.randrange(256) for _ in range(3)) for _ in range(2)]
            picture = Image.new("RGB", (4 * side, 4 * side), colours[0])
            radius = dice.uniform(0.6, 1.4) * side
            centre = [dice.uniform(radius, 4 * side - radius) for _ in range(2)]
            draw(ImageDraw.Draw(picture), name, centre, radius, dice.uniform(0, 360), colours[1])
            pixels = np.asarray(picture.resize((side, side), Image.Resampling.BOX), dtype=np.float64).copy()
            pixels += noise.normal(0, 40, pixels.shape)
            save(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)), folder / name, number)


def draw(on: ImageDraw.ImageDraw, name: str, centre: list[float], radius: float, angle: float, colour: tuple) -> None:
    (x, y), turn = centre, math.radians(angle)
    sides = {"pentagon": 5, "square": 4, "triangle": 3}
    if name == "circle":
        on.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)
    elif name == "cross":
        for quarter in range(2):
            way = turn + quarter * math.pi / 2
            ends = [(x + sign * radius * math.cos(way), y + sign * radius * math.sin(way)) for sign in (-1, 1)]
            on.line(ends, fill=colour, width=int(radius / 2))
    else:
        corners = [turn + 2 * math.pi * corner / sides[name] for corner in range(sides[name])]
        on.polygon([(x + radius * math.cos(way), y + radius * math.sin(way)) for way in corners], fill=colour)


def save(picture: Image.Image, folder: Path, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    picture.save(folder / f"{number:05}.png")


def pictures(out: Path, train: Path, test: Path) -> None:
    """The three folders, made once."""
    if (out / "made").exists():
        return
    for part, path, of_each in [("train", train, 150), ("test", test, 85)]:
        cifar(out / "cifar4" / part, path, 4, of_each, SIDES["cifar4"])
    for part, path, of_each in [("train", train, 60), ("test", test, 85)]:
        cifar(out / "cifar10" / part, path, 10, of_each, SIDES["cifar10"])
    for seed, part, of_each in [(0, "train", 120), (1, "test", 100)]:
        shapes(out / "shapes" / part, of_each, SIDES["shapes"], seed)
    (out / "made").touch()


def found(program: list, images: Path, limits: list[str], way: str, seed: int, out: Path) -> dict:
    """One run, whole or on from where it was stopped."""
    story, clock = out / "found.json", out / "seconds"
    if not story.exists():
        words = [*program, "--images", images, "--space", SPACE, "--seed", seed, "--out", out, "--resume", *WAYS[way]]
        words += [word for limit in limits for word in ("--limit", limit)]
        begun = time.monotonic()
        subprocess.run([str(word) for word in words], check=True, capture_output=True)
        clock.write_text(str(time.monotonic() - begun))
    return {**json.loads(story.read_text()), "seconds": float(clock.read_text())}


def interval(values: list[float]) -> str:
    mean = statistics.fmean(values)
    if len(values) < 2:
        return f"{mean:.1f}"
    half = stats.t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return f"{mean:.1f} [{mean - half:.1f}, {mean + half:.1f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zeronas", default="zeronas", help="the program")
    parser.add_argument("--train", type=Path, required=True, help="a file of CIFAR-10's binary version to train on")
    parser.add_argument("--test", type=Path, required=True, help="another to test on")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, help="threads of each run; all cores by default")
    parser.add_argument("--folders", nargs="+", default=list(SIDES), choices=list(SIDES))
    others = [way for way in WAYS if way != "find"]
    parser.add_argument("--ways", nargs="+", default=others, choices=others, help="what to compare `find` with")
    args = parser.parse_args()
    ways = ["find", *args.ways]
    pictures(args.out / "pictures", args.train, args.test)
    program = [args.zeronas, "find", *(["--threads", args.threads] if args.threads else [])]
    settings = [(folder, name) for folder in SIDES for name in LIMITS[SIDES[folder]]]
    rows = []
    for seed in range(args.seeds):
        for number, (folder, name) in enumerate(settings):
            for way in ways if folder in args.folders else []:
                out = args.out / "runs" / f"{folder}-{name}-{way.replace(' ', '').replace(',', '-')}-seed{seed}"
                limits = LIMITS[SIDES[folder]][name]
                run = found(program, args.out / "pictures" / folder, limits, way, len(settings) * seed + number, out)
                keys = ["test_accuracy", "params", "flops", "seconds", "arch"]
                rows.append({"folder": folder, "limits": name, "way": way, "seed": seed, **{key: run[key] for key in keys}})
                print(*rows[-1].values(), flush=True)
                with open(args.out / "compared.csv", "w", newline="") as file:
                    writer = csv.DictWriter(file, rows[0].keys())
                    writer.writeheader()
                    writer.writerows(rows)
    settings = [setting for setting in settings if setting[0] in args.folders]
    accuracy = {(row["folder"], row["limits"], row["way"], row["seed"]): row["test_accuracy"] for row in rows}

    def of(way: str, chosen: list[tuple[str, str]]) -> list[float]:
        return [accuracy[*setting, way, seed] for setting in chosen for seed in range(args.seeds)]

    print("\n| pictures, limits | " + " | ".join(ways) + " |\n" + "| --- " * (1 + len(ways)) + "|")
    for setting in settings:
        print(f"| {', '.join(setting)} | " + " | ".join(interval(of(way, [setting])) for way in ways) + " |")
    print("\n| pictures, limits | " + " | ".join(f"find - {way}" for way in args.ways) + " |\n" + "| --- " * (1 + len(args.ways)) + "|")
    for chosen in [*([setting] for setting in settings), settings]:
        ahead = [[a - b for a, b in zip(of("find", chosen), of(way, chosen), strict=True)] for way in args.ways]
        name = ", ".join(chosen[0]) if len(chosen) == 1 else "all"
        print(f"| {name} | " + " | ".join(map(interval, ahead)) + " |")


if __name__ == "__main__":
    main()
