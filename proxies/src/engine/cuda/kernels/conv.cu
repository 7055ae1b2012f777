// Convolutions as matrix products without the matrix: forward, and transposed for the gradient by the input.
//
// A block computes TILE channels of BLOCK / (TILE / 4) * 8 pixels, which may be of several images; a thread 4 channels of 8 pixels. The
// sum runs over the taps of the kernel and, CHANNELS at a time through shared memory, over the channels read.

#define CHANNELS 8

// Where output place `at` reads input at `tap` of the kernel, or -1.
DEVICE int source(int transposed, int at, int tap, int side, int stride, int padding, int dilation) {
    if (transposed) {
        int spread = at + padding - tap * dilation;
        int place = spread / stride;
        return spread >= 0 && place * stride == spread && place < side ? place : -1;
    }
    int place = at * stride + tap * dilation - padding;
    return place < side ? place : -1;
}

DEVICE int source_row(const Conv& a, int at, int tap) {
    return source(a.transposed, at, tap / a.kernel_width, a.in_height, a.stride_down, a.padding_top, a.dilation_down);
}

DEVICE int source_column(const Conv& a, int at, int tap) {
    return source(a.transposed, at, tap % a.kernel_width, a.in_width, a.stride_across, a.padding_left, a.dilation_across);
}

template <int TILE> DEVICE void convolve(const Conv a, int block_x, int block_y) {
    const int GROUPS = TILE / 4, LANES = BLOCK / GROUPS, PIXELS = LANES * 8;
    SHARED real x[CHANNELS][PIXELS];
    SHARED real w[CHANNELS][TILE];
    SHARED int from[PIXELS];
    SHARED double parts[2][TILE][LANES];
    PER_THREAD(real, sum, 32);

    const int area = a.out_height * a.out_width, in_area = a.in_height * a.in_width;
    const int first = block_x * PIXELS, pixels = a.images * area, first_channel = block_y * TILE;

    THREADS {
        UNROLL
        for (int i = 0; i < 32; ++i) MINE(sum)[i] = 0;
    }

    for (int tap = 0; tap < a.kernel_height * a.kernel_width; ++tap) {
        THREADS {
            for (int p = t; p < PIXELS; p += BLOCK) {
                int pixel = first + p, image = pixel / area, place = pixel % area;
                int row = source_row(a, place / a.out_width, tap);
                int column = source_column(a, place % a.out_width, tap);
                bool inside = pixel < pixels && row >= 0 && column >= 0;
                from[p] = inside ? image * a.in_channels * in_area + row * a.in_width + column : -1;
            }
        }
        for (int start = 0; start < a.in_channels; start += CHANNELS) {
            THREADS {
                for (int i = t; i < CHANNELS * PIXELS; i += BLOCK) {
                    int p = i % PIXELS, channel = start + i / PIXELS;
                    x[i / PIXELS][p] = from[p] >= 0 && channel < a.in_channels ? a.x[from[p] + channel * in_area] : real(0);
                }
                for (int i = t; i < CHANNELS * TILE; i += BLOCK) {
                    int channel = start + i / TILE, out = first_channel + i % TILE;
                    bool inside = channel < a.in_channels && out < a.out_channels;
                    w[i / TILE][i % TILE] = inside ? a.w[out * a.weight_out + channel * a.weight_in + tap] : real(0);
                }
            }
            THREADS {
                const int lane = t % LANES, group = t / LANES;
                UNROLL
                for (int k = 0; k < CHANNELS; ++k) {
                    UNROLL
                    for (int i = 0; i < 8; ++i) {
                        UNROLL
                        for (int j = 0; j < 4; ++j) MINE(sum)[i * 4 + j] += x[k][lane + i * LANES] * w[k][group * 4 + j];
                    }
                }
            }
        }
    }

    THREADS {
        const int lane = t % LANES, group = t / LANES;
        UNROLL
        for (int j = 0; j < 4; ++j) {
            const int channel = first_channel + group * 4 + j;
            real total = 0, squares = 0;
            UNROLL
            for (int i = 0; i < 8; ++i) {
                int pixel = first + lane + i * LANES;
                if (pixel >= pixels || channel >= a.out_channels) continue;
                int to = (pixel / area * a.out_channels + channel) * area + pixel % area;
                real value = MINE(sum)[i * 4 + j];
                if (a.bias) value += a.bias[channel];
                store(a.y, to, gated(a.gate, to, value), a.add);
                total += value;
                squares += value * value;
            }
            parts[0][group * 4 + j][lane] = total;
            parts[1][group * 4 + j][lane] = squares;
        }
    }
    if (!a.sums) return;
    THREADS {
        int which = t / TILE, channel = t % TILE;
        if (which >= 2 || first_channel + channel >= a.out_channels) continue;
        double total = 0;
        for (int lane = 0; lane < LANES; ++lane) total += parts[which][channel][lane];
        a.sums[(block_x * 2 + which) * a.out_channels + first_channel + channel] = total;
    }
}

KERNEL(conv_16, Conv) { convolve<16>(ENTRY, BLOCK_X, BLOCK_Y); }
KERNEL(conv_32, Conv) { convolve<32>(ENTRY, BLOCK_X, BLOCK_Y); }
KERNEL(conv_64, Conv) { convolve<64>(ENTRY, BLOCK_X, BLOCK_Y); }

// The same where channels come in groups, one thread to an output: next to nothing is read twice. A block takes PIXELS pixels of one
// channel.

#define GROUPED_PIXELS (4 * BLOCK)

KERNEL(conv_grouped, Conv) {
    const Conv a = ENTRY;
    SHARED double parts[2][BLOCK];
    const int area = a.out_height * a.out_width, in_area = a.in_height * a.in_width, pixels = a.images * area;
    const int channel = BLOCK_Y, of_group = a.out_channels / a.groups, read = a.in_channels / a.groups;
    const int group = channel / of_group, first_channel = group * read, taps = a.kernel_height * a.kernel_width;
    // Weights are [out][in of a group][tap] whichever way round: on the way back "out" is the channel read.
    const int weights = a.transposed ? first_channel * a.weight_in + channel % of_group * a.weight_out : channel * a.weight_out;
    THREADS {
        double total = 0, squares = 0;
        for (int p = t; p < GROUPED_PIXELS; p += BLOCK) {
            int pixel = BLOCK_X * GROUPED_PIXELS + p, image = pixel / area, place = pixel % area;
            if (pixel >= pixels) continue;
            real value = 0;
            for (int tap = 0; tap < taps; ++tap) {
                int row = source_row(a, place / a.out_width, tap), column = source_column(a, place % a.out_width, tap);
                if (row < 0 || column < 0) continue;
                int from = (image * a.in_channels + first_channel) * in_area + row * a.in_width + column;
                for (int i = 0; i < read; ++i) value += a.x[from + i * in_area] * a.w[weights + i * a.weight_in + tap];
            }
            int to = (image * a.out_channels + channel) * area + place;
            if (a.bias) value += a.bias[channel];
            store(a.y, to, gated(a.gate, to, value), a.add);
            total += value;
            squares += value * value;
        }
        parts[0][t] = total;
        parts[1][t] = squares;
    }
    if (!a.sums) return;
    ADD_UP(parts[0])
    ADD_UP(parts[1])
    THREADS { if (t < 2) a.sums[(BLOCK_X * 2 + t) * a.out_channels + channel] = parts[t][0]; }
}
