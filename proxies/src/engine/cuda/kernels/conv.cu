// Convolutions as matrix products without the matrix: forward, and transposed for the gradient by the input.
//
// A block computes TILE channels of BLOCK / (TILE / 4) * 8 pixels, which may be of several images; a thread 4 channels of 8 pixels. The
// sum runs over the taps of the kernel and, CHANNELS at a time through shared memory, over the channels read.

#define CHANNELS 8

// Where output place `at` reads input at `tap` of the kernel, or -1.
DEVICE int source(const Conv& a, int at, int tap, int side) {
    if (a.transposed) {
        int spread = at + a.padding - tap;
        int place = spread / a.stride;
        return spread >= 0 && place * a.stride == spread && place < side ? place : -1;
    }
    int place = at * a.stride + tap - a.padding;
    return place < side ? place : -1;
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

    for (int tap = 0; tap < a.kernel * a.kernel; ++tap) {
        THREADS {
            for (int p = t; p < PIXELS; p += BLOCK) {
                int pixel = first + p, image = pixel / area, place = pixel % area;
                int row = source(a, place / a.out_width, tap / a.kernel, a.in_height);
                int column = source(a, place % a.out_width, tap % a.kernel, a.in_width);
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
