def average_pool(x, kernel, stride, padding, end, count_include_padding):
    """Padding and end (what the last windows overhang, the padding included) are (top, left, bottom, right)."""
    top, left, bottom, right = padding
    counted = x.new_ones((1, 1, *x.shape[2:]))
    if count_include_padding:
        counted = F.pad(F.pad(counted, (left, right, top, bottom), value=1.0), (0, end[3] - right, 0, end[2] - bottom))
    else:
        counted = F.pad(counted, (left, end[3], top, end[2]))
    total = F.avg_pool2d(F.pad(x, (left, end[3], top, end[2])), kernel, stride, divisor_override=1)
    return total / F.avg_pool2d(counted, kernel, stride, divisor_override=1)


