"""Reads a traced module operator by operator."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import fx, nn
from torch.export.graph_signature import InputKind

from .._graph.network import Layers, LoadedNetwork
from .._graph.values import Constant, Parts, Tensor, Value
from .call import Call
from .operators import OPERATORS

_STOCHASTIC_DEPTH = ("DropPath", "StochasticDepth")
"""Classes of modules that leave no trace in evaluation, by how their names begin."""


class Reader:
    """Follows the tensors of a trace, which are outputs of layers and constants."""

    def __init__(self, program: torch.export.ExportedProgram, module: nn.Module, shape: Sequence[int], images: int) -> None:
        self.graph = program.graph
        self.module = module
        channels, height, width = shape
        self.net = Layers(images, (channels, height, width))
        self.tensors: dict[fx.Node, Any] = {}
        self._inputs(program)
        self.needed: set[fx.Node] = set()

    def network(self, name: str, output: str | int | None) -> LoadedNetwork:
        """The network that yields the logits."""
        *_, last = self.graph.nodes
        logits = self._logits(last.args[0], output)
        self._reach(logits)
        for node in self.graph.nodes:
            if node.op == "call_function" and node in self.needed:
                self._take(node)
        value = self.tensors.get(logits)
        if not isinstance(value, Value):
            raise ValueError("its result is no layer's output")
        self._notes()
        return self.net.finish(value, name)

    def _inputs(self, program: torch.export.ExportedProgram) -> None:
        nodes = {node.name: node for node in self.graph.nodes if node.op == "placeholder"}
        state, constants = program.state_dict, program.constants
        images = []
        for spec in program.graph_signature.input_specs:
            node = nodes[spec.arg.name]
            if spec.kind == InputKind.USER_INPUT:
                images.append(node)
                continue
            source = spec.target or ""
            tensor = constants[source] if source in constants else state.get(source)
            if not isinstance(tensor, torch.Tensor):
                continue
            trained = spec.kind == InputKind.PARAMETER
            self.tensors[node] = Constant(numbers(tensor), source if trained else None)
        if len(images) != 1:
            raise ValueError(f"it takes {len(images)} tensors, a network takes images alone")
        self.tensors[images[0]] = self.net.first()

    def _logits(self, results: Any, output: str | int | None) -> fx.Node:
        """The result that yields the logits."""
        several = [node for node in results if isinstance(node, fx.Node)]
        if output is None and len(several) == 1:
            return several[0]
        if isinstance(output, int) and -len(several) <= output < len(several):
            return several[output]
        named = [node for node in several if node.name == output]
        if named:
            return named[0]
        listed = ", ".join(f"{i} ({node.name})" for i, node in enumerate(several))
        asked = f"there is no result {output!r}" if output is not None else "it returns several results"
        raise ValueError(f"{asked}; say which yields the logits by output=: {listed}")

    def _reach(self, output: fx.Node) -> None:
        """Marks what the output depends on, and what changes that in place."""
        todo = [output]
        while todo:
            node = todo.pop()
            if node not in self.needed:
                self.needed.add(node)
                todo += node.all_input_nodes
                todo += [user for user in node.users if _is_in_place(user) and user.args and user.args[0] is node]

    def _take(self, node: fx.Node) -> None:
        path, leaf = self._place(node)
        kind = (
            node.target.overloadpacket.__name__.rstrip("_")
            if isinstance(node.target, torch._ops.OpOverload)
            else str(node.target)
        )
        self.net.node = path if leaf else f"{path}.{kind}".lstrip(".")
        try:
            made = self._made(node, kind)
        except ValueError as error:
            text = str(error)
            raise ValueError(text if text.startswith("node `") else f"node `{self.net.node}` ({kind}): {text}") from None
        self.tensors[node] = made
        if _is_in_place(node) and node.args and isinstance(node.args[0], fx.Node):
            # Whoever reads the tensor from now on reads what it was changed to.
            before = self.tensors.get(node.args[0])
            self.tensors.update({other: made for other, tensor in self.tensors.items() if tensor is before})

    def _made(self, node: fx.Node, kind: str) -> Tensor:
        args = fx.map_arg(node.args, self._tensor)
        keywords = fx.map_arg(node.kwargs, self._tensor)
        if node.target is operator.getitem:
            parts, place = args
            if not isinstance(parts, Parts) or not isinstance(place, int) or place >= len(parts.tensors):
                raise ValueError("there is no such part")
            return parts.tensors[place]
        tensors = [tensor for tensor in _flat([*args, *keywords.values()]) if isinstance(tensor, Constant | Value | Parts)]
        if all(isinstance(tensor, Constant) for tensor in tensors) and isinstance(node.target, torch._ops.OpOverload):
            return _computed(node.target, args, keywords)
        if kind not in OPERATORS:
            raise ValueError(f"this operator is no layer that zeronas has{self._others(kind)}")
        return OPERATORS[kind](self.net, Call(node.target, args, keywords))

    def _tensor(self, node: fx.Node) -> Any:
        if node not in self.tensors:
            raise ValueError(f"it reads `{node.name}`, which no layer yields")
        return self.tensors[node]

    def _place(self, node: fx.Node) -> tuple[str, bool]:
        """The submodule that runs an operator, and whether it has no submodules itself."""
        stack = [path for path, _ in (node.meta.get("nn_module_stack") or {}).values()]
        path = stack[-1] if stack else ""
        try:
            leaf = bool(path) and not any(True for _ in self.module.get_submodule(path).children())
        except AttributeError:
            leaf = False
        return path, leaf

    def _others(self, kind: str) -> str:
        """What else there is that is no layer."""
        targets = {node.target for node in self.needed if node.op == "call_function"}
        kinds = {target.overloadpacket.__name__.rstrip("_") for target in targets if isinstance(target, torch._ops.OpOverload)}
        others = sorted(kinds - OPERATORS.keys() - {kind})
        return f"; nor are {', '.join(others)}" if others else ""

    def _notes(self) -> None:
        """What the module has and the network has not."""
        for part in self.module.modules():
            if type(part).__name__.startswith(_STOCHASTIC_DEPTH) and any(getattr(part, rate, 0) for rate in ("p", "drop_prob")):
                self.net.removed["stochastic depth"] += 1
        read = {self.tensors[node].parameter for node in self.needed if isinstance(self.tensors.get(node), Constant)}
        unread = [(name, p.numel()) for name, p in self.module.named_parameters() if name not in read]
        if unread:
            names = sorted({name.split(".")[0] for name, _ in unread})
            self.net.notes.append(
                f"{sum(size for _, size in unread)} parameters that its logits do not depend on are left out: {', '.join(names)}"
            )


def _is_in_place(node: fx.Node) -> bool:
    return isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable


def _flat(args: Any) -> list[Any]:
    return [inner for arg in args for inner in (_flat(arg) if isinstance(arg, list | tuple) else [arg])]


def _computed(target: Any, args: Any, keywords: Any) -> Constant | Parts:
    """What an operator makes of constants; the same numbers in another order are the same parameter."""
    constants = [arg for arg in _flat([*args, *keywords.values()]) if isinstance(arg, Constant)]
    shown = fx.node.map_aggregate(
        (tuple(args), dict(keywords)), lambda arg: torch.from_numpy(np.array(arg.array)) if isinstance(arg, Constant) else arg
    )
    keywords = {name: value for name, value in shown[1].items() if name not in ("device", "layout", "pin_memory")}
    try:
        made = target(*shown[0], **keywords)
    except Exception as error:  # Whatever an operator may raise.
        raise ValueError(f"its constants cannot be computed: {error}") from None
    of = frozenset(name for one in constants for name in ([one.parameter] if one.parameter else one.made_of))
    kept = constants[0].parameter if len(constants) == 1 and target.is_view else None

    def constant(tensor: torch.Tensor) -> Constant:
        return Constant(numbers(tensor), kept, frozenset() if kept else of)

    return Parts(tuple(constant(tensor) for tensor in made)) if isinstance(made, list | tuple) else constant(made)


def numbers(tensor: torch.Tensor) -> np.ndarray:
    """A tensor as numpy has it; of one that has no numbers only the shape is known."""
    if tensor.is_meta:
        return np.broadcast_to(np.float32(0), tuple(tensor.shape))
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype in (torch.bfloat16, torch.float16) else tensor).resolve_conj().numpy()
