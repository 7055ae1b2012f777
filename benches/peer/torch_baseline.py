#!/usr/bin/env python3
"""Proxies of a search space's networks, or of your own, in PyTorch, timed as a job: what zeronas is measured against.

Needs only torch and numpy, and zeronas for the networks. Two modes:

  per-proxy  as the published tools work: a fresh network for every proxy and its own passes. naswot: forward, backward,
             forward again, two float products a ReLU; synflow: float64 on one image of ones; zico: two minibatches; ntk: a
             backward pass for every image; AZ-NAS's three share their passes; the others: one forward and one backward each.
  shared     the best that PyTorch's own operators allow: channels_last, one forward pass for everything on data.

Each process has one thread, which is the fastest layout on a CPU. The clock starts after the imports and one architecture to
warm up. Prints one CSV row: mode,archs,procs,wall_s,cpu_s,system_s. On a GPU (--device cuda) one process is the fastest layout;
TF32 is as PyTorch has it unless --no-tf32 says otherwise.
"""
import argparse
import json
import multiprocessing
import resource
import time
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from torch_network import Net, read

SUITE_ZERO = "epe_nas,fisher,grad_norm,grasp,jacob_cov,l2_norm,naswot,plain,snip,synflow,zen"
AZ_NAS = {"az_expressivity", "az_progressivity", "az_trainability"}

# What one pass forward and backward on the data gives.
GRADIENTS = {
    "grad_norm": lambda net, pairs: sum(g.norm() for _, g in pairs),
    "snip": lambda net, pairs: sum((w * g).abs().sum() for w, g in pairs),
    "plain": lambda net, pairs: sum((w * g).sum() for w, g in pairs),
    "l2_norm": lambda net, pairs: sum(w.norm() for w, _ in pairs),
    "fisher": lambda net, pairs: fisher(net),
}
# What the gradients of the summed logits with respect to the images give.
JACOBIANS = {"jacob_cov": lambda rows, y: log_spectrum(rows), "epe_nas": lambda rows, y: by_class(rows, y)}


def naswot(net):
    n = net.codes_of[0].shape[0]
    k = torch.zeros(n, n)
    for a in net.codes_of:
        on = (a.reshape(n, -1) > 0).float()
        k += on @ on.t() + (1 - on) @ (1 - on).t()
    return float(torch.linalg.slogdet(k.double())[1])


def synflow(network):
    net = Net(network, torch.float64, norm=False)
    ones = torch.ones(1, *net.shape, dtype=torch.float64)
    with torch.no_grad():
        net(ones)
        for t in net.params.values():
            t.abs_()
    net(ones).sum().backward()
    return sum(float((w.detach() * w.grad).abs().sum()) for w in net.weights().values() if w.grad is not None)


def fisher(net):
    total = 0.0
    for name, a in net.outputs.items():
        if a.grad is not None:
            t = (a.detach() * a.grad).flatten(2).sum(2) if a.dim() == 4 else a.detach() * a.grad
            total += (t**2).mean(0).sum() / 2 * net.params[name][0].numel()
    return total


def log_spectrum(rows, k=1e-5):
    values = numpy.linalg.eigvalsh(numpy.corrcoef(rows))
    return -float(numpy.sum(numpy.log(values + k) + 1 / (values + k)))


def by_class(rows, y, k=1e-5):
    scores = []
    for one in y.unique():
        mine = rows[(y == one).cpu().numpy()]
        if len(mine) > 1:
            scores.append(float(numpy.sum(numpy.log(numpy.abs(numpy.corrcoef(mine)) + k))))
    return sum(abs(a - b) for i, a in enumerate(scores) for b in scores[:i])


