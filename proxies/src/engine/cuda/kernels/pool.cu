// Pools over windows, and over all pixels. A thread computes one value; on the way back it collects from the windows that see its pixel.

// The first and one past the last place of window `at` that lie inside.
#define WINDOW(AT, SIDE, KERNEL_, STRIDE, PADDING, FIRST, END) \
    int FIRST = (AT) * (STRIDE) - (PADDING), END = FIRST + (KERNEL_); \
    if (FIRST < 0) FIRST = 0; \
    if (END > (SIDE)) END = (SIDE);

#define ROWS(AT, FIRST, END) WINDOW(AT, a.height, a.kernel_height, a.stride_down, a.padding_top, FIRST, END)
#define COLUMNS(AT, FIRST, END) WINDOW(AT, a.width, a.kernel_width, a.stride_across, a.padding_left, FIRST, END)

// The first and one past the last window that sees place `at`.
#define SEEN_BY(AT, SIDE, KERNEL_, STRIDE, PADDING, FIRST, END) \
    int FIRST = (AT) + (PADDING) - (KERNEL_) + 1, END = ((AT) + (PADDING)) / (STRIDE) + 1; \
    FIRST = FIRST > 0 ? (FIRST + (STRIDE) - 1) / (STRIDE) : 0; \
    if (END > (SIDE)) END = (SIDE);

#define WINDOWS_DOWN(AT, FIRST, END) SEEN_BY(AT, a.out_height, a.kernel_height, a.stride_down, a.padding_top, FIRST, END)
#define WINDOWS_ACROSS(AT, FIRST, END) SEEN_BY(AT, a.out_width, a.kernel_width, a.stride_across, a.padding_left, FIRST, END)

// How many rows (or columns) window `at` has within the image and its padding.
DEVICE int counted(int at, int side, int kernel, int stride, int before, int after) {
    int start = at * stride, end = start + kernel;
    return (end < side + before + after ? end : side + before + after) - start;
}

// What a window's sum is divided by: its pixels, `inside` of them, or those of the padding too.
DEVICE real share(const Pool& a, int row, int column, int inside) {
    if (!a.padding_counts) return real(inside);
    return real(
        counted(row, a.height, a.kernel_height, a.stride_down, a.padding_top, a.padding_bottom) *
        counted(column, a.width, a.kernel_width, a.stride_across, a.padding_left, a.padding_right)
    );
}

DEVICE real window_mean(const Pool& a, int plane, int at) {
    ROWS(at / a.out_width, top, bottom)
    COLUMNS(at % a.out_width, left, right)
    real total = 0;
    for (int row = top; row < bottom; ++row)
        for (int column = left; column < right; ++column) total += a.x[(plane * a.height + row) * a.width + column];
    return total / share(a, at / a.out_width, at % a.out_width, (bottom - top) * (right - left));
}

// The place of a window's first maximum; of the first value that is not a number, if there is one.
DEVICE int window_maximum(const Pool& a, int plane, int at) {
    ROWS(at / a.out_width, top, bottom)
    COLUMNS(at % a.out_width, left, right)
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
        WINDOWS_DOWN(at / a.width, first_row, end_row)
        WINDOWS_ACROSS(at % a.width, first_column, end_column)
        real total = 0;
        for (int row = first_row; row < end_row; ++row)
            for (int column = first_column; column < end_column; ++column) {
                ROWS(row, top, bottom)
                COLUMNS(column, left, right)
                total += a.by_y[(plane * a.out_height + row) * a.out_width + column] /
                    share(a, row, column, (bottom - top) * (right - left));
            }
        store(a.y, i, gated(a.gate, i, total), a.add);
    }
}

KERNEL_OF(8, max_pool_backward, Pool) {
    const Pool a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t, area = a.height * a.width, plane = i / area, at = i % area;
        if (i >= a.planes * area) continue;
        WINDOWS_DOWN(at / a.width, first_row, end_row)
        WINDOWS_ACROSS(at % a.width, first_column, end_column)
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

// The product of two values, of which the one at b may be a vector.
KERNEL(product, Product) {
    const Product a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t;
        if (i >= a.planes * a.area) continue;
        store(a.to, i, gated(a.gate, i, a.a[i] * a.b[a.vector ? i / a.area : i]), a.add);
    }
}

// The sums over planes of the product of two maps: the gradient by a vector; a block a plane.
KERNEL(product_sums, Product) {
    const Product a = ENTRY;
    SHARED double sums[BLOCK];
    const int plane = BLOCK_X;
    THREADS {
        double total = 0;
        for (int i = t; i < a.area; i += BLOCK) total += double(a.a[plane * a.area + i]) * a.b[plane * a.area + i];
        sums[t] = total;
    }
    ADD_UP(sums)
    THREADS { if (t == 0) store(a.to, plane, gated(a.gate, plane, real(sums[0])), a.add); }
}
