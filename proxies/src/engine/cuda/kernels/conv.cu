// Convolutions as matrix products without the matrix: forward, and transposed for the gradient by the input.
//
// A block computes TILE channels of so many pixels, which may be of several images; a thread CONV_CHANNELS channels of CONV_PIXELS pixels,
// or on tensor cores its share of its warp's. The sum runs over the taps of the kernel and, CONV_STEP at a time through shared memory, over
// the channels read. With two CONV_STAGES, the next step's numbers are on their way while one is computed.

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

// How a block's threads share TILE channels of OF_BLOCK pixels: thread t computes CHANNELS channels of PIXELS pixels. LANES threads have a
// channel in common.
template <int TILE> struct Shares {
#if TENSOR_CORES
    // A warp has all channels of ROWS times 16 pixels, as pieces of 16 x 8 that lie in a thread as the instruction wants them.
    static constexpr int COLUMNS = TILE / 8, ROWS = 8 / COLUMNS, CHANNELS = 2 * COLUMNS, PIXELS = 2 * ROWS, LANES = 32;
    static constexpr int OF_BLOCK = 64 * ROWS, PADDING = 8;
    static MEMBER int lane(int t) { return t / 32 * 8 + t % 32 / 4; }
    static MEMBER int pixel(int t, int i) { return t / 32 * 16 * ROWS + i / 2 * 16 + i % 2 * 8 + t % 32 / 4; }
    static MEMBER int channel(int t, int j) { return j / 2 * 8 + t % 4 * 2 + j % 2; }
    static MEMBER int place(int i, int j) { return (i / 2 * COLUMNS + j / 2) * 4 + i % 2 * 2 + j % 2; }
#else
    static constexpr int CHANNELS = CONV_CHANNELS, PIXELS = CONV_PIXELS, LANES = BLOCK / (TILE / CONV_CHANNELS);
    static constexpr int OF_BLOCK = LANES * PIXELS, PADDING = 0;
    static MEMBER int lane(int t) { return t % LANES; }
    static MEMBER int pixel(int t, int i) { return t % LANES + i * LANES; }
    static MEMBER int channel(int t, int j) { return t / LANES * CHANNELS + j; }
    static MEMBER int place(int i, int j) { return i * CHANNELS + j; }
#endif
};

// Reads a step's numbers into registers.
#define FETCH(STEP) EACH { \
    const int tap = (STEP) / per_tap, start = (STEP) % per_tap * CONV_STEP; \
    if (start == 0) { \
        UNROLL \
        for (int slot = 0; slot < SLOTS; ++slot) { \
            int row = source_row(a, MINE(row_of)[slot], tap), column = source_column(a, MINE(column_of)[slot], tap); \
            bool inside = MINE(start_of)[slot] >= 0 && row >= 0 && column >= 0; \
            MINE(from)[slot] = inside ? MINE(start_of)[slot] + row * a.in_width + column : -1; \
        } \
    } \
    UNROLL \
    for (int i = 0; i < OF_X; ++i) { \
        int channel = start + (i * BLOCK + t) / PIXELS, place = MINE(from)[i % SLOTS]; \
        MINE(ahead)[i] = place >= 0 && channel < a.in_channels ? a.x[place + channel * in_area] : real(0); \
    } \
    UNROLL \
    for (int i = 0; i < OF_W; ++i) { \
        int channel = start + (i * BLOCK + t) / TILE, out = first_channel + (i * BLOCK + t) % TILE; \
        bool inside = channel < a.in_channels && out < a.out_channels; \
        MINE(ahead)[OF_X + i] = inside ? a.w[out * a.weight_out + channel * a.weight_in + tap] : real(0); \
    } \
}

// Puts them where all threads find them.
#define PUT(STAGE) THREADS { \
    UNROLL \
    for (int i = 0; i < OF_X; ++i) x[STAGE][(i * BLOCK + t) / PIXELS][(i * BLOCK + t) % PIXELS] = MINE(ahead)[i]; \
    UNROLL \
    for (int i = 0; i < OF_W; ++i) w[STAGE][(i * BLOCK + t) / TILE][(i * BLOCK + t) % TILE] = MINE(ahead)[OF_X + i]; \
}