def on_data(net, x, y, proxies, with_naswot=False):
    """What passes forward and backward over one network and one minibatch give."""
    jacobians = proxies & JACOBIANS.keys()
    x = x.detach().requires_grad_(bool(jacobians))
    logits = net(x)
    if "fisher" in proxies:
        for a in net.outputs.values():
            a.retain_grad()
    found = {"naswot": naswot(net)} if with_naswot else {}
    if jacobians:
        rows = torch.autograd.grad(logits.sum(), x, retain_graph=bool(proxies - jacobians))[0].flatten(1).cpu().numpy()
        found |= {name: JACOBIANS[name](rows, y) for name in jacobians}
    if gradients := proxies & GRADIENTS.keys():
        F.cross_entropy(logits, y).backward()
        pairs = [(w.detach(), torch.zeros_like(w) if w.grad is None else w.grad) for w in net.weights().values()]
        found |= {name: float(GRADIENTS[name](net, pairs)) for name in gradients}
    return found


def grasp(net, x, y):
    logits = net(x)
    weights = list(net.weights().values())
    first = torch.autograd.grad(F.cross_entropy(logits / 200, y), weights, allow_unused=True)
    second = torch.autograd.grad(F.cross_entropy(net(x) / 200, y), weights, create_graph=True, allow_unused=True)
    sum((a * b).sum() for a, b in zip(first, second) if a is not None).backward()
    return -sum(float((w.detach() * w.grad).sum()) for w in weights if w.grad is not None)


@torch.no_grad()
def draw_normal(net, x):
    """Draws the weights from N(0, 2 / fan_in)."""
    net(x)
    for t in net.weights().values():
        t.normal_(0, (2 / t[0].numel()) ** 0.5)


def zen(net, x, mix=1e-2):
    with torch.no_grad():
        noise, more = torch.randn_like(x), torch.randn_like(x)
        draw_normal(net, noise)
        net(noise)
        here = net.features
        net(noise + mix * more)
        return float(torch.log((here - net.features).abs().sum((1, 2, 3)).mean()))


