// Layer norm: the channels of each pixel, normalised by their own mean and variance. A thread takes one pixel of one image.

struct Moments {
    double mean, inverse;
};

// Of the numbers from `x` on, `area` apart.
DEVICE Moments moments_of(const LayerNorm& a, const real* x) {
    double total = 0, squares = 0;
    for (int channel = 0; channel < a.channels; ++channel) total += x[channel * a.area];
    double mean = total / a.channels;
    for (int channel = 0; channel < a.channels; ++channel) {
        double centred = x[channel * a.area] - mean;
        squares += centred * centred;
    }
    Moments moments = {mean, 1 / sqrt(squares / a.channels + a.epsilon)};
    return moments;
}

// Where pixel `i` of all images has its first channel.
DEVICE int first_channel_of(const LayerNorm& a, int i) { return i / a.area * a.channels * a.area + i % a.area; }

KERNEL(layer_norm, LayerNorm) {
    const LayerNorm a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t;
        if (i >= a.images * a.area) continue;
        const int start = first_channel_of(a, i);
        const Moments moments = moments_of(a, a.x + start);
        for (int channel = 0; channel < a.channels; ++channel) {
            int at = start + channel * a.area;
            double value = (a.x[at] - moments.mean) * moments.inverse;
            if (a.scale) value = value * a.scale[channel] + a.shift[channel];
            a.y[at] = value;
        }
    }
}

KERNEL(layer_norm_backward, LayerNorm) {
    const LayerNorm a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t;
        if (i >= a.images * a.area) continue;
        const int start = first_channel_of(a, i);
        const Moments moments = moments_of(a, a.x + start);
        double flat = 0, along = 0;
        for (int channel = 0; channel < a.channels; ++channel) {
            int at = start + channel * a.area;
            double g = a.scale ? double(a.by_y[at]) * a.scale[channel] : double(a.by_y[at]);
            flat += g;
            along += g * (a.x[at] - moments.mean) * moments.inverse;
        }
        flat /= a.channels;
        along /= a.channels;
        for (int channel = 0; channel < a.channels; ++channel) {
            int at = start + channel * a.area;
            double g = a.scale ? double(a.by_y[at]) * a.scale[channel] : double(a.by_y[at]);
            double normal = (a.x[at] - moments.mean) * moments.inverse;
            store(a.y, at, gated(a.gate, at, real((g - flat - normal * along) * moments.inverse)), a.add);
        }
    }
}
