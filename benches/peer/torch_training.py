#!/usr/bin/env python3
"""Training steps of a search space's networks in PyTorch, timed: images a second of what `zeronas train` does.

The best layout PyTorch has on a CPU (channels_last), SGD with Nesterov's momentum and weight decay on everything. The images are
made once and already normalised: no augmentation, no loading, no running statistics are on this clock. It starts after two steps to
warm up. Prints one CSV row an architecture: architecture,images_per_second.
"""
import argparse
import time

import torch
import torch.nn.functional as F
from torch_network import Net, read


def rate(network, batch, steps):
    torch.manual_seed(0)
    x = torch.randn(batch, *network["input"]).contiguous(memory_format=torch.channels_last)
    y = torch.randint(0, 10, (batch,))
    net = Net(network, channels_last=True)
    net(x)
    optimiser = torch.optim.SGD(net.params.values(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    for step in range(steps + 2):
        if step == 2:
            start = time.perf_counter()
        optimiser.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimiser.step()
        assert torch.isfinite(loss)
    return steps * batch / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--zeronas", default="zeronas", help="the program that knows the networks")
    parser.add_argument("--space", default="nats-tss")
    parser.add_argument("--arch", required=True)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    [network] = read(args.zeronas, args.space, [args.arch])
    print(f"{args.arch},{rate(network, args.batch, args.steps):.1f}")


if __name__ == "__main__":
    main()