def az_nas(net, x):
    """Expressivity, progressivity and trainability, from one forward pass and a backward pass between boundaries."""
    x = torch.randn_like(x)
    draw_normal(net, x)
    _, features = net(x, keep=net.boundaries)
    entropies = []
    for feature in features:
        rows = feature.detach().permute(0, 2, 3, 1).reshape(-1, feature.shape[1])
        rows = rows - rows.mean(0)
        s = torch.linalg.eigvalsh(rows.t() @ rows / len(rows))
        s = s / s.sum()
        entropies.append(float(-(s * torch.log(s + 1e-8)).sum()))
    norms = []
    for into, out in reversed(list(zip(features, features[1:]))):
        signs = torch.randint_like(out, 2) * 2 - 1
        back = torch.autograd.grad(out, into, signs, retain_graph=True)[0]
        if back.shape[2:] != signs.shape[2:]:
            back = F.pixel_unshuffle(back, back.shape[2] // signs.shape[2])
        rows = [t.permute(0, 2, 3, 1).reshape(-1, t.shape[1]) for t in (back, signs)]
        top = float(torch.linalg.matrix_norm(rows[0].t() @ rows[1] / len(rows[0]), 2))
        norms.append(-top - 1 / (top + 1e-6) + 2)
    steps = [b - a for a, b in zip(entropies, entropies[1:])]
    return {"az_expressivity": sum(entropies), "az_progressivity": min(steps), "az_trainability": sum(norms) / len(norms)}


def zico(net, batches):
    gradients = []
    for x, y in batches:
        loss = F.cross_entropy(net(x), y)
        weights = list(net.weights().values())
        gradients.append([g.flatten() for g in torch.autograd.grad(loss, weights, allow_unused=True) if g is not None])
    total = 0.0
    for pair in zip(*gradients):
        stack = torch.stack(pair)
        deviation, mean = stack.std(0, unbiased=False), stack.abs().mean(0)
        on = deviation > 0
        if on.any():
            total += float(torch.log((mean[on] / deviation[on]).sum()))
    return total


def ntk(net, x):
    logits = net(x)
    weights = list(net.weights().values())
    rows = []
    for logit in logits:
        grads = torch.autograd.grad(logit.sum(), weights, retain_graph=True, allow_unused=True)
        rows.append(torch.cat([g.flatten() for g in grads if g is not None]))
    rows = torch.stack(rows)
    values = torch.linalg.eigvalsh(rows @ rows.t())
    return float(values[-1] / values[0])


def score(network, batches, proxies, mode):
    x, y = batches[0]
    shared = mode == "shared"

    def net():
        return Net(network, channels_last=shared)

    from_data = proxies & (GRADIENTS.keys() | JACOBIANS.keys())
    if shared:
        found = on_data(net(), x, y, from_data, with_naswot="naswot" in proxies)
    else:
        found = {}
        for name in from_data:
            found |= on_data(net(), x, y, {name})
        if "naswot" in proxies:
            one = net()
            one(x).sum().backward()
            with torch.no_grad():
                one(x)
            found["naswot"] = naswot(one)
    if proxies & AZ_NAS:
        found |= az_nas(net(), x)
    others = {
        "synflow": lambda: synflow(network),
        "grasp": lambda: grasp(net(), x, y),
        "zen": lambda: zen(net(), x),
        "ntk": lambda: ntk(net(), x),
        "zico": lambda: zico(net(), batches),
    }
    found |= {name: others[name]() for name in others.keys() & proxies}
    if missing := proxies - found.keys():
        raise SystemExit(f"the peer has no {', '.join(sorted(missing))}")
    return found


def work(rank, args, networks, barrier, queue):
    try:
        job(rank, args, networks, barrier, queue)
    except BaseException:
        barrier.abort()
        raise


def cpu_times():
    """CPU time of this process, and how much of it was spent in the system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, usage.ru_stime


def job(rank, args, networks, barrier, queue):
    torch.set_num_threads(1)
    torch.manual_seed(rank)
    torch.set_default_device(args.device)
    if args.no_tf32:
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    shape, classes = networks[0]["input"], next(l["features"] for l in reversed(networks[0]["layers"]) if l["op"] == "linear")
    batches = [(torch.randn(args.batch, *shape), torch.randint(0, classes, (args.batch,))) for _ in range(2)]
    if args.mode == "shared":
        batches = [(x.contiguous(memory_format=torch.channels_last), y) for x, y in batches]
    proxies = set(args.proxies.replace("suite-zero", SUITE_ZERO).split(","))
    score(networks[0], batches, proxies, args.mode)
    barrier.wait()
    before = cpu_times()
    for network in networks[rank :: args.procs]:
        score(network, batches, proxies, args.mode)
    queue.put([after - start for after, start in zip(cpu_times(), before)])
    barrier.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zeronas", default="zeronas", help="the program that knows the networks")
    parser.add_argument("--space", default="nats-tss")
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("--archs", help="file of architectures, one a line")
    subject.add_argument("--network", nargs="+", help="files of networks in JSON, instead of a space")
    parser.add_argument("--resolution", help="of the images, where not the space's own")
    parser.add_argument("--proxies", default="naswot,synflow,grad_norm", help="suite-zero stands for its eleven that take passes")
    parser.add_argument("--mode", choices=["per-proxy", "shared"], default="per-proxy")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--procs", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--no-tf32", action="store_true", help="products in whole 32 bits")
    args = parser.parse_args()
    if args.network and args.resolution:
        parser.error("--resolution is for --archs; a network says how large its images are")
    if args.network:
        networks = [json.loads(Path(file).read_text()) for file in args.network]
    else:
        lines = Path(args.archs).read_text().splitlines()
        archs = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        networks = read(args.zeronas, args.space, archs, ["--resolution", args.resolution] if args.resolution else [])
    context = multiprocessing.get_context("spawn")
    barrier, queue = context.Barrier(args.procs + 1), context.Queue()
    workers = [context.Process(target=work, args=(rank, args, networks, barrier, queue)) for rank in range(args.procs)]
    for worker in workers:
        worker.start()
    barrier.wait()
    start = time.perf_counter()
    barrier.wait()
    wall = time.perf_counter() - start
    cpu, system = map(sum, zip(*(queue.get() for _ in workers)))
    for worker in workers:
        worker.join()
    print(f"{args.mode},{len(networks)},{args.procs},{wall:.3f},{cpu:.3f},{system:.3f}")


if __name__ == "__main__":
    main()
