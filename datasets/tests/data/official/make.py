"""Makes the small official files of this folder, and the golden answers of nats_bench 1.8 to them and to real records.

    pip install nats_bench==1.8 numpy protobuf crc32c tfrecord torch
    python make.py [FOLDER_OF_REAL_RECORDS]

The files have the layout of the published ones; the numbers in them are drawn at random. The folder of real records holds
NATS-tss-v1_0-3ffb9-simple/ and NATS-sss-v1_0-50262-simple/ with the architectures 0, 11 and 284.
"""
import base64, bz2, contextlib, io, json, pathlib, pickle, random, struct, sys
from collections import OrderedDict

import crc32c
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

HERE = pathlib.Path(__file__).parent
random.seed(0)
DATASETS = {
    "cifar10-valid": ["x-valid", "ori-test"],
    "cifar10": ["ori-test"],
    "cifar100": ["ori-test", "x-valid", "x-test"],
    "ImageNet16-120": ["ori-test", "x-valid", "x-test"],
}
TSS = [
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
    "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
    "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
]
SSS = ["8:8:8:8:8", "8:8:8:8:16"]


def run(dataset, seed, epochs, arch, times=True, weights=None):
    sets = DATASETS[dataset]
    per_epoch = lambda low, high: {e: random.uniform(low, high) for e in range(epochs)}
    per_set = lambda low, high: {f"{s}@{e}": random.uniform(low, high) for s in sets for e in range(epochs)}
    # As with 200 epochs of the topology space: some sets are tried at the end only.
    late = lambda values: {k: v for k, v in values.items() if k.startswith(sets[0]) or k.endswith(f"@{epochs - 1}")}
    return {
        "name": dataset,
        "net_state_dict": weights,
        "train_acc1es": per_epoch(10, 99),
        "train_acc5es": None,
        "train_losses": per_epoch(0, 3),
        "train_times": OrderedDict(per_epoch(5, 30)) if times else None,
        "arch_config": {"channel": 16, "num_cells": 5, "arch_str": arch, "class_num": 10},
        # Seeds that disagree about the costs occur, and nats_bench then believes seed 888.
        "params": np.float64((101306 + (seed == 999) * 1000 + len(dataset)) / 1e6),
        "flop": (11715210 + (seed == 999) * 1000 + len(dataset)) / 1e6,
        "seed": f"{seed:04d}",
        "epochs": epochs,
        "latency": [np.float64(random.uniform(0.01, 0.03))] if times else None,
        "eval_names": list(sets),
        "eval_acc1es": late(per_set(10, 95)),
        "eval_times": per_set(0.2, 3) if times else {},
        "eval_losses": late(per_set(0, 3)),
    }


def result(index, arch, epochs, seeds, **kind):
    return {
        "arch_index": index,
        "arch_str": arch,
        "all_results": {(d, s): run(d, s, epochs, arch, **kind) for d in DATASETS for s in reversed(seeds)},
        "dataset_seed": {d: list(seeds) for d in DATASETS},
        "clear_net_done": True,
    }


def save(value, path):
    with bz2.open(path, "wb") as file:
        pickle.dump(value, file, protocol=4)


def nats(name, archs, schedules, there):
    folder = HERE / f"{name}-simple"
    folder.mkdir(exist_ok=True)
    save({"meta_archs": archs, "total_archs": len(archs), "arch2infos": None, "evaluated_indexes": set()},
         folder / "meta.pickle.pbz2")
    all_infos = {}
    for index in there:
        results = ((hp, result(index, archs[index], epochs, seeds)) for hp, epochs, seeds in schedules)
        all_infos[index] = OrderedDict(results)
        # The second of the two ways to write the number.
        file = f"{index:06d}" if index != 2 else f"{index}"
        save(all_infos[index], folder / f"{file}.pickle.pbz2")
    save({"meta_archs": archs, "total_archs": len(archs), "arch2infos": all_infos, "evaluated_indexes": set(there)},
         HERE / f"{name}.pickle.pbz2")


def values():
    all_kinds = {"i": [1, -2, 300, 70000, 2**40], "f": 1.5, "n": None, "t": True, "od": OrderedDict([("a", (1, 2))]),
                 "s": {7}, "np": [np.float64(0.25), np.int64(-3)]}
    for protocol in (2, 4):
        (HERE / f"values_{protocol}.pickle").write_bytes(pickle.dumps(all_kinds, protocol))


def nasbench201():
    import torch

    infos = {}
    for index in (0, 1):
        weights = {"w": torch.arange(3.0), "n": torch.nn.Parameter(torch.ones(2))}
        infos[index] = {"full": result(index, TSS[index], 3, [777, 888], weights=weights),
                        "less": result(index, TSS[index], 2, [777], times=False)}
    whole = {"meta_archs": TSS, "arch2infos": infos, "evaluated_indexes": {0, 1}}
    torch.save(whole, HERE / "NAS-Bench-201-zip.pth")
    torch.save(whole, HERE / "NAS-Bench-201-legacy.pth", _use_new_zipfile_serialization=False)


