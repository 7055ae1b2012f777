// The gradient by a convolution's weight, a part for each run of images, and sums of such parts.
//
// A block computes 8 DOWN output channels of 16 ACROSS places (input channel, tap) of the weight, a thread DOWN of ACROSS, or on tensor
// cores its share of its warp's; the sum runs over the pixels of the part's images, GRADIENT_STEP at a time through shared memory.

// How a block's threads share DOWN * 8 channels and ACROSS * 16 places.
template <int DOWN, int ACROSS> struct GradientShares {
#if TENSOR_CORES
    // A warp has all channels of COLUMNS times 8 places.
    static constexpr int ROWS = DOWN / 2, COLUMNS = ACROSS / 2;
    static MEMBER int channel(int t, int i) { return i / 2 * 16 + i % 2 * 8 + t % 32 / 4; }
    static MEMBER int place(int t, int j) { return (t / 32 * COLUMNS + j / 2) * 8 + t % 4 * 2 + j % 2; }
    static MEMBER int sum(int i, int j) { return (i / 2 * COLUMNS + j / 2) * 4 + i % 2 * 2 + j % 2; }
#else
    static MEMBER int channel(int t, int i) { return t / 16 + i * 8; }
    static MEMBER int place(int t, int j) { return t % 16 + j * 16; }
    static MEMBER int sum(int i, int j) { return i * ACROSS + j; }
#endif
};

template <int DOWN, int ACROSS> DEVICE void gradient_by_weight(const WeightGradient a, int block_x, int block_y) {
    typedef GradientShares<DOWN, ACROSS> Share;
    const int CHANNELS = 8 * DOWN, PLACES = 16 * ACROSS, STEP = GRADIENT_STEP;
    // With four more, rows start where four numbers can be read at once, and in other banks than their neighbours.
    SHARED real g[CHANNELS][STEP + 4];
    SHARED real x[PLACES][STEP + 4];
    SHARED int place_channel[PLACES], place_row[PLACES], place_column[PLACES];
    SHARED int pixel_out[STEP], pixel_in[STEP], pixel_row[STEP], pixel_column[STEP];
    PER_THREAD(real, sum, DOWN * ACROSS);
#if TENSOR_CORES
    PER_THREAD(real, g_part, 4);
    PER_THREAD(real, g_rest, 4);
    PER_THREAD(real, x_part, 2);
    PER_THREAD(real, x_rest, 2);
#endif

    const int taps = a.kernel_height * a.kernel_width, places = a.in_channels * taps;
    const int area = a.out_height * a.out_width, in_area = a.in_height * a.in_width;
    const int first_place = block_x * PLACES, first_channel = block_y / a.parts * CHANNELS, part = block_y % a.parts;
    const int per_part = (a.images + a.parts - 1) / a.parts, first_image = part * per_part;
    const int last_image = first_image + per_part < a.images ? first_image + per_part : a.images;

    THREADS {
        UNROLL
        for (int i = 0; i < DOWN * ACROSS; ++i) MINE(sum)[i] = 0;
        for (int i = t; i < PLACES; i += BLOCK) {
            int place = first_place + i;
            place_channel[i] = place < places ? place / taps : -1;
            place_row[i] = place % taps / a.kernel_width * a.dilation_down - a.padding_top;
            place_column[i] = place % taps % a.kernel_width * a.dilation_across - a.padding_left;
        }
    }
    for (int start = first_image * area; start < last_image * area; start += STEP) {
        THREADS {
            if (t >= STEP) continue;
            int pixel = start + t, image = pixel / area, place = pixel % area;
            pixel_out[t] = pixel < last_image * area ? image * a.out_channels * area + place : -1;
            pixel_in[t] = image * a.in_channels * in_area;
            pixel_row[t] = place / a.out_width * a.stride_down;
            pixel_column[t] = place % a.out_width * a.stride_across;
        }
        THREADS {
            const int k = t % STEP;
            for (int i = t / STEP; i < CHANNELS; i += BLOCK / STEP) {
                int channel = first_channel + i;
                bool inside = pixel_out[k] >= 0 && channel < a.out_channels;
                g[i][k] = inside ? a.g[pixel_out[k] + channel * area] : real(0);
            }
            for (int i = t / STEP; i < PLACES; i += BLOCK / STEP) {
                int row = pixel_row[k] + place_row[i], column = pixel_column[k] + place_column[i];
                bool inside = pixel_out[k] >= 0 && place_channel[i] >= 0 && row >= 0 && row < a.in_height;
                inside = inside && column >= 0 && column < a.in_width;
                x[i][k] = inside ? a.x[pixel_in[k] + place_channel[i] * in_area + row * a.in_width + column] : real(0);
            }
        }
#if TENSOR_CORES
        UNROLL
        for (int k = 0; k < STEP; k += 8) {
            UNROLL
            for (int m = 0; m < Share::ROWS; ++m) {
                EACH {
                    UNROLL
                    for (int i = 0; i < 4; ++i) {
                        real value = g[Share::channel(t, m * 2 + i % 2)][k + t % 4 + i / 2 * 4];
                        MINE(g_part)[i] = short_number(value);
                        MINE(g_rest)[i] = short_number(value - MINE(g_part)[i]);
                    }
                }
                UNROLL
                for (int n = 0; n < Share::COLUMNS; ++n) {
                    EACH {
                        UNROLL
                        for (int i = 0; i < 2; ++i) {
                            real value = x[(t / 32 * Share::COLUMNS + n) * 8 + t % 32 / 4][k + t % 4 + i * 4];
                            MINE(x_part)[i] = short_number(value);
                            MINE(x_rest)[i] = short_number(value - MINE(x_part)[i]);
                        }
                    }
                    MULTIPLY_WHOLE(sum, (m * Share::COLUMNS + n) * 4, g_part, g_rest, x_part, x_rest)
                }
            }
        }
        WAIT
#else
        THREADS {
            for (int first = 0; first < STEP; first += 4) {
                UNROLL
                for (int k = first; k < first + 4; ++k) {
                    UNROLL
                    for (int i = 0; i < DOWN; ++i) {
                        UNROLL
                        for (int j = 0; j < ACROSS; ++j)
                            MINE(sum)[Share::sum(i, j)] += g[Share::channel(t, i)][k] * x[Share::place(t, j)][k];
                    }
                }
            }
        }
#endif
    }
    THREADS {
        UNROLL
        for (int i = 0; i < DOWN; ++i) {
            UNROLL
            for (int j = 0; j < ACROSS; ++j) {
                int channel = first_channel + Share::channel(t, i), place = first_place + Share::place(t, j);
                if (channel >= a.out_channels || place >= places) continue;
                a.partial[(part * a.out_channels + channel) * places + place] = MINE(sum)[Share::sum(i, j)];
            }
        }
    }
}

