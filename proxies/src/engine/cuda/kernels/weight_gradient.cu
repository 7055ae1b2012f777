// The gradient by a convolution's weight, a part for each run of images, and sums of such parts.
//
// A block computes 32 output channels of 64 places (input channel, tap) of the weight, a thread 4 of 4; the sum runs over the pixels of the
// part's images, STEP at a time through shared memory.

#define STEP 32

KERNEL(weight_gradient, WeightGradient) {
    const WeightGradient a = ENTRY;
    SHARED real g[32][STEP + 1];
    SHARED real x[64][STEP + 1];
    SHARED int place_channel[64], place_row[64], place_column[64];
    SHARED int pixel_out[STEP], pixel_in[STEP], pixel_row[STEP], pixel_column[STEP];
    PER_THREAD(real, sum, 16);

    const int taps = a.kernel_height * a.kernel_width, places = a.in_channels * taps;
    const int area = a.out_height * a.out_width, in_area = a.in_height * a.in_width;
    const int first_place = BLOCK_X * 64, first_channel = BLOCK_Y / a.parts * 32, part = BLOCK_Y % a.parts;
    const int per_part = (a.images + a.parts - 1) / a.parts, first_image = part * per_part;
    const int last_image = first_image + per_part < a.images ? first_image + per_part : a.images;

    THREADS {
        UNROLL
        for (int i = 0; i < 16; ++i) MINE(sum)[i] = 0;
        if (t >= 64) continue;
        int place = first_place + t;
        place_channel[t] = place < places ? place / taps : -1;
        place_row[t] = place % taps / a.kernel_width * a.dilation_down - a.padding_top;
        place_column[t] = place % taps % a.kernel_width * a.dilation_across - a.padding_left;
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
            for (int i = t / STEP; i < 32; i += BLOCK / STEP) {
                int channel = first_channel + i;
                bool inside = pixel_out[k] >= 0 && channel < a.out_channels;
                g[i][k] = inside ? a.g[pixel_out[k] + channel * area] : real(0);
            }
            for (int i = t / STEP; i < 64; i += BLOCK / STEP) {
                int row = pixel_row[k] + place_row[i], column = pixel_column[k] + place_column[i];
                bool inside = pixel_out[k] >= 0 && place_channel[i] >= 0 && row >= 0 && row < a.in_height;
                inside = inside && column >= 0 && column < a.in_width;
                x[i][k] = inside ? a.x[pixel_in[k] + place_channel[i] * in_area + row * a.in_width + column] : real(0);
            }
        }
        THREADS {
            const int across = t % 16, down = t / 16;
            for (int k = 0; k < STEP; ++k) {
                UNROLL
                for (int i = 0; i < 4; ++i) {
                    UNROLL
                    for (int j = 0; j < 4; ++j) MINE(sum)[i * 4 + j] += g[down + i * 8][k] * x[across + j * 16][k];
                }
            }
        }
    }
    THREADS {
        const int across = t % 16, down = t / 16;
        UNROLL
        for (int i = 0; i < 4; ++i) {
            UNROLL
            for (int j = 0; j < 4; ++j) {
                int channel = first_channel + down + i * 8, place = first_place + across + j * 16;
                if (channel >= a.out_channels || place >= places) continue;
                a.partial[(part * a.out_channels + channel) * places + place] = MINE(sum)[i * 4 + j];
            }
        }
    }
}

// The same where channels come in groups: a block computes one number of the weight.
KERNEL(weight_gradient_grouped, WeightGradient) {
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