def metrics_message():
    file = descriptor_pb2.FileDescriptorProto(name="m.proto", package="m", syntax="proto2")
    field = descriptor_pb2.FieldDescriptorProto
    data = file.message_type.add(name="EvaluationData")
    names = ["current_epoch", "training_time", "train_accuracy", "validation_accuracy", "test_accuracy"]
    for number, name in enumerate(names, 1):
        data.field.add(name=name, number=number, type=field.TYPE_DOUBLE, label=field.LABEL_OPTIONAL)
    data.field.add(name="checkpoint_path", number=6, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    metrics = file.message_type.add(name="ModelMetrics")
    metrics.field.add(name="evaluation_data", number=1, type=field.TYPE_MESSAGE, type_name=".m.EvaluationData",
                      label=field.LABEL_REPEATED)
    metrics.field.add(name="trainable_parameters", number=2, type=field.TYPE_INT32, label=field.LABEL_OPTIONAL)
    metrics.field.add(name="total_time", number=3, type=field.TYPE_DOUBLE, label=field.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("m.ModelMetrics"))


def nasbench101():
    import tfrecord.reader

    metrics_class, rows = metrics_message(), []
    cells = [
        ("00005c142e6f48ac74fdcf73e3439874", "0100001000010000", "input,conv3x3-bn-relu,maxpool3x3,output"),
        ("0000b0d1d3bcb6d5d4f0b1d5d0d2c0a1", "011001001000000", None),
        ("ffffffffffffffffffffffffffffffff", "0100", "input,output"),
    ]
    cells[1] = (cells[1][0], "0110000100010000", "input,conv1x1-bn-relu,conv3x3-bn-relu,output")
    masked = lambda data: ((crc := crc32c.crc32c(data)) >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8 & 0xFFFFFFFF
    golden = []
    with open(HERE / "nasbench_tiny.tfrecord", "wb") as file:
        for hash_, bits, ops in cells:
            for epochs in (4, 108):
                for _ in range(3):
                    metrics = metrics_class(trainable_parameters=random.randrange(10**6, 10**7), total_time=1234.5)
                    for epoch in (0, epochs / 2, epochs):
                        metrics.evaluation_data.add(
                            current_epoch=epoch, training_time=epoch * random.uniform(9, 11),
                            train_accuracy=random.random(), validation_accuracy=random.random(),
                            test_accuracy=random.random(), checkpoint_path="/tmp/model.ckpt")
                    text = base64.b64encode(metrics.SerializeToString()).decode()
                    data = json.dumps([hash_, epochs, bits, ops, text]).encode()
                    header = struct.pack("<Q", len(data))
                    file.write(header + struct.pack("<I", masked(header)) + data + struct.pack("<I", masked(data)))
                    ends = [[e.training_time, e.train_accuracy, e.validation_accuracy, e.test_accuracy]
                            for e in metrics.evaluation_data[1:]]
                    golden.append([hash_, epochs, metrics.trainable_parameters, *ends])
    read = [json.loads(bytes(row)) for row in tfrecord.reader.tfrecord_iterator(str(HERE / "nasbench_tiny.tfrecord"))]
    assert [row[:2] for row in read] == [row[:2] for row in golden]
    return golden


def answers(root, indices, schedules):
    """What nats_bench 1.8 answers: [folder, index, data set, schedule, seed or mean, at epoch, info, cost]."""
    from nats_bench import create

    found = []
    for kind, folder in (("tss", "NATS-tss-v1_0-3ffb9-simple"), ("sss", "NATS-sss-v1_0-50262-simple")):
        with contextlib.redirect_stdout(io.StringIO()):
            api = create(str(root / folder), kind, fast_mode=True, verbose=False)
        for index in indices[kind]:
            for dataset in DATASETS:
                for hp in schedules[kind]:
                    seeds = api.query_meta_info_by_index(index, hp).get_dataset_seeds(dataset)
                    cost = api.get_cost_info(index, dataset, hp)
                    for pick in (False, seeds[-1]):
                        for at in (None, 0):
                            try:
                                info = api.get_more_info(index, dataset, at, hp, pick)
                            except KeyError:
                                # cifar10-valid's test set is not tried after every epoch of the longest schedule.
                                continue
                            info.pop("comment", None)
                            found.append([folder, index, dataset, hp, pick or "mean", at, info, cost])
    return found


if __name__ == "__main__":
    nats("NATS-tss-v1_0-3ffb9", TSS, [("12", 2, [111, 777]), ("200", 3, [777, 888, 999])], [0, 1, 2])
    nats("NATS-sss-v1_0-50262", SSS, [("01", 1, [777]), ("12", 2, [777, 888]), ("90", 3, [777])], [0, 1])
    nasbench201()
    values()
    golden = {"nasbench101": nasbench101()}
    schedules = {"tss": ["12", "200"], "sss": ["01", "12", "90"]}
    golden["tiny"] = answers(HERE, {"tss": [0, 1], "sss": [1]}, schedules)
    if len(sys.argv) > 1:
        golden["real"] = answers(pathlib.Path(sys.argv[1]), {"tss": [0, 11, 284], "sss": [284]}, schedules)
    lines = lambda rows: "[\n" + ",\n".join(json.dumps(row, default=float) for row in rows) + "\n]"
    (HERE / "golden.json").write_text(
        "{" + ",\n".join(f'"{name}": {lines(rows)}' for name, rows in golden.items()) + "}\n")