template <int TILE> DEVICE void convolve(const Conv a, int block_x, int block_y) {
    typedef Shares<TILE> Share;
    const int PIXELS = Share::OF_BLOCK, SLOTS = PIXELS > BLOCK ? PIXELS / BLOCK : 1;
    const int OF_X = CONV_STEP * PIXELS / BLOCK, OF_W = CONV_STEP * TILE / BLOCK;
    SHARED real x[CONV_STAGES][CONV_STEP][PIXELS + Share::PADDING];
    SHARED real w[CONV_STAGES][CONV_STEP][TILE + Share::PADDING];
    SHARED double parts[2][TILE][Share::LANES];
    PER_THREAD(real, sum, Share::CHANNELS * Share::PIXELS);
    // Of the pixels that this thread fetches: where their images start, or -1; their places; and where the present tap reads.
    PER_THREAD(int, start_of, SLOTS);
    PER_THREAD(int, row_of, SLOTS);
    PER_THREAD(int, column_of, SLOTS);
    PER_THREAD(int, from, SLOTS);
    PER_THREAD(real, ahead, OF_X + OF_W);
#if TENSOR_CORES
    PER_THREAD(real, x_part, 4);
    PER_THREAD(real, x_rest, 4);
    PER_THREAD(real, w_part, 2);
    PER_THREAD(real, w_rest, 2);
#endif

    const int area = a.out_height * a.out_width, in_area = a.in_height * a.in_width;
    const int first = block_x * PIXELS, pixels = a.images * area, first_channel = block_y * TILE;
    const int per_tap = (a.in_channels + CONV_STEP - 1) / CONV_STEP, steps = a.kernel_height * a.kernel_width * per_tap;

    EACH {
        UNROLL
        for (int i = 0; i < Share::CHANNELS * Share::PIXELS; ++i) MINE(sum)[i] = 0;
        UNROLL
        for (int slot = 0; slot < SLOTS; ++slot) {
            int pixel = first + (slot * BLOCK + t) % PIXELS;
            MINE(start_of)[slot] = pixel < pixels ? pixel / area * a.in_channels * in_area : -1;
            MINE(row_of)[slot] = pixel % area / a.out_width;
            MINE(column_of)[slot] = pixel % area % a.out_width;
        }
    }
    if (CONV_STAGES > 1) {
        FETCH(0)
        PUT(0)
    }
    for (int step = 0; step < steps; ++step) {
        const int stage = step % CONV_STAGES;
        if (CONV_STAGES == 1) {
            FETCH(step)
            PUT(0)
        } else if (step + 1 < steps) {
            FETCH(step + 1)
        }
#if TENSOR_CORES
        UNROLL
        for (int k = 0; k < CONV_STEP; k += 8) {
            UNROLL
            for (int m = 0; m < Share::ROWS; ++m) {
                EACH {
                    UNROLL
                    for (int i = 0; i < 4; ++i) {
                        real value = x[stage][k + t % 4 + i / 2 * 4][Share::pixel(t, m * 2 + i % 2)];
                        MINE(x_part)[i] = short_number(value);
                        MINE(x_rest)[i] = short_number(value - MINE(x_part)[i]);
                    }
                }
                UNROLL
                for (int n = 0; n < Share::COLUMNS; ++n) {
                    EACH {
                        UNROLL
                        for (int i = 0; i < 2; ++i) {
                            real value = w[stage][k + t % 4 + i * 4][n * 8 + t % 32 / 4];
                            MINE(w_part)[i] = short_number(value);
                            MINE(w_rest)[i] = short_number(value - MINE(w_part)[i]);
                        }
                    }
                    MULTIPLY_WHOLE(sum, (m * Share::COLUMNS + n) * 4, x_part, x_rest, w_part, w_rest)
                }
            }
        }
#else
        EACH {
            UNROLL
            for (int k = 0; k < CONV_STEP; ++k) {
                UNROLL
                for (int i = 0; i < Share::PIXELS; ++i) {
                    UNROLL
                    for (int j = 0; j < Share::CHANNELS; ++j)
                        MINE(sum)[Share::place(i, j)] += x[stage][k][Share::pixel(t, i)] * w[stage][k][Share::channel(t, j)];
                }
            }
        }
#endif
        if (CONV_STAGES == 1) {
            WAIT
        } else if (step + 1 < steps) {
            PUT((step + 1) % CONV_STAGES)
        }
    }

    THREADS {
        UNROLL
        for (int j = 0; j < Share::CHANNELS; ++j) {
            const int of_block = Share::channel(t, j), channel = first_channel + of_block;
            real total = 0, squares = 0;
            UNROLL
            for (int i = 0; i < Share::PIXELS; ++i) {
                int pixel = first + Share::pixel(t, i);
                if (pixel >= pixels || channel >= a.out_channels) continue;
                int to = (pixel / area * a.out_channels + channel) * area + pixel % area;
                real value = MINE(sum)[Share::place(i, j)];
                if (a.bias) value += a.bias[channel];
                store(a.y, to, gated(a.gate, to, value), a.add);
                total += value;
                squares += value * value;
            }
            parts[0][of_block][Share::lane(t)] = total;
            parts[1][of_block][Share::lane(t)] = squares;
        }
    }
    if (!a.sums) return;
    THREADS {
        int which = t / TILE, channel = t % TILE;
        if (which >= 2 || first_channel + channel >= a.out_channels) continue;
        double total = 0;
        for (int lane = 0; lane < Share::LANES; ++lane) total += parts[which][channel][lane];
        a.sums[(block_x * 2 + which) * a.out_channels + first_channel + channel] = total;
    }
}

KERNEL_OF(CONV_BLOCKS, conv_16, Conv) { convolve<16>(ENTRY, BLOCK_X, BLOCK_Y); }
KERNEL_OF(CONV_BLOCKS, conv_32, Conv) { convolve<32>(ENTRY, BLOCK_X, BLOCK_Y); }
KERNEL_OF(CONV_BLOCKS, conv_64, Conv) { convolve<64>(ENTRY, BLOCK_X, BLOCK_Y); }

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
