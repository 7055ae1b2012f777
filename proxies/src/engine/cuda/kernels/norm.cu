// Batch norm as a factor and a constant for each channel, forward and backward, from sums over the batch.
//
// `sums` holds parts, each the channels' sums and then the channels' sums of products; `statistics` the channels' means, variances and
// inverse deviations.

// A part of the sums of g and of g * x, by channel (x) and run of images (y).
KERNEL(channel_sums, ChannelSums) {
    const ChannelSums a = ENTRY;
    SHARED double sums[2][BLOCK];
    const int channel = BLOCK_X, part = BLOCK_Y;
    const int per_part = (a.images + a.parts - 1) / a.parts, first = part * per_part;
    const int last = first + per_part < a.images ? first + per_part : a.images;
    THREADS {
        double total = 0, products = 0;
        for (int image = first; image < last; ++image) {
            const int start = (image * a.channels + channel) * a.area;
            real image_total = 0, image_products = 0;
            for (int i = t; i < a.area; i += BLOCK) {
                image_total += a.g[start + i];
                image_products += a.g[start + i] * a.x[start + i];
            }
            total += image_total;
            products += image_products;
        }
        sums[0][t] = total;
        sums[1][t] = products;
    }
    ADD_UP(sums[0])
    ADD_UP(sums[1])
    THREADS { if (t < 2) a.sums[(part * 2 + t) * a.channels + channel] = sums[t][0]; }
}

// One channel's totals of all parts.
#define TOTALS(SUMS, PARTS, CHANNELS_, CHANNEL, TOTAL) \
    SHARED double TOTAL[2][BLOCK]; \
    THREADS { \
        double sum = 0, products = 0; \
        for (int part = t; part < (PARTS); part += BLOCK) { \
            sum += (SUMS)[part * 2 * (CHANNELS_) + (CHANNEL)]; \
            products += (SUMS)[(part * 2 + 1) * (CHANNELS_) + (CHANNEL)]; \
        } \
        TOTAL[0][t] = sum; \
        TOTAL[1][t] = products; \
    } \
    ADD_UP(TOTAL[0]) \
    ADD_UP(TOTAL[1])

// The statistics of a batch, and its batch norm as y = factor * x + constant; a block a channel.
KERNEL(norm_forward, NormForward) {
    const NormForward a = ENTRY;
    const int channel = BLOCK_X;
    TOTALS(a.sums, a.parts, a.channels, channel, total)
    THREADS {
        if (t > 0) continue;
        double mean = total[0][0] / a.count, variance = total[1][0] / a.count - mean * mean;
        if (variance < 0) variance = 0;  // Rounding may leave less than nothing; what is not a number stays so.
        double inverse = 1 / sqrt(variance + a.epsilon), factor = (a.scale ? double(a.scale[channel]) : 1.0) * inverse;
        a.statistics[channel] = mean;
        a.statistics[a.channels + channel] = variance;
        a.statistics[2 * a.channels + channel] = inverse;
        a.factors[channel] = factor;
        a.factors[a.channels + channel] = (a.shift ? double(a.shift[channel]) : 0.0) - mean * factor;
    }
}

// The backward step dL/dx = by_g * dL/dy + by_x * x + constant, and the gradients by scale and shift; a block a channel. Without
// statistics, x is normalised already, and there are the gradients alone.
KERNEL(norm_backward, NormBackward) {
    const NormBackward a = ENTRY;
    const int channel = BLOCK_X;
    TOTALS(a.sums, a.parts, a.channels, channel, total)
    THREADS {
        if (t > 0) continue;
        if (a.by_shift) a.by_shift[channel] = total[0][0];
        if (!a.statistics) {
            if (a.by_scale) a.by_scale[channel] = total[1][0];
            continue;
        }
        double mean = a.statistics[channel], inverse = a.statistics[2 * a.channels + channel];
        double by_scale = inverse * (total[1][0] - mean * total[0][0]);
        double by_g = (a.scale ? double(a.scale[channel]) : 1.0) * inverse;
        double by_x = a.measured ? -by_g * inverse * by_scale / a.count : 0;
        double constant = a.measured ? -by_g * total[0][0] / a.count - by_x * mean : 0;
        if (a.by_scale) a.by_scale[channel] = by_scale;
        a.factors[channel] = by_g;
        a.factors[a.channels + channel] = by_x;
        a.factors[2 * a.channels + channel] = constant;
    }
}
