

def preprocess(picture):
    """A picture that PIL has opened, as the network takes it: 1 x 3 x SIDE x SIDE.

    The square in its middle is cut out, scaled with a triangle filter, and normalised channel by channel. Transparency and the
    camera's orientation are ignored.
    """
    if picture.mode.startswith(("I", "F")):
        raise ValueError(f"only pictures of 8 bits can be prepared, not of PIL's mode {picture.mode}")
    width, height = picture.size
    square = min(width, height)
    left, top = (width - square) // 2, (height - square) // 2
    picture = picture.convert("RGB").crop((left, top, left + square, top + square))
    pixels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8).reshape(square, square, 3)
    pixels = scaled(pixels.permute(2, 0, 1).float())
    pixels = scaled(pixels.transpose(1, 2)).transpose(1, 2).double()
    pixels = (pixels.clamp(0, 255) + 0.5).floor()
    mean, std = (torch.tensor(numbers, dtype=torch.float64)[:, None, None] for numbers in (MEAN, STD))
    return ((pixels - mean) / std).float()[None]


def scaled(pixels):
    """SIDE rows of channels x rows x columns: a triangle filter, as wide as the scale, in 32-bit floats to the last bit as zeronas has it."""
    rows = pixels.shape[1]
    ratio = torch.tensor(float(rows)) / torch.tensor(float(SIDE))
    width = ratio.clamp(min=1.0)
    middle = (torch.arange(SIDE) + 0.5) * ratio
    first = (middle - width).floor().long().clamp(0, rows - 1)
    end = torch.maximum((middle + width).ceil().long(), first + 1).clamp(max=rows)
    read = first[:, None] + torch.arange(int((end - first).max()))
    weights = (1.0 - ((read - (middle - 0.5)[:, None]) / width).abs()).clamp(min=0.0) * (read < end[:, None])
    total = torch.zeros(SIDE)
    for weight in weights.T:
        total = total + weight
    result = pixels.new_zeros(pixels.shape[0], SIDE, pixels.shape[2])
    for row, weight in zip(read.clamp(max=rows - 1).T, (weights / total[:, None]).T):
        result = result + pixels[:, row] * weight[:, None]
    return result
