"""Networks in the JSON form of `zeronas show --json`, run by PyTorch's own operators."""
import json
import subprocess

import torch
import torch.nn.functional as F

ACTIVATIONS = {
    "relu": F.relu, "relu6": F.relu6, "silu": F.silu, "hard_swish": F.hardswish, "sigmoid": torch.sigmoid,
    "hard_sigmoid": F.hardsigmoid,
}


def read(zeronas, space, archs, flags=()):
    """Asks zeronas for the networks of these architectures, as written."""
    command = [zeronas, "show", "--space", space, "--json", *flags, "--arch"]
    return [json.loads(subprocess.run([*command, arch], check=True, capture_output=True).stdout) for arch in archs]


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


class Net:
    """A network as one function over named tensors, made on first use: torch-default weights, batch norm 1 and 0."""

    def __init__(self, network, dtype=torch.float32, channels_last=False, norm=True):
        self.layers = network["layers"]
        self.output = network.get("output", self.layers[-1]["name"])
        self.boundaries = network.get("boundaries") or []
        self.shape = network["input"]
        self.dtype, self.channels_last, self.norm = dtype, channels_last, norm
        self.params, self.codes_of, self.outputs = {}, [], {}
        self.last_read = {name: i for i, layer in enumerate(self.layers) for name in self.reads(i, layer)}

    def reads(self, i, layer):
        return layer.get("inputs") or [self.layers[i - 1]["name"] if i else "input"]

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

    def weights(self):
        return {name: t for name, t in self.params.items() if t.dim() >= 2}

    def conv(self, layer, x):
        groups, padding, kernel = layer.get("groups", 1), layer.get("padding", 0), pair(layer["kernel"])
        weight = self.param(layer["name"], (layer["channels"], x.shape[1] // groups, *kernel))
        bias = self.param(layer["name"] + ".bias", layer["channels"], 0.0) if layer.get("bias") else None
        if not isinstance(padding, int) and len(padding) == 4:
            top, left, bottom, right = padding
            x, padding = F.pad(x, (left, right, top, bottom)), 0
        vector = x.dim() == 2
        x = x[:, :, None, None] if vector else x
        y = F.conv2d(x, weight, bias, layer.get("stride", 1), padding, layer.get("dilation", 1), groups)
        y = y.flatten(1) if vector else y
        self.outputs[layer["name"]] = y
        return y

    def batch_norm(self, layer, x):
        if not self.norm:
            return x
        scale = shift = None
        if layer.get("affine", True):
            scale, shift = (self.param(layer["name"] + end, x.shape[1], one) for end, one in ((".scale", 1.0), (".shift", 0.0)))
        return F.batch_norm(x, None, None, scale, shift, True, 0.1, layer.get("eps", 1e-5))

    def linear(self, layer, x):
        weight = self.param(layer["name"], (layer["features"], x.shape[1]))
        y = F.linear(x, weight, self.param(layer["name"] + ".bias", layer["features"], 0.0))
        self.outputs[layer["name"]] = y
        return y

    def apply(self, layer, xs):
        op, x = layer["op"], xs[0]
        if op in ("conv", "batch_norm", "linear"):
            return getattr(self, op)(layer, x)
        if op in ACTIVATIONS:
            if op.startswith("relu") or op in ("silu", "hard_swish"):
                self.codes_of.append(x.detach())
            return ACTIVATIONS[op](x)
        if op == "sum":
            return sum(xs[1:], x)
        if op == "mul":
            gate, maps = sorted(xs, key=torch.Tensor.dim)
            return maps * (gate if gate.dim() == maps.dim() else gate[:, :, None, None])
        if op == "concat":
            return torch.cat(xs, 1)
        if op == "truncate":
            return x[:, layer.get("first", 0) :][:, : layer["channels"]]
        if op == "crop":
            top, left, bottom, right = ([*pair(layer["margin"])] * 2)[:4]
            return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]
        if op == "average_pool":
            window = layer["kernel"], layer.get("stride", 1), layer.get("padding", 0), layer.get("ceil", False)
            return F.avg_pool2d(x, *window, layer.get("count_include_padding", False))
        if op == "max_pool":
            return F.max_pool2d(x, layer["kernel"], layer.get("stride", 1), layer.get("padding", 0), 1, layer.get("ceil", False))
        if op == "global_average":
            self.features = x
            return x.mean((2, 3))
        if op == "flatten":
            return x.flatten(1)
        if op == "zero":
            step = layer.get("stride", 1)
            return x[:, :, ::step, ::step] * 0.0
        raise SystemExit(f"{layer['name']}: the peer has no {op}")

    def __call__(self, x, keep=()):
        """Returns the logits and, with `keep`, the values of those layers."""
        self.codes_of, self.outputs, kept = [], {}, {}
        values = {"input": x}
        for i, layer in enumerate(self.layers):
            names = self.reads(i, layer)
            values[layer["name"]] = y = self.apply(layer, [values[name] for name in names])
            if layer["name"] in keep:
                kept[layer["name"]] = y
            for name in {*names} - {self.output}:
                if self.last_read[name] == i:
                    del values[name]
        logits = values[self.output]
        return (logits, [kept[name] for name in keep]) if keep else logits