// 144 places are those of a 3 x 3 weight that reads 16 channels; on tensor cores there must be pairs.
KERNEL_OF(sizeof(real) == 4 ? 6 : 2, weight_gradient_16, WeightGradient) { gradient_by_weight<2, TENSOR_CORES ? 10 : 9>(ENTRY, BLOCK_X, BLOCK_Y); }
KERNEL_OF(sizeof(real) == 4 ? 6 : 2, weight_gradient_32, WeightGradient) { gradient_by_weight<4, 4>(ENTRY, BLOCK_X, BLOCK_Y); }

// The same where channels come in groups: a block computes one number of the weight.
KERNEL_OF(8, weight_gradient_grouped, WeightGradient) {
    const WeightGradient a = ENTRY;
    SHARED double sums[BLOCK];
    const int taps = a.kernel_height * a.kernel_width, read = a.in_channels / a.groups, part = BLOCK_Y;
    const int area = a.out_height * a.out_width, in_area = a.in_height * a.in_width;
    const int channel = BLOCK_X / (read * taps), tap = BLOCK_X % taps;
    const int in_channel = channel / (a.out_channels / a.groups) * read + BLOCK_X / taps % read;
    const int per_part = (a.images + a.parts - 1) / a.parts, first_image = part * per_part;
    const int last_image = first_image + per_part < a.images ? first_image + per_part : a.images;
    const int down = tap / a.kernel_width * a.dilation_down - a.padding_top;
    const int across = tap % a.kernel_width * a.dilation_across - a.padding_left;
    THREADS {
        double total = 0;
        for (int image = first_image; image < last_image; ++image) {
            real of_image = 0;
            for (int place = t; place < area; place += BLOCK) {
                int row = place / a.out_width * a.stride_down + down, column = place % a.out_width * a.stride_across + across;
                if (row < 0 || row >= a.in_height || column < 0 || column >= a.in_width) continue;
                of_image += a.g[(image * a.out_channels + channel) * area + place] *
                    a.x[(image * a.in_channels + in_channel) * in_area + row * a.in_width + column];
            }
            total += of_image;
        }
        sums[t] = total;
    }
    ADD_UP(sums)
    THREADS { if (t == 0) a.partial[part * a.out_channels * read * taps + BLOCK_X] = sums[0]; }
}

// Adds up parts of equal length.
KERNEL(sum_parts, SumParts) {
    const SumParts a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t;
        if (i >= a.length) continue;
        double total = 0;
        for (int part = 0; part < a.parts; ++part) total += a.partial[part * a.length + i];
        a.total[i] = total;
    }
}
