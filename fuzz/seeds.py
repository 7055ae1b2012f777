"""Puts the small official files of datasets/tests/data/official and the golden networks into the targets' corpora."""
import base64, bz2, json, pathlib, struct

here = pathlib.Path(__file__).parent
files = here.parent / "datasets/tests/data/official"
corpus = lambda target: (here / "corpus" / target).mkdir(parents=True, exist_ok=True) or here / "corpus" / target
for path in files.rglob("*.pbz2"):
    (corpus("pickle") / path.name).write_bytes(bz2.decompress(path.read_bytes()))
legacy = (files / "NAS-Bench-201-legacy.pth").read_bytes()
(corpus("pickle") / "legacy").write_bytes(legacy[legacy.index(b"\x80\x02}q\x00(X\x0a\x00\x00\x00meta_archs"):])
for kind, name in enumerate(["nasbench_tiny.tfrecord", "NATS-tss-v1_0-3ffb9.pickle.pbz2", "NAS-Bench-201-zip.pth"]):
    (corpus("file") / name).write_bytes(bytes([kind]) + (files / name).read_bytes())
data, texts, metrics = (files / "nasbench_tiny.tfrecord").read_bytes(), [], []
while data:
    (length,) = struct.unpack("<Q", data[:8])
    texts.append(data[12:12 + length])
    metrics.append(b"\1" + base64.b64decode(json.loads(texts[-1])[4]))
    data = data[16 + length:]
(corpus("tfrecord") / "texts").write_bytes(b"\xff".join(texts[:6]))
(corpus("tfrecord") / "metrics").write_bytes(metrics[0])
for line in (here.parent / "tests/golden/networks.jsonl").read_text().splitlines():
    case = json.loads(line)
    if case["name"].startswith("op_"):
        (corpus("network") / case["name"]).write_text(json.dumps(case["network"]))
