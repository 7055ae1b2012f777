"""Cuts published scores into the files that the replays of `docs/calibration.md` read: `NAME.parquet` with scores, `NAME-table.parquet` with
accuracies. Takes pandas and pyarrow.

    python published.py DATA OUT

DATA holds NAS-Bench-Suite-Zero's published scores as tables with a row per architecture, named as below.
"""

import sys
from pathlib import Path

import pandas as pd

PROXIES = ["epe_nas", "fisher", "grad_norm", "grasp", "jacov", "l2_norm", "nwot", "plain", "snip", "synflow", "zen"]


def cut(rows: pd.DataFrame, arch: str, prefix: str, accuracy: str | None, out: Path) -> None:
    """Writes the proxies whose columns begin with `prefix`, parameters and FLOPs, and the accuracies where they stand beside."""
    named = {arch: "arch", **{f"{prefix}{name}": name for name in PROXIES}}
    named |= {name if name in rows else f"{prefix}{name}": name for name in ["params", "flops"]}
    scores = rows[[column for column in named if column in rows]].rename(columns=named)
    if accuracy is not None:
        known = scores.assign(accuracy=rows[accuracy]).dropna(subset=["accuracy"]).drop_duplicates("arch")
        known[["arch", "accuracy"]].to_parquet(out.with_name(f"{out.name}-table.parquet"))
        scores = known.drop(columns="accuracy")
    scores.to_parquet(out.with_name(f"{out.name}.parquet"))


def main(data: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)

    def read(name: str) -> pd.DataFrame:
        return pd.read_parquet(data / f"{name}.parquet")

    cut(read("suite_zero_nb201"), "arch_str", "c10_", None, out / "nats-tss")
    cut(read("transnas_micro_published"), "arch", "", None, out / "transnas-micro")
    nb301 = read("nb301")
    cut(nb301[nb301.source == "suite_zero"], "arch", "suite_zero_", "nb301_xgb_surrogate_val_pct", out / "nb301")
    five_hundred = read("suite_zero_500")
    cut(five_hundred[five_hundred.space == "nb101"], "nb101_module_hash", "c10_", "c10_val_acc_pct", out / "nb101")
    elsewhere = read("suite_zero_9x")
    for space, rows in elsewhere.groupby("space"):
        for target in ["svhn", "scifar100"]:
            cut(rows, "arch", f"{target}_", f"{target}_val_acc_pct", out / f"{space}-{target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
