"""Proxies that are written in Python."""

from __future__ import annotations

from threading import Thread

import numpy as np
import polars as pl
import pytest
import zeronas


@zeronas.proxy("gradients")
def my_grad_norm(layer: zeronas.Layer) -> float:
    assert layer.weight.shape == layer.gradient.shape
    return np.linalg.norm(layer.gradient.astype(float))


@zeronas.proxy("weights", name="my_l2_norm")
def norm_of_weights(layer: zeronas.Layer) -> float:
    return np.linalg.norm(layer.weight.astype(float))


def log_determinant(parts: list[np.ndarray]) -> float | str:
    sign, value = np.linalg.slogdet(np.sum(parts, axis=0))
    return value if sign else "singular"


@zeronas.proxy("relu_codes", combine=log_determinant)
def my_naswot(layer: zeronas.Layer) -> np.ndarray:
    codes = layer.codes.astype(float)
    return codes @ codes.T + (1 - codes) @ (1 - codes).T


@zeronas.proxy("activation_gradients")
def my_fisher(layer: zeronas.Layer) -> float:
    """The reference's: of every convolution and linear layer, a channel's value counted once a weight of the channel."""
    if layer.weight_shape is None:
        return 0.0
    products = (layer.output * layer.gradient).sum(axis=(2, 3))
    return float((products**2).mean(axis=0).sum() / 2) * np.prod(layer.weight_shape[1:])


def test_proxies_in_python_agree_with_those_of_zeronas(space) -> None:
    own = [my_grad_norm, norm_of_weights, my_naswot, my_fisher]
    ours = ["grad_norm", "l2_norm", "naswot", "fisher"]
    scores = zeronas.score(space, space.sample(30, seed=1), proxies=[*own, *ours], batch_size=8).to_polars()
    status = scores.pivot(on="proxy", index="arch", values="status")
    wide = scores.pivot(on="proxy", index="arch", values="score").drop_nulls()
    assert len(wide) > 20
    for proxy, name in zip(own, ours, strict=True):
        assert (status[proxy.name] == status[name]).all()
        error = ((wide[proxy.name] - wide[name]) / wide[name]).abs().max()
        # fisher's engine adds in another order, and in 32 bits.
        assert error <= (1e-4 if name == "fisher" else 1e-6), (name, error)


def test_what_a_proxy_sees_is_read_only(space) -> None:
    for sees, names in [("relu_codes", ["codes"]), ("gradients", ["weight", "gradient"]), ("activations", ["output"])]:
        seen: list[bool] = []

        def look(layer: zeronas.Layer) -> float:
            seen.extend(array.flags.writeable for name in names if (array := getattr(layer, name)) is not None)
            return 0.0

        zeronas.score(space, space.sample(3), proxies=zeronas.proxy(sees)(look), batch_size=4)
        assert seen and not any(seen), sees


def test_a_proxys_presence_changes_no_other_score(space) -> None:
    archs = space.sample(10)
    alone = zeronas.score(space, archs, proxies=["grad_norm", "naswot"], batch_size=4).to_polars()
    both = zeronas.score(space, archs, proxies=["grad_norm", my_grad_norm, "naswot"], batch_size=4).to_polars()
    kept = both.filter(pl.col("proxy") != "my_grad_norm")
    assert kept.drop("seconds").equals(alone.drop("seconds"))


def test_what_goes_wrong_in_a_proxy_is_raised(space) -> None:
    def score(function, **more):
        zeronas.score(space, space.sample(4), proxies=[zeronas.proxy("gradients", name="mine", **more)(function)], batch_size=4)

    with pytest.raises(ZeroDivisionError):
        score(lambda layer: 1 / 0)
    with pytest.raises(TypeError, match="proxy `mine` yields .*list"):
        score(lambda layer: 0, combine=list)
    with pytest.raises(ValueError, match="proxy `mine`: perhaps"):
        score(lambda layer: 0, combine=lambda parts: "perhaps")
    with pytest.raises(ValueError, match="a proxy sees one of weights"):
        zeronas.score(space, space.sample(1), proxies=[zeronas.proxy("everything")(score)])
    with pytest.raises(ValueError, match="another proxy `naswot`"):
        zeronas.score(space, space.sample(1), proxies=[zeronas.proxy("weights", name="naswot")(score)])


def test_what_one_call_raises_is_not_anothers(space) -> None:
    bad = "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"
    good = "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"

    @zeronas.proxy("gradients")
    def picky(layer: zeronas.Layer) -> float:
        if ".op1." in layer.name and layer.weight_shape[-1] == 1:
            raise ZeroDivisionError
        return np.linalg.norm(layer.gradient)

    scorer = zeronas.Scorer(space, proxies=picky, batch_size=4)
    alone = scorer.score(good).to_polars()["score"].to_list()
    failed = []

    def fail() -> None:
        for _ in range(30):
            with pytest.raises(ZeroDivisionError):
                scorer.score(bad)
            failed.append(1)

    thread = Thread(target=fail)
    thread.start()
    for _ in range(30):
        assert scorer.score(good).to_polars()["score"].to_list() == alone
    thread.join()
    assert len(failed) == 30


def test_a_number_that_is_none_gets_a_status(space) -> None:
    archs = [arch for arch in space.sample(9) if space.key(arch)][:2]
    for proxy, status in [
        (zeronas.proxy("weights", name="mine", combine=lambda parts: "zero")(lambda layer: 0), "zero"),
        (zeronas.proxy("weights", name="mine", combine=lambda parts: float("nan"))(lambda layer: 0), "undefined"),
        (zeronas.proxy("weights", name="mine", combine=lambda parts: float("inf"))(lambda layer: 0), "overflow"),
    ]:
        scores = zeronas.score(space, archs, proxies=proxy, batch_size=4).to_polars()
        assert scores["status"].to_list() == [status] * 2 and scores["score"].null_count() == 2


def test_the_proxies_there_are_are_listed() -> None:
    listed = {proxy.name: proxy for proxy in zeronas.proxies()}
    assert listed["naswot"].better == "higher" and listed["grad_norm"].cost == "backward"
