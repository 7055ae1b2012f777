#!/usr/bin/env python3
"""naswot, synflow, grad_norm (and snip, plain, l2_norm, fisher) of NATS-Bench topology networks in PyTorch, timed as a job.

What zeronas is measured against; needs only torch and numpy. Two modes:

  per-proxy  as the published tools work: a fresh network for every proxy and its own passes. naswot: forward, backward,
             forward again, two float products a ReLU; synflow: float64 on one image of ones; the others: one forward and
             one backward each.
  shared     the best that PyTorch's own operators allow: channels_last, one forward and backward for everything on data.

Each process has one thread, which is the fastest layout on a CPU. The clock starts after the imports and one architecture to
warm up. Prints one CSV row: mode,archs,procs,wall_s,cpu_s. On a GPU (--device cuda) one process is the fastest layout; TF32 is as PyTorch has
it unless --no-tf32 says otherwise.
"""
import argparse
import multiprocessing
import time

import torch
import torch.nn.functional as F

GRADIENT_PROXIES = {"grad_norm", "snip", "plain", "l2_norm", "fisher"}


class Net:
    """A network as one function over named tensors, made on first use: torch-default weights, batch norm 1 and 0."""

    def __init__(self, arch, dtype=torch.float32, channels_last=False, norm=True):
        nodes = [node.strip("|").split("|") for node in arch.split("+")]
        self.cell = [[edge.split("~") for edge in node] for node in nodes]
        self.dtype, self.channels_last, self.norm = dtype, channels_last, norm
        self.params, self.codes_of, self.outputs = {}, [], {}

    def param(self, name, shape, value=None):
        if name not in self.params:
            t = torch.empty(shape, dtype=self.dtype)
            if value is not None:
                t.fill_(value)
            else:
                bound = t[0].numel() ** -0.5
                t.uniform_(-bound, bound)
            if self.channels_last and t.dim() == 4:
                t = t.contiguous(memory_format=torch.channels_last)
            self.params[name] = t.requires_grad_(True)
        return self.params[name]

    def absolute(self, x):
        with torch.no_grad():
            self(x)
            for t in self.params.values():
                t.abs_()

    def conv(self, name, x, out, kernel, stride=1):
        w = self.param(name, (out, x.shape[1], kernel, kernel))
        self.outputs[name] = y = F.conv2d(x, w, None, stride, kernel // 2)
        return y

    def bn(self, name, x):
        if not self.norm:
            return x
        scale, shift = self.param(name + ".scale", x.shape[1], 1.0), self.param(name + ".shift", x.shape[1], 0.0)
        return F.batch_norm(x, None, None, scale, shift, True, 0.1, 1e-5)

    def relu(self, x):
        self.codes_of.append(x.detach())
        return F.relu(x)

    def edge(self, name, op, x):
        if op == "none":
            return x * 0.0
        if op == "skip_connect":
            return x
        if op == "avg_pool_3x3":
            return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        return self.bn(name, self.conv(name, self.relu(x), x.shape[1], 3 if op == "nor_conv_3x3" else 1))

    def reduce(self, name, x):
        out = 2 * x.shape[1]
        y = self.bn(name + "a", self.conv(name + "a", self.relu(x), out, 3, 2))
        y = self.bn(name + "b", self.conv(name + "b", self.relu(y), out, 3))
        return y + self.conv(name + "s", F.avg_pool2d(x, 2, 2), out, 1)

    def __call__(self, x):
        self.codes_of, self.outputs = [], {}
        x = self.bn("stem", self.conv("stem", x, 16, 3))
        for stage in range(3):
            if stage:
                x = self.reduce(f"r{stage}", x)
            for k in range(5):
                nodes = [x]
                for j, edges in enumerate(self.cell):
                    nodes.append(sum(self.edge(f"{stage}.{k}.{j}.{i}", op, nodes[int(i)]) for op, i in edges))
                x = nodes[-1]
        x = self.relu(self.bn("head", x)).mean((2, 3))
        self.outputs["fc"] = y = F.linear(x, self.param("fc", (10, x.shape[1])), self.param("fc.bias", 10, 0.0))
        return y

    def weights(self):
        return {name: t for name, t in self.params.items() if t.dim() >= 2}


def naswot(net):
    n = net.codes_of[0].shape[0]
    k = torch.zeros(n, n)
    for a in net.codes_of:
        on = (a.reshape(n, -1) > 0).float()
        k += on @ on.t() + (1 - on) @ (1 - on).t()
    return float(torch.linalg.slogdet(k.double())[1])


def synflow(arch):
    net = Net(arch, torch.float64, norm=False)
    ones = torch.ones(1, 3, 32, 32, dtype=torch.float64)
    net.absolute(ones)
    net(ones).sum().backward()
    return sum(float((w.detach() * w.grad).abs().sum()) for w in net.weights().values() if w.grad is not None)


def gradients(arch, x, y, proxies, channels_last=False, with_naswot=False):
    net = Net(arch, channels_last=channels_last)
    logits = net(x)
    if "fisher" in proxies:
        for a in net.outputs.values():
            a.retain_grad()
    found = {"naswot": naswot(net)} if with_naswot else {}
    F.cross_entropy(logits, y).backward()
    pairs = [(w.detach(), torch.zeros_like(w) if w.grad is None else w.grad) for w in net.weights().values()]
    one = {
        "grad_norm": lambda: sum(g.norm() for _, g in pairs),
        "snip": lambda: sum((w * g).abs().sum() for w, g in pairs),
        "plain": lambda: sum((w * g).sum() for w, g in pairs),
        "l2_norm": lambda: sum(w.norm() for w, _ in pairs),
        "fisher": lambda: fisher(net),
    }
    return found | {name: float(one[name]()) for name in proxies}


def fisher(net):
    total = 0.0
    for name, a in net.outputs.items():
        if a.grad is not None:
            t = (a.detach() * a.grad).flatten(2).sum(2) if a.dim() == 4 else a.detach() * a.grad
            total += (t**2).mean(0).sum() / 2 * net.params[name][0].numel()
    return total


def score(arch, x, y, proxies, mode):
    on_data = proxies & GRADIENT_PROXIES
    if mode == "shared":
        found = gradients(arch, x, y, on_data, channels_last=True, with_naswot="naswot" in proxies)
    else:
        found = {}
        for name in on_data:
            found |= gradients(arch, x, y, {name})
        if "naswot" in proxies:
            net = Net(arch)
            net(x).sum().backward()
            with torch.no_grad():
                net(x)
            found["naswot"] = naswot(net)
    if "synflow" in proxies:
        found["synflow"] = synflow(arch)
    return found


def work(rank, args, archs, barrier, queue):
    torch.set_num_threads(1)
    torch.manual_seed(rank)
    torch.set_default_device(args.device)
    if args.no_tf32:
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    x, y = torch.randn(args.batch, 3, 32, 32), torch.randint(0, 10, (args.batch,))
    if args.mode == "shared":
        x = x.contiguous(memory_format=torch.channels_last)
    proxies = set(args.proxies.split(","))
    score(archs[0], x, y, proxies, args.mode)
    barrier.wait()
    cpu = time.process_time()
    for arch in archs[rank :: args.procs]:
        score(arch, x, y, proxies, args.mode)
    queue.put(time.process_time() - cpu)
    barrier.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archs", required=True, help="file of architectures, one a line")
    parser.add_argument("--proxies", default="naswot,synflow,grad_norm")
    parser.add_argument("--mode", choices=["per-proxy", "shared"], default="per-proxy")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--procs", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--no-tf32", action="store_true", help="products in whole 32 bits")
    args = parser.parse_args()
    with open(args.archs) as file:
        archs = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    context = multiprocessing.get_context("spawn")
    barrier, queue = context.Barrier(args.procs + 1), context.Queue()
    workers = [context.Process(target=work, args=(rank, args, archs, barrier, queue)) for rank in range(args.procs)]
    for worker in workers:
        worker.start()
    barrier.wait()
    start = time.perf_counter()
    barrier.wait()
    wall = time.perf_counter() - start
    cpu = sum(queue.get() for _ in workers)
    for worker in workers:
        worker.join()
    print(f"{args.mode},{len(archs)},{args.procs},{wall:.3f},{cpu:.3f}")


if __name__ == "__main__":
    main()
