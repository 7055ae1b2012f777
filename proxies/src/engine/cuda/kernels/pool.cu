// Pools over windows, and over all pixels. A thread computes one value; on the way back it collects from the windows that see its pixel.

// The first and one past the last place of window `at` that lie inside.
#define WINDOW(AT, SIDE, FIRST, END) \
    int FIRST = (AT) * a.stride - a.padding, END = FIRST + a.kernel; \
    if (FIRST < 0) FIRST = 0; \
    if (END > (SIDE)) END = (SIDE);

// The first and one past the last window that sees place `at`.
#define SEEN_BY(AT, SIDE, FIRST, END) \
    int FIRST = (AT) + a.padding - a.kernel + 1, END = ((AT) + a.padding) / a.stride + 1; \
    FIRST = FIRST > 0 ? (FIRST + a.stride - 1) / a.stride : 0; \
    if (END > (SIDE)) END = (SIDE);

DEVICE real window_mean(const Pool& a, int plane, int at) {
    WINDOW(at / a.out_width, a.height, top, bottom)
    WINDOW(at % a.out_width, a.width, left, right)
    real total = 0;
    for (int row = top; row < bottom; ++row)
        for (int column = left; column < right; ++column) total += a.x[(plane * a.height + row) * a.width + column];
    return total / real((bottom - top) * (right - left));
}

// The place of a window's first maximum; of the first value that is not a number, if there is one.
DEVICE int window_maximum(const Pool& a, int plane, int at) {
    WINDOW(at / a.out_width, a.height, top, bottom)
    WINDOW(at % a.out_width, a.width, left, right)
    int best = top * a.width + left;
    for (int row = top; row < bottom; ++row)
        for (int column = left; column < right; ++column) {
            int place = row * a.width + column;
            real held = a.x[plane * a.height * a.width + best], value = a.x[plane * a.height * a.width + place];
            if (held == held && !(value <= held)) best = place;
        }
    return best;
}

KERNEL(average_pool, Pool) {
    const Pool a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t, area = a.out_height * a.out_width;
        if (i < a.planes * area) a.y[i] = window_mean(a, i / area, i % area);
    }
}

KERNEL(max_pool, Pool) {
    const Pool a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t, area = a.out_height * a.out_width;
        if (i < a.planes * area) a.y[i] = a.x[i / area * a.height * a.width + window_maximum(a, i / area, i % area)];
    }
}

// In the backward steps y is the gradient that is made, by_y the one that comes in.
KERNEL(average_pool_backward, Pool) {
    const Pool a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t, area = a.height * a.width, plane = i / area, at = i % area;
        if (i >= a.planes * area) continue;
        SEEN_BY(at / a.width, a.out_height, first_row, end_row)
        SEEN_BY(at % a.width, a.out_width, first_column, end_column)
        real total = 0;
        for (int row = first_row; row < end_row; ++row)
            for (int column = first_column; column < end_column; ++column) {
                WINDOW(row, a.height, top, bottom)
                WINDOW(column, a.width, left, right)
                total += a.by_y[(plane * a.out_height + row) * a.out_width + column] / real((bottom - top) * (right - left));
            }
        store(a.y, i, gated(a.gate, i, total), a.add);
    }
}

KERNEL(max_pool_backward, Pool) {
    const Pool a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t, area = a.height * a.width, plane = i / area, at = i % area;
        if (i >= a.planes * area) continue;
        SEEN_BY(at / a.width, a.out_height, first_row, end_row)
        SEEN_BY(at % a.width, a.out_width, first_column, end_column)
        real total = 0;
        for (int row = first_row; row < end_row; ++row)
            for (int column = first_column; column < end_column; ++column) {
                int window = row * a.out_width + column;
                if (window_maximum(a, plane, window) == at) total += a.by_y[plane * a.out_height * a.out_width + window];
            }
        store(a.y, i, gated(a.gate, i, total), a.add);
    }
}

KERNEL(global_average, Pool) {
    const Pool a = ENTRY;
    THREADS {
        int plane = BLOCK_X * BLOCK + t, area = a.height * a.width;
        if (plane >= a.planes) continue;
        real total = 0;
        for (int i = 0; i < area; ++i) total += a.x[plane * area + i];
        a.y[plane] = total / real(area);
    }
}

KERNEL(global_average_backward, Pool) {
    const Pool a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t, area = a.height * a.width;
        if (i < a.planes * area) store(a.y, i, gated(a.gate, i, a.by_y[i / area] / real(area)), a.add);
    }
}
