"""Makes the files beside it: small pictures by Pillow 13, batches and arrays by Python 3.11 and numpy 2.4.

A picture's pixel at (x, y) is about (8 x, 8 y, 4 (x + y)), 28 wide and 24 high. Image i of a batch has all pixels 10 i, its fine
label is 7 i, its coarse one i; ImageNet16's are from 1, with one beyond the first 120.
"""

import pickle
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
x, y = np.meshgrid(np.arange(28), np.arange(24))
picture = Image.fromarray(np.stack([8 * x, 8 * y, 4 * (x + y)], -1).astype("u1"))
picture.save(HERE / "baseline.jpg", quality=90)
picture.save(HERE / "progressive.jpg", quality=90, progressive=True)
picture.convert("L").save(HERE / "grey.jpg", quality=90)
picture.convert("CMYK").save(HERE / "cmyk.jpg", quality=90)
picture.save(HERE / "lossy.webp", quality=90)
picture.save(HERE / "plain.png")
picture.quantize(64).save(HERE / "palette.gif")
picture.quantize(64).save(HERE / "animated.gif", save_all=True, append_images=[picture.rotate(90).quantize(64)])
picture.save(HERE / "plain.bmp")
picture.save(HERE / "lzw.tif", compression="tiff_lzw")


def images(count: int, size: int) -> np.ndarray:
    return (10 * np.arange(count)[:, None] + np.zeros((count, size))).astype("u1")


def batch(name: str, protocol: int, **entries: object) -> None:
    (HERE / name).write_bytes(pickle.dumps(entries, protocol))


for protocol in (2, 3, 4, 5):
    batch(f"cifar10.{protocol}", protocol, data=images(3, 3072), labels=[0, 7, 9], batch_label="training batch 1 of 5")
batch("cifar100.4", 4, data=images(3, 3072), fine_labels=np.array([0, 7, 99]), coarse_labels=[0, 1, 19])
bytes_keys = {b"data": images(3, 3072), b"labels": [0, 7, 9]}
(HERE / "cifar10.bytes").write_bytes(pickle.dumps(bytes_keys, 4))
for protocol in (2, 3, 4, 5):
    batch(f"imagenet16.{protocol}", protocol, data=images(3, 768), labels=[1, 121, 120])
batch("imagenet16.int64", 4, data=images(3, 768), labels=np.array([1, 121, 120]))
batch("imagenet16.uint16", 5, data=images(3, 768), labels=np.array([1, 121, 120], "u2"))
batch("imagenet16.scalars", 4, data=images(3, 768), labels=[np.int64(1), np.int64(121), np.int64(120)])
batch("imagenet16.fortran", 4, data=np.asfortranarray(images(3, 768)), labels=[1, 121, 120])

small = np.arange(4 * 3 * 8 * 8).reshape(4, 3, 8, 8)
labels = np.array([0, 1, 2, 1])
np.savez(HERE / "nchw.npz", images=(small % 256).astype("u1"), labels=labels)
np.savez_compressed(HERE / "nhwc.npz", x=(small % 256).transpose(0, 2, 3, 1).astype("f4") / 255, y=labels[:, None])
np.savez_compressed(
    HERE / "parts.npz",
    train_images=(small[:, 0] % 256).astype("u1"),
    train_labels=labels.astype("u1"),
    val_images=(small[:2, 0] % 256).astype("u1"),
    val_labels=labels[:2].astype("u1"),
    test_images=(small[2:, 0] % 256).astype("u1"),
    test_labels=labels[2:].astype("u1"),
    note=np.arange(3),
)
np.save(HERE / "x_small.npy", (small % 256).astype(">f8"))
np.save(HERE / "y_small.npy", labels.astype("f4"))
np.save(HERE / "half.npy", np.asfortranarray((small % 256).astype("f2")))
np.save(HERE / "half_labels.npy", labels.astype("i1"))
