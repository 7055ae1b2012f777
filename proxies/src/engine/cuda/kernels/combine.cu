// Everything between two convolutions in one pass over memory, forward and backward.

#define PER_BLOCK (4 * BLOCK)

DEVICE real term(const real* x, const real* factors, int i, int channel, int channels) {
    return factors ? factors[channel] * x[i] + factors[channels + channel] : x[i];
}

// The sum of up to four terms, each of them normalised or not; its activation; and which of its values are positive, 32 to a word.
// A block takes PER_BLOCK values of image y.
KERNEL(combine, Combine) {
    const Combine a = ENTRY;
    SHARED unsigned char positive[PER_BLOCK];
    const int length = a.channels * a.area, start = BLOCK_Y * length;
    THREADS {
        for (int place = t; place < PER_BLOCK; place += BLOCK) {
            int i = BLOCK_X * PER_BLOCK + place;
            positive[place] = 0;
            if (i >= length) break;
            int channel = i / a.area, at = start + i;
            real value = 0;
            if (a.x0) value += term(a.x0, a.factors0, at, channel, a.channels);
            if (a.x1) value += term(a.x1, a.factors1, at, channel, a.channels);
            if (a.x2) value += term(a.x2, a.factors2, at, channel, a.channels);
            if (a.x3) value += term(a.x3, a.factors3, at, channel, a.channels);
            positive[place] = value > 0;
            if (a.raw) a.raw[at] = value;
            if (a.activated) a.activated[at] = activated(a.activation, real(a.slope), value);
        }
    }
    if (!a.codes) return;
    THREADS {
        int word = BLOCK_X * (PER_BLOCK / 32) + t;
        if (t >= PER_BLOCK / 32 || word >= a.words) continue;
        u32 bits = 0;
        for (int bit = 0; bit < 32; ++bit)
            if (word * 32 + bit < length) bits |= u32(positive[t * 32 + bit]) << bit;
        a.codes[BLOCK_Y * a.words + word] = bits;
    }
}

// A gradient by an activation, taken through it.
KERNEL(activation_backward, Activation) {
    const Activation a = ENTRY;
    THREADS {
        for (int i = BLOCK_X * PER_BLOCK + t; i < (int(BLOCK_X) + 1) * PER_BLOCK && i < a.length; i += BLOCK)
            store(a.to, i, a.g[i] * slope_of(a.activation, real(a.slope), a.x[i]), a.add);
    }
}

// Hands the gradient of a sum on to one of its terms, through its batch norm and its ReLU.
KERNEL(spread, Spread) {
    const Spread a = ENTRY;
    THREADS {
        for (int i = BLOCK_X * PER_BLOCK + t; i < (int(BLOCK_X) + 1) * PER_BLOCK && i < a.length; i += BLOCK) {
            real value = a.g[i];
            if (a.factors) {
                int channel = i / a.area % a.channels;
                value = a.factors[channel] * value + a.factors[a.channels + channel] * a.x[i] + a.factors[2 * a.channels + channel];
            }
            store(a.to, i, gated(a.gate, i, value), a.add);
        }
    }
}

// Copies channels from one value to another, with as many left out between two of them as is said; what lies beside them becomes 0 if
// `fill`.
KERNEL(copy_channels, CopyChannels) {
    const CopyChannels a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t;
        if (i >= a.images * a.to_channels * a.area) continue;
        int image = i / (a.to_channels * a.area), channel = i / a.area % a.to_channels - a.to_first;
        int place = channel / (1 + a.to_between);
        if (channel >= 0 && channel % (1 + a.to_between) == 0 && place < a.count) {
            int from = (image * a.from_channels + a.from_first + place * (1 + a.from_between)) * a.area + i % a.area;
            store(a.to, i, gated(a.gate, i, a.from[from]), a.add);
        } else if (a.fill) {
            a.to[i] = 0;
        }
    }
}

// Takes a part of planes, or puts one back where it was.
KERNEL(crop, Crop) {
    const Crop a = ENTRY;
    THREADS {
        int i = BLOCK_X * BLOCK + t, area = a.to_height * a.to_width;
        if (i >= a.planes * area) continue;
        int row = i % area / a.to_width + a.top, column = i % a.to_width + a.left;
        bool inside = row >= 0 && row < a.from_height && column >= 0 && column < a.from_width;
        real value = inside ? a.from[(i / area * a.from_height + row) * a.from_width + column] : real(0);
        store(a.to, i, gated(a.gate, i, value), a.add);
    }
}
